use super::super::test_issuer::{KeyServer, NOW, TestKey};
use super::*;
use axum::http::StatusCode;
use std::time::Duration as StdDuration;

const AT_ONCE: usize = 50;
const SLOWLY: StdDuration = StdDuration::from_millis(50);

async fn ask(jwks: &Jwks, id: &str, now: OffsetDateTime) -> Result<(), NoKey> {
    jwks.key(Some(id), Algorithm::EdDSA, now).await.map(|_| ())
}

/// Fifty tokens at the same time; how many got which answer.
async fn ask_at_once(jwks: &Jwks, id: &'static str, now: OffsetDateTime) -> Vec<Result<(), NoKey>> {
    let asking: Vec<_> = (0..AT_ONCE)
        .map(|_| {
            let jwks = jwks.clone();
            tokio::spawn(async move { ask(&jwks, id, now).await })
        })
        .collect();
    let mut answers = Vec::new();
    for task in asking {
        answers.push(task.await.unwrap());
    }
    answers
}

async fn until(what: impl Fn() -> bool) {
    for _ in 0..500 {
        if what() {
            return;
        }
        tokio::time::sleep(StdDuration::from_millis(4)).await;
    }
    panic!("did not happen within two seconds");
}

fn key(id: &str) -> TestKey {
    TestKey::new(Algorithm::EdDSA, id)
}

#[tokio::test]
async fn fifty_at_once_fetch_once() {
    let server = KeyServer::start(&[&key("a")], SLOWLY).await;
    let jwks = Jwks::new(&server.url).unwrap();
    assert_eq!(server.fetches(), 0, "nothing before the first token");
    assert_eq!(ask_at_once(&jwks, "a", NOW).await, [Ok(()); AT_ONCE]);
    assert_eq!(server.fetches(), 1);
    assert_eq!(ask(&jwks, "a", NOW + FRESH - Duration::NANOSECOND).await, Ok(()));
    assert_eq!(server.fetches(), 1);
}

#[tokio::test]
async fn a_new_key_is_found_at_once_and_invented_ones_ask_once_a_minute() {
    let (old, new) = (key("old"), key("new"));
    let server = KeyServer::start(&[&old], SLOWLY).await;
    let jwks = Jwks::new(&server.url).unwrap();
    assert_eq!(ask(&jwks, "old", NOW).await, Ok(()));
    server.publish(&[&old, &new]);
    let now = NOW + Duration::SECOND;
    assert_eq!(ask_at_once(&jwks, "new", now).await, [Ok(()); AT_ONCE]);
    assert_eq!(server.fetches(), 2);
    assert_eq!(ask_at_once(&jwks, "invented", now).await, [Err(NoKey::Unknown); AT_ONCE]);
    assert_eq!(server.fetches(), 2, "it was asked a moment ago");
    let later = now + UNKNOWN_KEY_PAUSE;
    assert_eq!(ask(&jwks, "invented", later - Duration::NANOSECOND).await, Err(NoKey::Unknown));
    assert_eq!(server.fetches(), 2);
    assert_eq!(ask_at_once(&jwks, "invented", later).await, [Err(NoKey::Unknown); AT_ONCE]);
    assert_eq!(server.fetches(), 3);
    assert_eq!(ask(&jwks, "old", later).await, Ok(()));
}

#[tokio::test]
async fn an_old_set_serves_while_it_is_renewed() {
    let (old, new) = (key("old"), key("new"));
    let server = KeyServer::start(&[&old], SLOWLY).await;
    let jwks = Jwks::new(&server.url).unwrap();
    assert_eq!(ask(&jwks, "old", NOW).await, Ok(()));
    server.publish(&[&new]);
    let now = NOW + FRESH;
    assert_eq!(ask_at_once(&jwks, "old", now).await, [Ok(()); AT_ONCE]);
    until(|| jwks.cached().fetches == 2).await;
    assert_eq!(server.fetches(), 2, "renewed once, in the background");
    assert_eq!(ask(&jwks, "new", now).await, Ok(()));
    assert_eq!(ask(&jwks, "old", now).await, Err(NoKey::Unknown), "withdrawn");
}

#[tokio::test]
async fn while_the_issuer_is_down_keys_last_a_day() {
    let server = KeyServer::start(&[&key("a")], StdDuration::ZERO).await;
    let jwks = Jwks::new(&server.url).unwrap();
    assert_eq!(ask(&jwks, "a", NOW).await, Ok(()));
    server.answer(StatusCode::SERVICE_UNAVAILABLE, String::new());
    for hours in 1..24 {
        assert_eq!(ask(&jwks, "a", NOW + Duration::hours(hours)).await, Ok(()), "hour {hours}");
        until(|| jwks.cached().fetches == 1 + hours.unsigned_abs()).await;
    }
    assert_eq!(ask(&jwks, "a", NOW + STALE - Duration::SECOND).await, Ok(()));
    until(|| jwks.cached().fetches == 25).await;
    let day = NOW + STALE + FAILURE_PAUSE;
    assert_eq!(ask(&jwks, "a", day).await, Err(NoKey::Unavailable));
    server.publish(&[&key("a")]);
    assert_eq!(ask(&jwks, "a", day + FAILURE_PAUSE).await, Ok(()));
}

#[tokio::test]
async fn a_failing_issuer_is_not_hammered() {
    let server = KeyServer::start(&[], SLOWLY).await;
    let jwks = Jwks::new(&server.url).unwrap();
    assert_eq!(ask_at_once(&jwks, "a", NOW).await, [Err(NoKey::Unavailable); AT_ONCE]);
    assert_eq!(server.fetches(), 1);
    server.publish(&[&key("a")]);
    assert_eq!(ask(&jwks, "a", NOW + FAILURE_PAUSE - Duration::NANOSECOND).await, Err(NoKey::Unavailable));
    assert_eq!(ask(&jwks, "a", NOW + FAILURE_PAUSE).await, Ok(()));
    assert_eq!(server.fetches(), 2);
}

#[tokio::test]
async fn answers_that_are_too_large_or_lead_elsewhere_are_refused() {
    let good = key("a");
    let server = KeyServer::start(&[&good], StdDuration::ZERO).await;
    let padded = |spaces: usize| {
        let set = serde_json::json!({ "keys": [good.jwk] }).to_string();
        set + &" ".repeat(spaces)
    };
    for (status, body, expected) in [
        (StatusCode::OK, padded(BODY_LIMIT), Err(NoKey::Unavailable)),
        (StatusCode::FOUND, padded(0), Err(NoKey::Unavailable)),
        (StatusCode::OK, "<html>".into(), Err(NoKey::Unavailable)),
        (StatusCode::OK, padded(BODY_LIMIT / 2), Ok(())),
    ] {
        server.answer(status, body);
        let jwks = Jwks::new(&server.url).unwrap();
        assert_eq!(ask(&jwks, "a", NOW).await, expected, "{status}");
    }
    assert_eq!(server.fetches(), 4);
}

#[test]
fn only_https_or_this_machine() {
    for good in [
        "https://issuer.example/jwks.json",
        "http://localhost:8080/jwks.json",
        "http://127.0.0.1/jwks.json",
        "http://[::1]:9/jwks.json",
    ] {
        assert!(Jwks::new(good).is_ok(), "{good}");
    }
    for bad in [
        "http://issuer.example/jwks.json",
        "http://localhost.example/",
        "http://10.0.0.1/",
        "http://169.254.169.254/metadata",
        "file:///etc/jwks.json",
        "ftp://localhost/jwks.json",
        "jwks.json",
    ] {
        assert!(Jwks::new(bad).is_err(), "{bad}");
    }
}
