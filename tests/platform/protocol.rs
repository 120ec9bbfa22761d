//! Rules of the protocol that hold for every resource: versions, repeats, pages, browsers.

use crate::support::actor::Actor;
use crate::support::answer::{Answer, id};
use crate::support::make;
use crate::support::platform::{ORIGIN, Platform};
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;
use std::collections::BTreeSet;

/// An administrator, who may do what these tests need.
async fn somebody() -> (Platform, Actor) {
    let platform = Platform::start().await;
    let acme = platform.organisation("Acme").await;
    (platform, acme.admin)
}

#[tokio::test]
async fn a_change_names_the_version_it_is_meant_for() {
    let (_platform, ada) = somebody().await;
    let made = ada.post("/jobs", make::draft("Welder")).await;
    let path = format!("/jobs/{}", id(&made.created()));
    let read = ada.get(&path).await;
    assert_eq!(read.etag(), made.etag());
    assert!(made.header("location").is_some_and(|location| location.ends_with(&path)));

    let blind = ada.send(Method::PATCH, &path, |request| request.json(&json!({ "title": "Fitter" }))).await;
    blind.refused(428, "precondition_required");
    let changed = ada.patch(&path, &read.etag(), json!({ "title": "Fitter" })).await;
    assert_eq!(changed.ok()["title"], "Fitter");
    assert_ne!(changed.etag(), read.etag());
    ada.patch(&path, &read.etag(), json!({ "title": "Turner" })).await.refused(412, "stale_etag");

    let known = ada.send(Method::GET, &path, |request| request.header("if-none-match", changed.etag())).await;
    assert!(known.expect(304).body.is_empty());
    let newer = ada.send(Method::GET, &path, |request| request.header("if-none-match", read.etag())).await;
    assert_eq!(newer.ok()["title"], "Fitter");
}

#[tokio::test]
async fn of_two_changes_of_one_version_one_is_told_to_look_again() {
    let (_platform, ada) = somebody().await;
    let made = ada.post("/jobs", make::draft("Welder")).await;
    let (path, tag) = (format!("/jobs/{}", id(&made.created())), made.etag());
    let tries = (0..8).map(|number| ada.patch(&path, &tag, json!({ "title": format!("Welder {number}") })));
    let answers = join_all(tries.collect::<Vec<_>>()).await;
    let won: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
    assert_eq!(won.len(), 1);
    answers
        .iter()
        .filter(|answer| answer.status != 200)
        .for_each(|lost| drop(lost.refused(412, "stale_etag")));
    assert_eq!(ada.get(&path).await.ok()["title"], won[0].json()["title"]);
}

#[tokio::test]
async fn a_repeated_create_is_answered_as_the_first_time() {
    let (platform, ada) = somebody().await;
    let once = ada.with("idempotency-key", "the-same-key");
    let first = once.post("/jobs", make::draft("Welder")).await;
    let again = once.post("/jobs", make::draft("Welder")).await;
    assert_eq!((again.created(), again.etag()), (first.created(), first.etag()));
    assert_eq!(again.header("location"), first.header("location"));
    once.post("/jobs", make::draft("Fitter")).await.refused(409, "idempotency_mismatch");
    // Keys belong to who sends them.
    let globex = platform.organisation("Globex").await;
    let other = globex.admin.with("idempotency-key", "the-same-key");
    assert_ne!(id(&other.post("/jobs", make::draft("Welder")).await.created()), id(&first.created()));
    // What was refused may be corrected under the same key.
    let corrected = ada.with("idempotency-key", "another-key");
    corrected.post("/jobs", json!({ "title": "" })).await.refused(422, "validation_failed");
    corrected.post("/jobs", make::draft("Rigger")).await.created();
    let listed = ada.get("/jobs").await.ok();
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(2), "{listed}");
}

#[tokio::test]
async fn repeats_at_the_same_moment_make_one() {
    let (_platform, ada) = somebody().await;
    let once = ada.with("idempotency-key", "all-at-once");
    let answers = join_all((0..12).map(|_| once.post("/jobs", make::draft("Welder")))).await;
    let mut made = BTreeSet::new();
    for answer in &answers {
        match answer.status.as_u16() {
            201 => drop(made.insert(id(&answer.created()))),
            _ => drop(answer.refused(409, "conflict")),
        }
    }
    assert_eq!(made.len(), 1);
    assert_eq!(ada.get("/jobs").await.ok()["items"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn pages_neither_skip_nor_repeat_while_others_write() {
    let (_platform, ada) = somebody().await;
    let mut before = Vec::new();
    for number in 0..30 {
        before.push(id(&ada.post("/jobs", make::draft(&format!("Job {number}"))).await.created()));
    }
    // A simple generator is enough: page sizes and how much is written in between vary, runs are repeatable.
    let mut chance = 7_u32;
    for _round in 0..6 {
        let mut seen: Vec<String> = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            chance = chance.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let (limit, writes) = (1 + (chance >> 16) % 13, (chance >> 24) % 3);
            let after = cursor.iter().map(|cursor| format!("&cursor={cursor}")).collect::<String>();
            let path = format!("/jobs?limit={limit}{after}");
            let written = join_all((0..writes).map(|_| ada.post("/jobs", make::draft("Late job"))));
            let (page, written) = tokio::join!(ada.get(&path), written);
            written.iter().for_each(|answer| drop(answer.created()));
            let page = page.ok();
            let items = page["items"].as_array().expect("items");
            assert!(items.len() <= limit as usize);
            seen.extend(items.iter().map(id));
            match page["next_cursor"].as_str() {
                Some(next) => cursor = Some(next.to_owned()),
                None => break,
            }
        }
        let distinct: BTreeSet<&String> = seen.iter().collect();
        assert_eq!(distinct.len(), seen.len(), "something came twice");
        let missing: Vec<&String> = before.iter().filter(|known| !distinct.contains(known)).collect();
        assert!(missing.is_empty(), "skipped: {missing:?}");
        assert!(seen.windows(2).all(|pair| pair[0] > pair[1]), "newest first");
    }
}

#[tokio::test]
async fn a_cursor_belongs_to_its_list() {
    let (_platform, ada) = somebody().await;
    for number in 0..3 {
        ada.post("/jobs", make::draft(&format!("Job {number}"))).await.created();
    }
    let page = ada.get("/jobs?limit=1").await.ok();
    let cursor = page["next_cursor"].as_str().expect("there is more");
    ada.get(&format!("/jobs?limit=1&cursor={cursor}")).await.ok();
    ada.get(&format!("/jobs?limit=1&status=draft&cursor={cursor}")).await.refused(422, "validation_failed");
    ada.get(&format!("/candidates?limit=1&cursor={cursor}")).await.refused(422, "validation_failed");
}

#[tokio::test]
async fn a_listed_origin_may_call_and_another_may_not() {
    let platform = Platform::start_with(&[("LOG_LEVEL", "warn")]).await;
    let nobody = platform.anonymous();
    let preflight = async |origin: &'static str| {
        let shape = |request: reqwest::RequestBuilder| {
            request.header("origin", origin).header("access-control-request-method", "PATCH").header(
                "access-control-request-headers",
                "authorization,content-type,if-match,idempotency-key",
            )
        };
        nobody.send(Method::OPTIONS, "/jobs", shape).await
    };
    let answer = preflight(ORIGIN).await;
    assert!(answer.status.is_success(), "{}", answer.story());
    assert_eq!(answer.header("access-control-allow-origin"), Some(ORIGIN));
    assert_eq!(answer.header("access-control-allow-credentials"), Some("true"));
    assert_eq!(answer.header("access-control-max-age"), Some("600"));
    let methods = answer.header("access-control-allow-methods").unwrap_or_default();
    assert!(["GET", "POST", "PUT", "PATCH", "DELETE"].iter().all(|method| methods.contains(method)));
    let headers = answer.header("access-control-allow-headers").unwrap_or_default().to_lowercase();
    let expected = ["authorization", "if-match", "idempotency-key", "x-organisation-id", "apikey"];
    assert!(expected.iter().all(|header| headers.contains(header)), "{headers}");
    assert_eq!(preflight("https://evil.example").await.header("access-control-allow-origin"), None);

    // An error can be read by the page, too.
    let refused = nobody.send(Method::GET, "/jobs", |request| request.header("origin", ORIGIN)).await;
    refused.refused(401, "unauthenticated");
    assert_eq!(refused.header("access-control-allow-origin"), Some(ORIGIN));
}

#[tokio::test]
async fn an_answer_is_compressed_for_who_can_read_it_and_caches_are_told() {
    let platform = Platform::start_with(&[("LOG_LEVEL", "warn")]).await;
    let nobody = platform.anonymous();
    let varies = |answer: &Answer, on: &str| {
        let all = answer.headers.get_all("vary");
        all.iter().any(|value| value.to_str().is_ok_and(|value| value.to_lowercase().contains(on)))
    };
    let plain = nobody.get("/openapi.json").await;
    plain.ok();
    assert_eq!(plain.header("content-encoding"), None);
    let asked = |request: reqwest::RequestBuilder| request.header("accept-encoding", "gzip");
    let packed = nobody.send(Method::GET, "/openapi.json", asked).await;
    assert_eq!(packed.expect(200).header("content-encoding"), Some("gzip"));
    assert!(packed.body.len() * 2 < plain.body.len(), "{} of {}", packed.body.len(), plain.body.len());
    for answer in [&plain, &packed] {
        assert!(varies(answer, "origin") && varies(answer, "accept-encoding"), "{:?}", answer.headers);
    }
    // Too little to be worth it.
    let short = nobody.send(Method::GET, "/jobs", asked).await;
    short.refused(401, "unauthenticated");
    assert_eq!(short.header("content-encoding"), None);
}

#[tokio::test]
async fn a_refusal_says_how_long_it_is_and_a_head_has_no_body() {
    let platform = Platform::start_with(&[("LOG_LEVEL", "warn")]).await;
    let nobody = platform.anonymous();
    let length =
        |answer: &Answer| answer.header("content-length").and_then(|text| text.parse::<usize>().ok());
    let whole = nobody.get("/openapi.json").await;
    assert_eq!(length(&whole), Some(whole.body.len()));
    let refused = nobody.send(Method::DELETE, "/openapi.json", |request| request).await;
    refused.refused(405, "method_not_allowed");
    assert_eq!(length(&refused), Some(refused.body.len()));
    assert_eq!(refused.header("allow"), Some("GET,HEAD"));
    for (path, status) in [("/openapi.json", 200), ("/jobs", 401), ("/no/such/thing", 404)] {
        let head = nobody.send(Method::HEAD, path, |request| request).await;
        assert!(
            head.expect(status).body.is_empty() && length(&head).is_some_and(|length| length > 0),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_request_keeps_its_id_and_trace_and_gets_safe_headers() {
    let platform = Platform::start_with(&[("LOG_LEVEL", "warn")]).await;
    let nobody = platform.anonymous();
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let shape = |request: reqwest::RequestBuilder| {
        request
            .header("x-request-id", "mine-1")
            .header("traceparent", format!("00-{trace}-00f067aa0ba902b7-01"))
    };
    let answer = nobody.send(Method::GET, "/jobs", shape).await;
    assert_eq!(answer.header("x-request-id"), Some("mine-1"));
    assert_eq!(answer.refused(401, "unauthenticated")["trace_id"], trace);
    assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    let unusable = "x".repeat(65);
    let answer =
        nobody.send(Method::GET, "/jobs", |request| request.header("x-request-id", unusable.as_str())).await;
    assert!(answer.header("x-request-id").is_some_and(|own| own != unusable && own.len() == 32));
    nobody.get("/no/such/thing").await.refused(404, "not_found");
}

#[tokio::test]
async fn an_error_is_written_in_the_type_the_caller_reads() {
    let platform = Platform::start_with(&[("LOG_LEVEL", "warn")]).await;
    let nobody = platform.anonymous();
    let json_only = |request: reqwest::RequestBuilder| request.header("accept", "application/json");
    let answer = nobody.send(Method::GET, "/jobs", json_only).await;
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.json()["code"], "unauthenticated");
    let ada = platform.organisation("Acme").await.admin;
    let image = |request: reqwest::RequestBuilder| request.header("accept", "image/png");
    ada.send(Method::GET, "/jobs", image).await.refused(406, "not_acceptable");
}
