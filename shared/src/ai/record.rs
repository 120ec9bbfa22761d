//! What is kept of every call to a model (spec 30 §1, ai_call). Holds hashes, never words.

use super::prompt::{Parameters, Prompt, input_hash};
use serde::{Deserialize, Serialize};

/// An answer and the record of how it came about.
pub struct Answer<T> {
    pub value: T,
    pub call: CallRecord,
}

/// One call, retries included.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CallRecord {
    /// [`Prompt::NAME`].
    pub purpose: &'static str,
    /// `azure_openai`, `openai_compatible` or `offline`.
    pub provider: &'static str,
    /// As the provider named it in its answer; else as configured.
    pub model: String,
    pub prompt_version: String,
    /// Hex SHA-256 of what was asked about.
    pub input_hash: String,
    pub parameters: Parameters,
    /// Over all attempts that were answered. 0 offline.
    pub tokens_in: u32,
    pub tokens_out: u32,
    /// The provider did not count: four characters are taken as one token.
    pub tokens_estimated: bool,
    pub duration_ms: u64,
    pub outcome: Outcome,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Ok,
    /// Empty, or not of the wanted form twice.
    InvalidOutput,
    /// Stopped by a content filter, or refused by the model.
    Filtered,
    Error,
}

impl CallRecord {
    /// Not answered yet: outcome `error`.
    pub(super) fn open<P: Prompt>(prompt: &P, provider: &'static str, model: &str) -> Self {
        Self {
            purpose: P::NAME,
            provider,
            model: model.to_owned(),
            prompt_version: P::version(),
            input_hash: input_hash(prompt),
            parameters: prompt.parameters(),
            tokens_in: 0,
            tokens_out: 0,
            tokens_estimated: false,
            duration_ms: 0,
            outcome: Outcome::Error,
        }
    }

    /// Adds the provider's count, or an estimate from the characters sent and received.
    pub(super) fn count(&mut self, usage: Option<(u32, u32)>, chars_in: usize, chars_out: usize) {
        let estimate = |chars: usize| u32::try_from(chars.div_ceil(4)).unwrap_or(u32::MAX);
        let (tokens_in, tokens_out) = usage.unwrap_or_else(|| {
            self.tokens_estimated = true;
            (estimate(chars_in), estimate(chars_out))
        });
        self.tokens_in = self.tokens_in.saturating_add(tokens_in);
        self.tokens_out = self.tokens_out.saturating_add(tokens_out);
    }
}
