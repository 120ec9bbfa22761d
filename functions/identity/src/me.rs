use crate::sessions::own_id;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;
use shared::Context;
use shared::auth::effective_permissions;
use shared::docs::{At, Listing};
use shared::domain::feature_flag::{FeatureFlag, FlagSubject};
use shared::domain::membership::{Membership, MembershipStatus, RoleAssignment};
use shared::domain::organisation::{Organisation, OrganisationId, OrganisationStatus};
use shared::domain::team::TeamId;
use shared::domain::user::User;
use shared::error::Result;
use shared::http::{Caller, Json};
use shared::store::Tenant;
use std::collections::BTreeMap;

#[derive(Serialize, JsonSchema)]
pub(crate) struct Me {
    user: User,
    /// The organisation this request acts in.
    organisation_id: Option<String>,
    memberships: Vec<Place>,
    /// Built-in roles that count in this organisation.
    roles: Vec<&'static str>,
    /// Everything held in this organisation, as `resource:action:scope`.
    permissions: Vec<String>,
    /// Switches that are on or off for the caller.
    features: BTreeMap<String, bool>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Place {
    organisation_id: OrganisationId,
    organisation_name: String,
    organisation_status: OrganisationStatus,
    status: MembershipStatus,
    roles: Vec<RoleAssignment>,
    team_ids: Vec<TeamId>,
}

pub(crate) async fn me(State(ctx): State<Context>, caller: Caller) -> Result<Json<Me>> {
    let user = ctx.docs::<User>(&caller.person()).get(own_id(&caller)?).await?.into_inner();
    let mut memberships = Vec::new();
    for id in &user.organisation_ids {
        let at = caller.within(Tenant::organisation(&id.to_string()));
        let Some(organisation) = ctx.docs::<Organisation>(&at).find(id).await? else { continue };
        let Some(member) = ctx.docs::<Membership>(&at).find(user.id).await? else { continue };
        memberships.push(Place {
            organisation_id: *id,
            organisation_name: organisation.fields.name.clone(),
            organisation_status: organisation.status,
            status: member.status,
            roles: member.roles.clone(),
            team_ids: member.team_ids.clone(),
        });
    }
    Ok(Json(Me {
        organisation_id: caller.organisation_id.clone(),
        memberships,
        roles: caller.roles.iter().map(|role| role.as_str()).collect(),
        permissions: effective_permissions(&caller.roles, &caller.permissions),
        features: features(&ctx, &caller).await?,
        user,
    }))
}

/// Flags shown at most, newest first.
const MOST_FLAGS: u32 = 100;

/// The operator's switches as they stand for the caller.
async fn features(ctx: &Context, caller: &Caller) -> Result<BTreeMap<String, bool>> {
    let at = At::system(Tenant::platform());
    // One short read: it stands in the most frequent request of a frontend.
    let listing = Listing::newest().within(FeatureFlag::ROOT).page(MOST_FLAGS, None);
    let flags = ctx.docs::<FeatureFlag>(&at).list(listing).await?.items;
    let roles: Vec<&str> = caller.roles.iter().map(|role| role.as_str()).collect();
    let subject = FlagSubject {
        user_id: &caller.user_id,
        organisation_id: caller.organisation_id.as_ref().and_then(|id| id.parse().ok()),
        roles: &roles,
    };
    Ok(flags.iter().map(|flag| (flag.id.clone(), flag.is_on(&subject))).collect())
}
