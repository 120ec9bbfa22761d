//! Why a model gave no answer. What may be shown and what happened are kept apart.

use super::record::{CallRecord, Outcome};
use std::time::Duration;

/// The text of `Display` may be shown to anybody; [`AiError::cause`] is for the log (no personal data, no secrets).
#[derive(Debug, thiserror::Error)]
pub enum AiError {
    /// Down, throttled beyond the time we have, or the circuit is open. 503 `ai_unavailable`.
    #[error("the AI service is not available at the moment")]
    Unavailable(Box<FailedCall>),
    /// 504 `upstream_timeout`.
    #[error("the AI service did not answer in time")]
    TimedOut(Box<FailedCall>),
    /// Answered with an error, or with the wrong form twice. 502 `upstream_failed`.
    #[error("the AI service gave no usable answer")]
    Upstream(Box<FailedCall>),
    /// A content filter stopped the question or the answer, or the model refused.
    #[error("the AI service declined to answer")]
    Filtered(Box<FailedCall>),
}

#[derive(Debug)]
pub struct FailedCall {
    pub cause: String,
    /// When asking again makes sense, where known.
    pub retry_after: Option<Duration>,
    /// To be kept like the record of an answered call.
    pub call: CallRecord,
}

impl AiError {
    pub fn cause(&self) -> &str {
        &self.failed().cause
    }

    pub fn call(&self) -> &CallRecord {
        &self.failed().call
    }

    pub fn retry_after(&self) -> Option<Duration> {
        self.failed().retry_after
    }

    /// The model was reached but its answer cannot be used (filtered, refused, empty): an interview goes on with
    /// [`crate::prompts::NEUTRAL_FOLLOW_UP`] (spec 20 §9).
    pub fn is_unusable_answer(&self) -> bool {
        matches!(self.call().outcome, Outcome::Filtered | Outcome::InvalidOutput)
    }

    fn failed(&self) -> &FailedCall {
        match self {
            Self::Unavailable(failed)
            | Self::TimedOut(failed)
            | Self::Upstream(failed)
            | Self::Filtered(failed) => failed,
        }
    }
}

/// What went wrong, before the record of the call is known.
#[derive(Debug)]
pub(super) struct Trouble {
    pub(super) kind: Kind,
    pub(super) cause: String,
    pub(super) retry_after: Option<Duration>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Unavailable,
    TimedOut,
    Upstream,
    Filtered,
    /// Reached, answered, unusable.
    Invalid,
}

impl Trouble {
    pub(super) fn new(kind: Kind, cause: impl Into<String>) -> Self {
        Self { kind, cause: cause.into(), retry_after: None }
    }

    pub(super) fn into_error(self, mut call: CallRecord) -> AiError {
        let Self { kind, cause, retry_after } = self;
        call.outcome = match kind {
            Kind::Filtered => Outcome::Filtered,
            Kind::Invalid => Outcome::InvalidOutput,
            Kind::Unavailable | Kind::TimedOut | Kind::Upstream => Outcome::Error,
        };
        let failed = Box::new(FailedCall { cause, retry_after, call });
        match kind {
            Kind::Unavailable => AiError::Unavailable(failed),
            Kind::TimedOut => AiError::TimedOut(failed),
            Kind::Upstream | Kind::Invalid => AiError::Upstream(failed),
            Kind::Filtered => AiError::Filtered(failed),
        }
    }
}
