//! What the operator and platform staff have: messages that were given up, work that failed, whether every part answers.

use crate::support::actor::Actor;
use crate::support::platform::Platform;
use axum::Router;
use axum::http::StatusCode;
use axum::routing::post;
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use shared::Context;
use shared::docs::{At, Listing};
use shared::domain::background_job::BackgroundJob;
use shared::domain::messages::QUEUES;
use shared::queue::poison;
use shared::store::Tenant;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(15);

/// A platform of this process, whose inside can be reached.
async fn platform() -> Platform {
    Platform::start_with(&[("LOG_LEVEL", "off")]).await
}

fn envelope(id: &str, kind: &str, tenant: &str, payload: &Value) -> String {
    json!({
        "message_id": id, "type": kind, "tenant": tenant, "organisation_id": null, "entity_id": "e-1",
        "requested_by": null, "enqueued_at": "2026-08-20T09:30:00.000Z", "trace_id": null, "payload": payload,
    })
    .to_string()
}

async fn until<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = ask().await {
            return found;
        }
        assert!(started.elapsed() < PATIENCE, "never: {what}");
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
}

async fn given_up(staff: &Actor, queue: &str) -> Vec<Value> {
    let listed = staff.get(&format!("/platform/poison-queues/{queue}/messages")).await.ok();
    listed["items"].as_array().expect("items").clone()
}

/// Actions on messages, as the platform's audit has them.
async fn audited(ctx: &Context, action: &str) -> Vec<Value> {
    let at = At::system(Tenant::platform());
    let events = ctx.events(&at, Listing::newest().page(100, None)).await.expect("readable");
    let mut page: Value = serde_json::from_str(&events.text).expect("JSON");
    let mut events: Vec<Value> = serde_json::from_value(page["items"].take()).expect("items");
    events.retain(|event| event["action"] == action);
    events
}

#[test]
fn every_queue_that_is_consumed_is_looked_after() {
    let mut consumed: Vec<&str> =
        all::functions().iter().flat_map(shared::function::Function::queues).collect();
    consumed.sort_unstable();
    consumed.dedup();
    assert_eq!(QUEUES, consumed);
}

#[tokio::test]
async fn a_message_that_was_given_up_is_seen_with_its_reason_and_thrown_away() {
    let platform = platform().await;
    let (staff, ctx) = (platform.staff().await, platform.context());
    let text = envelope("m-1", "no-such-type", "p", &json!({}));
    ctx.queue().send("email-outbox", &text, 0).await.expect("sent");
    let message = until("given up", async || given_up(&staff, "email-outbox").await.pop()).await;
    assert_eq!((&message["id"], &message["message_type"]), (&json!("m-1"), &json!("no-such-type")));
    assert_eq!((&message["attempts"], &message["code"]), (&json!(1), &json!("bad_request")));
    let queues = staff.get("/platform/poison-queues").await.ok();
    let lengths = queues["items"].as_array().expect("items").iter();
    let lengths: Vec<_> = lengths.filter(|queue| queue["poisoned"] != 0).collect();
    assert_eq!(lengths, [&json!({ "queue": "email-outbox", "waiting": 0, "poisoned": 1 })]);

    let path = "/platform/poison-queues/email-outbox/messages/m-1";
    assert_eq!(staff.get(path).await.ok()["text"], json!(text));
    staff.post(&format!("{path}/discard"), json!({ "reason": " " })).await.refused(422, "validation_failed");
    staff.post(&format!("{path}/discard"), json!({ "reason": "a test" })).await.no_content();
    staff.post(&format!("{path}/discard"), json!({ "reason": "a test" })).await.refused(404, "not_found");
    staff.get(path).await.refused(404, "not_found");
    assert_eq!(given_up(&staff, "email-outbox").await, [json!(null); 0]);
    let events = audited(ctx, "discard").await;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["actor_id"], json!(staff.user_id()));
    assert_eq!(events[0]["new_values"]["reason"], "a test");
    staff.get("/platform/poison-queues/nobodys-queue/messages").await.refused(404, "not_found");
}

#[tokio::test]
async fn however_many_ask_at_once_a_message_is_sent_again_once() {
    let platform = platform().await;
    let (staff, ctx) = (platform.staff().await, platform.context());
    // Given up again at once, so that every sending leaves a message in the poison queue.
    let text = envelope("m-2", "no-such-type", "p", &json!({}));
    let (queue, dead) = ("application-events", poison("application-events"));
    // A crash while it was moved leaves two.
    for _ in 0..2 {
        ctx.queue().send(&dead, &text, 0).await.expect("sent");
    }
    for other in 0..40 {
        ctx.queue()
            .send(&dead, &envelope(&format!("o-{other}"), "other", "p", &json!({})), 0)
            .await
            .expect("sent");
    }
    let path = format!("/platform/poison-queues/{queue}/messages/m-2/requeue");
    let answers = join_all((0..6).map(|_| staff.act(&path))).await;
    let sent = answers.iter().filter(|answer| answer.status == 202).count();
    for refused in answers.iter().filter(|answer| answer.status != 202) {
        assert!(matches!(refused.status.as_u16(), 404 | 409), "{}", refused.story());
        refused.problem();
    }
    assert!(sent >= 1);
    // Each acceptance took all copies and sent one.
    until("back in the poison queue", async || {
        let length = ctx.queue().len(&dead).await.expect("readable");
        let waiting = ctx.queue().len(queue).await.expect("readable");
        (length == 41 && waiting == 0).then_some(())
    })
    .await;
    assert_eq!(audited(ctx, "requeue").await.len(), sent);

    // What can be handled goes through when everything is sent again.
    let nothing_to_do = json!({
        "document_id": "0190a000-0000-7000-8000-000000000001", "candidate_id": "0190a000-0000-7000-8000-000000000002",
    });
    let dead = poison("resume-parse-jobs");
    for number in 0..5 {
        let text = envelope(&format!("p-{number}"), "parse-resume-job", "o:nobody", &nothing_to_do);
        ctx.queue().send(&dead, &text, 0).await.expect("sent");
    }
    let all = staff.act("/platform/poison-queues/resume-parse-jobs/requeue").await.accepted();
    assert_eq!(all["requeued"], 5);
    until("handled", async || {
        let left = ctx.queue().len("resume-parse-jobs").await.expect("readable");
        let dead = ctx.queue().len(&dead).await.expect("readable");
        (left == 0 && dead == 0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn an_administrator_follows_the_work_of_the_organisation_and_tries_again() {
    let platform = platform().await;
    let acme = platform.organisation("Acme").await;
    let (ada, rita) = (&acme.admin, acme.recruiter().await);
    let globex = platform.organisation("Globex").await;
    let ctx = platform.context();
    let at = At::system(Tenant::organisation(&acme.id));
    let (kind, queue) = ("rescore-interview", "scoring-jobs");
    let mut job = BackgroundJob::new(at.tenant.organisation_id(), kind, queue, None, None, ctx.now());
    job.begin(ctx.now()).expect("queued");
    job.fail("The AI service is not available.", ctx.now()).expect("running");
    let job = ctx.docs::<BackgroundJob>(&at).create(job).await.expect("made");

    let failed = ada.get("/platform/background-jobs?status=failed").await.ok();
    assert_eq!(failed["items"][0]["id"], json!(job.id));
    assert_eq!(ada.get("/platform/background-jobs?status=queued").await.ok()["items"], json!([]));
    rita.get("/platform/background-jobs").await.refused(403, "forbidden");
    assert_eq!(globex.admin.get("/platform/background-jobs").await.ok()["items"], json!([]));
    let others = format!("/platform/background-jobs?organisation_id={}", acme.id);
    globex.admin.get(&others).await.refused(404, "not_found");
    let staff = platform.staff().await;
    assert_eq!(staff.get(&others).await.ok()["items"][0]["id"], json!(job.id));
    staff.get("/platform/background-jobs").await.refused(422, "validation_failed");

    let retry = format!("/platform/background-jobs/{}/retry", job.id);
    globex.admin.act(&retry).await.refused(404, "not_found");
    ada.act(&retry).await.refused(409, "conflict");
    let payload = json!({
        "interview_id": "0190a000-0000-7000-8000-000000000003", "reason": "again", "background_job_id": job.id,
    });
    let text = envelope("m-3", kind, at.tenant.as_str(), &payload);
    ctx.queue().send(&poison(queue), &text, 0).await.expect("sent");
    // There is no such interview: tried, and given up again.
    for attempts in [2, 3] {
        ada.act(&retry).await.accepted();
        until("given up", async || {
            let seen = ada.get(&format!("/background-jobs/{}", job.id)).await.ok();
            (seen["attempts"] == attempts && seen["status"] == "poisoned").then_some(())
        })
        .await;
        let given_up = ada.get("/platform/background-jobs?status=poisoned").await.ok();
        assert_eq!(given_up["items"][0]["id"], json!(job.id));
        let why = "There is no such interview, or you may not see it.";
        assert_eq!(given_up["items"][0]["error"], why);
        until("in the poison queue", async || {
            let length = ctx.queue().len(&poison(queue)).await.expect("readable");
            (length == 1).then_some(())
        })
        .await;
    }
    // Thrown away: it stays given up, and there is nothing to try.
    let path = format!("/platform/poison-queues/{queue}/messages/m-3/discard");
    staff.post(&path, json!({ "reason": "a test" })).await.no_content();
    ada.act(&retry).await.refused(409, "conflict");
    assert_eq!(ada.get(&format!("/background-jobs/{}", job.id)).await.ok()["status"], "poisoned");
}

async fn readiness(platform: &Platform, status: u16) -> Value {
    platform.at_root(Method::GET, "/health/ready").await.expect(status).json()
}

fn failing(readiness: &Value) -> Vec<&str> {
    let parts = readiness["parts"].as_array().expect("parts").iter();
    parts.filter(|part| part["status"] == "failing").filter_map(|part| part["part"].as_str()).collect()
}

#[tokio::test]
async fn readiness_speaks_of_every_part_and_is_asked_once_for_many_probes() {
    let platform = platform().await;
    let ready = readiness(&platform, 200).await;
    assert_eq!((&ready["status"], failing(&ready)), (&json!("ready"), vec![]));
    let named: Vec<_> = ready["parts"].as_array().expect("parts").iter().map(|part| &part["part"]).collect();
    assert_eq!(json!(named), json!(["store", "queues", "files", "ai", "mail"]));

    let asked = Arc::new(AtomicU32::new(0));
    let count = asked.clone();
    let app = Router::new().fallback(post(move || {
        count.fetch_add(1, Ordering::Relaxed);
        async { (StatusCode::UNAUTHORIZED, "{\"error\":{\"message\":\"no key sk-secret\"}}") }
    }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = format!("http://{}/v1", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, app).await });
    let settings =
        [("AI_BASE_URL", address.as_str()), ("AI_MODEL", "m"), ("AI_API_KEY", "k-1"), ("LOG_LEVEL", "off")];
    let platform = Platform::start_with(&settings).await;
    let answers = join_all((0..20).map(|_| readiness(&platform, 503))).await;
    for answer in &answers {
        assert_eq!((&answer["status"], failing(answer)), (&json!("not_ready"), vec!["ai"]));
        let text = answer.to_string();
        assert!(
            !text.contains("127.0.0.1") && !text.contains("k-1") && !text.contains("sk-secret"),
            "{text}"
        );
    }
    assert_eq!(asked.load(Ordering::Relaxed), 1, "probes do not multiply");
    // Without the model the rest works.
    platform.organisation("Acme").await;
}

#[tokio::test]
async fn letters_wait_while_they_cannot_leave() {
    let platform = platform().await;
    let sam = platform.person("Sam").await;
    let folder = shared::serve::outbox_folder(&platform.context().config().data);
    std::fs::create_dir_all(folder.parent().expect("a data directory")).expect("there");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::write(&folder, "in the way").expect("written");
    let ready = readiness(&platform, 200).await;
    assert_eq!((&ready["status"], failing(&ready)), (&json!("degraded"), vec!["mail"]));
    let forgot = json!({ "email": sam.email() });
    platform.anonymous().post("/auth/forgot-password", forgot).await.expect(202);
    let at = At::system(Tenant::platform());
    until("tried", async || {
        let listing = Listing::newest().within("email-outbox");
        let tried = platform.context().docs::<shared::serve::FailedMessage>(&at).list(listing).await;
        (!tried.expect("readable").items.is_empty()).then_some(())
    })
    .await;
    std::fs::remove_file(&folder).expect("removed");
    platform.letters().wait_for(&platform, sam.email(), "").await;
}
