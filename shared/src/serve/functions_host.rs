//! Azure Functions custom handler: the host is an HTTP client of this process (envelopes for queues, timers and wrapped
//! HTTP; the original request when it forwards or proxies).

use super::{invoke, router, stage, timers};
use crate::context::Context;
use crate::error::Error;
use crate::function::Function;
use crate::http::Edge;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Router, ServiceExt as _};
use base64::Engine as _;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use tower::{Service, ServiceExt as _, service_fn};

/// The host takes bodies up to 100 MB; base64 and quoting may double a wrapped one.
const ENVELOPE_LIMIT: usize = 200 * 1024 * 1024;

#[derive(Clone)]
struct HostState {
    ctx: Context,
    functions: Arc<[Function]>,
    router: Edge,
}

pub(crate) async fn run(
    ctx: Context,
    functions: Vec<Function>,
    listener: tokio::net::TcpListener,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let app = app(ctx, functions.into());
    axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>()).await?;
    Ok(())
}

/// Invocations at `POST /<function>`, the host's own probes, everything else as the caller sent it.
pub(crate) fn app(
    ctx: Context,
    functions: Arc<[Function]>,
) -> impl Service<Request, Response = Response, Error = Infallible, Future: Send> + Clone + Send {
    let requests = router(&ctx, &functions);
    let has_root =
        functions.iter().flat_map(|function| &function.endpoints).any(|endpoint| endpoint.path == "/");
    let state = HostState { ctx, functions, router: requests.clone() };
    let invocations = Router::new()
        .route("/{function}", post(invoke_function).layer(DefaultBodyLimit::max(ENVELOPE_LIMIT)))
        // The host's readiness probe and liveness ping.
        .route("/", get(async || "ready"))
        .with_state(state);
    service_fn(move |request: Request| {
        let (mut invocations, mut requests) = (invocations.clone(), requests.clone());
        async move {
            if is_from_the_host(&request, has_root) {
                invocations.call(request).await
            } else {
                requests.call(request).await
            }
        }
    })
}

/// A GET below the invocation path is an ordinary request (`/health`). `has_root`: a function answers at `/` itself.
fn is_from_the_host(request: &Request, has_root: bool) -> bool {
    match request.uri().path().strip_prefix('/') {
        Some("") => !has_root && matches!(*request.method(), Method::GET | Method::HEAD),
        Some(name) => request.method() == Method::POST && !name.contains('/'),
        None => false,
    }
}

async fn invoke_function(State(state): State<HostState>, Path(name): Path<String>, body: Bytes) -> Response {
    let Some(trigger) =
        stage::triggers(&state.functions).into_iter().find(|trigger| trigger.folder() == name)
    else {
        let error = Error::not_found("function");
        return failed(&error);
    };
    let envelope: Invocation = match serde_json::from_slice(&body) {
        Ok(envelope) => envelope,
        Err(error) => return failed(&Error::internal(error)),
    };
    match trigger {
        stage::Trigger::Http { .. } => match wrapped_http(&state, envelope).await {
            Ok(response) => response,
            Err(error) => failed(&error),
        },
        stage::Trigger::Queue { queue, .. } => {
            let Some(text) = envelope.data.values().next().map(message_text) else {
                return failed(&Error::internal("invocation without data"));
            };
            let attempt = envelope.metadata.attempt();
            match invoke::message(&state.ctx, &state.functions, queue, &text, attempt).await {
                Ok(()) => succeeded(),
                Err(error) => failed(&error),
            }
        }
        stage::Trigger::Timer { name, .. } => {
            let timer =
                state.functions.iter().flat_map(|function| &function.timers).find(|timer| timer.name == name);
            match timer {
                Some(timer) => match timers::run_reporting(&state.ctx, timer).await {
                    Ok(()) => succeeded(),
                    Err(error) => failed(&error),
                },
                None => failed(&Error::not_found("timer")),
            }
        }
    }
}

/// Never an empty body: the host would wait for ever.
fn succeeded() -> Response {
    axum::Json(json!({ "Outputs": {}, "Logs": [], "ReturnValue": null })).into_response()
}

/// Any status outside 2xx is the failure signal.
fn failed(error: &Error) -> Response {
    let body = json!({ "error": error.code().as_str(), "detail": error.detail() });
    (StatusCode::INTERNAL_SERVER_ERROR, axum::Json(body)).into_response()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Invocation {
    #[serde(default)]
    data: BTreeMap<String, Value>,
    #[serde(default)]
    metadata: Metadata,
}

/// What the host says of a delivery. Members of the message itself stand among it.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Metadata {
    #[serde(default)]
    dequeue_count: Value,
}

impl Metadata {
    /// 1 on the first delivery, and when it is not said. The host writes a number as a text.
    fn attempt(&self) -> u32 {
        let count = match &self.dequeue_count {
            Value::String(text) => text.parse().ok(),
            other => other.as_u64().and_then(|count| u32::try_from(count).ok()),
        };
        count.unwrap_or(1)
    }
}

/// The message text: the host encodes strings twice; be content with once.
fn message_text(value: &Value) -> String {
    match value {
        Value::String(text) => match serde_json::from_str::<Value>(text) {
            Ok(Value::String(inner)) => inner,
            _ => text.clone(),
        },
        other => other.to_string(),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WrappedRequest {
    url: String,
    method: String,
    #[serde(default)]
    headers: BTreeMap<String, Vec<String>>,
    body: Option<String>,
}

async fn wrapped_http(state: &HostState, mut envelope: Invocation) -> Result<Response, Error> {
    let request = envelope.data.remove("req").ok_or_else(|| Error::internal("invocation without req"))?;
    let request: WrappedRequest = serde_json::from_value(request).map_err(Error::internal)?;
    let response = state.router.clone().oneshot(unwrap(request)?).await.map_err(Error::internal)?;
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.map_err(Error::internal)?;
    let mut headers = serde_json::Map::new();
    for (name, value) in &parts.headers {
        if let Ok(value) = value.to_str() {
            headers.insert(name.as_str().to_owned(), json!(value));
        }
    }
    headers.entry("content-type").or_insert_with(|| json!("text/plain; charset=utf-8"));
    let res = json!({
        "statusCode": parts.status.as_u16(),
        "headers": headers,
        "body": String::from_utf8_lossy(&bytes),
    });
    Ok(axum::Json(json!({ "Outputs": { "res": res }, "Logs": [], "ReturnValue": null })).into_response())
}

fn unwrap(wrapped: WrappedRequest) -> Result<Request, Error> {
    let url = url::Url::parse(&wrapped.url).map_err(Error::internal)?;
    let mut path_and_query = url.path().to_owned();
    if let Some(query) = url.query() {
        path_and_query.push('?');
        path_and_query.push_str(query);
    }
    let method = Method::from_bytes(wrapped.method.as_bytes()).map_err(Error::internal)?;
    let mut request = Request::builder().method(method).uri(path_and_query);
    let mut media = String::new();
    for (name, values) in &wrapped.headers {
        let (Ok(name), false) =
            (HeaderName::try_from(name.as_str()), name.eq_ignore_ascii_case("content-length"))
        else {
            continue;
        };
        // An answer in an envelope is text: it must not come compressed.
        if name == axum::http::header::ACCEPT_ENCODING {
            continue;
        }
        for value in values {
            if let Ok(value) = HeaderValue::from_str(value) {
                request = request.header(name.clone(), value);
            }
        }
        if name == CONTENT_TYPE {
            media = values.first().cloned().unwrap_or_default().to_ascii_lowercase();
        }
    }
    let body = match wrapped.body {
        None => Vec::new(),
        Some(text) if media.starts_with("multipart/") || media.starts_with("application/octet-stream") => {
            base64::engine::general_purpose::STANDARD.decode(text.as_bytes()).map_err(Error::internal)?
        }
        Some(text) => text.into_bytes(),
    };
    request.body(Body::from(body)).map_err(Error::internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_read_whether_encoded_once_or_twice() {
        let message = r#"{"message_id":"1"}"#;
        let twice = Value::String(serde_json::to_string(message).unwrap());
        assert_eq!(message_text(&twice), message);
        assert_eq!(message_text(&Value::String(message.into())), message);
        assert_eq!(message_text(&json!("plain words")), "plain words");
        assert_eq!(message_text(&json!("\"hello\"")), "hello");
    }

    #[test]
    fn attempts_are_read_from_what_the_host_says() {
        let said = include_str!("../../../tests/fixtures/host/queue.json");
        let read = |text: &str| serde_json::from_str::<Invocation>(text).unwrap().metadata.attempt();
        assert_eq!(read(&said.replace(r#""DequeueCount": "1""#, r#""DequeueCount": "5""#)), 5);
        assert_eq!(read(&said.replace(r#""DequeueCount": "1""#, r#""DequeueCount": 4"#)), 4);
        assert_eq!(read(r#"{"Data":{"message":"{}"},"Metadata":{}}"#), 1);
    }
}
