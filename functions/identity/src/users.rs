//! The people of an organisation. An account is its person's own: an organisation decides about the membership only,
//! and what it changes of a name or a department it changes in its own copy.

use crate::session::{Which, end as end_sessions};
use crate::sessions::own_id;
use axum::extract::State;
use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::Context;
use shared::auth::{Action, Resource, Scope};
use shared::clock::Timestamp;
use shared::docs::{At, Listing, PageSize};
use shared::domain::membership::{Membership, MembershipStatus, RoleAssignment, RoleRef};
use shared::domain::team::TeamId;
use shared::domain::text;
use shared::domain::user::{User, UserFields, UserId};
use shared::error::{Code, Error, Result};
use shared::http::{Caller, IfMatch, MaybeIfMatch, NoContent, Page, Patch, Path, Query, Tagged, with_etag};
use shared::store::{Filter, Tenant};

/// A person as the caller may see them: of the organisation, or the caller.
#[derive(Serialize, JsonSchema)]
pub(crate) struct UserView {
    id: UserId,
    email: String,
    first_name: String,
    last_name: String,
    department: Option<String>,
    /// Whether they may act in the organisation; of oneself, whether one may sign in.
    is_active: bool,
    /// Of the membership; `null` without one.
    status: Option<MembershipStatus>,
    roles: Vec<RoleAssignment>,
    team_ids: Vec<TeamId>,
    /// Shown to oneself only.
    last_login_at: Option<Timestamp>,
    created_at: Timestamp,
    updated_at: Timestamp,
    etag: String,
}

impl UserView {
    pub(crate) fn of_member(member: &Membership) -> Self {
        Self {
            id: member.id,
            email: member.email.clone(),
            first_name: member.first_name.clone(),
            last_name: member.last_name.clone(),
            department: member.fields.department.clone(),
            is_active: member.status == MembershipStatus::Active,
            status: Some(member.status),
            roles: member.roles.clone(),
            team_ids: member.team_ids.clone(),
            last_login_at: None,
            created_at: member.meta.created_at,
            updated_at: member.meta.updated_at,
            etag: member.meta.etag.clone(),
        }
    }

    fn of_self(user: &User, member: Option<&Membership>) -> Self {
        Self {
            id: user.id,
            email: user.email.clone(),
            first_name: user.fields.first_name.clone(),
            last_name: user.fields.last_name.clone(),
            department: user.fields.department.clone(),
            is_active: user.meta.is_active,
            status: member.map(|member| member.status),
            roles: member.map(|member| member.roles.clone()).unwrap_or_default(),
            team_ids: member.map(|member| member.team_ids.clone()).unwrap_or_default(),
            last_login_at: user.last_login_at,
            created_at: user.meta.created_at,
            updated_at: user.meta.updated_at,
            etag: user.meta.etag.clone(),
        }
    }
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct UserSearch {
    /// A built-in role's name or the id of one of the organisation's own.
    role: Option<String>,
    team_id: Option<TeamId>,
    is_active: Option<bool>,
    /// Beginning of the e-mail address or the last name.
    q: Option<String>,
    limit: PageSize,
    cursor: Option<String>,
}

/// What can be changed of a person.
#[derive(Clone, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub(crate) struct UserChange {
    #[garde(length(chars, min = 1, max = 100), custom(text::line))]
    first_name: String,
    #[garde(length(chars, min = 1, max = 100), custom(text::line))]
    last_name: String,
    #[serde(default)]
    #[garde(length(chars, max = 100))]
    department: Option<String>,
    /// False suspends the membership, true takes that back; for administrators only.
    is_active: bool,
}

pub(crate) async fn list(
    State(ctx): State<Context>,
    caller: Caller,
    Query(search): Query<UserSearch>,
) -> Result<Page<UserView>> {
    let at = caller.organisation()?;
    let mut listing = Listing::newest().asked(search.limit, search.cursor);
    match caller.needs(Resource::User, Action::Read)? {
        Scope::All => {}
        Scope::Team => listing = listing.filter(colleagues(&caller)),
        Scope::Own => return Err(Error::forbidden("Your role does not allow this.")),
    }
    if let Some(role) = search.role {
        let role: RoleRef = role.parse().map_err(|_| Error::invalid("role", "There is no such role."))?;
        listing = listing.filter(Filter::Has("role_names", role.to_string()));
    }
    if let Some(team) = search.team_id {
        listing = listing.filter(Filter::Has("team_ids", team.to_string()));
    }
    listing = match search.is_active {
        Some(true) => listing.eq("status", MembershipStatus::Active),
        Some(false) => {
            let others = [MembershipStatus::Invited, MembershipStatus::Suspended];
            listing.filter(Filter::In("status", others.iter().map(|status| status.as_str().into()).collect()))
        }
        None => listing,
    };
    if let Some(q) = search.q.filter(|q| !q.trim().is_empty()) {
        let begins = |member| Filter::Prefix(member, q.trim().to_owned());
        listing = listing.filter(Filter::Any(vec![begins("email"), begins("last_name")]));
    }
    let members = ctx.docs::<Membership>(&at).list(listing).await?;
    Ok(Page::from(members).map(|member| UserView::of_member(&member)))
}

/// Members of the caller's teams, and the caller.
fn colleagues(caller: &Caller) -> Filter {
    let teams = caller.team_ids.iter().chain(&caller.managed_team_ids);
    let mut any: Vec<_> = teams.map(|team| Filter::Has("team_ids", team.clone())).collect();
    let own = caller.email.as_ref().map(|email| email.expose().to_owned());
    any.extend(own.map(|email| Filter::Eq("email", email.into())));
    Filter::Any(any)
}

/// A member the caller's right reaches; anybody else is 404.
pub(crate) async fn member_in_reach(
    ctx: &Context,
    caller: &Caller,
    at: &At,
    action: Action,
    id: UserId,
) -> Result<Membership> {
    let scope = caller.needs(Resource::User, action)?;
    let unknown = || Error::not_found("user");
    let member = ctx.docs::<Membership>(at).find(id).await?.ok_or_else(unknown)?.into_inner();
    let teams = || caller.team_ids.iter().chain(&caller.managed_team_ids);
    let reaches = match scope {
        Scope::All => true,
        Scope::Team => {
            caller.user_id == id.to_string()
                || member.team_ids.iter().any(|team| teams().any(|held| *held == team.to_string()))
        }
        Scope::Own => caller.user_id == id.to_string(),
    };
    if reaches { Ok(member) } else { Err(unknown()) }
}

pub(crate) async fn read(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<UserId>,
) -> Result<Tagged<UserView>> {
    if own_id(&caller)? == id {
        let user = ctx.docs::<User>(&caller.person()).get(id).await?;
        let member = own_membership(&ctx, &caller, id).await?;
        return Ok(with_etag(&*user, UserView::of_self(&user, member.as_ref())));
    }
    let member = member_in_reach(&ctx, &caller, &reading(&caller)?, Action::Read, id).await?;
    Ok(with_etag(&member, UserView::of_member(&member)))
}

/// Without an organisation nobody else exists.
fn reading(caller: &Caller) -> Result<At> {
    caller.organisation().map_err(|_| Error::not_found("user"))
}

async fn own_membership(ctx: &Context, caller: &Caller, id: UserId) -> Result<Option<Membership>> {
    let Ok(at) = caller.organisation() else { return Ok(None) };
    Ok(ctx.docs::<Membership>(&at).find(id).await?.map(shared::docs::Stored::into_inner))
}

pub(crate) async fn update(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<UserId>,
    IfMatch(tag): IfMatch,
    patch: Patch<UserChange>,
) -> Result<Tagged<UserView>> {
    if own_id(&caller)? == id {
        update_self(&ctx, &caller, id, &tag, &patch).await
    } else {
        update_member(&ctx, &caller, id, &tag, &patch).await
    }
}

async fn update_self(
    ctx: &Context,
    caller: &Caller,
    id: UserId,
    tag: &str,
    patch: &Patch<UserChange>,
) -> Result<Tagged<UserView>> {
    if patch.touches("is_active") {
        return Err(Error::forbidden("Nobody can suspend themselves."));
    }
    let user = ctx
        .docs::<User>(&caller.person())
        .update(id, id, Some(tag), |user, _| {
            let UserFields { first_name, last_name, department } = user.fields.clone();
            let after = patch.apply(&UserChange { first_name, last_name, department, is_active: true })?;
            user.fields = UserFields {
                first_name: after.first_name,
                last_name: after.last_name,
                department: after.department,
            };
            Ok(())
        })
        .await?;
    for organisation in &user.organisation_ids {
        let at = caller.within(Tenant::organisation(&organisation.to_string()));
        let docs = ctx.docs::<Membership>(&at);
        let copied = docs.update(id, id, None, |member, _| {
            member.copy_from(&user);
            Ok(())
        });
        match copied.await {
            // No longer a member there.
            Err(error) if error.code() == Code::NotFound => {}
            copied => drop(copied?),
        }
    }
    ctx.sign_in().forget(&caller.user_id);
    let member = own_membership(ctx, caller, id).await?;
    Ok(with_etag(&user, UserView::of_self(&user, member.as_ref())))
}

async fn update_member(
    ctx: &Context,
    caller: &Caller,
    id: UserId,
    tag: &str,
    patch: &Patch<UserChange>,
) -> Result<Tagged<UserView>> {
    let at = reading(caller)?;
    member_in_reach(ctx, caller, &at, Action::Update, id).await?;
    if patch.touches("is_active") && caller.needs(Resource::User, Action::Update)? != Scope::All {
        return Err(Error::forbidden("Only an administrator can suspend a member."));
    }
    let change = |member: &mut Membership| {
        let is_active = member.status != MembershipStatus::Suspended;
        let after = patch.apply(&UserChange {
            first_name: member.first_name.clone(),
            last_name: member.last_name.clone(),
            department: member.fields.department.clone(),
            is_active,
        })?;
        member.first_name = after.first_name;
        member.last_name = after.last_name;
        member.fields.department = after.department;
        match (is_active, after.is_active) {
            (true, false) => member.suspend(),
            (false, true) => member.reactivate(),
            _ => Ok(()),
        }
    };
    let action = if patch.touches("is_active") { "status_change" } else { "update" };
    let member = ctx.change_member(&at, id, Some(tag), action, change).await?;
    Ok(with_etag(&member, UserView::of_member(&member)))
}

pub(crate) async fn remove(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<UserId>,
    MaybeIfMatch(tag): MaybeIfMatch,
) -> Result<NoContent> {
    let at = caller.organisation()?;
    member_in_reach(&ctx, &caller, &at, Action::Delete, id).await?;
    ctx.remove_member(&at, id, tag.as_deref()).await?;
    let person = caller.within(Tenant::person(&id.to_string()));
    end_sessions(&ctx, &person, id, Which::All).await?;
    Ok(NoContent)
}
