//! Answers as HTTP sends them: bytes with their kind, files, redirections, problems.

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, LOCATION};
use axum::http::{HeaderValue, Response, StatusCode};

use crate::answer::{Download, Problem};
use crate::endpoint::Endpoint;
use crate::i18n::Lang;

pub(crate) fn download(endpoint: &Endpoint, file: Download) -> Response<Body> {
    let media = endpoint.gives.unwrap_or("application/octet-stream");
    let mut shown = bytes_answer(StatusCode::OK, media, file.bytes);
    if !file.name.is_empty()
        && let Ok(value) = format!("attachment; filename*=UTF-8''{}", encode(&file.name)).parse()
    {
        shown.headers_mut().insert(CONTENT_DISPOSITION, value);
    }
    shown
}

/// Everything but letters, digits and a few harmless signs as `%XX`.
pub(crate) fn encode(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'/' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

pub(crate) fn redirect(status: StatusCode, to: &str) -> Response<Body> {
    let mut shown = bytes_answer(status, "text/plain; charset=utf-8", Vec::new());
    if let Ok(value) = HeaderValue::from_str(to) {
        shown.headers_mut().insert(LOCATION, value);
    }
    shown
}

pub(crate) fn bytes_answer(status: StatusCode, media: &str, bytes: Vec<u8>) -> Response<Body> {
    let mut shown = Response::new(Body::from(bytes));
    *shown.status_mut() = status;
    if let Ok(value) = HeaderValue::from_str(media) {
        shown.headers_mut().insert(CONTENT_TYPE, value);
    }
    shown
        .headers_mut()
        .insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    shown
}

pub(crate) fn problem_json(told: &Problem) -> Response<Body> {
    let status = StatusCode::from_u16(told.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    bytes_answer(
        status,
        "application/json",
        serde_json::to_vec(told).unwrap_or_default(),
    )
}

/// The plainest page there is, for when nothing else may be asked.
pub(crate) fn plain_page(told: &Problem, lang: Lang) -> Response<Body> {
    let status = StatusCode::from_u16(told.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let html = format!(
        "<!doctype html><html lang=\"{}\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>{}</title><link rel=\"stylesheet\" href=\"{}\"><main class=\"narrow\"><h1>{}</h1><p>{}</p><p class=\"quiet\">{}</p></main></html>",
        lang.tag(),
        told.code,
        crate::assets::path("app.css"),
        crate::i18n::word(lang, "problem-title", &[]),
        crate::answer::escape(&told.message),
        told.op,
    );
    bytes_answer(status, "text/html; charset=utf-8", html.into_bytes())
}
