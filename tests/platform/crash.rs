//! The platform is killed at random moments and started again. In the end every interview that ended has one score, and
//! every invitation that was sent one letter.

use crate::support::handler::{Process, binary, client, free_port};
use crate::support::hiring::{self, ANSWERS, Applicant};
use crate::support::make;
use crate::support::platform::{Organisation, PUBLIC, Platform};
use futures_util::future::join_all;
use serde_json::{Value, json};
use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const INTERVIEWS: usize = 4;
/// Kills go on until the interviews are over, at least this many.
const KILLS: usize = 5;
/// What a dead process held is taken up again within a lease and a sweep.
const PATIENCE: Duration = Duration::from_secs(90);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_and_nothing_doubled_when_the_process_is_killed() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let (data, port) = (folder.path().join("data"), free_port().to_string());
    let program = binary("talenti");
    let base = format!("http://127.0.0.1:{port}");
    let settings = [
        ("PORT", port.as_str()),
        ("BIND", "127.0.0.1"),
        ("API_BASE_URL", PUBLIC),
        ("FRONTEND_URL", "https://jobs.talenti.test"),
    ];
    let start = || Process::start(&program, folder.path(), &data, &settings);
    let http = client();
    let mut process = start();
    process.wait_until_ready(&http, &base).await;
    let platform = Platform::elsewhere(base.clone(), data.join("outbox"));

    let acme = platform.organisation("Acme").await;
    let ada = acme.admin.clone();
    let job = hiring::open_job(&ada, "Welder").await;
    let mut applicants = Vec::new();
    for number in 0..INTERVIEWS {
        applicants.push(hiring::applicant(&platform, &ada, &job, &format!("Cora{number}")).await);
    }

    let over = AtomicBool::new(false);
    let killing = async {
        let mut kills = 0;
        while kills < KILLS || !over.load(Ordering::Relaxed) {
            tokio::time::sleep(Duration::from_millis(150 + RandomState::new().hash_one(kills) % 900)).await;
            process.kill();
            process = start();
            process.wait_until_ready(&http, &base).await;
            kills += 1;
        }
        kills
    };
    let interviewing = async {
        let held = join_all(applicants.iter().map(|applicant| hold(&platform, &acme, &job, applicant))).await;
        over.store(true, Ordering::Relaxed);
        held
    };
    let (kills, interviews) = tokio::join!(killing, interviewing);
    assert!(kills >= KILLS);

    let started = Instant::now();
    for interview in &interviews {
        let score = loop {
            let answer = ada.get(&format!("/scoring/{interview}/results")).await;
            if answer.status == 200 {
                break answer.json();
            }
            answer.refused(404, "score_not_ready");
            assert!(started.elapsed() < PATIENCE, "never scored: {}", answer.story());
            tokio::time::sleep(Duration::from_millis(200)).await;
        };
        assert_eq!(score["details"]["history"], json!([]), "scored more than once");
        let transcript = ada.get(&format!("/interview/{interview}/transcript")).await.ok();
        let said: Vec<&str> = transcript["segments"]
            .as_array()
            .expect("segments")
            .iter()
            .filter(|segment| segment["speaker"] == "candidate")
            .map(|segment| segment["content"].as_str().expect("text"))
            .collect();
        assert_eq!(said, ANSWERS, "every answer once, in order");
    }
    let letters = platform.letters().list(&platform).await;
    for applicant in &applicants {
        let is_invitation =
            |to: &str, text: &str| to == applicant.person.email() && text.contains("/invite/");
        let count = letters.iter().filter(|letter| is_invitation(&letter.to, &letter.text)).count();
        assert_eq!(count, 1, "invitations to one person");
    }
}

/// Invitation, acceptance, conversation and end, every step repeated until it is answered.
async fn hold(platform: &Platform, acme: &Organisation, job: &Value, applicant: &Applicant) -> String {
    let (ada, person) = (&acme.admin, &applicant.person);
    let body = make::invitation(&applicant.application, person.email(), job, &acme.name);
    let sent = ada.insist("/invitations/send", &body).await;
    if sent.status != 201 {
        // The answer got lost, not the invitation.
        sent.refused(409, "conflict");
    }
    let token = wait_for_letter(platform, person.email()).await;
    let accepted = person.insist("/invitations/accept", &json!({ "token": token })).await.ok();
    let interview = accepted["interview_id"].as_str().expect("an interview").to_owned();
    let nothing = json!({});
    person.insist(&format!("/interview/{interview}/disclosure/acknowledge"), &nothing).await.ok();
    let which = json!({ "interview_id": interview });
    person.insist("/interview/start", &which).await.ok();
    let mut messages: Vec<Value> = Vec::new();
    for (number, said) in std::iter::once(None).chain(ANSWERS.iter().map(Some)).enumerate() {
        messages.extend(said.map(|said| json!({ "role": "user", "content": said })));
        let body = json!({
            "interview_id": interview, "messages": messages, "client_segment_id": format!("turn-{number}"),
        });
        let turn = person.insist("/interview/chat", &body).await.ok();
        messages.push(json!({ "role": "assistant", "content": turn["message"] }));
    }
    let ended = person.insist("/interview/end", &which).await.ok();
    assert_eq!(ended["status"], "completed");
    interview
}

/// The letter may take until a later process takes its message up.
async fn wait_for_letter(platform: &Platform, to: &str) -> String {
    let started = Instant::now();
    loop {
        let letters = platform.letters().list(platform).await;
        let found = letters.iter().find(|letter| letter.to == to && letter.text.contains("/invite/"));
        if let Some(letter) = found {
            return letter.token();
        }
        assert!(started.elapsed() < PATIENCE, "no letter came");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
