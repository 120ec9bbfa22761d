//! Store, queue or files fail while the platform runs: who asks is told in words, nothing is half done, and everything goes
//! on when they are back.

use crate::support::actor::Actor;
use crate::support::answer::{Answer, id};
use crate::support::faults::Faults;
use crate::support::make;
use crate::support::platform::Platform;
use ::time::Duration;
use reqwest::Method;
use serde_json::{Value, json};
use shared::docs::{At, Listing};
use shared::domain::transcript::Speaker;
use shared::domain::transcript_segment::TranscriptSegment;
use shared::store::Tenant;

/// More calls than any one request makes.
const MOST_CALLS: u32 = 80;

async fn platform() -> (Platform, Faults) {
    let faults = Faults::none();
    let platform = Platform::start_over(&[("LOG_LEVEL", "off")], |backends| faults.before(backends)).await;
    (platform, faults)
}

/// 503 in the words of a problem, with a time to come back, and without the cause.
#[track_caller]
fn assert_unavailable(answer: &Answer) {
    answer.refused(503, "unavailable");
    assert!(answer.header("retry-after").is_some(), "{}", answer.story());
    assert!(!answer.text().contains("secret-host"), "{}", answer.story());
}

async fn readiness(platform: &Platform) -> (u16, Vec<String>) {
    let answer = platform.at_root(Method::GET, "/health/ready").await;
    let parts = answer.json()["parts"].as_array().expect("parts").clone();
    let failing = parts.iter().filter(|part| part["status"] == "failing");
    (answer.status.as_u16(), failing.map(|part| part["part"].as_str().expect("a name").to_owned()).collect())
}

async fn items(actor: &Actor, path: &str) -> Vec<Value> {
    actor.get(path).await.ok()["items"].as_array().expect("items").clone()
}

async fn upload(person: &Actor, name: &str) -> Answer {
    let resume = make::resume("Cora Marlowe", person.email());
    person.upload("/documents", (name, "application/pdf", resume), &[("document_type", "resume")]).await
}

#[tokio::test]
async fn while_the_store_is_away_everything_is_refused_and_nothing_is_lost() {
    let (platform, faults) = platform().await;
    let acme = platform.organisation("Acme").await;
    let ada = &acme.admin;
    let path = format!("/jobs/{}", id(&ada.post("/jobs", make::draft("Welder")).await.created()));
    let read = ada.get(&path).await;
    let (job, etag) = (read.ok(), read.etag());
    faults.store.after(0);
    assert_unavailable(&ada.get(&path).await);
    assert_unavailable(&ada.patch(&path, &etag, json!({ "title": "Fitter" })).await);
    assert_unavailable(&ada.post("/jobs", make::draft("Fitter")).await);
    let form = json!({ "email": ada.email(), "password": make::PASSWORD });
    assert_unavailable(&platform.anonymous().post("/auth/login", form.clone()).await);
    assert_eq!(readiness(&platform).await, (503, vec!["store".to_owned()]));
    platform.at_root(Method::GET, "/health").await.ok();
    faults.store.mend();
    platform.anonymous().post("/auth/login", form).await.ok();
    assert_eq!(ada.get(&path).await.ok(), job);
    assert_eq!(items(ada, "/jobs").await.len(), 1);
    assert_eq!(ada.patch(&path, &etag, json!({ "title": "Fitter" })).await.ok()["title"], "Fitter");
}

/// The store goes away in the middle of a request, after each of its calls in turn. What a request that broke off had
/// reserved is free again after a minute.
#[tokio::test]
async fn a_request_that_loses_the_store_halfway_is_done_or_not_and_can_be_repeated() {
    let (platform, faults) = platform().await;
    let acme = platform.organisation("Acme").await;
    let ada = &acme.admin;
    let known = async |email: &Value| {
        let known = items(ada, "/candidates?limit=100").await;
        known.iter().filter(|candidate| candidate["email"] == *email).count()
    };
    let mut undone = Vec::new();
    for calls in 0..MOST_CALLS {
        let body = make::candidate_at("Cora", &make::email("cora"));
        faults.store.after(calls);
        let answer = ada.post("/candidates", body.clone()).await;
        let was_met = faults.store.was_met();
        faults.store.mend();
        if answer.status == 201 {
            assert_eq!(known(&body["email"]).await, 1);
            if !was_met {
                break;
            }
            continue;
        }
        assert_unavailable(&answer);
        match known(&body["email"]).await {
            0 => undone.push(body),
            _ => drop(ada.post("/candidates", body).await.refused(409, "duplicate")),
        }
    }
    assert!(undone.len() >= 2, "before its reservation and after it: {}", undone.len());
    platform.advance(Duration::seconds(61));
    for body in undone {
        ada.post("/candidates", body.clone()).await.created();
        assert_eq!(known(&body["email"]).await, 1);
    }
}

#[tokio::test]
async fn an_upload_that_loses_the_store_halfway_is_done_or_not_and_can_be_repeated() {
    let (platform, faults) = platform().await;
    let mut refused = Vec::new();
    for calls in 0..MOST_CALLS {
        let cora = platform.person("Cora").await;
        faults.store.after(calls);
        let answer = upload(&cora, "cv.pdf").await;
        let was_met = faults.store.was_met();
        faults.store.mend();
        let kept = items(&cora, "/documents").await.len();
        if answer.status == 201 {
            assert_eq!(kept, 1);
            if !was_met {
                break;
            }
            continue;
        }
        assert_unavailable(&answer);
        assert!(kept <= 1, "{kept}");
        refused.push(cora);
    }
    assert!(refused.len() > 2, "{}", refused.len());
    platform.advance(Duration::seconds(61));
    for cora in refused {
        upload(&cora, "cv.pdf").await.created();
        assert_eq!(items(&cora, "/documents").await.len(), 1, "the same file");
    }
}

/// Never an answer without the words it answers.
#[tokio::test]
async fn a_turn_that_loses_the_store_halfway_is_kept_in_order_and_can_be_repeated() {
    let (platform, faults) = platform().await;
    let cora = platform.person("Cora").await;
    let mut broken = 0;
    for calls in 0..MOST_CALLS {
        let practice =
            cora.post("/practice-interviews", json!({ "sample_role_type": "Nurse" })).await.created();
        let practice = id(&practice);
        cora.act(&format!("/practice-interviews/{practice}/start")).await.ok();
        let words = json!({ "role": "user", "content": "I counted the charts twice." });
        let turn = json!({ "interview_id": practice, "messages": [words], "client_segment_id": "turn-1" });
        faults.store.after(calls);
        let answer = cora.post("/interview/chat", turn.clone()).await;
        let was_met = faults.store.was_met();
        faults.store.mend();
        let both = [Speaker::Candidate, Speaker::Interviewer];
        let said = speakers(&platform, &cora, &practice).await;
        if answer.status == 200 {
            assert_eq!(said, both);
            if !was_met {
                break;
            }
            continue;
        }
        assert_unavailable(&answer);
        assert!(said.is_empty() || said == [Speaker::Candidate], "{said:?}");
        cora.post("/interview/chat", turn).await.ok();
        assert_eq!(speakers(&platform, &cora, &practice).await, both);
        broken += 1;
    }
    assert!(broken > 3, "before the words and after them: {broken}");
}

async fn speakers(platform: &Platform, person: &Actor, practice: &str) -> Vec<Speaker> {
    let at = At::system(Tenant::person(person.user_id()));
    let turns = Listing::oldest().within(practice);
    let turns = platform.context().docs::<TranscriptSegment>(&at).list(turns).await.expect("turns").items;
    turns.into_iter().map(|turn| turn.fields.speaker).collect()
}

#[tokio::test]
async fn while_the_files_are_away_only_files_are_refused() {
    let (platform, faults) = platform().await;
    let cora = platform.person("Cora").await;
    let kept = upload(&cora, "first.pdf").await.created();
    let path = format!("/documents/{}", id(&kept));
    let link = cora.get(&path).await.ok()["url"].as_str().expect("a link").to_owned();
    faults.files.after(0);
    assert_unavailable(&upload(&cora, "second.pdf").await);
    assert_unavailable(&cora.get(&link).await);
    assert_eq!(readiness(&platform).await, (200, vec!["files".to_owned()]));
    assert_eq!(items(&cora, "/documents").await.len(), 1, "nothing half done");
    faults.files.mend();
    assert!(cora.get(&link).await.expect(200).body.starts_with(b"%PDF-"));
    upload(&cora, "second.pdf").await.created();
    assert_eq!(items(&cora, "/documents").await.len(), 2);
}

#[tokio::test]
async fn while_the_queue_is_away_changes_are_taken_and_their_messages_wait() {
    let (platform, faults) = platform().await;
    let cora = platform.person("Cora").await;
    platform.context().outbox().settle().await;
    faults.queue.after(0);
    upload(&cora, "cv.pdf").await.created();
    platform.context().outbox().settle().await;
    assert_eq!(readiness(&platform).await, (200, vec!["queues".to_owned()]));
    assert_eq!(cora.get("/candidates/me/resume").await.ok()["parse"], Value::Null);
    faults.queue.mend();
    platform.advance(Duration::seconds(30));
    platform.run_timer("outbox-sweep").await;
    let started = std::time::Instant::now();
    while cora.get("/candidates/me/resume").await.ok()["parse"]["status"] != "done" {
        assert!(started.elapsed() < std::time::Duration::from_secs(15), "never read");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}
