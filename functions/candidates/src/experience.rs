use crate::candidate::visible;
use crate::view::entry;
use axum::extract::State;
use shared::auth::{Action, Resource};
use shared::candidates::CandidateRef;
use shared::domain::candidate::{EntryId, Experience, ExperienceFields, ExtractedFrom};
use shared::http::{
    Body, Caller, Created, IfMatch, MaybeIfMatch, NoContent, Page, Patch, Path, Tagged, with_etag,
};
use shared::{Context, Error, Result};

pub(crate) async fn list(
    State(ctx): State<Context>,
    caller: Caller,
    Path(which): Path<CandidateRef>,
) -> Result<Tagged<Page<Experience>>> {
    let reached = ctx.candidate(&caller, which, Resource::Candidate, Action::Read).await?;
    let candidate = visible(&caller, reached)?;
    let page = Page { items: candidate.experience.clone(), next_cursor: None };
    Ok(with_etag(&candidate, page))
}

pub(crate) async fn add(
    State(ctx): State<Context>,
    caller: Caller,
    Path(which): Path<CandidateRef>,
    Body(fields): Body<ExperienceFields>,
) -> Result<Created<Experience>> {
    let candidate = ctx
        .change_candidate(&caller, which, None, |candidate, _| {
            candidate.add_experience(fields.clone(), ExtractedFrom::Manual).map(drop)
        })
        .await?;
    let entry = candidate.experience.last().cloned().ok_or_else(|| Error::not_found("experience entry"))?;
    Ok(Created {
        location: format!("/api/v1/candidates/{}/experience/{}", candidate.id, entry.id),
        etag: Some(candidate.meta.etag),
        value: entry,
    })
}

pub(crate) async fn update(
    State(ctx): State<Context>,
    caller: Caller,
    Path((which, id)): Path<(CandidateRef, EntryId)>,
    IfMatch(tag): IfMatch,
    patch: Patch<ExperienceFields>,
) -> Result<Tagged<Experience>> {
    let candidate = ctx
        .change_candidate(&caller, which, Some(&tag), |candidate, _| {
            let held = candidate.experience.iter().find(|entry| entry.id == id);
            let fields = patch.apply(&held.ok_or_else(|| Error::not_found("experience entry"))?.fields)?;
            candidate.update_experience(id, fields).map(drop)
        })
        .await?;
    entry(&candidate, &candidate.experience, |entry| entry.id == id)
}

pub(crate) async fn remove(
    State(ctx): State<Context>,
    caller: Caller,
    Path((which, id)): Path<(CandidateRef, EntryId)>,
    MaybeIfMatch(tag): MaybeIfMatch,
) -> Result<NoContent> {
    ctx.change_candidate(&caller, which, tag.as_deref(), |candidate, _| candidate.remove_experience(id))
        .await?;
    Ok(NoContent)
}
