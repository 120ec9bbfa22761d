//! An application's way through the pipeline (spec 50 §5).

use crate::application::{Reached, SeenApplication, as_staff, reach, see, step};
use crate::pipeline;
use axum::extract::State;
use garde::Validate;
use schemars::JsonSchema;
use serde::Deserialize;
use shared::auth::{Action, Role};
use shared::domain::application::{Application, ApplicationId, Mover};
use shared::domain::human::Human;
use shared::domain::pipeline::StageId;
use shared::http::{Body, Caller, MaybeIfMatch, OptionalBody, Path, Tagged};
use shared::{Context, Error, Result};

#[derive(Default, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Advance {
    #[garde(length(chars, max = 2000))]
    notes: Option<String>,
}

#[derive(Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reject {
    #[garde(length(chars, min = 1, max = 2000))]
    reason: String,
    /// Whether the candidate is told by mail. The reason stays inside.
    #[serde(default = "yes")]
    #[garde(skip)]
    send_email: bool,
}

fn yes() -> bool {
    true
}

#[derive(Default, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Withdraw {
    #[garde(length(chars, max = 2000))]
    reason: Option<String>,
}

#[derive(Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reopen {
    #[garde(length(chars, min = 1, max = 2000))]
    reason: String,
}

#[derive(Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub(crate) struct Move {
    #[garde(skip)]
    application_id: ApplicationId,
    #[garde(skip)]
    stage_id: StageId,
    #[serde(default)]
    #[garde(length(chars, max = 2000))]
    notes: Option<String>,
}

pub(crate) async fn advance(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<ApplicationId>,
    MaybeIfMatch(tag): MaybeIfMatch,
    OptionalBody(body): OptionalBody<Advance>,
) -> Result<Tagged<Application>> {
    let (at, _) = as_staff(&ctx, &caller, id, Action::Execute).await?;
    let by = Mover::Human(Human::of(caller.actor())?);
    let pipeline = pipeline::of(&ctx, &at).await?;
    let moved = step(&ctx, &at, id, tag.as_deref(), true, |application, work| {
        application.advance(&pipeline, by, body.notes.clone(), work.now())
    });
    moved.await.map(Tagged::of)
}

pub(crate) async fn move_candidate(
    State(ctx): State<Context>,
    caller: Caller,
    Body(body): Body<Move>,
) -> Result<Tagged<Application>> {
    let id = body.application_id;
    let (at, _) = as_staff(&ctx, &caller, id, Action::Execute).await?;
    let by = Mover::Human(Human::of(caller.actor())?);
    let pipeline = pipeline::of(&ctx, &at).await?;
    let moved = step(&ctx, &at, id, None, true, |application, work| {
        application.move_to(body.stage_id, &pipeline, by, body.notes.clone(), work.now())
    });
    moved.await.map(Tagged::of)
}

pub(crate) async fn reject(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<ApplicationId>,
    MaybeIfMatch(tag): MaybeIfMatch,
    Body(body): Body<Reject>,
) -> Result<Tagged<Application>> {
    let (at, _) = as_staff(&ctx, &caller, id, Action::Execute).await?;
    let by = Human::of(caller.actor())?;
    let rejected = step(&ctx, &at, id, tag.as_deref(), body.send_email, |application, work| {
        work.action("reject");
        application.reject(by, &body.reason, work.now())
    });
    rejected.await.map(Tagged::of)
}

/// By the candidate, or by staff for them.
pub(crate) async fn withdraw(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<ApplicationId>,
    MaybeIfMatch(tag): MaybeIfMatch,
    OptionalBody(body): OptionalBody<Withdraw>,
) -> Result<Tagged<SeenApplication>> {
    let Reached { at, is_own, .. } = reach(&ctx, &caller, id, Action::Execute).await?;
    let withdrawn = step(&ctx, &at, id, tag.as_deref(), false, |application, work| {
        work.action("withdraw");
        application.withdraw(body.reason.clone(), work.now())
    });
    see(&ctx, &at, withdrawn.await?, is_own).await
}

pub(crate) async fn reopen(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<ApplicationId>,
    MaybeIfMatch(tag): MaybeIfMatch,
    Body(body): Body<Reopen>,
) -> Result<Tagged<Application>> {
    let (at, _) = as_staff(&ctx, &caller, id, Action::Execute).await?;
    if !(caller.is(Role::Manager) || caller.is(Role::OrgAdmin) || caller.is_super_admin()) {
        return Err(Error::forbidden("Only a manager or an administrator can take a rejection back."));
    }
    let by = Human::of(caller.actor())?;
    let pipeline = pipeline::of(&ctx, &at).await?;
    let reopened = step(&ctx, &at, id, tag.as_deref(), true, |application, work| {
        work.action("reopen");
        application.reopen(by, &body.reason, &pipeline, work.now())
    });
    reopened.await.map(Tagged::of)
}
