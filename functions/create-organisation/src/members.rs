use crate::organisations::own_place;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use shared::Context;
use shared::auth::{Action, Resource, Scope};
use shared::docs::{Listing, PageSize};
use shared::domain::membership::{Membership, RoleRef};
use shared::domain::organisation::OrganisationId;
use shared::domain::user::UserId;
use shared::error::{Error, Result};
use shared::http::{Caller, MaybeIfMatch, NoContent, Path, Query, RawPage};
use shared::store::Filter;

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct MemberSearch {
    /// A built-in role's name or the id of one of the organisation's own.
    role: Option<String>,
    limit: PageSize,
    cursor: Option<String>,
}

pub(crate) async fn list(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<OrganisationId>,
    Query(search): Query<MemberSearch>,
) -> Result<RawPage<Membership>> {
    let at = own_place(&caller, id)?;
    let mut listing = Listing::newest().asked(search.limit, search.cursor);
    match caller.needs(Resource::User, Action::Read)? {
        Scope::All => {}
        Scope::Team => {
            let teams = caller.team_ids.iter().chain(&caller.managed_team_ids);
            let any = teams.map(|team| Filter::Has("team_ids", team.clone())).collect();
            listing = listing.filter(Filter::Any(any));
        }
        Scope::Own => return Err(Error::forbidden("Your role does not allow this.")),
    }
    if let Some(role) = search.role {
        let role: RoleRef = role.parse().map_err(|_| Error::invalid("role", "There is no such role."))?;
        listing = listing.filter(Filter::Has("role_names", role.to_string()));
    }
    Ok(ctx.docs::<Membership>(&at).list_raw(listing).await?.into())
}

pub(crate) async fn remove(
    State(ctx): State<Context>,
    caller: Caller,
    Path((id, user)): Path<(OrganisationId, UserId)>,
    MaybeIfMatch(tag): MaybeIfMatch,
) -> Result<NoContent> {
    let at = own_place(&caller, id)?;
    if caller.needs(Resource::User, Action::Delete)? != Scope::All {
        return Err(Error::forbidden("Your role does not allow this."));
    }
    ctx.remove_member(&at, user, tag.as_deref()).await?;
    Ok(NoContent)
}
