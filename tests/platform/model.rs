//! A small real model: `bash tests/model.sh` serves one and names its address in `MODEL`. Looked at is how its answers come
//! and what is kept of them, never what it says.

use crate::support::answer::{Answer, id};
use crate::support::hiring::{self, pieces};
use crate::support::make;
use crate::support::platform::{Organisation, Platform};
use futures_util::StreamExt as _;
use reqwest::Method;
use serde_json::{Value, json};
use shared::ai::{Data, Form, Lane, Model, Offline, Outcome, Parameters, Prompt};
use shared::domain::requirements::Requirements;
use shared::domain::rubric::Dimension;
use shared::domain::transcript::{Speaker, Utterance};
use shared::prompts::{ExtractRequirements, ParseResume, RankCandidate, RankCandidates, ScoreInterview};

/// What the model calls itself; asked for is another name, which its server does not mind.
const NAME: &str = "smollm2";
/// A model this small answers in a wrong way now and then.
const TRIES: usize = 3;
const SAID: &str = "I weld pressure vessels. Last year I cut rework by a third with a checklist.";

/// Where the model is served: below `/openai/v1`, or as one of Azure's deployments.
fn served(variable: &str) -> String {
    #[expect(clippy::disallowed_methods, reason = "the suite itself is configured by the environment")]
    std::env::var(variable).unwrap_or_else(|_| panic!("{variable} is not set: run tests/model.sh"))
}

async fn with_model() -> Platform {
    let address = format!("{}/openai/v1", served("MODEL"));
    Platform::start_with(&[("AI_BASE_URL", &address), ("AI_MODEL", "some-model")]).await
}

/// The newer interface of Azure.
async fn with_azure() -> Platform {
    azure(&format!("{}/openai/v1", served("MODEL")), "some-model", "2024-10-21").await
}

/// The one whose addresses name the deployment.
async fn with_deployment(name: &str, version: &str) -> Platform {
    azure(&served("MODEL_DEPLOYMENTS"), name, version).await
}

async fn azure(endpoint: &str, deployment: &str, version: &str) -> Platform {
    let settings = [
        ("AZURE_OPENAI_ENDPOINT", endpoint),
        ("AZURE_OPENAI_API_KEY", "a key that its server does not ask for"),
        ("AZURE_OPENAI_DEPLOYMENT", deployment),
        ("AZURE_OPENAI_DEPLOYMENT_SMALL", deployment),
        ("AZURE_OPENAI_API_VERSION", version),
    ];
    Platform::start_with(&settings).await
}

fn advert() -> Value {
    json!({
        "job_title": "Welder",
        "job_description": "We need a welder with three years of TIG welding. You read drawings and keep the workshop safe.",
    })
}

/// The newest call that is kept.
async fn newest_call(acme: &Organisation, purpose: &str) -> Value {
    let call = acme.admin.get("/ai-calls?limit=1").await.ok()["items"][0].clone();
    assert_eq!(call["purpose"], purpose, "{call}");
    call
}

fn number(value: &Value) -> usize {
    value.as_u64().unwrap_or_else(|| panic!("no number: {value}")) as usize
}

#[tokio::test]
async fn a_turn_is_answered_whole() {
    let platform = with_model().await;
    let acme = platform.organisation("Acme Steel").await;
    let said =
        json!({ "job_title": "Welder", "messages": [{ "role": "user", "content": SAID }], "stream": false });
    let turn = acme.admin.post("/interview/chat", said).await.ok();
    assert!(turn["message"].as_str().is_some_and(|text| !text.trim().is_empty()), "{turn}");
    assert!(turn["detected_competencies"].is_array() && turn["turn_number"] == 1, "{turn}");
}

#[tokio::test]
async fn an_interview_is_spoken_in_pieces_and_kept() {
    let platform = with_model().await;
    let acme = platform.organisation("Acme Steel").await;
    let rita = acme.recruiter().await;
    // Few words, which a small model reads sooner.
    let few =
        json!({ "description": "You weld pressure vessels.", "requirements": { "skills": ["TIG welding"] } });
    let job = rita.post("/jobs", make::with(make::draft("Welder"), few)).await.created();
    let job = rita.act(&format!("/jobs/{}/publish", id(&job))).await.ok();
    let cora = hiring::applicant(&platform, &rita, &job, "Cora").await;
    let interview = hiring::invite(&platform, &rita, &acme.name, &job, &cora).await;
    hiring::begin(&cora.person, &interview).await;

    let said = json!({
        "interview_id": interview, "messages": [{ "role": "user", "content": SAID }], "stream": true,
    });
    let response = cora.person.open(Method::POST, "/interview/chat", |request| request.json(&said)).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let (mut arrivals, mut text) = (0, Vec::new());
    let mut stream = response.bytes_stream();
    while let Some(bytes) = stream.next().await {
        text.extend_from_slice(&bytes.expect("bytes"));
        arrivals += 1;
    }
    let text = String::from_utf8(text).expect("text");
    let spoken = pieces(&text);
    println!("{} pieces in {arrivals} arrivals", spoken.len());
    assert!(spoken.len() > 2 && arrivals > 2, "{arrivals} arrivals of {text}");

    let transcript = rita.get(&format!("/interview/{interview}/transcript")).await.ok();
    let kept: Vec<&Value> =
        transcript["segments"].as_array().expect("segments").iter().map(|one| &one["content"]).collect();
    assert_eq!(kept, [&json!(SAID), &json!(spoken.concat())]);

    let call = newest_call(&acme, "interview_turn").await;
    assert_eq!((&call["outcome"], &call["model"]), (&json!("ok"), &json!(NAME)), "{call}");
    // Its server sends a piece for every token but the one that ends the answer, and those that are a part of a character.
    let (tokens_in, tokens_out) = (number(&call["tokens_in"]), number(&call["tokens_out"]));
    assert!(tokens_in > 500, "with what the interviewer is told: {call}");
    assert!((spoken.len()..=spoken.len() + 10).contains(&tokens_out), "{} pieces: {call}", spoken.len());
}

/// The lists of an advert as they come, or that the answer is of no use; both are kept with their outcome.
#[tokio::test]
async fn an_advert_is_read_into_five_lists() {
    for platform in [with_model().await, with_azure().await, with_deployment(NAME, "2024-10-21").await] {
        let acme = platform.organisation("Acme Steel").await;
        for attempt in 1.. {
            let answer = acme.admin.post("/jobs/extract", advert()).await;
            let call = newest_call(&acme, "extract_requirements").await;
            if is_unusable(&answer) {
                assert_ne!(call["outcome"], "ok", "{call}");
                assert!(attempt < TRIES, "never of use: {}", answer.story());
                continue;
            }
            assert_eq!((&call["outcome"], &call["model"]), (&json!("ok"), &json!(NAME)), "{call}");
            assert!(number(&call["tokens_in"]) > 500 && number(&call["tokens_out"]) > 0, "{call}");
            let lists: Requirements = serde_json::from_value(answer.ok()).expect("five lists");
            println!("five lists after {attempt} tries: {} skills", lists.skills.len());
            break;
        }
    }
}

#[tokio::test]
async fn feedback_on_practice_has_its_form() {
    let platform = with_model().await;
    let cora = platform.person("Cora").await;
    let practice = cora.post("/practice-interviews", json!({ "sample_role_type": "Welder" })).await.created();
    let practice = format!("/practice-interviews/{}", id(&practice));
    cora.act(&format!("{practice}/start")).await.ok();
    let said = json!({ "messages": [
        { "role": "assistant", "content": "Welcome. What do you weld?" },
        { "role": "user", "content": SAID },
    ] });
    for attempt in 1.. {
        let answer = cora.post(&format!("{practice}/end"), said.clone()).await;
        if is_unusable(&answer) {
            assert!(attempt < TRIES, "never of use: {}", answer.story());
            continue;
        }
        let feedback = &answer.ok()["feedback"];
        assert!(feedback["summary"].as_str().is_some_and(|text| !text.trim().is_empty()), "{feedback}");
        assert!(feedback["strengths"].is_array() && feedback["improvements"].is_array(), "{feedback}");
        break;
    }
}

/// An answer that has the wrong form twice is a bad gateway, one that does not end a gateway's timeout.
fn is_unusable(answer: &Answer) -> bool {
    match answer.status.as_u16() {
        200 => return false,
        504 => answer.refused(504, "upstream_timeout"),
        _ => answer.refused(502, "upstream_failed"),
    };
    println!("no answer of use: {}", answer.status);
    true
}

/// A prompt as it is, but for the length of its answer.
struct Short<P>(P);

impl<P: Prompt> Prompt for Short<P> {
    type Answer = P::Answer;
    const NAME: &'static str = P::NAME;
    const TEXT: &'static str = P::TEXT;
    const FORM: Form = P::FORM;
    const LANE: Lane = P::LANE;

    fn data(&self, data: &mut Data) {
        self.0.data(data);
    }
    fn parameters(&self) -> Parameters {
        Parameters { max_tokens: 60, ..self.0.parameters() }
    }
    fn check(&self, answer: &P::Answer) -> Result<(), String> {
        self.0.check(answer)
    }
}

impl<P: Offline> Offline for Short<P> {
    fn offline(&self) -> P::Answer {
        self.0.offline()
    }
}

/// Its server makes a grammar of each schema; one that it cannot read, it would refuse. Whether the few words it may use
/// make a whole answer does not matter.
#[tokio::test]
async fn every_form_of_answer_is_understood() {
    let platform = with_model().await;
    let model = platform.context().model().patient();
    understood(&model, ParseResume { text: "Cora Doe\nWelder, Harbour Steel, 2020 to 2024".into() }).await;
    let requirements = Requirements { skills: vec!["TIG welding".into()], ..Requirements::default() };
    let rank = RankCandidates {
        job_title: "Welder".into(),
        requirements: requirements.clone(),
        candidates: vec![RankCandidate {
            application_id: "a1".into(),
            resume_summary: "Six years of welding.".into(),
            skills: vec!["TIG welding".into()],
            experience_years: 6.0,
        }],
    };
    understood(&model, rank).await;
    let turn = |speaker, content: &str| Utterance { id: "0".into(), speaker, content: content.into() };
    let score = ScoreInterview {
        job_title: "Welder".into(),
        job_description: "Welds pressure vessels.".into(),
        requirements,
        company_values: Vec::new(),
        rubric: vec![Dimension {
            name: "Skill".into(),
            description: "Knows how to weld.".into(),
            weight: 1.0,
            anchors: Vec::new(),
        }],
        transcript: vec![turn(Speaker::Interviewer, "What do you weld?"), turn(Speaker::Candidate, SAID)],
    };
    understood(&model, score).await;
    // Versions of Azure that know no schemas are given a tool to call. This server takes it, and leaves it to the model
    // whether it is called.
    let platform = with_deployment(NAME, "2024-02-15-preview").await;
    let job_description = "We need a welder with three years of TIG welding.".into();
    let prompt = ExtractRequirements { job_title: "Welder".into(), job_description };
    understood(&platform.context().model().patient(), prompt).await;
}

async fn understood<P: Offline>(model: &Model, prompt: P) {
    let (call, cause) = match model.ask(&Short(prompt)).await {
        Ok(answer) => (answer.call, String::new()),
        Err(error) => (error.call().clone(), error.cause().to_owned()),
    };
    println!(
        "{}: {:?} {cause}, {} tokens in {} ms",
        P::NAME,
        call.outcome,
        call.tokens_out,
        call.duration_ms
    );
    assert!(matches!(call.outcome, Outcome::Ok | Outcome::InvalidOutput), "{}: {cause}", P::NAME);
    assert!(call.tokens_out > 0 && !call.tokens_estimated, "{}: {call:?}", P::NAME);
}

#[tokio::test]
async fn a_deployment_or_path_that_is_not_there_is_told() {
    let nowhere = format!("{}/elsewhere/v1", served("MODEL"));
    let elsewhere = Platform::start_with(&[("AI_BASE_URL", &nowhere), ("AI_MODEL", NAME)]).await;
    for platform in [with_deployment("nobody", "2024-10-21").await, elsewhere] {
        let acme = platform.organisation("Acme Steel").await;
        let chat = json!({ "messages": [{ "role": "user", "content": SAID }], "stream": true });
        let problem = acme.admin.post("/interview/chat", chat).await.refused(502, "upstream_failed");
        acme.admin.post("/jobs/extract", advert()).await.refused(502, "upstream_failed");
        let call = newest_call(&acme, "extract_requirements").await;
        assert_eq!((&call["outcome"], &call["tokens_out"]), (&json!("error"), &json!(0)), "{call}");
        assert!(!problem.to_string().contains("127.0.0.1"), "{problem}");
        let ready = platform.at_root(Method::GET, "/health/ready").await.expect(503).json();
        assert!(ready["parts"].to_string().contains("\"ai\""), "{ready}");
    }
    // The right one is found by the same question.
    with_model().await.at_root(Method::GET, "/health/ready").await.ok();
}

/// More than the model can take in: refused at once, not asked again until time is over.
#[tokio::test]
async fn what_is_too_long_for_the_model_is_refused_at_once() {
    let platform = with_model().await;
    let acme = platform.organisation("Acme Steel").await;
    let long = json!({ "job_title": "Welder", "job_description": "Weld, grind and measure. ".repeat(1900) });
    acme.admin.post("/jobs/extract", long).await.refused(502, "upstream_failed");
    let call = newest_call(&acme, "extract_requirements").await;
    assert_eq!(call["outcome"], "error", "{call}");
    assert!(number(&call["duration_ms"]) < 5000, "{call}");
}
