//! Streams and answers recorded from Azure OpenAI and OpenAI, played back.

use super::{Rate, Talk, azure, compatible, server::*};
use crate::ai::{AiError, Outcome};
use futures_util::StreamExt as _;
use serde_json::Value;
use std::path::PathBuf;

fn recordings() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("testdata/llm-recordings")
}

/// The collection that the recordings above were chosen from; beside the checkout on some machines.
fn more_recordings() -> Option<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/llm-recordings");
    if !folder.is_dir() {
        println!("no further recordings at {}", folder.display());
    }
    folder.is_dir().then_some(folder)
}

fn exchanges(file: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(recordings().join(file)).expect("a recording");
    serde_json::from_str(&text).expect("a list of exchanges")
}

/// What the deltas of a recording say when they are simply put together.
fn spoken(events: &str) -> String {
    events
        .lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .filter_map(|data| serde_json::from_str::<Value>(data).ok())
        .filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str().map(str::to_owned))
        .collect()
}

#[tokio::test]
async fn every_recorded_stream_is_heard_whole() {
    let mut heard = 0;
    let folders = std::iter::once(recordings()).chain(more_recordings());
    for entry in folders.flat_map(|folder| std::fs::read_dir(folder).expect("a folder")) {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        if path.extension().is_none_or(|extension| extension != "sse") || name.contains("tools") {
            continue;
        }
        let events = std::fs::read_to_string(&path).expect("a recording");
        let expected = spoken(&events);
        assert!(!expected.is_empty(), "{name} says something");
        // Cut into pieces that respect neither lines nor characters.
        let pieces = events.as_bytes().chunks(17).map(|bytes| Chunk::Bytes(bytes.to_vec())).collect();
        let server = Server::playing([Reply::chunks(pieces)]).await;
        let mut stream = azure(&server).stream(&Talk("hello")).await.expect(&name);
        let mut text = String::new();
        while let Some(piece) = stream.next().await {
            text.push_str(&piece.expect(&name));
        }
        assert_eq!(text, expected, "{name}");
        let call = stream.call();
        assert_eq!((call.outcome, call.provider), (Outcome::Ok, "azure_openai"), "{name}");
        assert!(call.tokens_in > 0 && call.tokens_out > 0, "{name}");
        assert!(!call.model.is_empty() && call.model != "gpt-4o", "{name}: the model names itself");
        heard += 1;
    }
    assert!(heard >= 4, "{heard} recordings heard");
}

#[tokio::test]
async fn the_usage_chunk_after_the_finish_reason_is_counted() {
    let chunks = std::fs::read_to_string(recordings().join("vercel-azure-model-router.1.chunks.txt"))
        .expect("a recording");
    let events: String =
        chunks.lines().map(|chunk| format!("data: {chunk}\n\n")).chain(["data: [DONE]\n\n".into()]).collect();
    let server = Server::playing([Reply::events(&events)]).await;
    let mut stream = azure(&server).stream(&Talk("hello")).await.expect("a stream");
    while let Some(piece) = stream.next().await {
        piece.expect("a piece");
    }
    let call = stream.call();
    assert_eq!((call.tokens_in, call.tokens_out, call.tokens_estimated), (15, 78, false));
    assert_eq!(call.model, "gpt-5-nano-2025-08-07");
}

#[tokio::test]
async fn recorded_filters_and_refusals_are_told_apart_from_errors() {
    let filtered = [
        ("otel-azure-chat_content_filtering.exchanges.json", "content filter stopped the answer"),
        (
            "otel-azure-prompt_content_filtering.exchanges.json",
            "status 200, code content_filter, param prompt",
        ),
        ("otel-chat_parse-parsed_refused_completion.exchanges.json", "the model refused"),
    ];
    for (file, cause) in filtered {
        let body = exchanges(file)[0]["body"].as_str().expect("a body").to_owned();
        let server = Server::playing([Reply::body(200, "application/json", body)]).await;
        let error = azure(&server).ask(&Rate("x")).await.err().expect(file);
        assert!(matches!(error, AiError::Filtered(_)), "{file}: {error:?}");
        assert_eq!(error.cause(), cause, "{file}");
        assert_eq!(error.call().outcome, Outcome::Filtered);
        assert!(error.is_unusable_answer());
        assert_eq!(server.asked().len(), 1, "{file}: asking again would not help");
    }
}

#[tokio::test]
async fn the_same_filter_with_its_real_status_is_seen() {
    let body = exchanges("otel-azure-prompt_content_filtering.exchanges.json")[0]["body"]
        .as_str()
        .expect("a body")
        .to_owned();
    let server = Server::playing([Reply::body(400, "application/json", body)]).await;
    for error in [
        azure(&server).ask(&Rate("x")).await.err().expect("filtered"),
        azure(&server).stream(&Talk("x")).await.err().expect("filtered"),
    ] {
        assert!(matches!(error, AiError::Filtered(_)), "{error:?}");
    }
}

#[tokio::test]
async fn every_recorded_answer_counts_its_tokens() {
    let mut read = 0;
    for file in ["otel-azure-chat", "otel-azure-chat_reasoning", "otel-chat_parse-parsed_completion"] {
        for exchange in exchanges(&format!("{file}.exchanges.json")) {
            let text = exchange["body"].as_str().expect("a body");
            let body: Value = serde_json::from_str(text).expect("JSON");
            let content = body["choices"][0]["message"]["content"].as_str().expect("content");
            let server = Server::playing([Reply::body(200, "application/json", text)]).await;
            let answer = compatible(&server).ask(&Talk("x")).await.expect(file);
            assert_eq!(answer.value, content);
            assert_eq!(u64::from(answer.call.tokens_in), body["usage"]["prompt_tokens"]);
            assert_eq!(u64::from(answer.call.tokens_out), body["usage"]["completion_tokens"]);
            assert_eq!(body["model"], answer.call.model);
            read += 1;
        }
    }
    assert!(read >= 4, "{read} answers read");
}

#[tokio::test]
async fn a_recorded_structured_answer_is_read() {
    let body = exchanges("otel-chat_parse-parsed_completion.exchanges.json")[0]["body"].clone();
    let body = body.as_str().expect("a body");
    let server = Server::playing([Reply::body(200, "application/json", body)]).await;
    let answer = compatible(&server).ask(&Rate("opentelemetry")).await.expect("an answer");
    assert!(!answer.value.joke.is_empty());
}

#[tokio::test]
async fn spent_money_is_not_asked_for_again() {
    let body = std::fs::read(recordings().join("vercel-openai-error.1.json")).expect("a recording");
    let server = Server::playing([Reply::body(429, "application/json", body)]).await;
    let error = compatible(&server).ask(&Rate("x")).await.err().expect("no money");
    assert!(matches!(error, AiError::Unavailable(_)), "{error:?}");
    assert_eq!(server.asked().len(), 1);
    assert!(!error.to_string().contains("quota"), "outward text is generic");
}
