//! A person's figures over the AI's: both are kept (spec 25 §4).

use axum::extract::State;
use shared::auth::{Action, Resource};
use shared::docs::{At, Stored, Work};
use shared::domain::human::Human;
use shared::domain::interview::{Interview, InterviewId};
use shared::domain::interview_score::{InterviewScore, OverrideFields};
use shared::http::{Body, Caller, MaybeIfMatch, Path, Tagged};
use shared::{Code, Context, Error, Result};

use crate::results::{Results, not_ready};

pub(crate) async fn override_score(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<InterviewId>,
    MaybeIfMatch(tag): MaybeIfMatch,
    Body(change): Body<OverrideFields>,
) -> Result<Tagged<Results>> {
    let by = Human::of(caller.actor())?;
    change_score(&ctx, &caller, id, tag, |score, work| {
        score.override_by(by, &change, work.now())?;
        work.action("override");
        Ok(())
    })
    .await
}

pub(crate) async fn remove_override(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<InterviewId>,
    MaybeIfMatch(tag): MaybeIfMatch,
) -> Result<Tagged<Results>> {
    change_score(&ctx, &caller, id, tag, |score, work| {
        score.remove_override()?;
        work.action("remove_override");
        Ok(())
    })
    .await
}

async fn change_score(
    ctx: &Context,
    caller: &Caller,
    id: InterviewId,
    tag: Option<String>,
    change: impl Fn(&mut InterviewScore, &mut Work<'_>) -> Result<()>,
) -> Result<Tagged<Results>> {
    let (at, interview) = for_staff(ctx, caller, id, Action::Update).await?;
    let changed = ctx.docs::<InterviewScore>(&at).update(id, id, tag.as_deref(), change).await;
    let score = changed.map_err(|error| match error.code() {
        Code::NotFound => not_ready(&interview),
        _ => error,
    })?;
    let value = Results::for_staff(&score, &interview);
    Ok(Tagged { etag: score.meta.etag, value })
}

/// The interview, for staff whose right to its score reaches it.
pub(crate) async fn for_staff(
    ctx: &Context,
    caller: &Caller,
    id: InterviewId,
    action: Action,
) -> Result<(At, Stored<Interview>)> {
    let at = caller.organisation()?;
    let interview =
        ctx.docs::<Interview>(&at).find(id).await?.ok_or_else(|| Error::not_found("interview"))?;
    ctx.admit(caller, &at, Resource::Score, action, &*interview).await?;
    Ok((at, interview))
}
