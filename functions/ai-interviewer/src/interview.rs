//! One interview as it stands, and what the browser noticed in it.

use axum::extract::State;
use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::auth::{Action, Resource};
use shared::domain::interview::{AntiCheatSignal, Interview, InterviewForCandidate, InterviewId};
use shared::http::{Body, Caller, NoContent, Path, Tagged};
use shared::{Context, Error, Result};

/// Staff see all of it; its candidate no signals, guide, notes.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum InterviewView {
    Staff(Box<Interview>),
    Candidate(Box<InterviewForCandidate>),
}

pub(crate) async fn read(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<InterviewId>,
) -> Result<Tagged<InterviewView>> {
    let reached = ctx.reach_interview(&caller, id, Resource::Interview, Action::Read).await?;
    let interview = reached.interview.into_inner();
    let etag = interview.meta.etag.clone();
    let value = if reached.is_candidate {
        InterviewView::Candidate(Box::new(interview.candidate_view()))
    } else {
        InterviewView::Staff(Box::new(interview))
    };
    Ok(Tagged { etag, value })
}

#[derive(Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub(crate) struct Signals {
    #[garde(length(min = 1, max = 50), dive)]
    signals: Vec<AntiCheatSignal>,
}

pub(crate) async fn note_signals(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<InterviewId>,
    Body(sent): Body<Signals>,
) -> Result<NoContent> {
    let (at, _) = ctx.own_interview(&caller, id).await?.ok_or_else(|| Error::not_found("interview"))?;
    ctx.docs::<Interview>(&at)
        .update(id, id, None, |interview, work| {
            interview.check_transcript_open(work.now())?;
            // A repeat of the same request adds nothing.
            let new = sent.signals.iter().filter(|signal| !interview.anti_cheat_signals.contains(signal));
            interview.note_signals(new.cloned().collect());
            Ok(())
        })
        .await?;
    Ok(NoContent)
}
