use axum::body::Body;
use axum::response::Response;
use serde_json::{Value, json};
use std::time::Duration;

/// How a request is answered that is in order.
#[derive(Debug, Clone)]
pub enum Answer {
    /// With the example whose name contains this.
    Example(&'static str),
    /// With the example, in which these words take the place of its own: the model's answer, or the lines of a page.
    Saying(String),
    /// With an error as the descriptions have it.
    Refusal { status: u16, retry_after: Option<u32> },
    /// With something no description knows.
    Raw { status: u16, media_type: &'static str, body: &'static str },
    /// Not at all, for so long.
    Silence(Duration),
}

impl Answer {
    pub fn refusing(status: u16) -> Self {
        Self::Refusal { status, retry_after: None }
    }

    /// 429, to be tried again after so many seconds.
    pub fn throttled(seconds: u32) -> Self {
        Self::Refusal { status: 429, retry_after: Some(seconds) }
    }

    /// The answers that need no example.
    pub(super) async fn plain(self) -> Response {
        match self {
            Self::Refusal { status, retry_after } => {
                let seconds = retry_after.map(|seconds| seconds.to_string());
                let error = json!({ "error": { "code": "Refused", "message": "The request was refused." } });
                json_answer(status, seconds.iter().map(|seconds| ("retry-after", seconds.as_str())), &error)
            }
            Self::Raw { status, media_type, body } => {
                let response = Response::builder().status(status).header("content-type", media_type);
                response.body(Body::from(body)).expect("a response")
            }
            Self::Silence(time) => {
                tokio::time::sleep(time).await;
                json_answer(500, [], &json!({ "error": { "code": "Late", "message": "Too late." } }))
            }
            Self::Example(_) | Self::Saying(_) => unreachable!("answered from the description"),
        }
    }
}

pub(super) fn json_answer<'a>(
    status: u16,
    headers: impl IntoIterator<Item = (&'a str, &'a str)>,
    body: &Value,
) -> Response {
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(name, value);
    }
    let body = match body {
        Value::Null => Body::empty(),
        body => {
            response = response.header("content-type", "application/json");
            Body::from(body.to_string())
        }
    };
    response.body(body).expect("a response")
}
