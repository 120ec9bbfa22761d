//! Errors on the wire: RFC 9457 `application/problem+json` (spec 00 §5).

use crate::error::{Code, Error, FieldError};
use axum::body::Body;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

/// Left on a response so that the outermost layer can add `instance` and `trace_id` and log the cause once.
#[derive(Clone)]
pub(super) struct Problem(pub(super) std::sync::Arc<Error>);

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() =
            StatusCode::from_u16(self.code().status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        response.extensions_mut().insert(Problem(std::sync::Arc::new(self)));
        response
    }
}

/// Writes the problem body. `plain_json`: the caller accepts application/json but not the problem type.
pub(super) fn write(
    response: &mut Response,
    error: &Error,
    instance: &str,
    trace_id: &str,
    plain_json: bool,
) {
    let code = error.code();
    let mut body = Map::new();
    body.insert("type".into(), json!(format!("https://talenti.ai/problems/{}", code.as_str())));
    body.insert("title".into(), json!(code.title()));
    body.insert("status".into(), json!(code.status()));
    body.insert("detail".into(), json!(error.detail()));
    body.insert("instance".into(), json!(instance));
    body.insert("code".into(), json!(code.as_str()));
    body.insert("trace_id".into(), json!(trace_id));
    if !error.fields().is_empty() {
        body.insert("errors".into(), serde_json::to_value(error.fields()).unwrap_or(Value::Null));
    }
    for (name, value) in error.members() {
        body.entry(name.clone()).or_insert_with(|| value.clone());
    }
    let media = if plain_json { "application/json" } else { "application/problem+json" };
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media));
    if let Some(seconds) = error.retry_after_seconds() {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    if code == Code::Unauthenticated {
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    let text = Value::Object(body).to_string();
    response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(text.len()));
    *response.body_mut() = Body::from(text);
}

/// A failed validation as 422 with one entry per value.
pub(super) fn from_garde(report: &garde::Report) -> Error {
    let fields = report
        .iter()
        .map(|(path, error)| FieldError {
            pointer: pointer(&path.to_string()),
            code: "invalid",
            detail: error.message().to_string(),
        })
        .collect();
    Error::new(Code::ValidationFailed, "Some values are not valid.").with_fields(fields)
}

/// `requirements.skills[3]` as `/requirements/skills/3`. Members of flattened structs stand at the top.
fn pointer(path: &str) -> String {
    let mut pointer = String::new();
    for part in path.split(['.', '[']).map(|part| part.trim_end_matches(']')) {
        if !part.is_empty() {
            pointer.push('/');
            pointer.push_str(part);
        }
    }
    pointer
}
