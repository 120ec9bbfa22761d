//! The API documentation: OpenAPI from the declarations, shown by Swagger UI, whose files are in the binary.

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use shared::http::{Answer, Answers, Json, Operation, Path};
use shared::{Context, Error, Result};
use std::sync::{Arc, OnceLock};
use utoipa_swagger_ui::Config;

/// Only what the page brings itself: no other host is asked for anything.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A file of the documentation.
pub(crate) struct Asset {
    media: String,
    bytes: Vec<u8>,
}

impl IntoResponse for Asset {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.bytes));
        if let Ok(media) = HeaderValue::from_str(&self.media) {
            response.headers_mut().insert(CONTENT_TYPE, media);
        }
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
        response
    }
}

impl Answers for Asset {
    fn describe(operation: &mut Operation) {
        let kinds = ["text/html", "text/css", "text/javascript", "image/png", "application/json"];
        operation.answers.extend(kinds.map(|media| Answer::media(200, media)));
    }
}

/// Relative addresses in the page need the slash at the end.
pub(crate) struct ToIndex;

impl IntoResponse for ToIndex {
    fn into_response(self) -> Response {
        (StatusCode::TEMPORARY_REDIRECT, [(LOCATION, "/api/docs/index.html")]).into_response()
    }
}

impl Answers for ToIndex {
    fn describe(operation: &mut Operation) {
        operation.answers.push(Answer::empty(307));
    }
}

pub(crate) async fn page(State(ctx): State<Context>) -> Result<ToIndex> {
    shown(&ctx)?;
    Ok(ToIndex)
}

pub(crate) async fn file(State(ctx): State<Context>, Path(name): Path<String>) -> Result<Asset> {
    shown(&ctx)?;
    let config = Arc::new(Config::from("/api/v1/openapi.json"));
    let file = utoipa_swagger_ui::serve(&name, config).map_err(|error| Error::internal(error.to_string()))?;
    let file = file.ok_or_else(|| Error::not_found("page"))?;
    Ok(Asset { media: file.content_type, bytes: file.bytes.into_owned() })
}

pub(crate) async fn openapi(State(ctx): State<Context>) -> Result<Json<Value>> {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    shown(&ctx)?;
    let document =
        DOCUMENT.get_or_init(|| shared::http::document(ctx.functions(), shared::serve::VERSION, "/"));
    Ok(Json(document.clone()))
}

/// Off in production (spec 00 §8).
fn shown(ctx: &Context) -> Result<()> {
    if ctx.config().is_production() { Err(Error::not_found("page")) } else { Ok(()) }
}
