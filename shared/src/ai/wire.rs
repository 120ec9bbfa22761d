//! The chat completions interface as Azure OpenAI and its look-alikes speak it: what is sent, what comes back.
//! Azure description: `AzureOpenAI/inference/stable/2024-10-21`; the rest is what recorded answers show.

use super::{
    error::{Kind, Trouble},
    prompt::Parameters,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::borrow::Cow;

/// One question, before the address's dialect is applied.
pub(super) struct Question {
    /// Deployment on Azure.
    pub(super) model: String,
    pub(super) system: String,
    pub(super) user: String,
    /// Name and strict schema of a structured answer.
    pub(super) schema: Option<(&'static str, Value)>,
    pub(super) parameters: Parameters,
    /// After a wrong form: what was wrong, in our words.
    pub(super) reminder: Option<String>,
}

/// What an address accepts. Starts with what it should, learns from refusals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Dialect {
    /// Azure's deployments interface has the model in its path.
    pub(super) names_model: bool,
    pub(super) structure: Structure,
    /// `max_completion_tokens` (newer models) instead of `max_tokens`.
    pub(super) completion_tokens: bool,
    pub(super) temperature: bool,
    pub(super) stream_options: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Structure {
    JsonSchema,
    Tool,
    JsonObject,
    /// The schema is only described.
    Described,
}

impl Default for Dialect {
    fn default() -> Self {
        Self {
            names_model: true,
            structure: Structure::JsonSchema,
            completion_tokens: false,
            temperature: true,
            stream_options: true,
        }
    }
}

impl Dialect {
    /// Of Azure's deployments interface: JSON schemas from 2024-08-01, `stream_options` from 2024-09-01.
    pub(super) fn of_azure(api_version: &str) -> Self {
        let since = |date: &str| api_version.get(..10).is_some_and(|version| version >= date);
        let structure = if since("2024-08-01") { Structure::JsonSchema } else { Structure::Tool };
        Self { names_model: false, structure, stream_options: since("2024-09-01"), ..Self::default() }
    }

    /// The next dialect to try after a 400 or 422, when the refusal names something we can do without.
    pub(super) fn after(self, refusal: &WireError) -> Option<Self> {
        let names = |word: &str| {
            refusal.param.as_deref().is_some_and(|param| param.contains(word))
                || refusal.message.as_deref().is_some_and(|message| message.contains(word))
        };
        let mut next = self;
        match self.structure {
            Structure::JsonSchema if names("response_format") || names("json_schema") => {
                next.structure = Structure::Tool;
            }
            Structure::Tool if names("tool") || names("function") => next.structure = Structure::JsonObject,
            Structure::JsonObject if names("response_format") || names("json_object") => {
                next.structure = Structure::Described;
            }
            _ => {}
        }
        if next == self && names("stream_options") {
            next.stream_options = false;
        }
        if next == self && names("max_tokens") {
            next.completion_tokens = true;
        }
        if next == self && names("temperature") {
            next.temperature = false;
        }
        (next != self).then_some(next)
    }
}

/// What is posted: a question in a dialect.
#[derive(Default, Serialize)]
pub(super) struct Request<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<&'a str>,
    messages: [Words<'a>; 2],
    #[serde(skip_serializing_if = "Option::is_none")]
    response_format: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tools: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_choice: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_options: Option<Value>,
}

#[derive(Default, Serialize)]
struct Words<'a> {
    role: &'static str,
    content: Cow<'a, str>,
}

impl Question {
    pub(super) fn request(&self, dialect: Dialect, stream: bool) -> Request<'_> {
        let mut request = Request { stream: stream.then_some(true), ..Request::default() };
        let mut system = Cow::Borrowed(self.system.as_str());
        request.model = dialect.names_model.then_some(&self.model);
        if let Some((name, schema)) = &self.schema {
            match dialect.structure {
                Structure::JsonSchema => {
                    request.response_format = Some(json!({
                        "type": "json_schema",
                        "json_schema": { "name": name, "strict": true, "schema": schema },
                    }));
                }
                Structure::Tool => {
                    request.tools = Some(
                        json!([{ "type": "function", "function": { "name": name, "parameters": schema } }]),
                    );
                    request.tool_choice = Some(json!({ "type": "function", "function": { "name": name } }));
                }
                Structure::JsonObject | Structure::Described => {
                    system +=
                        "\n\nAnswer with one JSON object and nothing else. It must match this JSON schema:\n";
                    system += Cow::Owned(schema.to_string());
                    if dialect.structure == Structure::JsonObject {
                        request.response_format = Some(json!({ "type": "json_object" }));
                    }
                }
            }
        }
        if let Some(reason) = &self.reminder {
            system += "\n\nThe last answer did not have the required form: ";
            system += reason.as_str();
            system += ". Answer again, whole, in the required form.";
        }
        request.messages = [
            Words { role: "system", content: system },
            Words { role: "user", content: Cow::Borrowed(&self.user) },
        ];
        // Two digits: an f32 such as 0.7 would otherwise be sent as 0.699999988.
        let temperature = (f64::from(self.parameters.temperature) * 100.0).round() / 100.0;
        request.temperature = dialect.temperature.then_some(temperature);
        let limit = Some(self.parameters.max_tokens);
        if dialect.completion_tokens {
            request.max_completion_tokens = limit;
        } else {
            request.max_tokens = limit;
        }
        if stream && dialect.stream_options {
            request.stream_options = Some(json!({ "include_usage": true }));
        }
        request
    }

    pub(super) fn chars(&self) -> usize {
        self.system.len() + self.user.len()
    }
}

/// A whole answer or one chunk of a streamed one. Everything may be missing.
#[derive(Deserialize)]
pub(super) struct Completion {
    #[serde(default)]
    choices: Vec<Choice>,
    usage: Option<Usage>,
    model: Option<String>,
    error: Option<WireError>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(alias = "delta")]
    message: Option<Message>,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Message {
    content: Option<String>,
    refusal: Option<String>,
    tool_calls: Option<Vec<ToolCall>>,
}

#[derive(Deserialize)]
struct ToolCall {
    function: Option<Function>,
}

#[derive(Deserialize)]
struct Function {
    arguments: Option<String>,
}

#[derive(Deserialize)]
struct Usage {
    #[serde(default)]
    prompt_tokens: u32,
    #[serde(default)]
    completion_tokens: u32,
}

/// What both kinds of answer say.
#[derive(Default)]
pub(super) struct Said {
    pub(super) text: Option<String>,
    pub(super) refused: bool,
    pub(super) finish: Option<String>,
    pub(super) usage: Option<(u32, u32)>,
    pub(super) model: Option<String>,
}

impl Completion {
    /// `Err` for an error object, wherever it turns up.
    pub(super) fn said(self) -> Result<Said, Trouble> {
        if let Some(error) = self.error {
            return Err(error.trouble(200));
        }
        let mut said = Said {
            usage: self.usage.map(|usage| (usage.prompt_tokens, usage.completion_tokens)),
            model: self.model.filter(|model| !model.is_empty()),
            ..Said::default()
        };
        // The first chunk of Azure has no choices, only the filter's verdict on the question.
        if let Some(choice) = self.choices.into_iter().next() {
            said.finish = choice.finish_reason.filter(|reason| !reason.is_empty());
            if let Some(message) = choice.message {
                said.refused = message.refusal.is_some_and(|refusal| !refusal.is_empty());
                let arguments = message
                    .tool_calls
                    .into_iter()
                    .flatten()
                    .find_map(|call| call.function.and_then(|function| function.arguments));
                said.text = message.content.filter(|text| !text.is_empty()).or(arguments);
            }
        }
        Ok(said)
    }
}

#[derive(Deserialize)]
pub(super) struct ErrorBody {
    pub(super) error: WireError,
}

/// `message` may repeat what was asked: it is looked into, never kept.
#[derive(Deserialize, Default)]
#[serde(from = "ErrorForms")]
pub(super) struct WireError {
    code: Option<String>,
    kind: Option<String>,
    param: Option<String>,
    message: Option<String>,
}

/// Some look-alikes send a bare text, or a number as code.
#[derive(Deserialize)]
#[serde(untagged)]
enum ErrorForms {
    Text(String),
    Object {
        code: Option<Value>,
        #[serde(rename = "type")]
        kind: Option<Value>,
        param: Option<Value>,
        message: Option<Value>,
    },
}

impl From<ErrorForms> for WireError {
    fn from(form: ErrorForms) -> Self {
        let text = |value: Option<Value>| match value? {
            Value::String(text) => Some(text),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        match form {
            ErrorForms::Text(message) => Self { message: Some(message), ..Self::default() },
            ErrorForms::Object { code, kind, param, message } => {
                Self { code: text(code), kind: text(kind), param: text(param), message: text(message) }
            }
        }
    }
}

impl WireError {
    pub(super) fn is_filter(&self) -> bool {
        self.code.as_deref() == Some("content_filter")
    }

    /// Waiting does not help: the money is spent.
    pub(super) fn is_quota(&self) -> bool {
        [&self.code, &self.kind].into_iter().any(|word| word.as_deref() == Some("insufficient_quota"))
    }

    /// `status` is 200 for an error object inside an answer.
    pub(super) fn trouble(&self, status: u16) -> Trouble {
        let kind = match status {
            _ if self.is_filter() => Kind::Filtered,
            429 | 500..=599 => Kind::Unavailable,
            408 => Kind::TimedOut,
            _ => Kind::Upstream,
        };
        let mut cause = format!("status {status}");
        for (name, value) in [("code", &self.code), ("type", &self.kind), ("param", &self.param)] {
            if let Some(word) = value.as_deref().filter(|word| is_identifier(word)) {
                cause.push_str(&format!(", {name} {word}"));
            }
        }
        Trouble::new(kind, cause)
    }
}

/// Codes are short words; anything longer could be somebody's text.
fn is_identifier(word: &str) -> bool {
    !word.is_empty()
        && word.len() <= 60
        && word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(message: &str) -> WireError {
        serde_json::from_value(json!({ "message": message, "type": "invalid_request_error", "param": null }))
            .expect("an error object")
    }

    #[test]
    fn structure_is_given_up_step_by_step() {
        let refused = refusal(
            "response_format value as json_schema is enabled only for api versions 2024-08-01-preview and later",
        );
        let tool = Dialect::default().after(&refused).expect("next");
        assert_eq!(tool.structure, Structure::Tool);
        let object = tool.after(&refusal("tool_choice is not supported")).expect("next");
        assert_eq!(object.structure, Structure::JsonObject);
        let described = object.after(&refusal("'response_format' is not supported")).expect("next");
        assert_eq!(described.structure, Structure::Described);
        assert_eq!(described.after(&refusal("'response_format' is not supported")), None, "and then it ends");
    }

    #[test]
    fn newer_models_get_their_words() {
        let next = Dialect::default()
            .after(&refusal(
                "Unsupported parameter: 'max_tokens' is not supported with this model. Use \
                 'max_completion_tokens' instead.",
            ))
            .expect("next");
        assert!(next.completion_tokens);
        let next = next.after(&refusal("'temperature' does not support 0.2 with this model.")).expect("next");
        assert!(!next.temperature && next.completion_tokens);
        assert_eq!(next.after(&refusal("maximum context length is 8192 tokens")), None);
    }

    #[test]
    fn causes_hold_codes_but_no_words() {
        let error = WireError {
            code: Some("invalid_value".into()),
            kind: Some("Jane Doe applied".into()),
            param: None,
            message: Some("Jane Doe".into()),
        };
        assert_eq!(error.trouble(400).cause, "status 400, code invalid_value");
    }

    #[test]
    fn temperature_is_sent_as_written() {
        let question = Question {
            model: "m".into(),
            system: "s".into(),
            user: "u".into(),
            schema: None,
            parameters: Parameters { temperature: 0.7, max_tokens: 800 },
            reminder: None,
        };
        let body = serde_json::to_string(&question.request(Dialect::default(), true)).expect("JSON");
        assert!(body.contains("\"temperature\":0.7,") || body.contains("\"temperature\":0.7}"), "{body}");
        assert!(body.contains("\"max_tokens\":800"));
    }
}
