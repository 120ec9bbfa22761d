//! Every function as a program of its own, all over one store: the way a deployment runs them. The test plays the host:
//! it passes each request to the app that serves it and gives each queue message to the app that consumes it.

use crate::support::answer::id;
use crate::support::handler::{Handler, client, queue_envelope};
use crate::support::platform::{PUBLIC, Platform};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use reqwest::StatusCode;
use serde_json::{Value, json};
use shared::function::Function;
use shared::queue::sqlite::SqliteQueue;
use shared::queue::{MAX_ATTEMPTS, Queue as _, bury};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;

struct Host {
    apps: Vec<(Function, Handler)>,
    queues: SqliteQueue,
    http: reqwest::Client,
    /// Apps that answered a request or handled a message.
    used: Mutex<BTreeSet<&'static str>>,
}

impl Host {
    async fn start(folder: &Arc<TempDir>) -> Arc<Self> {
        let settings = [("API_BASE_URL", PUBLIC), ("FRONTEND_URL", "https://jobs.talenti.test")];
        let mut apps = Vec::new();
        for function in all::functions() {
            let only = std::slice::from_ref(&function);
            let handler = Handler::start_in(folder, function.name, only, &settings).await;
            apps.push((function, handler));
        }
        let queues = apps[0].1.queues();
        Arc::new(Self { apps, queues, http: client(), used: Mutex::default() })
    }

    fn note(&self, name: &'static str) {
        self.used.lock().expect("no test panicked meanwhile").insert(name);
    }

    /// The app with the most exact address, as the routes of the deployment choose it.
    fn serving(&self, method: &str, path: &str) -> Option<&(Function, Handler)> {
        let exactness = |template: &str| {
            let (parts, values): (Vec<_>, Vec<_>) =
                (template.split('/').collect(), path.split('/').collect());
            let fits = |(part, value): (&&str, &&str)| part.starts_with('{') || part == value;
            let is_open = template.contains("{*");
            let fit = parts.iter().zip(&values).all(fits)
                && (parts.len() == values.len() || is_open && values.len() > parts.len());
            fit.then(|| parts.iter().filter(|part| !part.starts_with('{')).count())
        };
        let best = |function: &Function| {
            let own = function.endpoints.iter().filter(|endpoint| endpoint.method.as_str() == method);
            own.filter_map(|endpoint| exactness(&endpoint.path)).max()
        };
        self.apps
            .iter()
            .filter(|(function, _)| best(function).is_some())
            .max_by_key(|(function, _)| best(function))
    }

    async fn pass_on(State(host): State<Arc<Self>>, request: Request) -> Response {
        let (parts, body) = request.into_parts();
        let Some((function, app)) = host.serving(parts.method.as_str(), parts.uri.path()) else {
            return (StatusCode::NOT_FOUND, "no app serves this").into_response();
        };
        host.note(function.name);
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let mut headers = parts.headers;
        headers.remove("host");
        headers.remove("content-length");
        let body = reqwest::Body::wrap_stream(body.into_data_stream());
        let sent =
            host.http.request(parts.method, format!("{}{path}", app.base())).headers(headers).body(body);
        let answer = sent.send().await.expect("the app answers");
        let mut response = Response::builder().status(answer.status());
        for (name, value) in answer.headers().iter().filter(|(name, _)| *name != "transfer-encoding") {
            response = response.header(name, value);
        }
        response.body(Body::from_stream(answer.bytes_stream())).expect("an answer")
    }

    /// Delivers until the test ends.
    async fn pump(self: Arc<Self>) {
        loop {
            for (function, app) in &self.apps {
                for consumer in &function.consumers {
                    for delivery in self.queues.receive(consumer.queue, 8, 60).await.expect("readable") {
                        self.note(function.name);
                        let envelope = queue_envelope(consumer.queue, &delivery.text);
                        let done = app.invoke(consumer.queue, &envelope).await.status.is_success();
                        let settled = match done {
                            true => self.queues.delete(consumer.queue, &delivery).await,
                            false if delivery.dequeue_count >= MAX_ATTEMPTS => {
                                bury(&self.queues, consumer.queue, &delivery).await
                            }
                            false => self.queues.update(consumer.queue, &delivery, 1).await.map(drop),
                        };
                        settled.expect("still ours");
                    }
                }
            }
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twelve_programs_over_one_store_do_the_whole_job() {
    let folder = Arc::new(tempfile::tempdir().expect("a temporary directory"));
    let host = Host::start(&folder).await;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    let router = axum::Router::new().fallback(Host::pass_on).with_state(host.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    tokio::spawn(host.clone().pump());

    let platform = Platform::elsewhere(base, folder.path().join("data/outbox"));
    let acme = platform.organisation("Acme").await;
    let rita = acme.recruiter().await;
    let advert = "We look for a welder with MIG welding experience. A trade certificate is required.";
    let advert = json!({ "job_title": "Welder", "job_description": advert });
    rita.post("/jobs/extract", advert).await.ok();
    let (job, applicant, interview) = acme.interviewed(&rita, "Welder").await;
    let report = rita.get(&format!("/interviews/{interview}/report")).await.ok();
    assert_eq!(report["interview"]["status"], "completed");
    let carl = platform.person("Carl").await;
    let resume = crate::support::make::resume("Carl Marlowe", carl.email());
    let uploaded = carl.upload("/resume/upload", ("cv.pdf", "application/pdf", resume), &[]).await.ok();
    let parse = json!({ "file_path": uploaded["file_path"], "user_id": carl.user_id() });
    assert_eq!(carl.post("/resume/parse", parse).await.ok()["personal_info"]["email"], carl.email());
    let link = carl.get(uploaded["url"].as_str().expect("a link")).await;
    assert!(link.expect(200).body.starts_with(b"%PDF-"), "a link made by one program is served by another");
    let candidate = json!({ "application_id": id(&applicant.application), "skills": ["MIG welding"] });
    let request = json!({ "job_role_id": job["id"], "candidates": [candidate] });
    let shortlist = rita.post("/shortlist/generate", request).await.ok();
    assert_eq!(shortlist["total_evaluated"], 1);
    let events = acme.admin.get("/audit-events").await.ok();
    assert!(events["items"].as_array().is_some_and(|items| !items.is_empty()));

    let used = host.used.lock().expect("no test panicked meanwhile").clone();
    let every: BTreeSet<_> = all::functions().iter().map(|function| function.name).collect();
    assert_eq!(used, every, "every program had its part");
    let dead = host.apps.iter().flat_map(|(function, _)| &function.consumers);
    for consumer in dead {
        let poison = shared::queue::poison(consumer.queue);
        let left = host.queues.peek(&poison, 8).await.expect("readable");
        let left: Vec<Value> = left.iter().map(|delivery| json!(delivery.text)).collect();
        assert!(left.is_empty(), "{poison}: {left:?}");
    }
}
