//! A server on this machine that gives the answers it was told, in order, and remembers what it was asked.

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, Method, Uri},
    response::Response,
};
use futures_util::StreamExt as _;
use serde_json::{Value, json};
use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

pub(crate) struct Server {
    pub(crate) address: String,
    script: Arc<Script>,
    task: tokio::task::JoinHandle<()>,
}

struct Script {
    replies: Mutex<VecDeque<Reply>>,
    asked: Mutex<Vec<Asked>>,
    /// Streams whose client went away.
    dropped: AtomicUsize,
}

#[derive(Clone)]
pub(crate) struct Asked {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    /// Null when it is not JSON.
    pub(crate) body: Value,
}

#[derive(Clone)]
pub(crate) struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    chunks: Vec<Chunk>,
    /// Before the first byte.
    delay: Duration,
}

#[derive(Clone)]
pub(crate) enum Chunk {
    Bytes(Vec<u8>),
    Pause(Duration),
    /// The connection breaks.
    Break,
}

impl Reply {
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::body(status, "application/json", body.to_string())
    }

    pub(crate) fn body(status: u16, kind: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: vec![("content-type", kind.into())],
            chunks: vec![Chunk::Bytes(body.into())],
            delay: Duration::ZERO,
        }
    }

    pub(crate) fn events(text: &str) -> Self {
        Self::body(200, "text/event-stream; charset=utf-8", text)
    }

    pub(crate) fn chunks(chunks: Vec<Chunk>) -> Self {
        Self { chunks, ..Self::events("") }
    }

    /// A whole answer with this content, 11 tokens in and 7 out.
    pub(crate) fn saying(content: &str) -> Self {
        Self::ending("stop", content)
    }

    /// The same with another reason why it ends.
    pub(crate) fn ending(finish: &str, content: &str) -> Self {
        Self::json(
            200,
            &json!({
                "model": "gpt-4o-2024-08-06",
                "choices": [{ "index": 0, "finish_reason": finish,
                              "message": { "role": "assistant", "content": content } }],
                "usage": { "prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18 },
            }),
        )
    }

    pub(crate) fn refusing(status: u16, code: &str, message: &str) -> Self {
        Self::json(
            status,
            &json!({ "error": { "code": code, "message": message, "type": "some_error", "param": null } }),
        )
    }

    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }
}

impl Server {
    /// The last reply is given again and again.
    pub(crate) async fn playing(replies: impl IntoIterator<Item = Reply>) -> Self {
        let script = Arc::new(Script {
            replies: Mutex::new(replies.into_iter().collect()),
            asked: Mutex::default(),
            dropped: AtomicUsize::new(0),
        });
        let app = Router::new().fallback(answer).with_state(script.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let task = tokio::spawn(async move {
            axum::serve(listener, app).await.expect("serves until aborted");
        });
        Self { address, script, task }
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.script.asked.lock().expect("not poisoned").clone()
    }

    pub(crate) fn dropped(&self) -> usize {
        self.script.dropped.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(
    State(script): State<Arc<Script>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let body = serde_json::from_slice(&body).unwrap_or_default();
    script.asked.lock().expect("not poisoned").push(Asked { method, path: uri.to_string(), headers, body });
    let reply = {
        let mut replies = script.replies.lock().expect("not poisoned");
        let reply = replies.pop_front().expect("a reply");
        if replies.is_empty() {
            replies.push_back(reply.clone());
        }
        reply
    };
    tokio::time::sleep(reply.delay).await;
    let mut response = Response::builder().status(reply.status);
    for (name, value) in &reply.headers {
        response = response.header(*name, value);
    }
    let watch = Watch { script: script.clone(), left: reply.chunks.len() };
    let chunks = futures_util::stream::iter(reply.chunks).scan(watch, |watch, chunk| {
        watch.left -= 1;
        async move {
            match chunk {
                Chunk::Bytes(bytes) => Some(Ok(Bytes::from(bytes))),
                Chunk::Pause(pause) => {
                    tokio::time::sleep(pause).await;
                    Some(Ok(Bytes::new()))
                }
                Chunk::Break => Some(Err(std::io::Error::other("broken"))),
            }
        }
    });
    // An empty chunk would end a chunked body early.
    let chunks = chunks.filter(|chunk: &std::io::Result<Bytes>| {
        std::future::ready(!matches!(chunk, Ok(bytes) if bytes.is_empty()))
    });
    response.body(Body::from_stream(chunks)).expect("a response")
}

/// Notices when a body is dropped before its end.
struct Watch {
    script: Arc<Script>,
    left: usize,
}

impl Drop for Watch {
    fn drop(&mut self) {
        if self.left > 0 {
            self.script.dropped.fetch_add(1, Ordering::SeqCst);
        }
    }
}
