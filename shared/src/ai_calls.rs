//! Keeps a record of every call to a model (spec 30 §1, ai_call).

use crate::ai;
use crate::context::Context;
use crate::docs::At;
use crate::domain::ai_call::{AiCall, AiOutcome, AiPurpose, CallRecord};
use crate::error::Result;

impl Context {
    /// `output` names what came of it, such as `interview_score/<id>`; `by` is a user's id. Its own commit: made after
    /// the call, whatever became of it.
    pub async fn note_ai_call(
        &self,
        at: &At,
        call: &ai::CallRecord,
        output: Option<String>,
        by: Option<&str>,
    ) -> Result<()> {
        let record = CallRecord {
            purpose: purpose(call.purpose),
            model: call.model.clone(),
            prompt_version: call.prompt_version.clone(),
            input_hash: call.input_hash.clone(),
            output_ref: output,
            tokens_in: Some(call.tokens_in),
            tokens_out: Some(call.tokens_out),
            duration_ms: call.duration_ms,
            outcome: match call.outcome {
                ai::Outcome::Ok => AiOutcome::Ok,
                ai::Outcome::InvalidOutput => AiOutcome::InvalidOutput,
                ai::Outcome::Filtered => AiOutcome::Filtered,
                ai::Outcome::Error => AiOutcome::Error,
            },
            requested_by: by.map(str::to_owned),
        };
        let call = AiCall::new(at.tenant.organisation_id(), record, self.now());
        self.docs::<AiCall>(at).create(call).await.map(drop)
    }
}

/// By the prompt's name.
fn purpose(name: &str) -> AiPurpose {
    match name {
        "review_practice" => AiPurpose::PracticeFeedback,
        name => AiPurpose::ALL
            .iter()
            .copied()
            .find(|purpose| purpose.as_str() == name)
            .unwrap_or(AiPurpose::Other),
    }
}
