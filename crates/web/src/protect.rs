//! Forged forms: nothing that changes something is taken from another site's page.
//!
//! A session's forms carry its token. Forms without a session (self-report, log-in) carry a token
//! that stands in a cookie too. On top, `Sec-Fetch-Site` and `Origin` are looked at when present.
//! A bearer token or a JSON body without any cookie cannot be sent by another site's page.

use axum::http::HeaderMap;
use axum::http::header::{COOKIE, HOST, ORIGIN};
use fangxian_app::{AppError, Result};

use crate::errors;
use crate::hex::hex;

/// One cookie of a request.
pub fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value.to_owned())
}

/// Refuses what a browser says comes from another site.
pub fn same_site(headers: &HeaderMap) -> Result<()> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    match text("sec-fetch-site") {
        Some("same-origin" | "none") => return Ok(()),
        Some(_) => return Err(errors::forged()),
        None => {}
    }
    if let Some(origin) = text(ORIGIN.as_str()) {
        let from = origin.split_once("://").map_or("", |(_, host)| host);
        if text(HOST.as_str()).is_some_and(|host| host != from) {
            return Err(errors::forged());
        }
    }
    Ok(())
}

/// Whether two secrets are the same, in a time that does not tell where they differ.
pub fn same(a: &str, b: &str) -> bool {
    a.len() == b.len()
        && !a.is_empty()
        && a.bytes()
            .zip(b.bytes())
            .fold(0_u8, |acc, (x, y)| acc | (x ^ y))
            == 0
}

/// A token for forms without a session.
pub fn door_token() -> Result<String> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).map_err(|e| AppError::internal(e.to_string()))?;
    Ok(hex(&bytes))
}

/// Where log-in may lead: a path of our own.
pub fn own_path(path: &str) -> Option<&str> {
    let inside = path.starts_with('/')
        && !path.starts_with("//")
        && !path.contains(['\\', '\n', '\r'])
        && !path.starts_with("/api/");
    inside.then_some(path)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn another_site_is_refused_and_an_old_browser_is_not() {
        assert!(same_site(&headers(&[("host", "a:80")])).is_ok());
        assert!(same_site(&headers(&[("host", "a:80"), ("origin", "http://a:80")])).is_ok());
        assert!(same_site(&headers(&[("host", "a"), ("origin", "https://b")])).is_err());
        assert!(same_site(&headers(&[("host", "a"), ("origin", "null")])).is_err());
        assert!(same_site(&headers(&[("sec-fetch-site", "cross-site")])).is_err());
        assert!(same_site(&headers(&[("sec-fetch-site", "same-site")])).is_err());
    }

    #[test]
    fn log_in_leads_to_no_other_site() {
        assert_eq!(own_path("/tasks?x=1"), Some("/tasks?x=1"));
        for wrong in ["//evil", "https://evil", "/\\evil", "", "/api/v1/tasks"] {
            assert_eq!(own_path(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn cookies_are_found_by_their_whole_name() {
        let headers = headers(&[("cookie", "xfx=1; fx=2"), ("cookie", "lang=en")]);
        assert_eq!(cookie(&headers, "fx").as_deref(), Some("2"));
        assert_eq!(cookie(&headers, "lang").as_deref(), Some("en"));
        assert_eq!(cookie(&headers, "f"), None);
    }
}
