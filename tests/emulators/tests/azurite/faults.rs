//! The storage account goes away in the middle: requests are answered, nothing is lost, nothing is done twice.

use crate::platform::wait_for;
use crate::program::{Program, resume};
use crate::queues_of;
use emulators::azurite::Azurite;
use emulators::gate::{Gate, State};
use serde_json::Value;
use shared::domain::messages::ParseResumeJob;
use shared::message::Message as _;
use shared::queue::{Queue as _, poison};
use std::time::{Duration, Instant};

const QUEUE: &str = ParseResumeJob::QUEUE;
const ANSWERED_WITHIN: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_could_not_be_sent_is_sent_later() {
    let azurite = Azurite::start().await;
    let gate = Gate::before(&azurite.queues()).await;
    let program = Program::start(gate.address(), &azurite.blobs()).await;
    for (name, state) in [("Ann", State::Cut), ("Bea", State::Silent)] {
        let person = program.person(name).await;
        gate.set(state);
        let started = Instant::now();
        let answer = person.upload("resume", "cv.txt", &resume(name)).await;
        assert_eq!(answer.status(), 201, "the message waits in the outbox");
        assert!(started.elapsed() < ANSWERED_WITHIN);
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert_eq!(queues_of(&azurite).len(QUEUE).await.unwrap(), 0);
        assert_eq!(person.get("/candidates/me/resume").await["parse"], Value::Null);
        gate.set(State::Open);
        let parse = person.reading().await;
        wait_for(&queues_of(&azurite), QUEUE, 0).await;
        tokio::time::sleep(Duration::from_secs(3)).await;
        let still = person.get("/candidates/me/resume").await;
        assert_eq!(still["parse"], parse, "read once");
    }
    assert_eq!(queues_of(&azurite).len(&poison(QUEUE)).await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_that_need_files_are_refused_in_time() {
    let azurite = Azurite::start().await;
    let gate = Gate::before(&azurite.blobs()).await;
    let program = Program::start(&azurite.queues(), gate.address()).await;
    let jane = program.person("Jane").await;
    let made: Value = jane.upload("other", "first.txt", "one").await.json().await.unwrap();
    for state in [State::Cut, State::Silent] {
        gate.set(state);
        let started = Instant::now();
        let answer = jane.upload("resume", "cv.txt", &resume("Jane")).await;
        assert!(started.elapsed() < ANSWERED_WITHIN, "{:?}", started.elapsed());
        assert_eq!(answer.status(), 503);
        assert_eq!(answer.headers()["content-type"], "application/problem+json");
        assert!(answer.headers().contains_key("retry-after"));
        let documents = jane.get("/documents").await;
        assert_eq!(documents["items"].as_array().unwrap().len(), 1, "nothing half done: {documents}");
    }
    assert!(!program.log().contains("cv.txt"), "a file's name may name a person");
    gate.set(State::Open);
    assert_eq!(jane.upload("resume", "cv.txt", &resume("Jane")).await.status(), 201);
    jane.reading().await;
    assert_eq!(jane.content(made["id"].as_str().unwrap()).await, "one");
}

/// People upload until it is answered; meanwhile the account ends and comes back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_when_the_account_ends_and_comes_back() {
    const PEOPLE: usize = 6;
    let mut azurite = Azurite::start().await;
    let program = Program::start(&azurite.queues(), &azurite.blobs()).await;
    let mut people = Vec::new();
    for n in 0..PEOPLE {
        people.push(program.person(&format!("P{n}")).await);
    }
    let uploading = async {
        // Refused, or kept until the account was there again.
        let mut felt = 0;
        for round in 0..3 {
            for (n, person) in people.iter().enumerate() {
                let text = resume(&format!("P{n}R{round}"));
                let asked = Instant::now();
                while person.upload("resume", &format!("cv{round}.txt"), &text).await.status() != 201 {
                    felt += 1;
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
                felt += u32::from(asked.elapsed() > Duration::from_secs(1));
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
        felt
    };
    let ending = async {
        for _ in 0..2 {
            tokio::time::sleep(Duration::from_millis(800)).await;
            azurite.stop();
            tokio::time::sleep(Duration::from_secs(2)).await;
            azurite.start_again().await;
        }
    };
    let (felt, ()) = tokio::join!(uploading, ending);
    assert!(felt > 0, "it was away while somebody uploaded");
    for (n, person) in people.iter().enumerate() {
        let documents = person.get("/documents").await;
        let items = documents["items"].as_array().unwrap();
        assert_eq!(items.len(), 3, "every upload once");
        for document in items {
            let round = document["file_name"].as_str().unwrap().trim_matches(char::is_alphabetic);
            let round = round.trim_end_matches('.');
            let content = person.content(document["id"].as_str().unwrap()).await;
            assert_eq!(content, resume(&format!("P{n}R{round}")));
        }
        person.reading().await;
    }
    wait_for(&queues_of(&azurite), QUEUE, 0).await;
    assert_eq!(queues_of(&azurite).len(&poison(QUEUE)).await.unwrap(), 0);
}
