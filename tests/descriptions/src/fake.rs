//! The three services at one address. A request that its description does not allow is refused, remembered, and fails the
//! test that let it happen; every other is answered with the description's example, made to fit what was asked.

mod answer;
mod services;

pub use answer::Answer;

use crate::description::{Description, Request};
use crate::identity::Identity;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, Uri};
use axum::response::Response;
use serde_json::Value;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::task::JoinHandle;

const EMAIL: &str = "communication/data-plane/Email/stable/2023-03-31/CommunicationServicesEmail.json";
const DOCUMENTS: &str = "ai/data-plane/DocumentIntelligence/stable/2024-11-30/document-intelligence.json";
const OPENAI: &str = "cognitiveservices/data-plane/AzureOpenAI/inference/stable/2024-10-21/inference.json";

pub struct Fake {
    pub address: String,
    inner: Arc<Inner>,
    task: JoinHandle<()>,
}

struct Inner {
    address: String,
    /// With the resource a token must be for.
    descriptions: [(Description, &'static str); 3],
    state: Mutex<Remembered>,
}

#[derive(Default)]
struct Remembered {
    heard: Vec<Heard>,
    violations: Vec<String>,
    /// By operation.
    script: HashMap<String, VecDeque<Answer>>,
    /// Times the outcome of a long-running operation was asked for.
    looks: HashMap<String, u32>,
    /// Message-IDs of letters that were taken.
    letters: Vec<String>,
}

/// A request that was meant for a known operation.
#[derive(Clone)]
pub struct Heard {
    pub operation: String,
    pub path: String,
    pub headers: HeaderMap,
    /// Null when it is not JSON.
    pub body: Value,
    pub bytes: Bytes,
}

impl Fake {
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let descriptions = [
            (Description::load(EMAIL), "https://communication.azure.com"),
            (Description::load(DOCUMENTS), "https://cognitiveservices.azure.com"),
            (Description::load(OPENAI), "https://cognitiveservices.azure.com"),
        ];
        let inner = Arc::new(Inner { address: address.clone(), descriptions, state: Mutex::default() });
        let app = axum::Router::new()
            .fallback(answer)
            .layer(axum::extract::DefaultBodyLimit::max(32 * 1024 * 1024))
            .with_state(inner.clone());
        let task =
            tokio::spawn(async move { axum::serve(listener, app).await.expect("serves until aborted") });
        Self { address, inner, task }
    }

    /// The next requests of an operation are answered so, one after the other; later ones as usual.
    pub fn next(&self, operation: &str, answers: impl IntoIterator<Item = Answer>) {
        let known = self.inner.descriptions.iter().any(|(description, _)| description.has(operation));
        assert!(known, "no operation {operation}");
        self.state().script.entry(operation.to_owned()).or_default().extend(answers);
    }

    /// The requests of one operation that were in order.
    pub fn heard(&self, operation: &str) -> Vec<Heard> {
        self.state().heard.iter().filter(|heard| heard.operation == operation).cloned().collect()
    }

    /// Letters that were taken to be sent.
    pub fn letters_taken(&self) -> usize {
        self.state().letters.len()
    }

    /// What was wrong with requests so far; taking it keeps the test from failing over it.
    pub fn take_violations(&self) -> Vec<String> {
        std::mem::take(&mut self.state().violations)
    }

    fn state(&self) -> MutexGuard<'_, Remembered> {
        self.inner.state()
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.task.abort();
        let violations = self.take_violations();
        assert!(
            violations.is_empty() || std::thread::panicking(),
            "requests that the descriptions do not allow:\n{}",
            violations.join("\n")
        );
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, Remembered> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn refuse(&self, status: u16, faults: Vec<String>) -> Answer {
        self.state().violations.extend(faults);
        Answer::Refusal { status, retry_after: None }
    }
}

async fn answer(
    State(inner): State<Arc<Inner>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    bytes: Bytes,
) -> Response {
    let request = Request {
        method: &method,
        path: uri.path(),
        query: uri.query().unwrap_or_default(),
        headers: &headers,
        body: &bytes,
    };
    let (mut missing, mut found) = (Vec::new(), None);
    for (description, audience) in &inner.descriptions {
        match description.check(&request) {
            Ok((operation, faults)) => found = Some((operation, *audience, faults)),
            Err(fault) => missing.push(fault),
        }
    }
    let Some((operation, audience, faults)) = found else {
        // The description that knows the path has more to say than the others.
        missing.sort_by_key(|fault| fault.contains("no such path"));
        missing.truncate(1);
        return inner.refuse(404, missing).plain().await;
    };
    let bearer = headers.get("authorization").and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    if bearer.and_then(Identity::audience).as_deref() != Some(audience) {
        return inner.refuse(401, vec![format!("{}: no token for {audience}", operation.id)]).plain().await;
    }
    if !faults.is_empty() {
        let named = faults.iter().map(|fault| format!("{}: {fault}", operation.id)).collect();
        return inner.refuse(400, named).plain().await;
    }
    let heard = Heard {
        operation: operation.id.clone(),
        path: uri.path().to_owned(),
        headers,
        body: serde_json::from_slice(&bytes).unwrap_or_default(),
        bytes,
    };
    let scripted = {
        let mut state = inner.state();
        state.heard.push(heard.clone());
        state.script.get_mut(&operation.id).and_then(VecDeque::pop_front)
    };
    services::answer(&inner, operation, &heard, scripted).await
}
