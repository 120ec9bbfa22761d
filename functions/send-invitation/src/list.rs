//! Reading invitations.

use crate::send::admitted;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use shared::auth::{Action, Resource};
use shared::docs::{Listing, PageSize};
use shared::domain::application::ApplicationId;
use shared::domain::invitation::{Invitation, InvitationId, InvitationKind, InvitationStatus};
use shared::http::{Caller, Page, Path, Query, Tagged};
use shared::{Context, Result};

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct InvitationSearch {
    application_id: Option<ApplicationId>,
    status: Option<InvitationStatus>,
    kind: Option<InvitationKind>,
    limit: PageSize,
    cursor: Option<String>,
}

/// Newest first; those that the caller's right reaches.
pub(crate) async fn list(
    State(ctx): State<Context>,
    caller: Caller,
    Query(search): Query<InvitationSearch>,
) -> Result<Page<Invitation>> {
    let at = caller.organisation()?;
    let mut listing = Listing::newest()
        .eq_if("application_id", search.application_id)
        .eq_if("status", search.status)
        .eq_if("kind", search.kind)
        .asked(search.limit, search.cursor);
    if let Some(mine) = ctx.narrowed::<Invitation>(&caller, &at, Resource::Invitation, Action::Read).await? {
        listing = listing.filter(mine);
    }
    Ok(ctx.docs::<Invitation>(&at).list(listing).await?.into())
}

pub(crate) async fn read(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<InvitationId>,
) -> Result<Tagged<Invitation>> {
    let at = caller.organisation()?;
    Ok(Tagged::of(admitted(&ctx, &caller, &at, id, Action::Read).await?.0))
}
