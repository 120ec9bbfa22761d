//! The outermost layer: request id, trace context, time limit, panics, problem bodies, one log line.

use super::limits::Standing;
use super::problem::{self, Problem};
use crate::context::Context;
use crate::error::{Code, Error};
use axum::extract::{Request, State};
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt as _;
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};
use tracing::Instrument as _;

/// A request that has not begun to answer by then gets 503 (spec 00 §14.4). Streams may go on longer.
pub(super) const ANSWER_WITHIN: Duration = Duration::from_secs(30);

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const TRACE_PARENT: HeaderName = HeaderName::from_static("traceparent");

/// What the layers below may want to know of the request.
#[derive(Clone)]
pub(super) struct RequestFacts {
    /// W3C trace id when the caller sent a trace context, else the request id.
    pub(super) trace_id: String,
}

/// Which endpoint answered, for the log.
#[derive(Clone)]
pub(super) struct AnsweredBy(pub(super) std::sync::Arc<str>);

/// The caller's request id when it is usable (1-64 visible ASCII characters), else a new one.
pub fn request_id(headers: &HeaderMap) -> String {
    headers
        .get(&REQUEST_ID)
        .and_then(|value| value.to_str().ok())
        .filter(|id| (1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic()))
        .map_or_else(|| uuid::Uuid::from_u128(rand::random()).simple().to_string(), str::to_owned)
}

/// The trace id of a W3C `traceparent` header.
fn trace_id(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(&TRACE_PARENT)?.to_str().ok()?;
    let mut parts = value.split('-');
    let (_version, trace_id) = (parts.next()?, parts.next()?);
    let valid = trace_id.len() == 32 && trace_id.bytes().all(|byte| byte.is_ascii_hexdigit());
    (valid && trace_id.bytes().any(|byte| byte != b'0')).then_some(trace_id)
}

pub async fn edge(State(ctx): State<Context>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let request_id = request_id(request.headers());
    let trace_id = trace_id(request.headers()).unwrap_or(&request_id).to_owned();
    let method = request.method().clone();
    let instance = request.uri().path().to_owned();
    let plain_json = wants_plain_json(request.headers());
    request.extensions_mut().insert(RequestFacts { trace_id: trace_id.clone() });

    let span = tracing::info_span!("request", %method, trace_id);
    crate::telemetry::adopt(&span, &trace_id);
    let answered = AssertUnwindSafe(tokio::time::timeout(ANSWER_WITHIN, next.run(request)))
        .catch_unwind()
        .instrument(span.clone())
        .await;
    let mut response = match answered {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => Error::new(Code::Unavailable, "The request took too long. Please try again.")
            .retry_after(5)
            .into_response(),
        Err(_) => Error::internal("handler panicked").into_response(),
    };
    let _entered = span.enter();
    if response.extensions().get::<Problem>().is_none() && is_bare_error(&response) {
        let error = Error::new(code_of(response.status()), "The request was refused.");
        response = error.into_response();
    }
    if let Some(Problem(error)) = response.extensions_mut().remove::<Problem>() {
        problem::write(&mut response, &error, &instance, &trace_id, plain_json);
        if error.code().status() >= 500 {
            let cause = error.cause_chain();
            tracing::error!(code = error.code().as_str(), cause = cause.as_deref(), "request failed");
        }
    }
    finish(&ctx, &mut response, &request_id);
    let path = response.extensions_mut().remove::<AnsweredBy>();
    let path = path.as_ref().map_or("unmatched", |answered| &*answered.0);
    let millis = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::info!(path, status = response.status().as_u16(), millis, "answered");
    response
}

fn finish(ctx: &Context, response: &mut Response, request_id: &str) {
    let standing = response.extensions_mut().remove::<Standing>();
    let headers = response.headers_mut();
    // All that follow, the server's own too: the map grows once.
    headers.reserve(14);
    if let Ok(value) = HeaderValue::from_str(request_id) {
        headers.insert(REQUEST_ID, value);
    }
    headers.insert(HeaderName::from_static("x-content-type-options"), HeaderValue::from_static("nosniff"));
    headers.insert(HeaderName::from_static("referrer-policy"), HeaderValue::from_static("no-referrer"));
    if ctx.config().is_production() {
        let value = HeaderValue::from_static("max-age=31536000; includeSubDomains");
        headers.insert(axum::http::header::STRICT_TRANSPORT_SECURITY, value);
    }
    // Answers hold personal data: no shared cache may keep them.
    headers.entry(axum::http::header::CACHE_CONTROL).or_insert(HeaderValue::from_static("private, no-cache"));
    if let Some(standing) = standing {
        headers.insert("ratelimit-limit", HeaderValue::from(standing.limit));
        headers.insert("ratelimit-remaining", HeaderValue::from(standing.remaining));
        headers.insert("ratelimit-reset", HeaderValue::from(standing.reset));
    }
}

/// Accept names application/json, but neither the problem type nor everything (spec 00 §5).
fn wants_plain_json(headers: &HeaderMap) -> bool {
    let Some(accept) = headers.get(ACCEPT).and_then(|value| value.to_str().ok()) else { return false };
    accept.contains("application/json")
        && !accept.contains("application/problem+json")
        && !accept.contains("*/*")
}

/// An error made by a layer of the framework, without a body of ours.
fn is_bare_error(response: &Response) -> bool {
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    is_error
        && response
            .headers()
            .get(CONTENT_TYPE)
            .is_none_or(|media| media.as_bytes().starts_with(b"text/plain"))
}

fn code_of(status: StatusCode) -> Code {
    Code::ALL
        .iter()
        .copied()
        .find(|code| code.status() == status.as_u16())
        .unwrap_or(if status.is_server_error() { Code::Internal } else { Code::BadRequest })
}
