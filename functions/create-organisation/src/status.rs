//! What platform staff decide about an organisation.

use crate::organisations::place;
use axum::extract::State;
use garde::Validate;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, json};
use shared::Context;
use shared::domain::organisation::{Organisation, OrganisationId};
use shared::domain::organisation_entry::OrganisationEntry;
use shared::error::Result;
use shared::http::{Body, Caller, MaybeIfMatch, Path, Tagged};

#[derive(Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub(crate) struct StatusDecision {
    #[garde(length(chars, min = 1, max = 2000))]
    reason: String,
}

pub(crate) async fn suspend(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<OrganisationId>,
    MaybeIfMatch(tag): MaybeIfMatch,
    Body(body): Body<StatusDecision>,
) -> Result<Tagged<Organisation>> {
    decide(&ctx, &caller, id, tag.as_deref(), &body, |organisation| organisation.suspend(&body.reason)).await
}

pub(crate) async fn reactivate(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<OrganisationId>,
    MaybeIfMatch(tag): MaybeIfMatch,
    Body(body): Body<StatusDecision>,
) -> Result<Tagged<Organisation>> {
    decide(&ctx, &caller, id, tag.as_deref(), &body, Organisation::reactivate).await
}

pub(crate) async fn close(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<OrganisationId>,
    MaybeIfMatch(tag): MaybeIfMatch,
    Body(body): Body<StatusDecision>,
) -> Result<Tagged<Organisation>> {
    let now = ctx.now();
    decide(&ctx, &caller, id, tag.as_deref(), &body, |organisation| organisation.close(&body.reason, now))
        .await
}

/// The decision and its reason in one commit, then the platform's list. The list may lag behind after a crash: who
/// reads it looks at the organisation.
async fn decide(
    ctx: &Context,
    caller: &Caller,
    id: OrganisationId,
    if_match: Option<&str>,
    decision: &StatusDecision,
    change: impl Fn(&mut Organisation) -> Result<()>,
) -> Result<Tagged<Organisation>> {
    let at = place(caller, id);
    let organisation = ctx
        .docs::<Organisation>(&at)
        .update(id, id, if_match, |organisation, work| {
            change(organisation)?;
            let why = Map::from_iter([("reason".to_owned(), json!(decision.reason))]);
            work.audit("status_change", "organisation", &id.to_string(), Some(&why))?;
            work.action("status_change");
            Ok(())
        })
        .await?;
    let platform = caller.platform();
    let mut work = ctx.work(&platform, id);
    work.overwrite(OrganisationEntry::of(&organisation, organisation.meta.created_at))?;
    work.commit().await?;
    ctx.sign_in().forget_all();
    Ok(Tagged::of(organisation))
}
