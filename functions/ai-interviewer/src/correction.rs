//! Corrections of a transcript: its candidate proposes, staff decide; both texts are kept (spec 25 §5).

use axum::extract::State;
use garde::Validate;
use schemars::JsonSchema;
use serde::Deserialize;
use shared::auth::{Action, Resource};
use shared::docs::{Listing, PageSize};
use shared::domain::human::Human;
use shared::domain::interview::InterviewId;
use shared::domain::transcript_correction::{CorrectionFields, TranscriptCorrection, TranscriptCorrectionId};
use shared::domain::transcript_segment::TranscriptSegment;
use shared::http::{Body, Caller, Created, Page, Path, Query, Tagged};
use shared::{Context, Error, Result};

pub(crate) async fn propose(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<InterviewId>,
    Body(fields): Body<CorrectionFields>,
) -> Result<Created<TranscriptCorrection>> {
    let (at, _) = ctx.own_interview(&caller, id).await?.ok_or_else(|| Error::not_found("interview"))?;
    let segment = ctx.docs::<TranscriptSegment>(&at).find_in(id, &fields.segment_id).await?;
    let segment =
        segment.ok_or_else(|| Error::invalid("/segment_id", "The transcript has no such segment."))?;
    let by = caller.user_id.parse().map_err(Error::internal)?;
    let correction = TranscriptCorrection::new(&segment, fields, by, ctx.now())?;
    let correction = ctx.docs::<TranscriptCorrection>(&at).create(correction).await?;
    Ok(Created::at(format_args!("/interview/{id}/transcript/corrections"), correction))
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Paging {
    limit: PageSize,
    cursor: Option<String>,
}

pub(crate) async fn list(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<InterviewId>,
    Query(paging): Query<Paging>,
) -> Result<Page<TranscriptCorrection>> {
    let reached = ctx.reach_interview(&caller, id, Resource::Interview, Action::Read).await?;
    let listing = Listing::newest().within(id).asked(paging.limit, paging.cursor);
    Ok(ctx.docs::<TranscriptCorrection>(&reached.at).list(listing).await?.into())
}

#[derive(Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub(crate) struct CorrectionDecision {
    accept: bool,
}

/// An accepted correction counts when the interview is scored again, which stays the recruiter's choice.
pub(crate) async fn decide(
    State(ctx): State<Context>,
    caller: Caller,
    Path((id, correction)): Path<(InterviewId, TranscriptCorrectionId)>,
    Body(decision): Body<CorrectionDecision>,
) -> Result<Tagged<TranscriptCorrection>> {
    let by = Human::of(caller.actor())?;
    let reached = ctx.reach_interview(&caller, id, Resource::Interview, Action::Update).await?;
    if reached.is_candidate {
        return Err(Error::forbidden("The hiring team decides on corrections."));
    }
    let decided = ctx
        .docs::<TranscriptCorrection>(&reached.at)
        .update(id, correction, None, |correction, work| correction.decide(decision.accept, by, work.now()))
        .await?;
    Ok(Tagged::of(decided))
}
