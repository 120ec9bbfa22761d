//! What handlers answer. The status is part of the type, so that the documentation cannot drift from the code.

use super::describe::{Answer, Answers, Operation};
use crate::docs::{Document, Listed, Stored};
use crate::store::{Body, JsonPage};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, LOCATION};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::marker::PhantomData;

/// 200 with a JSON body.
pub struct Json<T>(pub T);

/// 200 with a JSON body and its ETag.
pub struct Tagged<T> {
    pub etag: String,
    pub value: T,
}

/// 201 with Location, ETag and the new resource.
pub struct Created<T> {
    pub location: String,
    pub etag: Option<String>,
    pub value: T,
}

/// 202: the work is queued.
pub struct Accepted<T>(pub T);

/// 204.
pub struct NoContent;

/// 200 with an HTML page.
pub struct Html(pub String);

/// 200 with plain text.
pub struct Text(pub String);

/// A page of a list (spec 00 §4).
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "{T}Page")]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Give it as `cursor` to read on; `null` at the end.
    pub next_cursor: Option<String>,
}

impl<T> From<Listed<T>> for Page<T> {
    fn from(listed: Listed<T>) -> Self {
        Self { items: listed.items, next_cursor: listed.next }
    }
}

impl<T> Page<T> {
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(change).collect(), next_cursor: self.next_cursor }
    }
}

/// A page whose items are passed through as they are stored; `T` is their type.
pub struct RawPage<T> {
    text: String,
    of: PhantomData<fn() -> T>,
}

impl<T> From<JsonPage> for RawPage<T> {
    fn from(page: JsonPage) -> Self {
        Self { text: page.text, of: PhantomData }
    }
}

/// 200 with an object put together from JSON texts; `T` is its type.
pub struct Spliced<T> {
    text: String,
    of: PhantomData<fn() -> T>,
}

impl<T> Spliced<T> {
    /// `{"<member>": <stored>, …<the members of rest>}`; `rest` is an object with a member at least.
    pub fn new(member: &'static str, stored: &Body, rest: &RawValue) -> Self {
        let rest = rest.get().strip_prefix('{').unwrap_or_default();
        Self { text: ["{\"", member, "\":", stored.get(), ",", rest].concat(), of: PhantomData }
    }
}

impl<T: Document> Tagged<T> {
    pub fn of(document: T) -> Self {
        Self { etag: document.meta().etag.clone(), value: document }
    }
    /// As it was stored, without reading it again.
    pub fn stored(document: Stored<T>) -> Self {
        Self::of(document.into_inner())
    }
}

impl<T: Document> Created<T> {
    /// `path` is below `/api/v1`.
    pub fn at(path: impl std::fmt::Display, document: T) -> Self {
        let location = format!("{}{path}", crate::function::PREFIX);
        Self { location, etag: Some(document.meta().etag.clone()), value: document }
    }
}

/// Another view of a document under the document's own ETag.
pub fn with_etag<T>(document: &impl Document, view: T) -> Tagged<T> {
    Tagged { etag: document.meta().etag.clone(), value: view }
}

fn json<T: Serialize>(status: StatusCode, value: &T) -> Response {
    match serde_json::to_vec(value) {
        Ok(bytes) => {
            let mut response = json_text(bytes);
            *response.status_mut() = status;
            response
        }
        Err(error) => crate::error::Error::internal(error).into_response(),
    }
}

/// 200 with what is JSON already.
fn json_text(text: impl Into<axum::body::Body>) -> Response {
    let mut response = Response::new(text.into());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn tag(response: &mut Response, etag: &str) {
    if let Ok(value) = HeaderValue::try_from(format!("\"{etag}\"")) {
        response.headers_mut().insert(ETAG, value);
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        json(StatusCode::OK, &self.0)
    }
}

impl<T: Serialize> IntoResponse for Tagged<T> {
    fn into_response(self) -> Response {
        let mut response = json(StatusCode::OK, &self.value);
        tag(&mut response, &self.etag);
        response
    }
}

impl<T: Serialize> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        let mut response = json(StatusCode::CREATED, &self.value);
        if let Some(etag) = &self.etag {
            tag(&mut response, etag);
        }
        if let Ok(location) = HeaderValue::try_from(self.location) {
            response.headers_mut().insert(LOCATION, location);
        }
        response
    }
}

impl<T: Serialize> IntoResponse for Accepted<T> {
    fn into_response(self) -> Response {
        json(StatusCode::ACCEPTED, &self.0)
    }
}

impl<T: Serialize> IntoResponse for Page<T> {
    fn into_response(self) -> Response {
        json(StatusCode::OK, &self)
    }
}

impl<T> IntoResponse for RawPage<T> {
    fn into_response(self) -> Response {
        json_text(self.text)
    }
}

impl<T> IntoResponse for Spliced<T> {
    fn into_response(self) -> Response {
        json_text(self.text)
    }
}

impl IntoResponse for NoContent {
    fn into_response(self) -> Response {
        StatusCode::NO_CONTENT.into_response()
    }
}

impl IntoResponse for Html {
    fn into_response(self) -> Response {
        // Pages are self-contained and run no script.
        const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; \
                              form-action 'none'; frame-ancestors 'none'";
        let headers = [
            (CONTENT_TYPE, "text/html; charset=utf-8"),
            (axum::http::header::CONTENT_SECURITY_POLICY, POLICY),
            (CACHE_CONTROL, "no-store"),
        ];
        (headers, self.0).into_response()
    }
}

impl IntoResponse for Text {
    fn into_response(self) -> Response {
        ([(CONTENT_TYPE, "text/plain; charset=utf-8")], self.0).into_response()
    }
}

impl<T: JsonSchema> Answers for Json<T> {
    fn describe(operation: &mut Operation) {
        operation.answers.push(Answer::json::<T>(200));
    }
}
impl<T: JsonSchema> Answers for Spliced<T> {
    fn describe(operation: &mut Operation) {
        operation.answers.push(Answer::json::<T>(200));
    }
}
impl<T: JsonSchema> Answers for Tagged<T> {
    fn describe(operation: &mut Operation) {
        operation.answers.push(Answer { tagged: true, ..Answer::json::<T>(200) });
    }
}
impl<T: JsonSchema> Answers for Created<T> {
    fn describe(operation: &mut Operation) {
        operation.answers.push(Answer { tagged: true, ..Answer::json::<T>(201) });
    }
}
impl<T: JsonSchema> Answers for Accepted<T> {
    fn describe(operation: &mut Operation) {
        operation.answers.push(Answer::json::<T>(202));
    }
}
impl Answers for NoContent {
    fn describe(operation: &mut Operation) {
        operation.answers.push(Answer::empty(204));
    }
}
impl Answers for Html {
    fn describe(operation: &mut Operation) {
        operation.answers.push(Answer::media(200, "text/html"));
    }
}
impl Answers for Text {
    fn describe(operation: &mut Operation) {
        operation.answers.push(Answer::media(200, "text/plain"));
    }
}
impl<T: JsonSchema> Answers for Page<T> {
    fn describe(operation: &mut Operation) {
        operation.answers.push(Answer::json::<Self>(200));
    }
}
impl<T: JsonSchema> JsonSchema for RawPage<T> {
    fn schema_name() -> Cow<'static, str> {
        Page::<T>::schema_name()
    }
    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        Page::<T>::json_schema(generator)
    }
}
impl<T: JsonSchema> Answers for RawPage<T> {
    fn describe(operation: &mut Operation) {
        Page::<T>::describe(operation);
    }
}
