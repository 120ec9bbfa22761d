//! Skills, experience and education of a candidate: three lists with the same endpoints.

use crate::candidate::visible;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::auth::{Action, Resource};
use shared::candidates::{CandidateRef, Reach, Reached};
use shared::domain::candidate::{Candidate, Entry, EntryId, ExtractedFrom, Skill, SkillFields};
use shared::http::{
    Body, Caller, Created, IfMatch, MaybeIfMatch, NoContent, Page, Patch, Path, Tagged, with_etag,
};
use shared::{Context, Error, Result};

pub(crate) async fn list<E: Entry>(
    State(ctx): State<Context>,
    caller: Caller,
    Path(which): Path<CandidateRef>,
) -> Result<Tagged<Page<E>>> {
    let reached = ctx.candidate(&caller, which, Resource::Candidate, Action::Read).await?;
    let candidate = visible(&caller, reached)?;
    let page = Page { items: E::all(&candidate).to_vec(), next_cursor: None };
    Ok(with_etag(&candidate, page))
}

pub(crate) async fn add<E: Entry>(
    State(ctx): State<Context>,
    caller: Caller,
    Path(which): Path<CandidateRef>,
    Body(fields): Body<E::Fields>,
) -> Result<Created<E>> {
    let candidate = ctx
        .change_candidate(&caller, which, None, |candidate, _| {
            candidate.add::<E>(fields.clone(), ExtractedFrom::Manual).map(drop)
        })
        .await?;
    let entry = E::all(&candidate).last().cloned().ok_or_else(|| Error::not_found(E::NAME))?;
    Ok(Created {
        location: format!("/api/v1/candidates/{}/{}/{}", candidate.id, E::COLLECTION, entry.id()),
        etag: Some(candidate.meta.etag),
        value: entry,
    })
}

pub(crate) async fn update<E: Entry>(
    State(ctx): State<Context>,
    caller: Caller,
    Path((which, id)): Path<(CandidateRef, EntryId)>,
    IfMatch(tag): IfMatch,
    patch: Patch<E::Fields>,
) -> Result<Tagged<E>> {
    let candidate = ctx
        .change_candidate(&caller, which, Some(&tag), |candidate, _| {
            let fields = patch.apply(candidate.entry::<E>(id)?.fields())?;
            candidate.change::<E>(id, fields)
        })
        .await?;
    Ok(with_etag(&candidate, candidate.entry::<E>(id)?.clone()))
}

pub(crate) async fn remove<E: Entry>(
    State(ctx): State<Context>,
    caller: Caller,
    Path((which, id)): Path<(CandidateRef, EntryId)>,
    MaybeIfMatch(tag): MaybeIfMatch,
) -> Result<NoContent> {
    ctx.change_candidate(&caller, which, tag.as_deref(), |candidate, _| candidate.remove::<E>(id)).await?;
    Ok(NoContent)
}

/// What PATCH takes of a skill: the fields, and for staff whether it was verified.
#[derive(Serialize, Deserialize, JsonSchema)]
pub(crate) struct SkillChange {
    #[serde(flatten)]
    fields: SkillFields,
    /// Staff only.
    is_verified: bool,
}

pub(crate) async fn update_skill(
    State(ctx): State<Context>,
    caller: Caller,
    Path((which, id)): Path<(CandidateRef, EntryId)>,
    IfMatch(tag): IfMatch,
    mut patch: Patch<SkillChange>,
) -> Result<Tagged<Skill>> {
    let Reached { at, candidate, reach } =
        ctx.candidate(&caller, which, Resource::Candidate, Action::Update).await?;
    let verified = if reach == Reach::Staff { patch.take("is_verified")? } else { None };
    let patch = patch.of::<SkillFields>();
    let change = |candidate: &mut Candidate| {
        let fields = patch.apply(&candidate.entry::<Skill>(id)?.fields)?;
        candidate.change::<Skill>(id, fields)?;
        verified.map_or(Ok(()), |verified| candidate.verify(id, verified))
    };
    let candidate = ctx
        .docs::<Candidate>(&at)
        .update(candidate.id, candidate.id, Some(&tag), |candidate, _| change(candidate))
        .await?;
    Ok(with_etag(&candidate, candidate.entry::<Skill>(id)?.clone()))
}
