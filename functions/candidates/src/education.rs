use crate::candidate::visible;
use crate::view::entry;
use axum::extract::State;
use shared::auth::{Action, Resource};
use shared::candidates::CandidateRef;
use shared::domain::candidate::{Education, EducationFields, EntryId, ExtractedFrom};
use shared::http::{
    Body, Caller, Created, IfMatch, MaybeIfMatch, NoContent, Page, Patch, Path, Tagged, with_etag,
};
use shared::{Context, Error, Result};

pub(crate) async fn list(
    State(ctx): State<Context>,
    caller: Caller,
    Path(which): Path<CandidateRef>,
) -> Result<Tagged<Page<Education>>> {
    let reached = ctx.candidate(&caller, which, Resource::Candidate, Action::Read).await?;
    let candidate = visible(&caller, reached)?;
    let page = Page { items: candidate.education.clone(), next_cursor: None };
    Ok(with_etag(&candidate, page))
}

pub(crate) async fn add(
    State(ctx): State<Context>,
    caller: Caller,
    Path(which): Path<CandidateRef>,
    Body(fields): Body<EducationFields>,
) -> Result<Created<Education>> {
    let candidate = ctx
        .change_candidate(&caller, which, None, |candidate, _| {
            candidate.add_education(fields.clone(), ExtractedFrom::Manual).map(drop)
        })
        .await?;
    let entry = candidate.education.last().cloned().ok_or_else(|| Error::not_found("education entry"))?;
    Ok(Created {
        location: format!("/api/v1/candidates/{}/education/{}", candidate.id, entry.id),
        etag: Some(candidate.meta.etag),
        value: entry,
    })
}

pub(crate) async fn update(
    State(ctx): State<Context>,
    caller: Caller,
    Path((which, id)): Path<(CandidateRef, EntryId)>,
    IfMatch(tag): IfMatch,
    patch: Patch<EducationFields>,
) -> Result<Tagged<Education>> {
    let candidate = ctx
        .change_candidate(&caller, which, Some(&tag), |candidate, _| {
            let held = candidate.education.iter().find(|entry| entry.id == id);
            let fields = patch.apply(&held.ok_or_else(|| Error::not_found("education entry"))?.fields)?;
            candidate.update_education(id, fields).map(drop)
        })
        .await?;
    entry(&candidate, &candidate.education, |entry| entry.id == id)
}

pub(crate) async fn remove(
    State(ctx): State<Context>,
    caller: Caller,
    Path((which, id)): Path<(CandidateRef, EntryId)>,
    MaybeIfMatch(tag): MaybeIfMatch,
) -> Result<NoContent> {
    ctx.change_candidate(&caller, which, tag.as_deref(), |candidate, _| candidate.remove_education(id))
        .await?;
    Ok(NoContent)
}
