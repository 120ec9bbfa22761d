//! Scores over HTTP and from the queue.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

#[path = "../../ai-interviewer/tests/stage/mod.rs"]
mod stage;

use serde_json::{Map, Value, json};
use shared::auth::Role;
use shared::docs::{At, Listing, Meta};
use shared::domain::background_job::{BackgroundJob, BackgroundJobStatus};
use shared::domain::interview::{Interview, ScoringStatus};
use shared::domain::interview_score::InterviewScore;
use shared::domain::messages::ScoreInterview;
use shared::domain::notification::Notification;
use shared::domain::transcript::Speaker;
use shared::domain::transcript_segment::{SegmentFields, SegmentSource, TranscriptSegment};
use shared::function::{Failure, Function};
use shared::message::{Envelope, Message as _};
use shared::prompts::Risk;
use shared::store::Tenant;
use stage::{Play, ScriptedModel, Stage, read, said};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const DIMENSIONS: [&str; 6] = [
    "Technical Competency",
    "Problem Solving",
    "Communication",
    "Cultural Fit",
    "Leadership Potential",
    "Adaptability",
];
const WORDS: &str = "I found the crack in the seam, ground it out, welded it again with TIG, and checked it with dye. \
                     Jane Quill signed the sheet; I explained the fix to the team and we changed the drawing.";

fn both() -> Vec<Function> {
    vec![ai_interviewer::function(), score_interview::function()]
}

/// Without the queue being pumped for scoring: the test delivers messages itself.
fn by_hand() -> Vec<Function> {
    let mut function = score_interview::function();
    function.consumers.clear();
    vec![ai_interviewer::function(), candidates::function(), function]
}

/// An audit event as it is stored.
#[derive(serde::Serialize, serde::Deserialize)]
struct Event {
    id: String,
    entity_id: String,
    action: String,
    old_values: Option<Map<String, Value>>,
    new_values: Option<Map<String, Value>>,
    #[serde(skip, default = "no_meta")]
    meta: Meta,
}

fn no_meta() -> Meta {
    Meta::new(None, shared::clock::Timestamp::from_unix(0), None)
}

shared::document! { Event, "audit_event", "audit event", root: entity_id, fields: [], arrays: [], audit: off }

/// Judgements with these scores, each quoting what the candidate said.
fn judgements(scores: [f64; 6], quote: &str) -> String {
    let dimensions: Vec<_> = DIMENSIONS
        .iter()
        .zip(scores)
        .map(|(name, score)| json!({ "dimension": name, "score": score, "evidence": "They said so.", "quotes": [quote] }))
        .collect();
    json!({
        "dimensions": dimensions,
        "narrative_summary": "A careful welder.",
        "candidate_feedback": "You told it well. Your score was 70 out of 100.",
        "anti_cheat_risk": "low",
    })
    .to_string()
}

/// The interview as if it had been held: two turns, ended, nothing queued.
async fn held(stage: &Stage) {
    let (ctx, id) = (stage.ctx(), stage.id());
    ctx.docs::<Interview>(&stage.at)
        .update(id, id, None, |interview, work| {
            let turns = [(Speaker::Interviewer, "Tell me about a hard weld."), (Speaker::Candidate, WORDS)];
            for (speaker, content) in turns {
                let fields: SegmentFields = read(json!({ "speaker": speaker, "content": content }));
                let sequence = interview.take_sequences(1);
                work.create(TranscriptSegment::new(
                    interview,
                    sequence,
                    fields,
                    SegmentSource::Chat,
                    work.now(),
                ))?;
            }
            let free = shared::domain::interview::StartConditions {
                require_disclosure: false,
                invitation_expires_at: None,
            };
            interview.start(free, work.now())?;
            interview.end(work.now())?;
            Ok(())
        })
        .await
        .unwrap();
}

async fn deliver(stage: &Stage) -> Result<(), Failure> {
    let message = ScoreInterview { interview_id: stage.id(), reason: "test".into() };
    let envelope = Envelope {
        message_id: "m".into(),
        kind: ScoreInterview::TYPE.into(),
        tenant: stage.at.tenant.as_str().into(),
        organisation_id: None,
        entity_id: message.entity_id(),
        requested_by: None,
        enqueued_at: stage.ctx().now(),
        trace_id: None,
        payload: serde_json::to_value(&message).unwrap(),
    };
    let function = score_interview::function();
    let consumer = function.consumers.iter().find(|consumer| consumer.kind == ScoreInterview::TYPE).unwrap();
    (consumer.run)(stage.ctx().clone(), envelope).await
}

async fn scripted(answer: String) -> (ScriptedModel, Stage, stage::Person) {
    let model = ScriptedModel::new(move |_| said(&answer)).await;
    let play = Play { model: Some(model.address.clone()), ..Play::default() };
    let (stage, jane) = Stage::set(by_hand(), play).await;
    (model, stage, jane)
}

#[tokio::test]
async fn an_interview_is_held_scored_and_read_by_both_sides() {
    let (stage, jane) = Stage::offline(both()).await;
    let (id, rita) = (stage.id(), stage.member(Role::OrgAdmin).await);
    let results = format!("/scoring/{id}/results");
    let early = rita.get(&results).await.is(404);
    assert_eq!((&early["code"], &early["scoring_status"]), (&json!("score_not_ready"), &json!("none")));
    jane.post("/interview/start", json!({ "interview_id": id })).await.is(200);
    let turn = json!({ "interview_id": id, "messages": [{ "role": "user", "content": WORDS }] });
    jane.post("/interview/chat", turn).await.is(200);
    assert_eq!(rita.get(&format!("/interviews/{id}/report")).await.refused(409), "conflict");
    jane.post("/interview/end", json!({ "interview_id": id })).await.is(200);
    let mut tries = 0;
    while stage.interview().await.scoring_status != ScoringStatus::Done {
        tries += 1;
        assert!(tries < 500, "not scored");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let staff = rita.get(&results).await.is(200);
    assert_eq!(staff["status"], "done");
    assert_eq!(staff["dimension_scores"].as_array().unwrap().len(), 6);
    assert!(staff["overall_score"].is_number() && staff["details"]["rubric_version"] == "default");
    for dimension in staff["dimension_scores"].as_array().unwrap() {
        for quote in dimension["cited_quotes"].as_array().unwrap() {
            assert!(WORDS.contains(quote.as_str().unwrap()));
        }
    }
    let own = jane.get(&results).await.is(200);
    assert!(
        own["overall_score"].is_null()
            && own["dimension_scores"] == json!([])
            && own.get("details").is_none()
    );
    assert!(own["band"].is_string() && !own["cited_quotes"].as_array().unwrap().is_empty());
    let sam = stage.stranger("sam@example.org").await;
    sam.get(&results).await.is(404);

    let report = rita.get(&format!("/interviews/{id}/report")).await.is(200);
    assert_eq!(report["candidate"]["first_name"], "Jane");
    let page = rita.get(&format!("/interviews/{id}/report?format=html")).await;
    assert!(page.content_type.starts_with("text/html") && page.text.contains("Jane Quill"));
    let replay = rita.post(&format!("/scoring/{id}/replay"), json!({})).await.is(200);
    assert_eq!((&replay["result"], &replay["changed"]), (&json!("equal"), &json!([])));
}

#[tokio::test]
async fn the_figures_of_the_specification_come_out() {
    let scores = [80.0, 70.0, 90.0, 60.0, 50.0, 40.0];
    let (model, stage, _) = scripted(judgements(scores, "I found the crack in the seam")).await;
    held(&stage).await;
    deliver(&stage).await.unwrap();
    let rita = stage.member(Role::OrgAdmin).await;
    let results = rita.get(&format!("/scoring/{}/results", stage.id())).await.is(200);
    assert_eq!((&results["overall_score"], &results["band"]), (&json!(70.0), &json!("good")));
    assert_eq!(results["candidate_feedback"], "You told it well.");
    // Nothing that names the candidate reaches the model.
    let asked = model.asked()[0].to_string();
    assert!(asked.contains("ground it out") && !asked.contains("Jane") && !asked.contains("Quill"));
    let score = stage.ctx().docs::<InterviewScore>(&stage.at).get(stage.id()).await.unwrap();
    let record = &score.record;
    assert_eq!(
        (record.model.as_str(), record.prompt_hash.len(), record.rubric_hash.len()),
        ("test-model-1", 64, 64)
    );
    assert!(record.input_hashes.len() >= 4 && record.samples.len() == 1 && !record.code_version.is_empty());
}

#[tokio::test]
async fn a_quote_nobody_said_is_not_stored_and_its_dimension_does_not_count() {
    let (_, stage, _) = scripted(judgements([90.0; 6], "I built the pyramids all alone")).await;
    held(&stage).await;
    deliver(&stage).await.unwrap();
    let score = stage.ctx().docs::<InterviewScore>(&stage.at).get(stage.id()).await.unwrap();
    assert_eq!((score.sheet.overall_score, score.sheet.rejected_quotes), (None, 6));
    let text = serde_json::to_string(&score.sheet).unwrap();
    assert!(!text.contains("pyramids") && score.sheet.needs_review);
}

#[tokio::test]
async fn two_messages_leave_one_score() {
    let (stage, _) = Stage::offline(by_hand()).await;
    held(&stage).await;
    deliver(&stage).await.unwrap();
    let first = stage.ctx().docs::<InterviewScore>(&stage.at).get(stage.id()).await.unwrap();
    deliver(&stage).await.unwrap();
    let second = stage.ctx().docs::<InterviewScore>(&stage.at).get(stage.id()).await.unwrap();
    assert_eq!((&first.meta.etag, second.history.len()), (&second.meta.etag, 0));
}

#[tokio::test]
async fn a_hundred_scorings_give_the_same_bytes() {
    let (stage, _) = Stage::offline(by_hand()).await;
    held(&stage).await;
    let rita = stage.member(Role::OrgAdmin).await;
    let body =
        json!({ "interview_id": stage.id(), "transcript": [], "job_title": "", "job_description": "" });
    let first = rita.post("/scoring/analyze", body.clone()).await;
    first.is(200);
    for _ in 1..100 {
        assert_eq!(rita.post("/scoring/analyze", body.clone()).await.text, first.text);
    }
}

#[tokio::test]
async fn an_override_keeps_both_numbers_and_is_audited() {
    let (_, stage, jane) = scripted(judgements([70.0; 6], "I found the crack in the seam")).await;
    held(&stage).await;
    deliver(&stage).await.unwrap();
    let (id, rita) = (stage.id(), stage.member(Role::OrgAdmin).await);
    let path = format!("/scoring/{id}/override");
    rita.put(&path, json!({ "overall_score": 81, "reason": "too short" })).await.is(422);
    rita.put(&path, json!({ "overall_score": 101, "reason": "long enough a reason" })).await.is(422);
    let body = json!({ "overall_score": 81.5, "reason": "The portfolio shows more than was said." });
    jane.put(&path, body.clone()).await.is(403);
    rita.delete(&path).await.is(409);
    rita.put(&path, body).await.is(200);
    let read = rita.get(&format!("/scoring/{id}/results")).await.is(200);
    assert_eq!((&read["overall_score"], &read["band"]), (&json!(81.5), &json!("strong")));
    assert_eq!(read["details"]["original_overall_score"], 70.0);
    let events = Listing::newest().within(id);
    let events = stage.ctx().docs::<Event>(&stage.at).list(events).await.unwrap().items;
    let event = events.iter().find(|event| event.action == "override").expect("an audit event");
    let value = |values: &Option<Map<String, Value>>| values.as_ref().unwrap()["overall_score"].clone();
    assert_eq!((value(&event.old_values), value(&event.new_values)), (json!(70.0), json!(81.5)));
    let back = rita.delete(&path).await.is(200);
    assert_eq!((&back["overall_score"], &back["human_override"]), (&json!(70.0), &json!(false)));
}

#[tokio::test]
async fn a_model_that_is_down_is_tried_five_times_and_then_the_recruiter_knows() {
    let model = ScriptedModel::new(|_| (401, "application/json", "{}".into())).await;
    let play = Play { model: Some(model.address.clone()), ..Play::default() };
    let (stage, _) = Stage::set(by_hand(), play).await;
    let rita = stage.member(Role::OrgAdmin).await;
    let (id, recruiter) = (stage.id(), rita.user.id);
    let application = stage.application.id;
    stage
        .ctx()
        .docs::<shared::domain::application::Application>(&stage.at)
        .update(application, application, None, |application, _| {
            application.fields.recruiter_id = Some(recruiter);
            Ok(())
        })
        .await
        .unwrap();
    held(&stage).await;
    for attempt in 1..=5 {
        assert!(matches!(deliver(&stage).await, Err(Failure::Retry(_))));
        let expected = if attempt < 5 { ScoringStatus::Queued } else { ScoringStatus::Failed };
        assert_eq!(stage.interview().await.scoring_status, expected, "attempt {attempt}");
    }
    let person = At::system(Tenant::person(&recruiter.to_string()));
    let notes = stage.ctx().docs::<Notification>(&person).list(Listing::newest()).await.unwrap().items;
    assert_eq!(notes.len(), 1);
    let again =
        rita.post(&format!("/scoring/{id}/rescore"), json!({ "reason": "The service is back." })).await;
    assert_eq!(again.is(202)["status"], "queued");
    rita.post(&format!("/scoring/{id}/rescore"), json!({ "reason": "Twice." })).await.is(409);
}

#[tokio::test]
async fn a_score_waits_for_a_model_that_fails_and_is_made_when_it_is_back() {
    let down = Arc::new(AtomicBool::new(true));
    let is_down = down.clone();
    let model = ScriptedModel::new(move |_| match is_down.load(Ordering::Relaxed) {
        true => (401, "application/json", "{}".into()),
        false => said(&judgements([70.0; 6], "ground it out")),
    })
    .await;
    let play = Play { model: Some(model.address.clone()), ..Play::default() };
    let (stage, _) = Stage::set(by_hand(), play).await;
    held(&stage).await;
    let rita = stage.member(Role::OrgAdmin).await;
    let body = json!({ "interview_id": stage.id() });
    assert_eq!(rita.post("/scoring/analyze", body).await.refused(502), "upstream_failed");
    assert!(matches!(deliver(&stage).await, Err(Failure::Retry(_))));
    assert_eq!(stage.interview().await.scoring_status, ScoringStatus::Queued);
    down.store(false, Ordering::Relaxed);
    assert!(deliver(&stage).await.is_ok());
    assert_eq!(stage.interview().await.scoring_status, ScoringStatus::Done);
    let results = rita.get(&format!("/scoring/{}/results", stage.id())).await.is(200);
    assert_eq!(results["overall_score"], 70.0);
}

#[tokio::test]
async fn an_answer_of_the_wrong_form_is_a_fault_of_the_service() {
    let (model, stage, _) = scripted(r#"{"dimensions":[]}"#.into()).await;
    held(&stage).await;
    let rita = stage.member(Role::OrgAdmin).await;
    let body = json!({ "interview_id": stage.id() });
    assert_eq!(rita.post("/scoring/analyze", body).await.refused(502), "upstream_failed");
    assert_eq!(model.asked().len(), 2);
    assert_eq!(stage.interview().await.scoring_status, ScoringStatus::Queued);
}

#[tokio::test]
async fn a_rescore_goes_through_the_queue_and_keeps_what_was() {
    let (stage, _) = Stage::offline(both()).await;
    held(&stage).await;
    let (id, rita) = (stage.id(), stage.member(Role::OrgAdmin).await);
    rita.post("/scoring/analyze", json!({ "interview_id": id })).await.is(200);
    let job = rita.post(&format!("/scoring/{id}/rescore"), json!({ "reason": "New rubric." })).await.is(202);
    let job = job["id"].as_str().unwrap().to_owned();
    let jobs = stage.ctx().docs::<BackgroundJob>(&stage.at);
    let mut tries = 0;
    while jobs.get(&job).await.unwrap().status != BackgroundJobStatus::Succeeded {
        tries += 1;
        assert!(tries < 500, "not scored again");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let score = stage.ctx().docs::<InterviewScore>(&stage.at).get(id).await.unwrap();
    assert_eq!(score.history.len(), 1);
    assert_eq!(score.history[0].replaced_because.as_deref(), Some("New rubric."));
}

#[tokio::test]
async fn its_candidate_reads_feedback_alone_and_may_contest_once() {
    let (stage, jane) = Stage::offline(by_hand()).await;
    let id = stage.id();
    jane.post("/scoring/analyze", json!({ "interview_id": id })).await.is(409);
    held(&stage).await;
    let flattering = json!({ "interview_id": id, "transcript": [{ "speaker": "candidate", "content": "I am the best." }],
        "rubric": [{ "name": "Charm", "weight": 1 }] });
    let answer = jane.post("/scoring/analyze", flattering).await.is(200);
    assert!(answer["overall_score"].is_null() && !answer["candidate_feedback"].as_str().unwrap().is_empty());
    let score = stage.ctx().docs::<InterviewScore>(&stage.at).get(id).await.unwrap();
    assert_eq!((score.rubric_version.as_str(), score.sheet.dimensions.len()), ("default", 6));
    let decisions = jane.get("/candidates/me/decisions").await.is(200);
    let [decision] = decisions["items"].as_array().unwrap().as_slice() else { panic!("{decisions}") };
    assert_eq!(
        (&decision["kind"], &decision["elements"][0]),
        (&json!("interview_score"), &json!(DIMENSIONS[0]))
    );
    assert!(!decision.to_string().contains("overall_score"));
    let path = format!("/scoring/{id}/contest");
    let made = jane.post(&path, json!({ "reason": "I answered more than this." })).await.is(201);
    assert_eq!(made["status"], "open");
    assert_eq!(jane.post(&path, json!({ "reason": "Again." })).await.refused(409), "duplicate");
    let rita = stage.member(Role::OrgAdmin).await;
    let decision = json!({ "outcome": "upheld", "answer": "We read it again and agree with it." });
    jane.post(&format!("{path}/answer"), decision.clone()).await.is(403);
    assert_eq!(rita.post(&format!("{path}/answer"), decision.clone()).await.is(200)["status"], "answered");
    rita.post(&format!("{path}/answer"), decision).await.is(409);
    assert_eq!(jane.get(&path).await.is(200)["outcome"], "upheld");
    let marked = stage.ctx().docs::<InterviewScore>(&stage.at).get(id).await.unwrap();
    assert!(marked.sheet.needs_review);
}

#[tokio::test]
async fn requests_that_no_score_can_be_made_of_are_refused() {
    let (stage, _) = Stage::offline(by_hand()).await;
    let (id, rita) = (stage.id(), stage.member(Role::OrgAdmin).await);
    let ask = |extra: Value| {
        let mut body = json!({ "interview_id": id, "transcript": [{ "speaker": "candidate", "content": WORDS, "timestamp": 3 }] });
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        rita.post("/scoring/analyze", body)
    };
    assert_eq!(ask(json!({ "transcript": [] })).await.refused(422), "empty_transcript");
    for wrong in [
        json!({ "transcript": [{ "speaker": "narrator", "content": "x" }] }),
        json!({ "transcript": [{ "speaker": "candidate", "content": "x", "timestamp": -1 }] }),
        json!({ "transcript": [{ "speaker": "candidate", "content": "x".repeat(8001) }] }),
        json!({ "rubric": [{ "name": "A", "weight": 1 }, { "name": "a", "weight": 1 }] }),
        json!({ "rubric": [{ "name": "A", "weight": 0 }] }),
        json!({ "rubric": [{ "name": "A", "weight": -1 }, { "name": "B", "weight": 2 }] }),
        json!({ "rubric": vec![json!({ "name": "A", "weight": 1 }); 13] }),
    ] {
        assert_eq!(ask(wrong).await.refused(422), "validation_failed");
    }
    let scaled =
        ask(json!({ "rubric": [{ "name": "Welding", "weight": 3 }, { "name": "Care", "weight": 1 }] }))
            .await
            .is(200);
    assert_eq!(
        (&scaled["dimension_scores"][0]["weight"], &scaled["dimension_scores"][1]["weight"]),
        (&json!(0.75), &json!(0.25))
    );
    stage
        .ctx()
        .docs::<Interview>(&stage.at)
        .update(id, id, None, |interview, work| interview.cancel("rita", "job closed", work.now()))
        .await
        .unwrap();
    assert_eq!(ask(json!({})).await.refused(409), "conflict");
}

#[tokio::test]
async fn signals_raise_the_risk_by_one_step_and_no_figure() {
    let (_, stage, _) = scripted(judgements([70.0; 6], "I found the crack in the seam")).await;
    held(&stage).await;
    stage
        .ctx()
        .docs::<Interview>(&stage.at)
        .update(stage.id(), stage.id(), None, |interview, work| {
            let kinds = ["paste", "tab_hidden", "second_voice"];
            interview
                .note_signals(kinds.map(|kind| read(json!({ "kind": kind, "at": work.now() }))).to_vec());
            Ok(())
        })
        .await
        .unwrap();
    deliver(&stage).await.unwrap();
    let score = stage.ctx().docs::<InterviewScore>(&stage.at).get(stage.id()).await.unwrap();
    assert_eq!((score.sheet.anti_cheat_risk, score.sheet.overall_score), (Risk::Medium, Some(70.0)));
}

#[tokio::test]
async fn an_accepted_correction_counts_when_the_interview_is_scored_again() {
    let (model, stage, jane) = scripted(judgements([70.0; 6], "checked it with dye")).await;
    held(&stage).await;
    let (id, rita) = (stage.id(), stage.member(Role::OrgAdmin).await);
    let path = format!("/interview/{id}/transcript/corrections");
    let fix = json!({ "segment_id": "000001", "corrected_text": "I found the crack with ultrasound." });
    let made = jane.post(&path, fix).await.is(201);
    let decide = format!("{path}/{}/decide", made["id"].as_str().unwrap());
    jane.post(&decide, json!({ "accept": true })).await.is(403);
    rita.post("/scoring/analyze", json!({ "interview_id": id })).await.is(200);
    assert_eq!(rita.post(&decide, json!({ "accept": true })).await.is(200)["status"], "accepted");
    rita.post(&decide, json!({ "accept": false })).await.is(409);
    rita.post("/scoring/analyze", json!({ "interview_id": id })).await.is(200);
    let asked = model.asked();
    assert!(!asked[0].to_string().contains("ultrasound") && asked[1].to_string().contains("ultrasound"));
    let replay = rita.post(&format!("/scoring/{id}/replay"), json!({})).await.is(200);
    assert_eq!(replay["result"], "equal");
    assert_eq!(jane.get(&path).await.is(200)["items"].as_array().unwrap().len(), 1);
}
