//! What was said in an interview (spec 20 §3, 30 §3).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Speaker {
    /// The AI or human who asks.
    #[serde(alias = "ai", alias = "assistant")]
    Interviewer,
    #[serde(alias = "user", alias = "applicant")]
    Candidate,
}

/// One turn, as the scorer sees it. `id` is the stored segment's id, or its index for a transcript sent with a request.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Utterance {
    pub id: String,
    pub speaker: Speaker,
    pub content: String,
}
