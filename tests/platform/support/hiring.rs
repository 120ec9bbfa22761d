//! The way from a job to an interview, in steps that several suites take.

use super::actor::Actor;
use super::answer::id;
use super::make;
use super::platform::{Organisation, Platform};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Longer than scoring takes anywhere.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a sensible candidate says, one after the other.
pub(crate) const ANSWERS: &[&str] = &[
    "Thanks for having me. I have been a boilermaker for six years, mostly on pressure vessels, and I like tidy work.",
    "At Harbour Steel I welded the shells of twelve pressure vessels; every seam passed X-ray inspection because I \
     preheated the plates and checked the fit-up with a gauge before the first pass.",
    "When a weld failed inspection last year I cut it out, found that moisture in the gas line was the cause, changed \
     the hose and wrote a short checklist that the whole team uses now.",
    "I explain the drawing to the apprentices first and let them ask; last winter I trained two of them, and both \
     passed their certificate on the first attempt.",
    "We had to deliver two weeks early, so I suggested a second jig, planned the shifts with the supervisor and we \
     shipped with one day to spare.",
    "I learned TIG welding in the evenings because the new alloy needed it, and I was certified within three months.",
    "What would my first month look like, and who would I work with?",
    "That sounds good. Thank you for your time.",
];

/// A published job of `recruiter`.
pub(crate) async fn open_job(recruiter: &Actor, title: &str) -> Value {
    let job = recruiter.post("/jobs", make::draft(title)).await.created();
    recruiter.act(&format!("/jobs/{}/publish", id(&job))).await.ok()
}

/// Somebody with an account, entered and handed in by the recruiter.
pub(crate) struct Applicant {
    pub(crate) person: Actor,
    pub(crate) candidate: Value,
    pub(crate) application: Value,
}

pub(crate) async fn applicant(platform: &Platform, recruiter: &Actor, job: &Value, name: &str) -> Applicant {
    let person = platform.person(name).await;
    let candidate = recruiter.post("/candidates", make::candidate_at(name, person.email())).await.created();
    let application = recruiter.post("/applications", make::application(job, &candidate)).await.created();
    Applicant { person, candidate, application }
}

/// Invites the applicant and lets them accept through the letter; answers the interview's id.
pub(crate) async fn invite(
    platform: &Platform,
    recruiter: &Actor,
    organisation: &str,
    job: &Value,
    applicant: &Applicant,
) -> String {
    let body = make::invitation(&applicant.application, applicant.person.email(), job, organisation);
    recruiter.post("/invitations/send", body).await.created();
    let letter = platform.letters().wait_for(platform, applicant.person.email(), "/invite/").await;
    let accepted =
        applicant.person.post("/invitations/accept", json!({ "token": letter.token() })).await.ok();
    accepted["interview_id"].as_str().expect("an interview").to_owned()
}

/// Acknowledges what the AI does, and starts.
pub(crate) async fn begin(person: &Actor, interview: &str) -> Value {
    person.act(&format!("/interview/{interview}/disclosure/acknowledge")).await.ok();
    person.post("/interview/start", json!({ "interview_id": interview })).await.ok()
}

/// A conversation from the candidate's side.
pub(crate) struct Conversation<'a> {
    person: &'a Actor,
    interview: &'a str,
    pub(crate) messages: Vec<Value>,
}

impl<'a> Conversation<'a> {
    pub(crate) fn new(person: &'a Actor, interview: &'a str) -> Self {
        Self { person, interview, messages: Vec::new() }
    }

    /// Says something, if anything, and hears the interviewer's answer as JSON.
    pub(crate) async fn turn(&mut self, said: Option<&str>) -> Value {
        let body = self.say(said, false);
        let answer = self.person.post("/interview/chat", body).await.ok();
        let message = answer["message"].as_str().expect("a message").to_owned();
        assert!(!message.trim().is_empty());
        self.messages.push(json!({ "role": "assistant", "content": message }));
        answer
    }

    /// The same as a stream; answers the bytes as they came.
    pub(crate) async fn stream(&mut self, said: &str) -> String {
        let body = self.say(Some(said), true);
        let shape =
            |request: reqwest::RequestBuilder| request.header("accept", "text/event-stream").json(&body);
        let answer = self.person.send(Method::POST, "/interview/chat", shape).await;
        answer.expect(200);
        assert_eq!(answer.header("content-type"), Some("text/event-stream"));
        let text = answer.text();
        let message = pieces(&text).concat();
        self.messages.push(json!({ "role": "assistant", "content": message }));
        text
    }

    fn say(&mut self, said: Option<&str>, stream: bool) -> Value {
        self.messages.extend(said.map(|content| json!({ "role": "user", "content": content })));
        json!({
            "interview_id": self.interview, "messages": self.messages, "stream": stream,
            "client_segment_id": format!("turn-{}", self.messages.len()),
        })
    }
}

/// The pieces of an event stream; its framing is held to the byte (spec 20 §5).
pub(crate) fn pieces(stream: &str) -> Vec<String> {
    let body = stream.strip_suffix("data: [DONE]\n\n").unwrap_or_else(|| panic!("no end: {stream:?}"));
    body.split_terminator("\n\n")
        .map(|event| {
            let json = event.strip_prefix("data: ").unwrap_or_else(|| panic!("no data: {event:?}"));
            let event: Value = serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {json}"));
            assert_eq!(event.as_object().map(serde_json::Map::len), Some(1), "{event}");
            event["content"].as_str().unwrap_or_else(|| panic!("no content: {event}")).to_owned()
        })
        .collect()
}

/// A whole interview: greeting, answers, end.
pub(crate) async fn hold(person: &Actor, interview: &str) -> Value {
    let mut conversation = Conversation::new(person, interview);
    conversation.turn(None).await;
    for answer in ANSWERS {
        conversation.turn(Some(answer)).await;
    }
    person.post("/interview/end", json!({ "interview_id": interview })).await.ok()
}

/// The score, once the queue has made it.
pub(crate) async fn score(reader: &Actor, interview: &str) -> Value {
    let started = Instant::now();
    loop {
        let answer = reader.get(&format!("/scoring/{interview}/results")).await;
        if answer.status == 200 {
            return answer.json();
        }
        answer.refused(404, "score_not_ready");
        assert!(started.elapsed() < PATIENCE, "no score came: {}", answer.story());
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
}

impl Organisation {
    /// A recruiter with an open job and an applicant who was interviewed and scored.
    pub(crate) async fn interviewed(&self, recruiter: &Actor, title: &str) -> (Value, Applicant, String) {
        let job = open_job(recruiter, title).await;
        let applicant = applicant(&self.platform, recruiter, &job, "Cora").await;
        let interview = invite(&self.platform, recruiter, &self.name, &job, &applicant).await;
        begin(&applicant.person, &interview).await;
        hold(&applicant.person, &interview).await;
        score(recruiter, &interview).await;
        (job, applicant, interview)
    }
}
