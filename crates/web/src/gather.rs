//! Gathers what came with a request into one flat map of fields, and files apart: path, query and
//! body (form, JSON or multipart), each with a written limit.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::Form;
use axum::body::{Body, to_bytes};
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, Query};
use axum::http::header::CONTENT_TYPE;
use axum::http::{Request, Uri};
use fangxian_app::Result;
use serde_json::{Map, Value};

use crate::ask::Upload;
use crate::endpoint::Endpoint;
use crate::errors;

/// LIMIT: bytes of a form or a JSON body.
pub const FORM_BYTES: usize = 64 * 1024;
/// LIMIT: bytes of a request with a file.
pub const FILE_BYTES: usize = 64 * 1024 * 1024;
/// LIMIT: fields of a form.
const FIELDS: usize = 1_000;
/// LIMIT: how long a form or a JSON body may take to arrive.
const FORM_TIME: Duration = Duration::from_secs(30);
/// LIMIT: how long a file may take to arrive.
const FILE_TIME: Duration = Duration::from_mins(5);

/// Which face of an endpoint was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Face {
    /// HTML and forms.
    Page,
    /// JSON.
    Api,
}

/// Adds a field; a field that comes again makes a list.
fn add(fields: &mut Map<String, Value>, name: String, text: String) {
    match fields.get_mut(&name) {
        None => {
            fields.insert(name, Value::String(text));
        }
        Some(Value::Array(items)) => items.push(Value::String(text)),
        Some(one) => {
            let first = one.take();
            *one = Value::Array(vec![first, Value::String(text)]);
        }
    }
}

/// What the query says.
pub fn query(uri: &Uri) -> Result<Map<String, Value>> {
    let pairs: Vec<(String, String)> = Query::try_from_uri(uri)
        .map_err(|e| errors::unreadable().because(e))?
        .0;
    collect(pairs)
}

fn collect(pairs: Vec<(String, String)>) -> Result<Map<String, Value>> {
    if pairs.len() > FIELDS {
        return Err(errors::too_large());
    }
    let mut fields = Map::new();
    for (name, text) in pairs {
        add(&mut fields, name, text);
    }
    Ok(fields)
}

/// Refuses U+0000 wherever it stands: no text of a database holds it.
pub fn no_nul(fields: &Map<String, Value>) -> Result<()> {
    for (name, value) in fields {
        if name.contains('\0') {
            return Err(errors::no_text(name.replace('\0', "")));
        }
        if let Some(rest) = with_nul(value) {
            return Err(errors::no_text(format!("{name}{rest}")));
        }
    }
    Ok(())
}

/// The path to the first text with U+0000 in a value.
fn with_nul(value: &Value) -> Option<String> {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
        Value::String(text) => text.contains('\0').then(String::new),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .find_map(|(n, item)| Some(format!("[{n}]{}", with_nul(item)?))),
        Value::Object(fields) => fields.iter().find_map(|(name, item)| {
            if name.contains('\0') {
                return Some(format!(".{}", name.replace('\0', "")));
            }
            Some(format!(".{name}{}", with_nul(item)?))
        }),
    }
}

/// What the body says. It is read only so far, and waited for only so long.
pub async fn body(
    endpoint: &Endpoint,
    face: Face,
    request: Request<Body>,
) -> Result<(Map<String, Value>, Vec<Upload>)> {
    let time = if endpoint.takes_file {
        FILE_TIME
    } else {
        FORM_TIME
    };
    in_time(time, read(endpoint, face, request)).await
}

async fn in_time<T>(time: Duration, work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::time::timeout(time, work)
        .await
        .map_err(|late| errors::too_slow().because(late))?
}

async fn read(
    endpoint: &Endpoint,
    face: Face,
    request: Request<Body>,
) -> Result<(Map<String, Value>, Vec<Upload>)> {
    let media = request
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    if media == "multipart/form-data" && endpoint.takes_file {
        return parts(request).await;
    }
    let limit = if endpoint.takes_file {
        FILE_BYTES
    } else {
        FORM_BYTES
    };
    let bytes = to_bytes(request.into_body(), limit)
        .await
        .map_err(|e| errors::too_large().because(e))?;
    if bytes.is_empty() {
        return Ok((Map::new(), Vec::new()));
    }
    match (face, media.as_str()) {
        (Face::Api, "application/json") => match serde_json::from_slice(&bytes) {
            Ok(Value::Object(fields)) if fields.len() <= FIELDS => Ok((fields, Vec::new())),
            Ok(_) => Err(errors::unreadable_json()),
            Err(error) => Err(errors::unreadable_json().because(error)),
        },
        (Face::Api, _) => Err(errors::unreadable_json()),
        (Face::Page, "application/x-www-form-urlencoded") => {
            let form = Request::post("/")
                .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(Body::from(bytes))
                .map_err(|e| errors::unreadable().because(e))?;
            let Form(pairs) = Form::<Vec<(String, String)>>::from_request(form, &())
                .await
                .map_err(|e| errors::unreadable().because(e))?;
            Ok((collect(pairs)?, Vec::new()))
        }
        _ => Err(errors::unreadable()),
    }
}

/// Fields named `list[0].field` or `list.0.field` as a list of groups; empty groups fall away.
pub fn nested(flat: &Map<String, Value>) -> Map<String, Value> {
    let mut fields = Map::new();
    let mut lists: BTreeMap<(&str, usize), Map<String, Value>> = BTreeMap::new();
    for (name, value) in flat {
        match group(name) {
            Some((list, n, field)) => {
                lists
                    .entry((list, n))
                    .or_default()
                    .insert(field.to_owned(), value.clone());
            }
            None => {
                fields.insert(name.clone(), value.clone());
            }
        }
    }
    for ((list, _), group) in lists {
        let empty = group
            .values()
            .all(|v| v.as_str().is_some_and(|text| text.trim().is_empty()));
        let slot = fields
            .entry(list)
            .or_insert_with(|| Value::Array(Vec::new()));
        if let (false, Value::Array(items)) = (empty, slot) {
            items.push(Value::Object(group));
        }
    }
    fields
}

fn group(name: &str) -> Option<(&str, usize, &str)> {
    let (list, rest) = name.split_once(['[', '.'])?;
    let (n, field) = rest.split_once('.')?;
    Some((list, n.trim_end_matches(']').parse().ok()?, field))
}

async fn parts(request: Request<Body>) -> Result<(Map<String, Value>, Vec<Upload>)> {
    let unreadable = |e: axum::extract::multipart::MultipartError| {
        if e.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE {
            errors::too_large().because(e)
        } else {
            errors::unreadable().because(e)
        }
    };
    let mut request = request;
    DefaultBodyLimit::max(FILE_BYTES).apply(&mut request);
    let mut parts = Multipart::from_request(request, &())
        .await
        .map_err(|e| errors::unreadable().because(e))?;
    let (mut fields, mut files) = (Map::new(), Vec::new());
    while let Some(part) = parts.next_field().await.map_err(unreadable)? {
        let name = part.name().unwrap_or_default().to_owned();
        match part.file_name().map(str::to_owned) {
            Some(file) => {
                let bytes = part.bytes().await.map_err(unreadable)?.to_vec();
                if !(file.is_empty() && bytes.is_empty()) {
                    files.push(Upload {
                        field: name,
                        name: file.replace('\0', ""),
                        bytes,
                    });
                }
            }
            None => add(&mut fields, name, part.text().await.map_err(unreadable)?),
        }
        if fields.len() + files.len() > FIELDS {
            return Err(errors::too_large());
        }
    }
    Ok((fields, files))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_of_inputs_becomes_a_list_and_its_empty_rows_fall_away() {
        let mut flat = Map::new();
        for (name, text) in [
            ("name", "x"),
            ("grants[0].role", "desk"),
            ("grants[1].role", ""),
            ("grants.2.role", "grid"),
        ] {
            add(&mut flat, name.to_owned(), text.to_owned());
        }
        let fields = Value::Object(nested(&flat));
        let wanted =
            serde_json::json!({ "name": "x", "grants": [{ "role": "desk" }, { "role": "grid" }] });
        assert_eq!(fields, wanted);
    }

    #[tokio::test]
    async fn what_does_not_arrive_in_time_is_waited_for_no_longer() {
        let never = std::future::pending::<Result<()>>();
        let error = in_time(Duration::from_millis(1), never).await.unwrap_err();
        assert_eq!(error.code, "TOO-SLOW");
    }
}
