//! The program under AWS Lambda: this test plays the runtime API (2018-06-01) and invokes it over HTTP, from SQS and by
//! EventBridge.

use crate::support::handler::{Process, binary};
use crate::support::make;
use crate::support::snapshot::{fixture, read};
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use serde_json::{Value, json};
use shared::domain::KINDS;
use shared::queue::sqlite::SqliteQueue;
use shared::queue::{Queue as _, poison};
use shared::store::sqlite::{Database, Durability, Location};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::{Mutex as AsyncMutex, mpsc, oneshot};

/// Lambda's own limit on an invocation is minutes; nothing here takes that long.
const PATIENCE: Duration = Duration::from_secs(60);

type Outcome = Result<Value, Value>;

#[derive(Clone)]
struct Runtime {
    events: Arc<AsyncMutex<mpsc::Receiver<(String, String)>>>,
    waiting: Arc<Mutex<HashMap<String, oneshot::Sender<Outcome>>>>,
}

/// The long poll: answers when there is an event.
async fn next(State(runtime): State<Runtime>) -> impl IntoResponse {
    let event = runtime.events.lock().await.recv().await;
    let (id, body) = match event {
        Some(event) => event,
        None => std::future::pending().await,
    };
    let headers = [
        ("lambda-runtime-aws-request-id", id),
        ("lambda-runtime-deadline-ms", "4102444800000".to_owned()),
        (
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:ap-southeast-2:123456789012:function:talenti".to_owned(),
        ),
        ("content-type", "application/json".to_owned()),
    ];
    (headers, body)
}

async fn settled(
    State(runtime): State<Runtime>,
    Path((id, how)): Path<(String, String)>,
    body: String,
) -> StatusCode {
    let value: Value = serde_json::from_str(&body).unwrap_or_else(|_| panic!("no JSON: {body}"));
    let waiting = runtime.waiting.lock().expect("no test panics with it").remove(&id);
    let outcome = if how == "response" { Ok(value) } else { Err(value) };
    waiting.expect("somebody asked").send(outcome).expect("and waits");
    StatusCode::ACCEPTED
}

struct Lambda {
    process: Process,
    events: mpsc::Sender<(String, String)>,
    runtime: Runtime,
    data: PathBuf,
    count: Mutex<u32>,
    _folder: TempDir,
}

impl Lambda {
    async fn start() -> Self {
        let (events, receiver) = mpsc::channel(1);
        let runtime = Runtime { events: Arc::new(AsyncMutex::new(receiver)), waiting: Arc::default() };
        let app = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/{how}", post(settled))
            .with_state(runtime.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address").to_string();
        tokio::spawn(async move { axum::serve(listener, app).await });
        let folder = tempfile::tempdir().expect("a temporary directory");
        let data = folder.path().join("data");
        let settings = [
            ("AWS_LAMBDA_RUNTIME_API", address.as_str()),
            ("AWS_LAMBDA_FUNCTION_NAME", "talenti"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ];
        let process = Process::start(&binary("talenti"), folder.path(), &data, &settings);
        Self { process, events, runtime, data, count: Mutex::new(0), _folder: folder }
    }

    async fn invoke(&self, event: &str) -> Outcome {
        let id = {
            let mut count = self.count.lock().expect("no test panics with it");
            *count += 1;
            format!("8476a536-e9f4-11e8-9739-{:012}", *count)
        };
        let (answer, answered) = oneshot::channel();
        self.runtime.waiting.lock().expect("no test panics with it").insert(id.clone(), answer);
        self.events.send((id, event.to_owned())).await.expect("the runtime API runs");
        match tokio::time::timeout(PATIENCE, answered).await {
            Ok(outcome) => outcome.expect("an outcome"),
            Err(_) => panic!("no answer to {event}\n{}", self.process.log()),
        }
    }

    async fn http(&self, method: &str, path: &str, body: &Value) -> (u64, Value) {
        let event = filled("http", &[("METHOD", method), ("PATH", path), ("BODY", &body.to_string())]);
        let answer = self.invoke(&event).await.expect("an answer");
        let body = answer["body"].as_str().map(|text| serde_json::from_str(text).expect("JSON"));
        (answer["statusCode"].as_u64().expect("a status"), body.unwrap_or(Value::Null))
    }

    async fn batch(&self, records: &[(&str, &str, &str)]) -> Vec<String> {
        let records: Vec<Value> = records
            .iter()
            .map(|(id, queue, body)| filled("sqs-record", &[("ID", *id), ("QUEUE", *queue), ("BODY", *body)]))
            .map(|text| serde_json::from_str(&text).expect("JSON"))
            .collect();
        let answer = self.invoke(&json!({ "Records": records }).to_string()).await.expect("an answer");
        let failures = answer["batchItemFailures"].as_array().expect("failures").iter();
        failures.map(|failure| failure["itemIdentifier"].as_str().expect("an id").to_owned()).collect()
    }

    fn queues(&self) -> SqliteQueue {
        let location = Location::File(self.data.join("talenti.db"));
        SqliteQueue::over(Database::open(location, KINDS, Durability::Process).expect("the store opens"))
    }

    fn letters(&self) -> usize {
        let entries = std::fs::read_dir(self.data.join("outbox")).into_iter().flatten().flatten();
        entries.filter(|entry| entry.path().extension().is_some_and(|extension| extension == "eml")).count()
    }
}

fn filled(name: &str, blanks: &[(&str, &str)]) -> String {
    let mut text = read(&fixture(&format!("lambda/{name}.json")));
    for (blank, value) in blanks {
        let quoted = Value::from(*value).to_string();
        text = text.replace(&format!("{{{{{blank}}}}}"), &quoted[1..quoted.len() - 1]);
    }
    text
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_program_serves_http_queues_and_schedules() {
    let lambda = Lambda::start().await;
    let (status, health) = lambda.http("GET", "/health", &Value::Null).await;
    assert_eq!((status, &health["status"]), (200, &json!("healthy")));
    let email = "lee@example.org";
    let account = json!({
        "email": email, "password": make::PASSWORD, "first_name": "Lee", "last_name": make::LAST_NAME,
    });
    let (status, made) = lambda.http("POST", "/api/v1/auth/register", &account).await;
    assert_eq!((status, &made["user"]["email"]), (201, &json!(email)), "{made}");
    let (status, problem) = lambda.http("GET", "/api/v1/auth/me", &Value::Null).await;
    assert_eq!((status, &problem["code"]), (401, &json!("unauthenticated")));

    // The process is frozen after its answer: by then the message has left.
    lambda.http("POST", "/api/v1/auth/forgot-password", &json!({ "email": email })).await;
    let queues = lambda.queues();
    let taken = queues.receive("email-outbox", 1, 600).await.expect("readable").pop();
    let letter = taken.expect("the message left before the answer").text;

    // Those that failed, and only those, are named.
    std::fs::write(lambda.data.join("outbox"), "in the way").expect("written");
    let batch = [
        ("fails", "email-outbox", letter.as_str()),
        ("hopeless", "email-outbox", "no envelope"),
        ("lost", "nobodys-queue", letter.as_str()),
    ];
    assert_eq!(lambda.batch(&batch).await, ["fails", "lost"]);
    assert_eq!(queues.len(&poison("email-outbox")).await.expect("readable"), 1, "given up at once");
    std::fs::remove_file(lambda.data.join("outbox")).expect("removed");
    // Deliveries repeat.
    for _ in 0..2 {
        assert_eq!(lambda.batch(&[("again", "email-outbox", letter.as_str())]).await, [""; 0]);
        assert_eq!(lambda.letters(), 1);
    }

    for timer in all::functions().iter().flat_map(|function| &function.timers) {
        lambda.invoke(&filled("schedule", &[("RULE", timer.name)])).await.expect("it runs");
    }
    let error = lambda.invoke(&filled("schedule", &[("RULE", "no-such-timer")])).await.expect_err("unknown");
    assert!(error["errorMessage"].as_str().is_some_and(|text| text.contains("no-such-timer")), "{error}");
    lambda.invoke(&json!({ "Something": "else" }).to_string()).await.expect_err("no event of ours");
    // And it still lives.
    assert_eq!(lambda.http("GET", "/health", &Value::Null).await.0, 200);
}
