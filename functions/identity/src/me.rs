use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::to_raw_value;
use shared::Context;
use shared::docs::{At, Document as _, Listing, Stored};
use shared::domain::feature_flag::{FeatureFlag, FlagSubject};
use shared::domain::membership::{Membership, MembershipStatus, RoleAssignment};
use shared::domain::organisation::{Organisation, OrganisationId, OrganisationStatus};
use shared::domain::team::TeamId;
use shared::domain::user::User;
use shared::error::{Error, Result};
use shared::http::{Caller, Spliced};
use shared::store::Tenant;
use std::collections::BTreeMap;

/// The caller, as they are stored, and what they are here.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "the answer is put together from texts; this is its shape")]
pub(crate) struct Me {
    user: User,
    #[schemars(flatten)]
    standing: Standing,
}

/// What stays the same for as long as the caller is remembered (spec 10 §6) and their own document does not change.
#[derive(Serialize, JsonSchema)]
struct Standing {
    /// The organisation this request acts in.
    organisation_id: Option<String>,
    memberships: Vec<OwnMembership>,
    /// Built-in roles that count in this organisation.
    roles: Vec<&'static str>,
    /// Everything held in this organisation, as `resource:action:scope`.
    permissions: Vec<String>,
    /// Switches that are on or off for the caller.
    features: BTreeMap<String, bool>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct OwnMembership {
    organisation_id: OrganisationId,
    organisation_name: String,
    organisation_status: OrganisationStatus,
    status: MembershipStatus,
    roles: Vec<RoleAssignment>,
    team_ids: Vec<TeamId>,
}

pub(crate) async fn me(State(ctx): State<Context>, caller: Caller) -> Result<Spliced<Me>> {
    let person = caller.person();
    let unknown = || Error::not_found(User::NAME);
    let record = ctx.docs::<User>(&person).find_record(&caller.user_id).await?.ok_or_else(unknown)?;
    if let Some(standing) = caller.standing_of(&record.etag) {
        return Ok(Spliced::new("user", &record.body, standing));
    }
    let user = Stored::<User>::of(record)?;
    if !user.meta().is_active {
        return Err(unknown());
    }
    let standing = to_raw_value(&standing(&ctx, &caller, &user).await?).map_err(Error::internal)?;
    let answer = Spliced::new("user", user.body(), &standing);
    caller.remember_standing(&user.meta().etag, standing);
    Ok(answer)
}

async fn standing(ctx: &Context, caller: &Caller, user: &User) -> Result<Standing> {
    let mut memberships = Vec::with_capacity(user.organisation_ids.len());
    for organisation_id in user.organisation_ids.iter().copied() {
        let at = caller.within(Tenant::organisation(&organisation_id.to_string()));
        let Some(organisation) = ctx.docs::<Organisation>(&at).find(organisation_id).await? else { continue };
        let Some(member) = ctx.docs::<Membership>(&at).find(user.id).await? else { continue };
        let (organisation, member) = (organisation.into_inner(), member.into_inner());
        memberships.push(OwnMembership {
            organisation_id,
            organisation_name: organisation.fields.name,
            organisation_status: organisation.status,
            status: member.status,
            roles: member.roles,
            team_ids: member.team_ids,
        });
    }
    Ok(Standing {
        organisation_id: caller.organisation_id.clone(),
        memberships,
        roles: caller.roles.iter().map(|role| role.as_str()).collect(),
        permissions: caller.effective_permissions(),
        features: features(ctx, caller).await?,
    })
}

/// Flags shown at most, newest first.
const MOST_FLAGS: u32 = 100;

/// The operator's switches as they stand for the caller.
async fn features(ctx: &Context, caller: &Caller) -> Result<BTreeMap<String, bool>> {
    let at = At::system(Tenant::platform());
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
