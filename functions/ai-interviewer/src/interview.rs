//! Interviews as they stand, and what the browser noticed in one.

use axum::extract::State;
use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::auth::{Action, Resource};
use shared::clock::Timestamp;
use shared::docs::{Listing, PageSize};
use shared::domain::candidate::CandidateId;
use shared::domain::interview::{
    AntiCheatSignal, Interview, InterviewForCandidate, InterviewId, InterviewStatus,
};
use shared::domain::job::JobId;
use shared::domain::person_link::{LinkKind, PersonLink};
use shared::domain::user::UserId;
use shared::http::{Body, Caller, NoContent, Page, Path, Query, Tagged};
use shared::store::Filter;
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

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct InterviewSearch {
    status: Option<InterviewStatus>,
    job_id: Option<JobId>,
    candidate_id: Option<CandidateId>,
    interviewer_id: Option<UserId>,
    /// Scheduled from this moment on.
    from: Option<Timestamp>,
    /// Scheduled before this moment.
    to: Option<Timestamp>,
    /// Only those that are the caller's own work.
    mine: bool,
    limit: PageSize,
    cursor: Option<String>,
}

/// Newest first: what staff's right reaches (spec 90 §3); candidates see their own.
pub(crate) async fn list(
    State(ctx): State<Context>,
    caller: Caller,
    Query(search): Query<InterviewSearch>,
) -> Result<Page<InterviewView>> {
    let Ok(at) = caller.organisation() else { return own(&ctx, &caller, search).await };
    let mut listing = Listing::newest()
        .eq_if("job_id", search.job_id)
        .eq_if("candidate_id", search.candidate_id)
        .eq_if("interviewer_id", search.interviewer_id)
        .eq_if("status", search.status)
        .asked(search.limit, search.cursor);
    if search.from.is_some() || search.to.is_some() {
        let bound = |at: Option<Timestamp>| at.map(|at| at.to_string().into());
        listing = listing.filter(Filter::Range("scheduled_at", bound(search.from), bound(search.to)));
    }
    if search.mine {
        listing = listing.filter(Filter::Has("owner_ids", caller.user_id.clone()));
    }
    if let Some(reached) = ctx.narrowed::<Interview>(&caller, &at, Resource::Interview, Action::Read).await? {
        listing = listing.filter(reached);
    }
    let page: Page<Interview> = ctx.docs::<Interview>(&at).list(listing).await?.into();
    Ok(page.map(|interview| InterviewView::Staff(Box::new(interview))))
}

/// Page by page of the person's links; filters leave entries out of a page.
async fn own(ctx: &Context, caller: &Caller, search: InterviewSearch) -> Result<Page<InterviewView>> {
    let listing = Listing::newest()
        .within(&caller.user_id)
        .eq("kind", LinkKind::Interview)
        .asked(search.limit, search.cursor);
    let links = ctx.docs::<PersonLink>(&caller.person()).list(listing).await?;
    let mut items = Vec::with_capacity(links.items.len());
    for link in links.items {
        let Some(id) = link.interview_id else { continue };
        let at = caller.within(link.tenant());
        let Some(interview) = ctx.docs::<Interview>(&at).find(id).await? else { continue };
        let at = interview.scheduled_at;
        let wanted = search.status.is_none_or(|status| status == interview.status)
            && search.job_id.is_none_or(|job| job == interview.job_id)
            && search.candidate_id.is_none_or(|candidate| candidate == interview.candidate_id)
            && search.interviewer_id.is_none_or(|one| Some(one) == interview.fields.interviewer_id)
            && search.from.is_none_or(|from| at.is_some_and(|at| at >= from))
            && search.to.is_none_or(|to| at.is_some_and(|at| at < to));
        if wanted {
            items.push(InterviewView::Candidate(Box::new(interview.candidate_view())));
        }
    }
    Ok(Page { items, next_cursor: links.next })
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
