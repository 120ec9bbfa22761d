//! What was asked of a model is kept for compliance (spec 30 §1).

use crate::ai::{CallRecord, Outcome};
use crate::context::Context;
use crate::docs::At;
use crate::domain::ai_call::{self, AiCall, AiOutcome, AiPurpose};
use crate::error::Result;

impl Context {
    /// Keeps the record of a call, answered or not. `output_ref` says what came of it, such as `resume_parse/<id>`.
    pub async fn note_ai_call(&self, at: &At, call: &CallRecord, output_ref: Option<String>) -> Result<()> {
        let purpose = serde_json::from_value(call.purpose.into()).unwrap_or(AiPurpose::Other);
        let outcome = match call.outcome {
            Outcome::Ok => AiOutcome::Ok,
            Outcome::InvalidOutput => AiOutcome::InvalidOutput,
            Outcome::Filtered => AiOutcome::Filtered,
            Outcome::Error => AiOutcome::Error,
        };
        let record = ai_call::CallRecord {
            purpose,
            model: call.model.clone(),
            prompt_version: call.prompt_version.clone(),
            input_hash: call.input_hash.clone(),
            output_ref,
            tokens_in: Some(call.tokens_in),
            tokens_out: Some(call.tokens_out),
            duration_ms: call.duration_ms,
            outcome,
            requested_by: at.actor.id.clone(),
        };
        let call = AiCall::new(at.tenant.organisation_id(), record, self.now());
        self.docs::<AiCall>(at).create(call).await?;
        Ok(())
    }
}
