//! An OpenAI-compatible address that answers as a test tells it, and remembers what it was asked.

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

type Script = dyn Fn(&Value) -> (u16, &'static str, String) + Send + Sync;

#[derive(Clone)]
pub struct ScriptedModel {
    pub address: String,
    asked: Arc<Mutex<Vec<Value>>>,
}

#[derive(Clone)]
struct Shared {
    script: Arc<Script>,
    asked: Arc<Mutex<Vec<Value>>>,
}

impl ScriptedModel {
    /// `script` gets each request's body and gives status, media type and body.
    pub async fn new(script: impl Fn(&Value) -> (u16, &'static str, String) + Send + Sync + 'static) -> Self {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let shared = Shared { script: Arc::new(script), asked: asked.clone() };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/v1", listener.local_addr().unwrap());
        let app = Router::new().fallback(answer).with_state(shared);
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { address, asked }
    }

    /// Bodies of the requests so far.
    pub fn asked(&self) -> Vec<Value> {
        self.asked.lock().unwrap().clone()
    }
}

async fn answer(State(shared): State<Shared>, _: Uri, body: axum::body::Bytes) -> Response {
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let (status, media, text) = (shared.script)(&body);
    shared.asked.lock().unwrap().push(body);
    Response::builder()
        .status(StatusCode::from_u16(status).unwrap())
        .header("content-type", media)
        .body(Body::from(text))
        .unwrap()
}

/// A whole answer.
pub fn said(content: &str) -> (u16, &'static str, String) {
    let body = json!({
        "model": "test-model-1",
        "choices": [{ "index": 0, "finish_reason": "stop", "message": { "role": "assistant", "content": content } }],
        "usage": { "prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18 },
    });
    (200, "application/json", body.to_string())
}

/// A streamed answer of these pieces; `finish` is `stop`, `content_filter`, or empty for a stream that is cut.
pub fn sse(pieces: &[&str], finish: &str) -> (u16, &'static str, String) {
    let chunk = |delta: Value, finish: Value| {
        let body = json!({ "model": "test-model-1", "choices": [{ "index": 0, "delta": delta, "finish_reason": finish }] });
        format!("data: {body}\n\n")
    };
    let mut text: String =
        pieces.iter().map(|piece| chunk(json!({ "content": piece }), Value::Null)).collect();
    if !finish.is_empty() {
        text.push_str(&chunk(json!({}), finish.into()));
        text.push_str("data: [DONE]\n\n");
    }
    (200, "text/event-stream", text)
}
