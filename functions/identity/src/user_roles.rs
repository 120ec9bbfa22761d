//! The roles of one member.

use crate::roles::check_may_give;
use crate::users::UserView;
use axum::extract::State;
use garde::Validate;
use schemars::JsonSchema;
use serde::Deserialize;
use shared::Context;
use shared::clock::Timestamp;
use shared::domain::membership::RoleRef;
use shared::domain::user::UserId;
use shared::error::{Error, Result};
use shared::http::{Body, Caller, MaybeIfMatch, NoContent, Path, Tagged, with_etag};

#[derive(Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub(crate) struct NewAssignment {
    /// Of a role of the organisation's own, or a built-in name. Either this or `name`.
    #[serde(default)]
    role_id: Option<String>,
    #[serde(default)]
    name: Option<String>,
    /// In the future; from then on the role counts as absent.
    #[serde(default)]
    expires_at: Option<Timestamp>,
}

pub(crate) async fn assign(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<UserId>,
    MaybeIfMatch(tag): MaybeIfMatch,
    Body(body): Body<NewAssignment>,
) -> Result<Tagged<UserView>> {
    let at = caller.organisation()?;
    let (pointer, text) = match (&body.role_id, &body.name) {
        (Some(text), None) => ("/role_id", text),
        (None, Some(text)) => ("/name", text),
        _ => return Err(Error::invalid("/role_id", "Give either role_id or name.")),
    };
    let role: RoleRef = text.parse().map_err(|_| Error::invalid(pointer, "There is no such role."))?;
    check_may_give(&ctx, &caller, &at, role).await?;
    let (by, now) = (caller.actor().id.clone(), ctx.now());
    let member = ctx
        .change_member(&at, id, tag.as_deref(), "permission_change", |member| {
            member.assign(role, by.clone(), body.expires_at, now)
        })
        .await?;
    Ok(with_etag(&member, UserView::of_member(&member)))
}

pub(crate) async fn unassign(
    State(ctx): State<Context>,
    caller: Caller,
    Path((id, role)): Path<(UserId, String)>,
    MaybeIfMatch(tag): MaybeIfMatch,
) -> Result<NoContent> {
    let at = caller.organisation()?;
    let role: RoleRef = role.parse().map_err(|_| Error::not_found("role"))?;
    ctx.change_member(&at, id, tag.as_deref(), "permission_change", |member| {
        if member.unassign(role) { Ok(()) } else { Err(Error::not_found("role")) }
    })
    .await?;
    Ok(NoContent)
}
