use crate::sessions::own_id;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use shared::Context;
use shared::docs::{At, Document as _, Listing, Part};
use shared::domain::feature_flag::{FeatureFlag, FlagSubject};
use shared::domain::membership::{Membership, MembershipStatus, RoleAssignment};
use shared::domain::organisation::{Organisation, OrganisationId, OrganisationStatus};
use shared::domain::team::TeamId;
use shared::domain::user::User;
use shared::error::{Error, Result};
use shared::http::{Caller, Json};
use shared::store::{Body, Tenant};
use std::collections::BTreeMap;

#[derive(Serialize, JsonSchema)]
pub(crate) struct Me {
    #[schemars(with = "User")]
    user: Body,
    /// The organisation this request acts in.
    organisation_id: Option<String>,
    memberships: Vec<Place>,
    /// Built-in roles that count in this organisation.
    roles: Vec<&'static str>,
    /// Everything held in this organisation, as `resource:action:scope`.
    #[schemars(with = "Vec<String>")]
    permissions: Box<RawValue>,
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

/// What is needed of a [`User`], an [`Organisation`] and a [`Membership`]: this is a frontend's most frequent request.
macro_rules! parts {
    ($($part:ident { $($member:ident: $type:ty),* })*) => {$(
        #[derive(Deserialize)]
        struct $part { is_active: bool, $($member: $type),* }
        impl Part for $part {
            fn is_active(&self) -> bool {
                self.is_active
            }
        }
    )*};
}
parts! {
    UserPart { organisation_ids: Vec<OrganisationId> }
    OrganisationPart { name: String, status: OrganisationStatus }
    MembershipPart { status: MembershipStatus, roles: Vec<RoleAssignment>, team_ids: Vec<TeamId> }
}

pub(crate) async fn me(State(ctx): State<Context>, caller: Caller) -> Result<Json<Me>> {
    let id = own_id(&caller)?;
    let found = ctx.docs::<User>(&caller.person()).find_part::<UserPart>(id).await?;
    let (user, body) = found.ok_or_else(|| Error::not_found(User::NAME))?;
    let mut memberships = Vec::with_capacity(user.organisation_ids.len());
    for organisation_id in user.organisation_ids {
        let at = caller.within(Tenant::organisation(&organisation_id.to_string()));
        let organisation = ctx.docs::<Organisation>(&at).find_part(organisation_id).await?;
        let Some((OrganisationPart { name, status, .. }, _)) = organisation else { continue };
        let member = ctx.docs::<Membership>(&at).find_part(id).await?;
        let Some((member, _)): Option<(MembershipPart, _)> = member else { continue };
        memberships.push(Place {
            organisation_id,
            organisation_name: name,
            organisation_status: status,
            status: member.status,
            roles: member.roles,
            team_ids: member.team_ids,
        });
    }
    Ok(Json(Me {
        user: body,
        organisation_id: caller.organisation_id.clone(),
        memberships,
        roles: caller.roles.iter().map(|role| role.as_str()).collect(),
        permissions: caller.effective_permissions().to_owned(),
        features: features(&ctx, &caller).await?,
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
