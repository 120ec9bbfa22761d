use crate::candidate::visible;
use crate::view::entry;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::auth::{Action, Resource};
use shared::candidates::{CandidateRef, Reach, Reached};
use shared::domain::candidate::{Candidate, EntryId, ExtractedFrom, Skill, SkillFields};
use shared::http::{
    Body, Caller, Created, IfMatch, MaybeIfMatch, NoContent, Page, Patch, Path, Tagged, with_etag,
};
use shared::{Context, Error, Result};

/// What PATCH takes: the fields, and for staff whether the skill was verified.
#[derive(Serialize, Deserialize, JsonSchema)]
pub(crate) struct SkillChange {
    #[serde(flatten)]
    fields: SkillFields,
    /// Staff only.
    is_verified: bool,
}

pub(crate) async fn list(
    State(ctx): State<Context>,
    caller: Caller,
    Path(which): Path<CandidateRef>,
) -> Result<Tagged<Page<Skill>>> {
    let reached = ctx.candidate(&caller, which, Resource::Candidate, Action::Read).await?;
    let candidate = visible(&caller, reached)?;
    let page = Page { items: candidate.skills.clone(), next_cursor: None };
    Ok(with_etag(&candidate, page))
}

pub(crate) async fn add(
    State(ctx): State<Context>,
    caller: Caller,
    Path(which): Path<CandidateRef>,
    Body(fields): Body<SkillFields>,
) -> Result<Created<Skill>> {
    let candidate = ctx
        .change_candidate(&caller, which, None, |candidate, _| {
            candidate.add_skill(fields.clone(), ExtractedFrom::Manual).map(drop)
        })
        .await?;
    let skill = candidate.skills.last().cloned().ok_or_else(|| Error::not_found("skill"))?;
    Ok(Created {
        location: format!("/api/v1/candidates/{}/skills/{}", candidate.id, skill.id),
        etag: Some(candidate.meta.etag),
        value: skill,
    })
}

pub(crate) async fn update(
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
        let held = candidate.skills.iter().find(|skill| skill.id == id);
        let fields = patch.apply(&held.ok_or_else(|| Error::not_found("skill"))?.fields)?;
        candidate.update_skill(id, fields, verified).map(drop)
    };
    let candidate = ctx
        .docs::<Candidate>(&at)
        .update(candidate.id, candidate.id, Some(&tag), |candidate, _| change(candidate))
        .await?;
    entry(&candidate, &candidate.skills, |skill| skill.id == id)
}

pub(crate) async fn remove(
    State(ctx): State<Context>,
    caller: Caller,
    Path((which, id)): Path<(CandidateRef, EntryId)>,
    MaybeIfMatch(tag): MaybeIfMatch,
) -> Result<NoContent> {
    ctx.change_candidate(&caller, which, tag.as_deref(), |candidate, _| candidate.remove_skill(id)).await?;
    Ok(NoContent)
}
