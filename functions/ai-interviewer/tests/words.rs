//! The model is asked while the candidate's words are being stored; nothing of its answer is heard or kept before they are.
//! All of it for an organisation's interview and for one that is practice.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod stage;

use reqwest::Method;
use serde_json::{Value, json};
use shared::docs::{At, Listing};
use shared::domain::ai_call::{AiCall, AiOutcome};
use shared::domain::transcript::Speaker::{self, Candidate, Interviewer};
use shared::domain::transcript_segment::TranscriptSegment;
use shared::store::Tenant;
use stage::{Answer, Gate, Person, Play, ScriptedModel, Stage, Turns, sse};
use std::time::Duration;
use tokio::task::JoinHandle;

const WORDS: &str = "I led the repair of a pressure vessel.";
const REPLY: &str = "Which drawing was it?";

/// An interview that runs.
struct Talk<'a> {
    stage: &'a Stage,
    jane: &'a Person,
    id: String,
    at: At,
}

impl Talk<'_> {
    fn words(&self) -> Value {
        json!({ "interview_id": self.id, "messages": [{ "role": "user", "content": WORDS }] })
    }

    /// Says the words and waits in the background for the answer to begin.
    fn say(&self) -> JoinHandle<reqwest::Result<reqwest::Response>> {
        let request = self.jane.ask(Method::POST, "/interview/chat").header("accept", "text/event-stream");
        tokio::spawn(request.json(&self.words()).send())
    }

    async fn said(&self) -> Vec<(Speaker, String)> {
        let turns = Listing::oldest().within(&self.id);
        let turns = self.stage.ctx().docs::<TranscriptSegment>(&self.at).list(turns).await.unwrap().items;
        turns.into_iter().map(|turn| (turn.fields.speaker, turn.fields.content)).collect()
    }

    /// Outcomes of this many calls, newest first.
    async fn calls(&self, count: usize) -> Vec<AiOutcome> {
        let calls = async || {
            let calls = self.stage.ctx().docs::<AiCall>(&self.at).list(Listing::newest()).await.unwrap();
            calls.items.iter().map(|call| call.call.outcome).collect::<Vec<_>>()
        };
        wait_until(async || calls().await.len() >= count).await;
        calls().await
    }
}

async fn wait_until(happens: impl AsyncFn() -> bool) {
    for _ in 0..1000 {
        if happens().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it did not happen");
}

async fn stage(model: &str, gate: &Gate) -> (Stage, Person) {
    let play = Play { model: Some(model.to_owned()), gate: gate.clone(), ..Play::default() };
    Stage::set(vec![ai_interviewer::function()], play).await
}

async fn talks<'a>(stage: &'a Stage, jane: &'a Person) -> [Talk<'a>; 2] {
    jane.post("/interview/start", json!({ "interview_id": stage.id() })).await.is(200);
    let made = jane.post("/practice-interviews", json!({ "sample_role_type": "Welder" })).await.is(201);
    let practice = made["id"].as_str().unwrap().to_owned();
    jane.post(&format!("/practice-interviews/{practice}/start"), json!({})).await.is(200);
    let person = At::system(Tenant::person(&jane.user.id.to_string()));
    [
        Talk { stage, jane, id: stage.id().to_string(), at: stage.at.clone() },
        Talk { stage, jane, id: practice, at: person },
    ]
}

fn both() -> [(Speaker, String); 2] {
    [(Candidate, WORDS.to_owned()), (Interviewer, REPLY.to_owned())]
}

#[tokio::test]
async fn the_model_is_asked_while_the_words_are_stored_and_heard_only_then() {
    let (model, gate) = (ScriptedModel::new(|_| sse(&[REPLY], "stop")).await, Gate::default());
    let (stage, jane) = stage(&model.address, &gate).await;
    for (talk, asked) in talks(&stage, &jane).await.iter().zip(1..) {
        gate.set(Turns::Wait);
        let answer = talk.say();
        wait_until(async || model.asked().len() == asked).await;
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert!(!answer.is_finished(), "a word was said too early");
        assert_eq!(talk.said().await, []);
        gate.set(Turns::Pass);
        let answer = Answer::of(answer.await.unwrap().unwrap()).await;
        assert_eq!(answer.text, format!("data: {{\"content\": \"{REPLY}\"}}\n\ndata: [DONE]\n\n"));
        assert_eq!(talk.said().await, both());
        assert_eq!(talk.calls(1).await, [AiOutcome::Ok]);
    }
}

#[tokio::test]
async fn words_that_cannot_be_stored_are_not_answered() {
    let (model, gate) = (ScriptedModel::new(|_| sse(&[REPLY], "stop")).await, Gate::default());
    let (stage, jane) = stage(&model.address, &gate).await;
    for talk in talks(&stage, &jane).await {
        gate.set(Turns::Fail);
        assert_eq!(jane.post("/interview/chat", talk.words()).await.refused(503), "unavailable");
        let answer = Answer::of(talk.say().await.unwrap().unwrap()).await;
        assert_eq!(answer.refused(503), "unavailable");
        assert!(!answer.text.contains(REPLY));
        assert_eq!(talk.calls(2).await, [AiOutcome::Error; 2], "what was asked is on record");
        gate.set(Turns::Pass);
        assert_eq!(talk.said().await, []);
        assert_eq!(jane.post("/interview/chat", talk.words()).await.is(200)["message"], REPLY);
        assert_eq!(talk.said().await, both());
    }
}

#[tokio::test]
async fn a_turn_that_was_overtaken_is_looked_at_anew_and_its_first_answer_dropped() {
    let (model, gate) = (ScriptedModel::new(|_| sse(&[REPLY], "stop")).await, Gate::default());
    let (stage, jane) = stage(&model.address, &gate).await;
    for talk in talks(&stage, &jane).await {
        gate.set(Turns::Late);
        assert_eq!(jane.post("/interview/chat", talk.words()).await.is(200)["message"], REPLY);
        assert_eq!(talk.said().await, both());
        let calls = talk.calls(2).await;
        assert_eq!(calls.iter().filter(|outcome| **outcome == AiOutcome::Ok).count(), 1, "{calls:?}");
        assert_eq!(calls.len(), 2);
    }
}

#[tokio::test]
async fn the_words_are_there_while_the_model_thinks() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let model = format!("http://{}/v1", silent.local_addr().unwrap());
    let (stage, jane) = stage(&model, &Gate::default()).await;
    for talk in talks(&stage, &jane).await {
        let answer = talk.say();
        wait_until(async || talk.said().await == [(Candidate, WORDS.to_owned())]).await;
        assert!(!answer.is_finished());
        answer.abort();
    }
}

#[tokio::test]
async fn the_same_words_sent_at_once_are_there_once_with_one_answer() {
    let (model, gate) = (ScriptedModel::new(|_| sse(&[REPLY], "stop")).await, Gate::default());
    let (stage, jane) = stage(&model.address, &gate).await;
    for talk in talks(&stage, &jane).await {
        let mut words = talk.words();
        words["client_segment_id"] = json!("turn-1");
        let answers = (0..6).map(|_| jane.post("/interview/chat", words.clone()));
        for answer in futures_util::future::join_all(answers).await {
            assert_eq!(answer.is(200)["message"], REPLY);
        }
        assert_eq!(talk.said().await, both());
    }
}
