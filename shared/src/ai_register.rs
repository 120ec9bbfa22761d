//! The register of AI calls (spec 30 §1): every question to a model leaves a record, answered or not.

use crate::ai::{Answer, CallRecord, Offline, Outcome};
use crate::context::Context;
use crate::docs::At;
use crate::domain::ai_call::{self, AiCall, AiOutcome, AiPurpose};
use crate::error::Result;

impl Context {
    /// Keeps the record of a call. `output_ref` says what came of it, such as `shortlist/<id>`.
    pub async fn note_ai_call(&self, at: &At, call: &CallRecord, output_ref: Option<String>) -> Result<()> {
        let record = ai_call::CallRecord {
            purpose: purpose(call.purpose),
            model: call.model.clone(),
            prompt_version: call.prompt_version.clone(),
            input_hash: call.input_hash.clone(),
            output_ref,
            tokens_in: Some(call.tokens_in),
            tokens_out: Some(call.tokens_out),
            duration_ms: call.duration_ms,
            outcome: match call.outcome {
                Outcome::Ok => AiOutcome::Ok,
                Outcome::InvalidOutput => AiOutcome::InvalidOutput,
                Outcome::Filtered => AiOutcome::Filtered,
                Outcome::Error => AiOutcome::Error,
            },
            requested_by: at.actor.id.clone(),
        };
        let call = AiCall::new(at.tenant.organisation_id(), record, self.now());
        self.docs::<AiCall>(at).create(call).await.map(drop)
    }

    /// Asks, and keeps the record whatever came of it.
    pub async fn ask<P: Offline>(&self, at: &At, prompt: &P) -> Result<Answer<P::Answer>> {
        let answer = self.model().ask(prompt).await;
        let call = match &answer {
            Ok(answer) => &answer.call,
            Err(error) => error.call(),
        };
        self.note_ai_call(at, call, None).await?;
        Ok(answer?)
    }
}

/// Purposes are the names of the prompts.
fn purpose(name: &str) -> AiPurpose {
    match name {
        "review_practice" => AiPurpose::PracticeFeedback,
        _ => AiPurpose::ALL.iter().copied().find(|known| known.as_str() == name).unwrap_or(AiPurpose::Other),
    }
}
