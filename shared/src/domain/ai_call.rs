//! A question put to a model (spec 30 §1): kept for compliance, never edited. No prompt text, no answer: hashes.

use crate::clock::Timestamp;
use crate::docs::Meta;
use crate::document;
use crate::domain::organisation::OrganisationId;
use crate::domain::status::values;
use crate::ids::Id;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub type AiCallId = Id<AiCall>;

/// Its own aggregate root.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct AiCall {
    pub id: AiCallId,
    #[serde(flatten)]
    pub call: CallRecord,
    pub occurred_at: Timestamp,
    #[serde(flatten)]
    pub meta: Meta,
}

document! { AiCall, "ai_call", "AI call", root: id, fields: ["purpose", "outcome", "occurred_at"], arrays: [], audit: off }

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CallRecord {
    pub purpose: AiPurpose,
    pub model: String,
    pub prompt_version: String,
    /// SHA-256 (hex) of everything that was sent.
    pub input_hash: String,
    /// What came of it, such as `interview_score/<id>`.
    pub output_ref: Option<String>,
    pub tokens_in: Option<u32>,
    pub tokens_out: Option<u32>,
    pub duration_ms: u64,
    pub outcome: AiOutcome,
    /// A user's id; `None` for the platform.
    pub requested_by: Option<String>,
}

values! {
    /// The prompt types, and further uses of a model.
    AiPurpose {
        InterviewTurn "interview_turn", ScoreInterview "score_interview", ScoreApplication "score_application",
        BiasCheck "bias_check", ParseResume "parse_resume", ExtractRequirements "extract_requirements",
        RankCandidates "rank_candidates", PracticeFeedback "practice_feedback", Assistant "assistant", Other "other",
    }
}
values! { AiOutcome { Ok "ok", InvalidOutput "invalid_output", Filtered "filtered", Error "error" } }

impl AiCall {
    pub fn new(organisation: Option<OrganisationId>, call: CallRecord, now: Timestamp) -> Self {
        let by = call.requested_by.clone();
        Self { id: AiCallId::new(), call, occurred_at: now, meta: Meta::new(organisation, now, by) }
    }
}
