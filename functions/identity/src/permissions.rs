//! What can be allowed, and what is allowed to whom.

use crate::roles::check_rights;
use crate::sessions::own_id;
use axum::extract::State;
use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::auth::{self, Action, Permission, Permissions, Resource, Rights, Scope, effective_permissions};
use shared::docs::{At, PageSize};
use shared::domain::application::Application;
use shared::domain::candidate::Candidate;
use shared::domain::grant::Grant;
use shared::domain::interview::Interview;
use shared::domain::job::Job;
use shared::domain::membership::Membership;
use shared::domain::user::{User, UserId};
use shared::error::{Error, Result};
use shared::http::{Body, Caller, IfMatch, Json, Page, Path, Query, Tagged, with_etag};
use shared::store::Tenant;
use shared::{Belongs, Context};

#[derive(Serialize, JsonSchema)]
pub(crate) struct PermissionView {
    /// `resource:action:scope`.
    name: String,
    resource: &'static str,
    action: &'static str,
    scope: &'static str,
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct PermissionSearch {
    resource: Option<String>,
    limit: PageSize,
    cursor: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct UserPermissions {
    grants: Vec<Grant>,
    /// Through roles and grants together.
    effective_permissions: Vec<String>,
}

#[derive(Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub(crate) struct Grants {
    #[garde(length(max = 100), dive)]
    grants: Vec<Grant>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Question {
    /// `resource:action`, or `resource:action:scope` to ask for at least that scope.
    permission: String,
    /// Oneself when left out.
    user_id: Option<UserId>,
    /// job, application, interview or candidate; with `resource_id`.
    resource_type: Option<String>,
    resource_id: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Verdict {
    allowed: bool,
    reason: String,
    effective_permissions: Vec<String>,
}

/// All there are, in the order of the matrix; the cursor is the last name given.
pub(crate) async fn list(_: Caller, Query(search): Query<PermissionSearch>) -> Result<Page<PermissionView>> {
    let limit = usize::from(search.limit);
    let resource = search.resource.as_deref().map(str::parse::<Resource>).transpose();
    let resource = resource.map_err(|_| Error::invalid("resource", "There is no such resource."))?;
    let after = search.cursor.as_deref().map(str::parse::<Permission>).transpose();
    let after = after.map_err(|_| Error::invalid("cursor", "Use next_cursor of the same list."))?;
    let mut rest = Resource::ALL
        .iter()
        .filter(|one| resource.is_none_or(|wanted| wanted == **one))
        .flat_map(|&resource| Action::ALL.map(|action| (resource, action)))
        .flat_map(|(resource, action)| Scope::ALL.map(|scope| Permission { resource, action, scope }))
        .filter(|one| after.is_none_or(|after| *one > after));
    let items: Vec<_> = rest.by_ref().take(limit).map(view).collect();
    let more = rest.next().is_some();
    let next_cursor = items.last().filter(|_| more).map(|last| last.name.clone());
    Ok(Page { items, next_cursor })
}

fn view(permission: Permission) -> PermissionView {
    PermissionView {
        name: permission.to_string(),
        resource: permission.resource.as_str(),
        action: permission.action.as_str(),
        scope: permission.scope.as_str(),
    }
}

/// What a member may do in the caller's organisation; 404 for anybody else.
async fn rights(ctx: &Context, caller: &Caller, at: &At, id: UserId) -> Result<auth::Caller> {
    let unknown = || Error::not_found("user");
    let organisation = caller.organisation_id.as_deref().ok_or_else(unknown)?;
    ctx.docs::<Membership>(at).find(id).await?.ok_or_else(unknown)?;
    let person = caller.within(Tenant::person(&id.to_string()));
    let user = ctx.docs::<User>(&person).find(id).await?.ok_or_else(unknown)?;
    ctx.sign_in().rights_in(ctx, &user, organisation).await
}

fn names(who: &auth::Caller) -> Vec<String> {
    effective_permissions(&who.roles, &who.permissions)
}

/// The caller asks about themselves, or may read roles.
fn check_may_ask(caller: &Caller, id: UserId) -> Result<()> {
    if own_id(caller)? != id {
        caller.needs(Resource::Role, Action::Read)?;
    }
    Ok(())
}

pub(crate) async fn of_user(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<UserId>,
) -> Result<Tagged<UserPermissions>> {
    check_may_ask(&caller, id)?;
    let at = caller.organisation()?;
    let who = rights(&ctx, &caller, &at, id).await?;
    let member = ctx.docs::<Membership>(&at).get(id).await?;
    let grants = member.grants.clone();
    Ok(with_etag(&*member, UserPermissions { grants, effective_permissions: names(&who) }))
}

pub(crate) async fn grant(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<UserId>,
    IfMatch(tag): IfMatch,
    Body(body): Body<Grants>,
) -> Result<Tagged<UserPermissions>> {
    let at = caller.organisation()?;
    let mut given = Permissions::default();
    body.grants.iter().for_each(|grant| given.extend(grant.permissions().iter()));
    check_rights(&caller, Rights { roles: &[], permissions: &given })?;
    let member = ctx
        .change_member(&at, id, Some(&tag), "permission_change", |member| {
            member.grants.clone_from(&body.grants);
            Ok(())
        })
        .await?;
    let who = rights(&ctx, &caller, &at, id).await?;
    let grants = member.grants.clone();
    Ok(with_etag(&member, UserPermissions { grants, effective_permissions: names(&who) }))
}

pub(crate) async fn check(
    State(ctx): State<Context>,
    caller: Caller,
    Query(question): Query<Question>,
) -> Result<Json<Verdict>> {
    let (resource, action, least) = wanted(&question.permission)?;
    let id = question.user_id.unwrap_or(own_id(&caller)?);
    check_may_ask(&caller, id)?;
    let who = if own_id(&caller)? == id {
        (*caller).clone()
    } else {
        rights(&ctx, &caller, &caller.organisation()?, id).await?
    };
    let (allowed, reason) = match who.scope(resource, action) {
        None => (false, "No role or grant gives this permission.".to_owned()),
        Some(scope) if scope < least => {
            (false, format!("The permission is held in the scope {} only.", scope.as_str()))
        }
        Some(scope) => match (&question.resource_type, &question.resource_id) {
            (Some(kind), Some(document)) => {
                let at = caller.organisation()?;
                let on_it = who.has_right_on(resource, action, document);
                let reached = on_it || reaches(&ctx, &at, &who, scope, kind, document).await?;
                let reason = if reached {
                    "The permission reaches this document."
                } else {
                    "The permission does not reach this document, or it does not exist."
                };
                (reached, reason.to_owned())
            }
            (None, None) => (true, format!("The permission is held in the scope {}.", scope.as_str())),
            _ => return Err(Error::invalid("resource_id", "Give resource_type and resource_id together.")),
        },
    };
    Ok(Json(Verdict { allowed, reason, effective_permissions: names(&who) }))
}

/// Resource, action and the narrowest scope that will do.
fn wanted(text: &str) -> Result<(Resource, Action, Scope)> {
    let whole = if text.matches(':').count() == 1 { format!("{text}:own") } else { text.to_owned() };
    let wrong = |_| Error::invalid("permission", "Expected resource:action or resource:action:scope.");
    let Permission { resource, action, scope } = whole.parse().map_err(wrong)?;
    Ok((resource, action, scope))
}

async fn reaches(
    ctx: &Context,
    at: &At,
    who: &auth::Caller,
    scope: Scope,
    kind: &str,
    id: &str,
) -> Result<bool> {
    match kind {
        "job" => reaches_one::<Job>(ctx, at, who, scope, id).await,
        "application" => reaches_one::<Application>(ctx, at, who, scope, id).await,
        "interview" => reaches_one::<Interview>(ctx, at, who, scope, id).await,
        "candidate" => reaches_one::<Candidate>(ctx, at, who, scope, id).await,
        _ => Err(Error::invalid("resource_type", "Expected job, application, interview or candidate.")),
    }
}

async fn reaches_one<T: Belongs>(
    ctx: &Context,
    at: &At,
    who: &auth::Caller,
    scope: Scope,
    id: &str,
) -> Result<bool> {
    match ctx.docs::<T>(at).find(id).await? {
        Some(document) => ctx.reaches(who, at, scope, &document.people(), document.job()).await,
        None => Ok(false),
    }
}
