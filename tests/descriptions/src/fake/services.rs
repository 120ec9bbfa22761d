//! What each operation answers.

use super::answer::json_answer;
use super::{Answer, Heard, Inner};
use crate::description::Operation;
use axum::body::Body;
use axum::response::Response;
use serde_json::{Value, json};

/// The example's id of a document's reading.
const READING: &str = "3b31320d-8bab-4f88-b19c-2322a7f11034";
/// The waits of the examples are of minutes.
const SOON: (&str, &str) = ("retry-after", "0");

pub(super) async fn answer(
    inner: &Inner,
    operation: &Operation,
    heard: &Heard,
    scripted: Option<Answer>,
) -> Response {
    let (example, words) = match scripted {
        None => (None, None),
        Some(Answer::Example(name)) => (Some(name), None),
        Some(Answer::Saying(words)) => (None, Some(words)),
        Some(other) => return other.plain().await,
    };
    match operation.id.as_str() {
        "Email_Send" => send_letter(inner, operation, heard).await,
        "Email_GetSendResult" => letter_outcome(inner, operation, heard, example).await,
        "DocumentModels_AnalyzeDocument" => {
            let path = heard.path.replace(":analyze", "");
            let version = "api-version=2024-11-30";
            let place = format!("{}{path}/analyzeResults/{READING}?{version}", inner.address);
            json_answer(202, [("operation-location", place.as_str()), SOON], &Value::Null)
        }
        "DocumentModels_GetAnalyzeResult" => reading(inner, operation, words),
        "DocumentModels_DeleteAnalyzeResult" => json_answer(204, [], &Value::Null),
        "MiscellaneousOperations_GetResourceDetails" => {
            let details = json!({ "customDocumentModels": { "count": 0, "limit": 20000 } });
            json_answer(200, [], &checked(operation, details))
        }
        "ChatCompletions_Create" => chat(operation, heard, words),
        other => unreachable!("{other} is described and not answered"),
    }
}

async fn send_letter(inner: &Inner, operation: &Operation, heard: &Heard) -> Response {
    let headers = &heard.body["headers"];
    let message_id = headers["Message-ID"].as_str().unwrap_or_default().to_owned();
    {
        let mut state = inner.state();
        // As the service documents it for this header.
        if headers["x-ms-acsemail-validate-message-id"] == "true" && state.letters.contains(&message_id) {
            return json_answer(
                400,
                [],
                &json!({ "error": { "code": "DuplicateMessageId", "message": "It was sent before." } }),
            );
        }
        state.letters.push(message_id);
    }
    let mut body = operation.example("Send Email", 202);
    if let Some(id) = heard.headers.get("operation-id").and_then(|value| value.to_str().ok()) {
        body["id"] = id.into();
        inner.state().looks.insert(id.to_owned(), 0);
    }
    let id = body["id"].as_str().unwrap_or_default();
    let place = format!("{}/emails/operations/{id}?api-version=2023-03-31", inner.address);
    json_answer(202, [("operation-location", place.as_str()), SOON], &body)
}

async fn letter_outcome(
    inner: &Inner,
    operation: &Operation,
    heard: &Heard,
    example: Option<&str>,
) -> Response {
    let id = heard.path.rsplit('/').next().unwrap_or_default();
    let looks = match inner.state().looks.get_mut(id) {
        Some(looks) => {
            *looks += 1;
            Some(*looks)
        }
        None => None,
    };
    let Some(looks) = looks else { return Answer::refusing(404).plain().await };
    let usual = if looks == 1 { "NonTerminal" } else { "SuccessTerminal" };
    let mut body = operation.example(example.unwrap_or(usual), 200);
    body["id"] = id.into();
    json_answer(200, [SOON], &body)
}

/// Every reading takes two looks; each document begins anew.
fn reading(inner: &Inner, operation: &Operation, words: Option<String>) -> Response {
    let mut state = inner.state();
    let looks = state.looks.entry(READING.to_owned()).or_default();
    *looks += 1;
    if *looks % 2 == 1 && words.is_none() {
        let time = "2024-11-30T10:00:00Z";
        let running = json!({ "status": "running", "createdDateTime": time, "lastUpdatedDateTime": time });
        return json_answer(200, [SOON], &checked(operation, running));
    }
    *looks = 0;
    let mut body = operation.example("Get Analyze", 200);
    if let Some(words) = words {
        let result = &mut body["analyzeResult"];
        result["content"] = words.as_str().into();
        let mut pages = Vec::new();
        for (number, page) in (1..).zip(words.split('\x0c')) {
            let line =
                |line: &str| json!({ "content": line, "spans": [{ "offset": 0, "length": line.len() }] });
            let lines: Vec<Value> = page.lines().map(line).collect();
            pages.push(json!({ "pageNumber": number, "spans": [], "lines": lines }));
        }
        result["pages"] = pages.into();
        body = checked(operation, body);
    }
    json_answer(200, [], &body)
}

fn chat(operation: &Operation, heard: &Heard, words: Option<String>) -> Response {
    let mut body = operation.example("Create a chat completion", 200);
    let content = &mut body["choices"][0]["message"]["content"];
    if let Some(words) = words {
        *content = words.into();
    }
    if heard.body["stream"] != true {
        return json_answer(200, [], &body);
    }
    let mut events = String::new();
    let mut event = |choices: Value, usage: Option<&Value>| {
        let mut chunk = json!({
            "id": body["id"], "object": "chat.completion.chunk", "created": body["created"], "model": "gpt-4o",
            "choices": choices,
        });
        if let Some(usage) = usage {
            chunk["usage"] = usage.clone();
        }
        events.push_str(&format!("data: {}\n\n", checked(operation, chunk)));
    };
    let delta =
        |delta: Value, finish: Value| json!([{ "index": 0, "delta": delta, "finish_reason": finish }]);
    event(delta(json!({ "role": "assistant", "content": "" }), Value::Null), None);
    let content = body["choices"][0]["message"]["content"].as_str().unwrap_or_default();
    for word in content.split_inclusive(' ') {
        event(delta(json!({ "content": word }), Value::Null), None);
    }
    event(delta(json!({}), "stop".into()), None);
    if heard.body["stream_options"]["include_usage"] == true {
        event(json!([]), Some(&body["usage"]));
    }
    events.push_str("data: [DONE]\n\n");
    let response = Response::builder().header("content-type", "text/event-stream");
    response.body(Body::from(events)).expect("a response")
}

/// Answers that are made up must be such as the description has them. Its own examples are not always.
fn checked(operation: &Operation, body: Value) -> Value {
    let faults = operation.answer_faults(200, &body);
    assert!(faults.is_empty(), "{} would never answer so: {}", operation.id, faults.join("; "));
    body
}
