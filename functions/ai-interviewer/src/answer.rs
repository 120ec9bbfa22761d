//! The answer of the chat: whole as JSON, or in pieces as an event stream. Both are documented.

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use futures_util::stream::unfold;
use schemars::JsonSchema;
use serde::Serialize;
use shared::http::{Answer, Answers, Json, Operation, Standing};
use std::convert::Infallible;

use crate::speaking::{Said, Speech};

const EVENTS: &str = "text/event-stream";

/// A whole turn of the interviewer.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ChatAnswer {
    pub message: String,
    /// Competencies touched on so far in the conversation.
    pub detected_competencies: Vec<String>,
    /// Assistant messages of the request, plus one.
    pub turn_number: usize,
}

pub(crate) enum ChatReply {
    Whole(ChatAnswer),
    /// The first piece is there; the rest comes as it is said.
    Live {
        first: Said,
        rest: Speech,
    },
}

/// A turn, and how many the caller has left in this interview.
pub(crate) struct CountedReply {
    pub reply: ChatReply,
    pub standing: Option<Standing>,
}

impl IntoResponse for CountedReply {
    fn into_response(self) -> Response {
        let mut response = self.reply.into_response();
        if let Some(standing) = self.standing {
            response.extensions_mut().insert(standing);
        }
        response
    }
}

impl IntoResponse for ChatReply {
    fn into_response(self) -> Response {
        let (first, rest) = match self {
            Self::Whole(answer) => return Json(answer).into_response(),
            Self::Live { first, rest } => (first, rest),
        };
        let events = unfold((Some(first), Some(rest)), |(first, rest)| async move {
            let mut rest = rest?;
            let said = match first {
                Some(said) => Some(said),
                None => rest.recv().await,
            };
            // A task that died without a last word is a failure too.
            let said = said.unwrap_or_else(Said::cut_off);
            let is_last = said.is_last();
            Some((Ok::<_, Infallible>(said.event()), (None, (!is_last).then_some(rest))))
        });
        let mut response = Response::new(Body::from_stream(events));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(EVENTS));
        // Proxies in front must not collect the pieces.
        headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
        response
    }
}

impl Answers for CountedReply {
    fn describe(operation: &mut Operation) {
        operation.answers.push(Answer::json::<ChatAnswer>(200));
        operation.answers.push(Answer::media(200, EVENTS));
    }
}
