//! Structured answers: what is sent, what is accepted, what is asked for again.

use super::{Rate, Rating, Talk, azure, compatible, quick, server::*};
use crate::{
    BoxFuture,
    ai::{AiError, AiSettings, Model, Outcome, Secret},
    azure::{TokenError, TokenSource},
};
use futures_util::StreamExt as _;
use serde_json::json;
use std::sync::Arc;

const GOOD: &str = r#"{"rating": 8, "joke": "ok"}"#;

#[tokio::test]
async fn azure_is_asked_as_its_description_says() {
    let server = Server::playing([Reply::saying(GOOD)]).await;
    let answer = azure(&server).ask(&Rate("a thing")).await.expect("an answer");
    assert_eq!(answer.value, Rating { rating: 8, joke: "ok".into() });
    let asked = &server.asked()[0];
    assert_eq!(asked.path, "/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21");
    assert_eq!(asked.headers["api-key"], "azure-key");
    assert!(!asked.headers.contains_key("authorization"));
    // All of createChatCompletionRequest in inference.json.
    let sent: Vec<&String> = asked.body.as_object().expect("an object").keys().collect();
    assert_eq!(sent, ["max_tokens", "messages", "response_format", "temperature"]);
    let format = &asked.body["response_format"];
    assert_eq!((&format["type"], &format["json_schema"]["strict"]), (&json!("json_schema"), &json!(true)));
    assert_eq!(format["json_schema"]["schema"]["required"], json!(["joke", "rating"]));
    assert_eq!((&asked.body["temperature"], &asked.body["max_tokens"]), (&json!(0.2), &json!(100)));
    let roles: Vec<&str> = asked.body["messages"]
        .as_array()
        .expect("messages")
        .iter()
        .filter_map(|m| m["role"].as_str())
        .collect();
    assert_eq!(roles, ["system", "user"]);
    assert!(!asked.body["messages"][0]["content"].as_str().expect("text").contains("a thing"));
}

#[tokio::test]
async fn older_azure_versions_are_asked_with_what_they_know() {
    let server = Server::playing([Reply::saying(GOOD)]).await;
    let settings = AiSettings {
        endpoint: Some(server.address.parse().expect("a URL")),
        api_version: "2024-02-15-preview".into(),
        api_key: Some(Secret::new("azure-key")),
        ..AiSettings::default()
    };
    let model = Model::from_settings(settings).expect("loopback is allowed");
    model.ask(&Rate("x")).await.expect("JSON in plain text is fine too");
    model.stream(&Talk("x")).await.expect("a stream");
    let asked = server.asked();
    assert!(asked[0].body.get("response_format").is_none() && asked[0].body.get("tools").is_some());
    assert!(asked[1].body.get("stream_options").is_none() && asked[1].body["stream"] == true);
}

#[tokio::test]
async fn other_addresses_are_asked_with_a_bearer_and_a_model() {
    let server = Server::playing([Reply::saying(GOOD)]).await;
    compatible(&server).ask(&Rate("x")).await.expect("an answer");
    let asked = &server.asked()[0];
    assert_eq!((asked.path.as_str(), &asked.body["model"]), ("/v1/chat/completions", &json!("gpt-4o")));
    assert_eq!(asked.headers["authorization"], "Bearer sk-test");
}

#[tokio::test]
async fn the_newer_azure_interface_takes_the_key_and_names_the_model() {
    let server = Server::playing([Reply::saying(GOOD)]).await;
    let model = Model::from_settings(AiSettings {
        endpoint: Some(format!("{}/openai/v1/", server.address).parse().expect("a URL")),
        api_key: Some(Secret::new("azure-key")),
        ..AiSettings::default()
    })
    .expect("loopback is allowed");
    model.ask(&Rate("x")).await.expect("an answer");
    let asked = &server.asked()[0];
    assert_eq!(
        (asked.path.as_str(), &asked.body["model"]),
        ("/openai/v1/chat/completions", &json!("gpt-4o"))
    );
    assert_eq!(asked.headers["api-key"], "azure-key");
}

#[tokio::test]
async fn without_a_key_tokens_are_sent() {
    struct Fixed;
    impl TokenSource for Fixed {
        fn token(&self) -> BoxFuture<'_, Result<Secret, TokenError>> {
            Box::pin(async { Ok(Secret::new("entra")) })
        }
    }
    let streamed = "data: {\"choices\":[{\"delta\":{\"content\":\"Hello\"}}]}\n\ndata: [DONE]\n\n";
    let server = Server::playing([Reply::saying(GOOD), Reply::events(streamed)]).await;
    let settings = AiSettings {
        endpoint: Some(server.address.parse().expect("a URL")),
        timeouts: quick(),
        ..AiSettings::default()
    };
    let model = Model::with_tokens(settings, Some(Arc::new(Fixed))).expect("settings");
    model.ask(&Rate("x")).await.expect("an answer");
    let heard: Vec<_> = model.stream(&Talk("x")).await.expect("a stream").collect().await;
    assert_eq!(heard.len(), 1);
    let asked = server.asked();
    assert_eq!(asked.len(), 2);
    assert!(asked.iter().all(|asked| asked.headers["authorization"] == "Bearer entra"));
    assert!(asked.iter().all(|asked| asked.headers.get("api-key").is_none()));
}

#[tokio::test]
async fn a_wrong_form_is_asked_for_once_more_and_both_are_counted() {
    for wrong in [r#"{"rating": "high"}"#, r#"{"rating": 99, "joke": ""}"#, "no JSON", ""] {
        let server = Server::playing([Reply::saying(wrong), Reply::saying(GOOD)]).await;
        let answer = compatible(&server).ask(&Rate("x")).await.expect("the second answer");
        assert_eq!((answer.call.tokens_in, answer.call.tokens_out), (22, 14), "{wrong}");
        let asked = server.asked();
        assert_eq!(asked.len(), 2);
        let reminder = asked[1].body["messages"][0]["content"].as_str().expect("text").to_owned();
        assert!(reminder.contains("did not have the required form"), "{reminder}");
    }
}

#[tokio::test]
async fn an_answer_that_was_cut_off_is_asked_for_in_fewer_words() {
    for cut in [r#"{"rating": 8, "jo"#, ""] {
        let server = Server::playing([Reply::ending("length", cut), Reply::saying(GOOD)]).await;
        compatible(&server).ask(&Rate("x")).await.expect("the second answer");
        let reminder = server.asked()[1].body["messages"][0]["content"].as_str().expect("text").to_owned();
        assert!(reminder.contains("cut off; use fewer words. Answer again"), "{reminder}");
        let server = Server::playing([Reply::ending("length", cut)]).await;
        let error = compatible(&server).ask(&Rate("x")).await.err().expect("cut again");
        assert!(error.is_unusable_answer() && error.cause().contains("cut off"), "{error:?}");
    }
    // One that just fits is an answer.
    let server = Server::playing([Reply::ending("length", GOOD)]).await;
    compatible(&server).ask(&Rate("x")).await.expect("an answer");
}

#[tokio::test]
async fn a_wrong_form_twice_is_an_upstream_failure() {
    let server = Server::playing([Reply::saying(r#"{"rating": 99, "joke": "Jane Doe"}"#)]).await;
    let error = compatible(&server).ask(&Rate("x")).await.err().expect("wrong twice");
    assert!(matches!(error, AiError::Upstream(_)));
    assert_eq!((error.call().outcome, server.asked().len()), (Outcome::InvalidOutput, 2));
    assert_eq!(error.cause(), "rating must be at most 10");
    assert!(!format!("{error:?}").contains("Jane"), "the record of a failure holds nobody's words");
}

#[tokio::test]
async fn a_total_nobody_asked_for_is_a_wrong_form() {
    let lying = r#"{"rating": 1, "joke": "", "overall_score": 100}"#;
    let server = Server::playing([Reply::saying(lying)]).await;
    assert!(matches!(compatible(&server).ask(&Rate("x")).await, Err(AiError::Upstream(_))));
}

#[tokio::test]
async fn an_address_without_schemas_is_asked_otherwise_and_that_is_remembered() {
    let tool_answer = Reply::json(
        200,
        &json!({ "choices": [{ "finish_reason": "stop", "message": { "content": null, "tool_calls":
            [{ "id": "1", "type": "function", "function": { "name": "rate", "arguments": GOOD } }] } }] }),
    );
    let server = Server::playing([
        Reply::refusing(
            400,
            "BadRequest",
            "response_format value as json_schema is enabled only for newer api versions",
        ),
        tool_answer,
    ])
    .await;
    let model = azure(&server);
    let answer = model.ask(&Rate("x")).await.expect("through a tool call");
    assert_eq!(answer.value.rating, 8);
    assert!(answer.call.tokens_estimated && answer.call.tokens_out > 0);
    model.ask(&Rate("x")).await.expect("again");
    let asked = server.asked();
    assert_eq!(asked.len(), 3, "the refusal is not provoked twice");
    assert_eq!(asked[2].body["tool_choice"]["function"]["name"], "rate");
}

#[tokio::test]
async fn even_an_address_that_knows_nothing_can_be_asked() {
    let server = Server::playing([
        Reply::refusing(400, "x", "unknown field response_format"),
        Reply::refusing(422, "x", "tools are not supported"),
        Reply::refusing(400, "x", "unknown field response_format"),
        Reply::refusing(400, "unsupported_parameter", "use max_completion_tokens instead of max_tokens"),
        Reply::refusing(400, "unsupported_value", "temperature does not support 0.2"),
        Reply::saying("```json\n{\"rating\": 3, \"joke\": \"\"}\n```"),
    ])
    .await;
    let answer = compatible(&server).ask(&Rate("x")).await.expect("an answer");
    assert_eq!(answer.value.rating, 3);
    let body = server.asked().pop().expect("asked").body;
    for gone in ["response_format", "tools", "max_tokens", "temperature"] {
        assert!(body.get(gone).is_none(), "{gone}");
    }
    assert_eq!(body["max_completion_tokens"], 100);
    assert!(body["messages"][0]["content"].as_str().expect("text").contains("JSON schema"));
}

#[tokio::test]
async fn offline_answers_the_same_bytes_and_is_labelled() {
    let model = Model::from_settings(AiSettings::default()).expect("settings");
    assert!(model.is_offline() && model.describe().contains("offline"));
    assert_eq!((model.scoring_samples(), model.probe().await), (1, Ok(())));
    let first = model.ask(&Rate("x")).await.expect("an answer");
    assert_eq!((first.call.provider, first.call.tokens_in), ("offline", 0));
    let again = model.ask(&Rate("x")).await.expect("an answer");
    assert_eq!(first.call.input_hash, again.call.input_hash);
    let other = model.ask(&Rate("y")).await.expect("an answer");
    assert_ne!(first.call.input_hash, other.call.input_hash);

    let mut stream = model.stream(&Talk("I built it")).await.expect("a stream");
    let mut pieces = Vec::new();
    while let Some(piece) = stream.next().await {
        pieces.push(piece.expect("a piece"));
    }
    assert!(pieces.len() > 2);
    assert_eq!(pieces.concat(), "You said: I built it. Tell me more about it, please.");
    assert_eq!(stream.call().outcome, Outcome::Ok);
}

#[tokio::test]
async fn the_record_names_all_that_is_needed_to_ask_again() {
    let server = Server::playing([Reply::saying(GOOD)]).await;
    let call = compatible(&server).ask(&Rate("x")).await.expect("an answer").call;
    let record = serde_json::to_value(&call).expect("serialises");
    assert_eq!(record["purpose"], "rate");
    assert_eq!(record["model"], "gpt-4o-2024-08-06");
    assert_eq!(record["outcome"], "ok");
    assert_eq!(record["prompt_version"].as_str().map(str::len), Some(12));
    assert_eq!(record["input_hash"].as_str().map(str::len), Some(64));
    assert_eq!(record["parameters"]["max_tokens"], 100);
}

#[tokio::test]
async fn readiness_asks_for_five_tokens() {
    let server = Server::playing([Reply::saying("ready"), Reply::refusing(401, "401", "no")]).await;
    let model = compatible(&server);
    assert_eq!(model.probe().await, Ok(()));
    assert_eq!(server.asked()[0].body["max_tokens"], 5);
    assert_eq!(model.probe().await, Err("status 401, code 401, type some_error".into()));
}

#[tokio::test]
async fn readiness_notices_an_answer_from_a_region_that_is_not_allowed() {
    let from = |region| Reply::saying("ready").header("x-ms-region", region);
    let server = Server::playing([from("East US 2"), from("Australia East")]).await;
    let model = azure(&server);
    assert!(model.probe().await.is_err_and(|cause| cause.contains("East US 2")));
    assert_eq!(model.probe().await, Ok(()), "and notices when it is mended");
}
