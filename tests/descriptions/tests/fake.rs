//! A fake that lets everything through would prove nothing: each kind of wrong request is caught and named.

use descriptions::{Answer, Fake, Identity};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

const MAIL: &str = "https://communication.azure.com";
const COGNITIVE: &str = "https://cognitiveservices.azure.com";
const SEND: &str = "/emails:send?api-version=2023-03-31";
const CHAT: &str = "/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21";
const READ: &str = "/documentintelligence/documentModels/prebuilt-read:analyze?api-version=2024-11-30";

type Spoil = fn(&mut Value);

struct Caller {
    fake: Fake,
    http: reqwest::Client,
}

impl Caller {
    async fn start() -> Self {
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        Self { fake: Fake::start().await, http }
    }

    fn request(&self, method: Method, path: &str, resource: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.fake.address));
        request.bearer_auth(Identity::token_for(resource))
    }

    /// Sends what must be refused; what the fake says is wrong.
    async fn faults(&self, request: RequestBuilder) -> Vec<String> {
        let status = request.send().await.expect("an answer").status();
        assert!(status.is_client_error(), "{status}");
        self.fake.take_violations()
    }

    async fn letter_faults(&self, body: Value) -> Vec<String> {
        self.faults(self.request(Method::POST, SEND, MAIL).json(&body)).await
    }
}

fn letter() -> Value {
    json!({
        "senderAddress": "noreply@talenti.ai",
        "content": { "subject": "Hello", "plainText": "Hello" },
        "recipients": { "to": [{ "address": "sam@example.org" }] },
    })
}

fn question() -> Value {
    json!({ "messages": [{ "role": "user", "content": "Hello?" }], "max_tokens": 5 })
}

#[tokio::test]
async fn requests_in_order_are_answered_with_the_examples() {
    let caller = Caller::start().await;
    let sent = caller.request(Method::POST, SEND, MAIL).json(&letter()).send().await.unwrap();
    assert_eq!(sent.status(), StatusCode::ACCEPTED);
    let body: Value = sent.json().await.unwrap();
    assert_eq!(body["status"], "Running");

    let said = caller.request(Method::POST, CHAT, COGNITIVE).json(&question()).send().await.unwrap();
    let body: Value = said.json().await.unwrap();
    assert!(body["choices"][0]["message"]["content"].as_str().unwrap().starts_with("Ahoy matey!"));

    let pdf = caller.request(Method::POST, READ, COGNITIVE).header("content-type", "application/pdf");
    let taken = pdf.body("%PDF-1.4").send().await.unwrap();
    assert_eq!(taken.status(), StatusCode::ACCEPTED);
    let place = taken.headers()["operation-location"].to_str().unwrap().to_owned();
    for status in ["running", "succeeded"] {
        let look = caller.http.get(&place).bearer_auth(Identity::token_for(COGNITIVE)).send().await.unwrap();
        assert_eq!(look.json::<Value>().await.unwrap()["status"], status);
    }
    assert_eq!(caller.fake.heard("Email_Send").len(), 1);
}

#[tokio::test]
async fn wrong_paths_methods_and_versions_are_caught() {
    let caller = Caller::start().await;
    let cases = [
        (Method::POST, "/emails:sent?api-version=2023-03-31", "no such path"),
        (Method::GET, SEND, "no such method here"),
        (Method::POST, "/emails:send?api-version=2021-10-01-preview", "api-version is 2021-10-01-preview"),
        (Method::POST, "/emails:send", "query parameter api-version is missing"),
        (Method::POST, "/emails:send?api-version=2023-03-31&dryRun=true", "unknown query parameter dryRun"),
    ];
    for (method, path, expected) in cases {
        let faults = caller.faults(caller.request(method, path, MAIL).json(&letter())).await;
        assert!(faults.len() == 1 && faults[0].contains(expected), "{path}: {faults:?}");
    }
    let model = READ.replace("prebuilt-read", "-");
    let request = caller.request(Method::POST, &model, COGNITIVE).header("content-type", "application/pdf");
    let faults = caller.faults(request.body("%PDF-1.4")).await;
    assert!(faults[0].contains("path parameter modelid"), "{faults:?}");
}

#[tokio::test]
async fn a_token_for_somebody_else_is_caught() {
    let caller = Caller::start().await;
    for resource in [COGNITIVE, ""] {
        let faults = caller.faults(caller.request(Method::POST, SEND, resource).json(&letter())).await;
        assert_eq!(faults, ["Email_Send: no token for https://communication.azure.com"]);
    }
    let bare = caller.http.post(format!("{}{CHAT}", caller.fake.address)).json(&question());
    assert_eq!(caller.faults(bare).await.len(), 1);
}

#[tokio::test]
async fn wrong_headers_and_media_types_are_caught() {
    let caller = Caller::start().await;
    let send = || caller.request(Method::POST, SEND, MAIL).json(&letter());
    let faults = caller.faults(send().header("operation-id", "letter-1")).await;
    assert!(faults[0].contains("operation-id") && faults[0].contains("uuid"), "{faults:?}");
    let faults = caller.faults(send().header("repeatability-request-id", "1")).await;
    assert_eq!(faults, ["Email_Send: unknown header repeatability-request-id"]);
    let faults = caller.faults(caller.request(Method::POST, SEND, MAIL).body("hello")).await;
    assert_eq!(faults, ["Email_Send: media type \"\" is not taken"]);
    let faults = caller.faults(caller.request(Method::POST, SEND, MAIL)).await;
    assert_eq!(faults, ["Email_Send: the body is missing"]);
}

#[tokio::test]
async fn bodies_that_do_not_fit_their_schema_are_caught() {
    let caller = Caller::start().await;
    let wrongs: [(&str, Spoil); 6] = [
        ("body: \"senderAddress\" is a required property", |letter| {
            letter.as_object_mut().unwrap().remove("senderAddress");
        }),
        ("body/recipients/to", |letter| letter["recipients"]["to"] = json!("sam@example.org")),
        ("body/recipients/to/0", |letter| letter["recipients"]["to"][0] = json!({ "displayName": "Sam" })),
        ("body/content", |letter| letter["content"]["plaintext"] = json!("a property nobody named")),
        ("body/attachments/0/contentInBase64", |letter| {
            letter["attachments"] =
                json!([{ "name": "a", "contentType": "text/plain", "contentInBase64": "not base64!" }]);
        }),
        ("body/userEngagementTrackingDisabled", |letter| {
            letter["userEngagementTrackingDisabled"] = json!("true");
        }),
    ];
    for (expected, spoil) in wrongs {
        let mut body = letter();
        spoil(&mut body);
        let faults = caller.letter_faults(body).await;
        assert!(faults.iter().any(|fault| fault.contains(expected)), "{expected}: {faults:?}");
        assert!(faults.iter().all(|fault| !fault.contains("example.org")), "{faults:?}");
    }
    let chats = [
        json!({ "messages": [] }),
        json!({ "messages": [{ "role": "narrator", "content": "Once upon a time" }] }),
        json!({ "messages": [{ "role": "user", "content": "Hello?" }], "temperature": 3 }),
        json!({ "messages": [{ "role": "user", "content": "Hello?" }], "max_tokens": "5" }),
        json!({ "messages": [{ "role": "user", "content": "Hello?" }], "model_name": "gpt-4o" }),
        json!({
            "messages": [{ "role": "user", "content": "Hello?" }],
            "response_format": { "type": "json_schema", "json_schema": { "schema": {} } },
        }),
    ];
    for body in chats {
        let faults = caller.faults(caller.request(Method::POST, CHAT, COGNITIVE).json(&body)).await;
        assert!(!faults.is_empty(), "{body}");
    }
}

#[tokio::test]
async fn what_is_scripted_comes_first_and_once() {
    let caller = Caller::start().await;
    caller.fake.next("ChatCompletions_Create", [Answer::throttled(7), Answer::Saying("Good day.".into())]);
    let ask = || caller.request(Method::POST, CHAT, COGNITIVE).json(&question()).send();
    let throttled = ask().await.unwrap();
    assert_eq!(
        (throttled.status().as_u16(), &throttled.headers()["retry-after"]),
        (429, &"7".parse().unwrap())
    );
    let said: Value = ask().await.unwrap().json().await.unwrap();
    assert_eq!(said["choices"][0]["message"]["content"], "Good day.");
    assert!(ask().await.unwrap().text().await.unwrap().contains("Ahoy"));
}

#[tokio::test]
#[should_panic(expected = "unknown query parameter dryRun")]
async fn a_violation_nobody_looked_at_fails_the_test() {
    let caller = Caller::start().await;
    let path = format!("{SEND}&dryRun=true");
    caller.request(Method::POST, &path, MAIL).json(&letter()).send().await.unwrap();
}
