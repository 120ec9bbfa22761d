//! Held to what the Azure Functions host really does: staged folders, readiness, wrapped, forwarded and streamed
//! requests, queue and timer envelopes, failure by status, and never an empty answer.

use crate::support::answer::Answer;
use crate::support::handler::{Handler, envelope, queue_envelope};
use crate::support::make;
use crate::support::snapshot::{fixture, read};
use crate::surface::NOBODYS_ID;
use axum::response::IntoResponse as _;
use futures_util::StreamExt as _;
use reqwest::Method;
use serde_json::{Value, json};
use shared::clock::Clock;
use shared::config::Config;
use shared::docs::At;
use shared::function::Function;
use shared::queue::{Queue as _, poison};
use shared::serve::{FailedMessage, Trigger, context, function_json, stage, triggers};
use shared::store::Tenant;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// Every deployable app: each function alone, and all in one.
fn apps() -> Vec<(String, Vec<Function>)> {
    let mut apps: Vec<_> =
        all::functions().into_iter().map(|function| (function.name.to_owned(), vec![function])).collect();
    apps.push(("talenti".to_owned(), all::functions()));
    apps
}

fn schema(name: &str) -> jsonschema::Validator {
    let schema: Value = serde_json::from_str(&read(&fixture(&format!("schemas/{name}")))).expect("JSON");
    jsonschema::validator_for(&schema).expect("a schema")
}

#[track_caller]
fn assert_valid(validator: &jsonschema::Validator, value: &Value, what: &str) {
    let faults: Vec<String> =
        validator.iter_errors(value).map(|error| format!("{error} at {}", error.instance_path())).collect();
    assert!(faults.is_empty(), "{what}: {faults:?}");
}

/// The schema of one kind of binding. The file's own choice between kinds cannot be used: a kind that does not pin its
/// `type` fits every binding, so that "exactly one of" never holds.
fn binding_schema(kind: &str) -> jsonschema::Validator {
    let definition = match kind {
        "httpTrigger" | "http" => "httpBinding",
        "queueTrigger" => "queueBinding",
        "timerTrigger" => "timerTriggerBinding",
        other => panic!("nobody expected a binding {other}"),
    };
    let mut schema: Value = serde_json::from_str(&read(&fixture("schemas/function.json"))).expect("JSON");
    let members = schema.as_object_mut().expect("an object");
    members.remove("properties");
    let parts = ["bindingBase", definition].map(|name| json!({ "$ref": format!("#/definitions/{name}") }));
    members.insert("allOf".into(), json!(parts));
    jsonschema::validator_for(&schema).expect("a schema")
}

#[test]
fn every_app_is_staged_as_the_host_reads_it() {
    let host = schema("host.json");
    let folder = tempfile::tempdir().expect("a temporary directory");
    let program = folder.path().join("program");
    std::fs::write(&program, "#!/bin/sh\n").expect("written");
    for (name, functions) in apps() {
        let app = folder.path().join(&name);
        stage(&functions, &program, &app).expect("staged");
        let settings: Value = serde_json::from_str(&read(&app.join("host.json"))).expect("JSON");
        assert_valid(&host, &settings, &format!("{name}/host.json"));
        assert_eq!(settings["version"], "2.0");
        assert_eq!(settings["customHandler"]["description"]["defaultExecutablePath"], "handler");
        assert_eq!(settings["extensions"]["http"]["routePrefix"], "", "the program sees the whole path");
        assert!(app.join("handler").is_file());

        let mut folders = BTreeSet::new();
        for entry in std::fs::read_dir(&app).expect("the app") {
            let path = entry.expect("an entry").path();
            if !path.is_dir() {
                continue;
            }
            let trigger = path.file_name().and_then(|name| name.to_str()).expect("a name").to_owned();
            let value: Value = serde_json::from_str(&read(&path.join("function.json"))).expect("JSON");
            let bindings = value["bindings"].as_array().expect("bindings");
            for binding in bindings {
                let kind = binding["type"].as_str().expect("a type");
                assert_valid(&binding_schema(kind), binding, &format!("{name}/{trigger}"));
            }
            assert!(is_function_name(&trigger), "{name}/{trigger}");
            // Only one input and one output: then the request is passed on untouched.
            assert!(matches!(bindings.len(), 1 | 2), "{name}/{trigger}");
            folders.insert(trigger);
        }
        let declared: BTreeSet<String> = triggers(&functions).iter().map(Trigger::folder).collect();
        assert_eq!(folders, declared, "{name}");
    }
}

/// `^[a-z][a-z0-9_\-]{0,127}$`, and not `host`.
fn is_function_name(name: &str) -> bool {
    (1..=128).contains(&name.len())
        && name != "host"
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-')
}

#[test]
fn every_endpoint_stands_under_a_route_of_its_app_and_no_route_is_reserved() {
    for (name, functions) in apps() {
        let routes: Vec<(String, String)> = triggers(&functions)
            .iter()
            .filter_map(|trigger| match trigger {
                Trigger::Http { .. } => {
                    let value = function_json(trigger);
                    let route = value["bindings"][0]["route"].as_str().expect("a route").to_owned();
                    let methods = value["bindings"][0]["methods"].to_string();
                    Some((route, methods))
                }
                _ => None,
            })
            .collect();
        let mut seen = BTreeSet::new();
        for (route, _) in &routes {
            assert!(seen.insert(route.to_lowercase()), "{name}: route {route} twice");
            assert!(!route.starts_with('/'), "{name}: {route}");
            assert!(
                !route.starts_with("admin") && !route.starts_with("runtime"),
                "{name}: {route} is reserved"
            );
        }
        for endpoint in functions.iter().flat_map(|function| &function.endpoints) {
            let path = endpoint.path.trim_start_matches('/');
            let method = format!("\"{}\"", endpoint.method.as_str().to_lowercase());
            let found = routes.iter().any(|(route, methods)| {
                let start = route.strip_suffix("/{*path}").unwrap_or(route);
                (path == start || path.starts_with(&format!("{start}/"))) && methods.contains(&method)
            });
            // The host shows a page of its own at `/`.
            assert!(found || path.is_empty(), "{name}: {} {} is not reached", endpoint.method, endpoint.path);
        }
    }
}

#[tokio::test]
async fn every_program_serves_its_own_part_and_nothing_else() {
    let everything = all::functions();
    let mut served = 0;
    for function in &everything {
        let handler = Handler::start(function.name, std::slice::from_ref(function)).await;
        for other in &everything {
            for endpoint in &other.endpoints {
                let path = fill(&endpoint.path);
                if path == "/" {
                    continue;
                }
                let answer = handler.send(endpoint.method.clone(), &path, |request| request).await;
                if other.name == function.name {
                    served += 1;
                    assert!(!is_unknown_address(&answer), "{}: {}", function.name, answer.story());
                    assert!(answer.status.as_u16() != 405, "{}: {}", function.name, answer.story());
                } else if !function.endpoints.iter().any(|own| matches(&own.path, &path)) {
                    assert!(is_unknown_address(&answer), "{} serves {}", function.name, answer.story());
                    answer.problem();
                }
            }
        }
        for name in ["no-such-function", other_trigger(&everything, function).as_str()] {
            let answer = handler.invoke(name, &queue_envelope(name, "{}")).await;
            assert!(!answer.status.is_success(), "{}: {}", function.name, answer.story());
            assert!(!answer.body.is_empty());
        }
    }
    let endpoints = everything.iter().flat_map(|function| &function.endpoints);
    assert_eq!(served, endpoints.filter(|endpoint| endpoint.path != "/").count());
}

/// A trigger of another function.
fn other_trigger(everything: &[Function], own: &Function) -> String {
    let own = triggers(std::slice::from_ref(own));
    let others = triggers(everything);
    others
        .iter()
        .find(|trigger| !own.contains(trigger) && !matches!(trigger, Trigger::Http { .. }))
        .map_or_else(|| "nothing-of-ours".to_owned(), Trigger::folder)
}

fn fill(template: &str) -> String {
    let parts = template.split('/').map(|part| if part.starts_with('{') { NOBODYS_ID } else { part });
    parts.collect::<Vec<_>>().join("/")
}

fn matches(template: &str, path: &str) -> bool {
    let (parts, values): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
    parts.len() == values.len()
        && parts.iter().zip(values).all(|(part, value)| part.starts_with('{') || *part == value)
}

fn is_unknown_address(answer: &Answer) -> bool {
    answer.status == 404 && answer.text().contains("There is nothing at this address.")
}

/// What a function answers to the host, checked as the host does: 2xx, JSON, an object.
#[track_caller]
fn outputs(answer: &Answer) -> Value {
    assert!(answer.status.is_success(), "{}", answer.story());
    assert!(answer.header("content-type").is_some_and(|media| media.starts_with("application/json")));
    let value = answer.json();
    assert!(value.is_object(), "{}", answer.story());
    value
}

/// The inner answer of a wrapped request.
#[track_caller]
fn inner(answer: &Answer) -> (u64, Value, Value) {
    let outputs = outputs(answer);
    let res = &outputs["Outputs"]["res"];
    let body = res["body"].as_str().unwrap_or_else(|| panic!("the body must be text: {}", answer.story()));
    assert!(res["headers"]["content-type"].is_string(), "{}", answer.story());
    assert!(res["headers"]["content-encoding"].is_null(), "a wrapped answer is text: {}", answer.story());
    let status = res["statusCode"].as_u64().unwrap_or_else(|| panic!("no number: {}", answer.story()));
    (status, res["headers"].clone(), serde_json::from_str(body).unwrap_or(Value::Null))
}

fn account(email: &str) -> Value {
    json!({ "email": email, "password": make::PASSWORD, "first_name": "Sam", "last_name": make::LAST_NAME })
}

fn wrapped(function: &str, method: &str, path: &str, body: &str, token: &str) -> String {
    let url = format!("https://api.talenti.test{path}");
    let authorization = if token.is_empty() { String::new() } else { format!("Bearer {token}") };
    let text = envelope(
        "http-wrapped",
        &[
            ("URL", &url),
            ("METHOD", method),
            ("MEDIA", "application/json"),
            ("AUTHORIZATION", &authorization),
            ("BODY", body),
            ("FUNCTION", function),
        ],
    );
    let mut value: Value = serde_json::from_str(&text).expect("the fixture is JSON");
    let request = &mut value["Data"]["req"];
    if token.is_empty() {
        request["Headers"].as_object_mut().expect("headers").remove("Authorization");
    }
    if body.is_empty() {
        // Present only with a Content-Length above 0.
        request.as_object_mut().expect("a request").remove("Body");
    }
    value.to_string()
}

#[tokio::test]
async fn a_wrapped_request_is_served_and_its_metadata_is_never_believed() {
    let handler = Handler::start("talenti", &all::functions()).await;
    let body = account("sam@example.org").to_string();
    let answer =
        handler.invoke("http-auth", &wrapped("http-auth", "POST", "/api/v1/auth/register", &body, "")).await;
    let (status, headers, account) = inner(&answer);
    assert_eq!(status, 201, "{}", answer.story());
    assert_eq!(account["user"]["email"], "sam@example.org", "the envelope's Metadata said something else");
    assert!(headers["location"].is_string() && headers["etag"].is_string());
    let token = account["access_token"].as_str().expect("a token");

    let answer =
        handler.invoke("http-auth", &wrapped("http-auth", "GET", "/api/v1/auth/me", "", token)).await;
    let (status, _, me) = inner(&answer);
    assert_eq!((status, &me["user"]["id"]), (200, &account["user"]["id"]));

    // An answer that says no is an answer, not a failed invocation.
    let answer = handler.invoke("http-auth", &wrapped("http-auth", "GET", "/api/v1/auth/me", "", "")).await;
    let (status, headers, problem) = inner(&answer);
    assert_eq!((status, &problem["code"]), (401, &json!("unauthenticated")));
    assert_eq!(headers["content-type"], "application/problem+json");

    for broken in ["", "[]", "not json", "{\"Data\":{}}", "{\"Data\":{\"req\":{\"Url\":7}}}"] {
        let answer = handler.invoke("http-auth", broken).await;
        assert!(!answer.status.is_success() && !answer.body.is_empty(), "{}", answer.story());
    }
}

#[tokio::test]
async fn a_forwarded_request_is_served_as_it_came() {
    let handler = Handler::start("talenti", &all::functions()).await;
    let shape = |request: reqwest::RequestBuilder| {
        request
            .header("host", "api.talenti.test")
            .header("x-forwarded-for", "198.51.100.4, 203.0.113.7:51234")
            .header("x-request-id", "from-the-caller")
            .json(&account("fay@example.org"))
    };
    let answer = handler.send(Method::POST, "/api/v1/auth/register", shape).await;
    let token = answer.created()["access_token"].as_str().expect("a token").to_owned();
    assert_eq!(answer.header("x-request-id"), Some("from-the-caller"));
    let me = handler.send(Method::GET, "/api/v1/auth/me", |request| request.bearer_auth(token)).await.ok();
    assert_eq!(me["user"]["email"], "fay@example.org");
    handler.send(Method::GET, "/health", |request| request).await.ok();
    handler.send(Method::GET, "/api/v1/nothing/here", |request| request).await.refused(404, "not_found");
    handler
        .send(Method::DELETE, "/api/v1/auth/me", |request| request)
        .await
        .refused(405, "method_not_allowed");
}

#[tokio::test]
async fn a_proxied_request_may_come_in_chunks() {
    let handler = Handler::start("talenti", &all::functions()).await;
    let text = account("cho@example.org").to_string();
    let chunks: Vec<Result<Vec<u8>, std::io::Error>> =
        text.as_bytes().chunks(7).map(|chunk| Ok(chunk.to_vec())).collect();
    let body = reqwest::Body::wrap_stream(futures_util::stream::iter(chunks));
    let shape =
        |request: reqwest::RequestBuilder| request.header("content-type", "application/json").body(body);
    handler.send(Method::POST, "/api/v1/auth/register", shape).await.created();
}

/// A model at an OpenAI-compatible address that says one piece of a stream and waits before the next. Whoever wants no
/// stream, as the self-check does, is answered at once.
async fn waiting_model(go_on: Arc<Notify>) -> String {
    let piece = |text: &str| {
        let delta = json!({ "choices": [{ "index": 0, "delta": { "content": text } }] });
        Ok::<_, std::io::Error>(format!("data: {delta}\n\n"))
    };
    let answer = move |asked: String| async move {
        if !asked.contains("\"stream\":true") {
            let said = json!({ "role": "assistant", "content": "Yes" });
            let whole = json!({ "choices": [{ "index": 0, "message": said, "finish_reason": "stop" }] });
            return axum::Json(whole).into_response();
        }
        let rest = futures_util::stream::once(async move {
            go_on.notified().await;
            piece("Tell me about the last vessel you welded.").map(|piece| piece + "data: [DONE]\n\n")
        });
        let pieces = futures_util::stream::iter([piece("Good morning. ")]).chain(rest);
        ([("content-type", "text/event-stream")], axum::body::Body::from_stream(pieces)).into_response()
    };
    let router = axum::Router::new().fallback(axum::routing::post(answer));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
    let base = format!("http://{}/v1", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, router).await });
    base
}

#[tokio::test]
async fn a_stream_leaves_a_staged_program_piece_by_piece_and_wrapped_with_the_same_bytes() {
    const FIRST: &str = "data: {\"content\": \"Good morning. \"}\n\n";
    const REST: &str =
        "data: {\"content\": \"Tell me about the last vessel you welded.\"}\n\ndata: [DONE]\n\n";
    let go_on = Arc::new(Notify::new());
    let model = waiting_model(go_on.clone()).await;
    let settings = [("AI_BASE_URL", model.as_str()), ("AI_MODEL", "waiting")];
    let handler = Handler::start_with("talenti", &all::functions(), &settings).await;
    let register = |request: reqwest::RequestBuilder| request.json(&account("sal@example.org"));
    let account = handler.send(Method::POST, "/api/v1/auth/register", register).await.created();
    let token = account["access_token"].as_str().expect("a token");

    let body = json!({ "messages": [], "stream": true, "context": { "job_title": "Welder" } });
    let chat = |request: reqwest::RequestBuilder| request.bearer_auth(token).json(&body);
    let mut stream = handler.open(Method::POST, "/api/v1/interview/chat", chat).await;
    assert_eq!(stream.status(), 200);
    assert_eq!(stream.headers()["content-type"], "text/event-stream");
    let first = stream.chunk().await.expect("a piece").expect("not the end");
    assert_eq!(String::from_utf8_lossy(&first), FIRST, "it comes while the model still thinks");
    go_on.notify_one();
    assert_eq!(stream.text().await.expect("the rest"), REST);

    go_on.notify_one();
    let path = "/api/v1/interview/chat";
    let envelope = wrapped("http-interview", "POST", path, &body.to_string(), token);
    let answer = outputs(&handler.invoke("http-interview", &envelope).await);
    let res = &answer["Outputs"]["res"];
    assert_eq!((&res["statusCode"], &res["body"]), (&json!(200), &json!([FIRST, REST].concat())), "{answer}");
}

#[tokio::test]
async fn every_timer_runs_and_answers_an_object() {
    let handler = Handler::start("talenti", &all::functions()).await;
    let mut count = 0;
    for timer in all::functions().iter().flat_map(|function| &function.timers) {
        let answer = handler.invoke(timer.name, &envelope("timer", &[("FUNCTION", timer.name)])).await;
        outputs(&answer);
        count += 1;
    }
    assert!(count > 0);
}

/// Takes the oldest message of a queue as the host does, giving it a while to arrive.
async fn take(handler: &Handler, queue: &str) -> String {
    let (queues, started) = (handler.queues(), Instant::now());
    loop {
        let taken = queues.receive(queue, 1, 600).await.expect("the queue can be read").pop();
        if let Some(delivery) = taken {
            queues.delete(queue, &delivery).await.expect("it is there");
            return delivery.text;
        }
        assert!(started.elapsed() < Duration::from_secs(10), "nothing came on {queue}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Makes an account and forgets its password: one letter is queued.
async fn queue_a_letter(handler: &Handler, email: &str) {
    let register = |request: reqwest::RequestBuilder| request.json(&account(email));
    handler.send(Method::POST, "/api/v1/auth/register", register).await.created();
    let forgot = |request: reqwest::RequestBuilder| request.json(&json!({ "email": email }));
    handler.send(Method::POST, "/api/v1/auth/forgot-password", forgot).await.expect(202);
}

fn letters(handler: &Handler) -> usize {
    let entries = std::fs::read_dir(handler.outbox()).into_iter().flatten();
    entries
        .filter(|entry| entry.as_ref().is_ok_and(|e| e.path().extension().is_some_and(|x| x == "eml")))
        .count()
}

#[tokio::test]
async fn a_queue_message_is_read_through_its_two_encodings_and_handled_once() {
    let handler = Handler::start("talenti", &all::functions()).await;
    queue_a_letter(&handler, "lea@example.org").await;
    let message = take(&handler, "email-outbox").await;
    outputs(&handler.invoke("email-outbox", &queue_envelope("email-outbox", &message)).await);
    assert_eq!(letters(&handler), 1);
    // Deliveries repeat.
    outputs(&handler.invoke("email-outbox", &queue_envelope("email-outbox", &message)).await);
    assert_eq!(letters(&handler), 1);
}

#[tokio::test]
async fn a_message_that_failed_is_asked_for_again() {
    let handler = Handler::start("talenti", &all::functions()).await;
    // A file where the folder should be: no letter can be written.
    std::fs::write(handler.outbox(), "in the way").expect("written");
    queue_a_letter(&handler, "tom@example.org").await;
    let message = take(&handler, "email-outbox").await;
    let envelope = queue_envelope("email-outbox", &message);
    let answer = handler.invoke("email-outbox", &envelope).await;
    assert!(!answer.status.is_success(), "a failure must be told by the status: {}", answer.story());
    let (queues, dead) = (handler.queues(), poison("email-outbox"));
    assert_eq!(queues.len(&dead).await.expect("readable"), 0, "the host counts the attempts");
    std::fs::remove_file(handler.outbox()).expect("removed");
    outputs(&handler.invoke("email-outbox", &envelope).await);
    assert_eq!(letters(&handler), 1);
}

#[tokio::test]
async fn what_nobody_can_handle_goes_to_the_poison_queue_with_a_reason() {
    let handler = Handler::start("talenti", &all::functions()).await;
    let mut consumers = Vec::new();
    for consumer in all::functions().iter().flat_map(|function| function.consumers.clone()) {
        if !consumers.contains(&(consumer.queue, consumer.kind)) {
            consumers.push((consumer.queue, consumer.kind));
        }
    }
    assert!(!consumers.is_empty());
    let ctx = {
        let place = handler.outbox().with_file_name("").display().to_string();
        let config = Config::read(&|name| (name == "TALENTI_DATA").then(|| place.clone())).expect("settings");
        context(config, Arc::new(Clock::default()), &[]).expect("the backends open")
    };
    let at = At::system(Tenant::platform());
    for (number, (queue, kind)) in consumers.into_iter().enumerate() {
        let id = format!("0190a000-0000-7000-8000-00000000a{number:03}");
        let message = |kind: &str, payload: Value| {
            json!({
                "message_id": id, "type": kind, "tenant": "p:nobody", "organisation_id": null, "entity_id": "x",
                "requested_by": null, "enqueued_at": "2026-08-20T09:30:00.000Z", "trace_id": null,
                "payload": payload,
            })
            .to_string()
        };
        let hopeless = [
            "".to_owned(),
            "hello".to_owned(),
            "{}".to_owned(),
            message("no-such-type", json!({})),
            message(kind, json!([7])),
        ];
        // Several types may share a queue.
        let earlier = handler.queues().len(&poison(queue)).await.expect("readable");
        for (before, text) in (earlier..).zip(&hopeless) {
            let answer = handler.invoke(queue, &queue_envelope(queue, text)).await;
            outputs(&answer);
            let dead = handler.queues().peek(&poison(queue), 32).await.expect("readable");
            assert_eq!(dead.len() as u64, before + 1, "{queue}: {text}");
            assert!(dead.iter().any(|delivery| delivery.text == *text), "{queue}: {text} was changed");
        }
        let reason = ctx.docs::<FailedMessage>(&at).get_in(queue, &id).await.expect("a reason is kept");
        assert!(reason.detail.contains(kind), "{queue}: {} {:?}", reason.detail, reason.cause);
        assert_eq!(reason.attempts, 2);
    }
}
