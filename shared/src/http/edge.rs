//! Around all routes: request id, trace context, time limit, panics, problem bodies, one log line; for browsers
//! compression and cross-origin rules.

use super::cors::cors;
use super::limits::Standing;
use super::problem::{self, Problem};
use crate::BoxFuture;
use crate::context::Context;
use crate::error::{Code, Error};
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{
    ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_TYPE, ORIGIN, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    VARY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt as _;
use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};
use tower::{Layer as _, Service, ServiceExt as _, service_fn};
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{And, DefaultPredicate, Predicate as _, SizeAbove};
use tower_http::cors::CorsLayer;
use tracing::Instrument as _;

/// Answers below this many bytes are not worth compressing.
const COMPRESS_ABOVE: u64 = 1024;

/// A request that has not begun to answer by then gets 503 (spec 00 §14.4). Streams may go on longer.
pub(super) const ANSWER_WITHIN: Duration = Duration::from_secs(30);

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const TRACE_PARENT: HeaderName = HeaderName::from_static("traceparent");
const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");

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

/// The routes, and what holds for all of them.
#[derive(Clone)]
pub struct Edge(Arc<Inside>);

struct Inside {
    ctx: Context,
    routes: Router,
    /// The first is the outer one.
    for_browsers: (CompressionLayer<And<DefaultPredicate, SizeAbove>>, CorsLayer),
}

impl Edge {
    pub(crate) fn new(ctx: &Context, routes: Router) -> Self {
        let worthwhile = DefaultPredicate::new().and(SizeAbove::new(COMPRESS_ABOVE));
        let compression = CompressionLayer::new().compress_when(worthwhile);
        Self(Arc::new(Inside { ctx: ctx.clone(), routes, for_browsers: (compression, cors(ctx.config())) }))
    }
}

impl Service<Request> for Edge {
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let inside = self.0.clone();
        if concerns_browsers(&request) {
            return Box::pin(async move {
                let answer = service_fn(async |request| Ok(answer(&inside, request).await));
                inside
                    .for_browsers
                    .layer(answer)
                    .oneshot(request)
                    .await
                    .map(|response| response.map(Body::new))
            });
        }
        Box::pin(async move {
            let mut response = answer(&inside, request).await;
            // Others may have it compressed, or with the name of their origin.
            response.headers_mut().insert(VARY, HeaderValue::from_static("origin, accept-encoding"));
            Ok(response)
        })
    }
}

/// Whether compression or the cross-origin rules have something to do.
fn concerns_browsers(request: &Request) -> bool {
    let headers = request.headers();
    headers.contains_key(ACCEPT_ENCODING)
        || headers.contains_key(ORIGIN)
        || request.method() == Method::OPTIONS
}

async fn answer(Inside { ctx, routes, .. }: &Inside, mut request: Request) -> Response {
    let started = Instant::now();
    let request_id = request_id(request.headers());
    let trace_id = trace_id(request.headers()).unwrap_or(&request_id).to_owned();
    let method = request.method().clone();
    let instance = request.uri().path().to_owned();
    let plain_json = wants_plain_json(request.headers());
    request.extensions_mut().insert(RequestFacts { trace_id: trace_id.clone() });

    let span = tracing::info_span!("request", method = method.as_str(), trace_id);
    crate::telemetry::adopt(&span, &trace_id);
    let answered = AssertUnwindSafe(tokio::time::timeout(ANSWER_WITHIN, routes.clone().oneshot(request)))
        .catch_unwind()
        .instrument(span.clone())
        .await;
    let mut response = match answered {
        Ok(Ok(Ok(response))) => response,
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
        if method == Method::HEAD {
            *response.body_mut() = Body::empty();
        }
        if error.code().status() >= 500 {
            let cause = error.cause_chain();
            tracing::error!(code = error.code().as_str(), cause = cause.as_deref(), "request failed");
        }
    }
    finish(ctx, &mut response, &request_id);
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
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    if ctx.config().is_production() {
        let value = HeaderValue::from_static("max-age=31536000; includeSubDomains");
        headers.insert(STRICT_TRANSPORT_SECURITY, value);
    }
    // Answers hold personal data: no shared cache may keep them.
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("private, no-cache"));
    if let Some(standing) = standing {
        headers.insert(LIMIT, HeaderValue::from(standing.limit));
        headers.insert(REMAINING, HeaderValue::from(standing.remaining));
        headers.insert(RESET, HeaderValue::from(standing.reset));
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
