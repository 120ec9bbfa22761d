//! Roles: the nine that are built in, and an organisation's own.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;
use shared::Context;
use shared::auth::{Permission, Permissions, Rights, Role, effective_permissions, escalates};
use shared::docs::{At, Claim, Listing};
use shared::domain::membership::{Membership, RoleRef};
use shared::domain::organisation::OrganisationId;
use shared::domain::role::{CustomRole, CustomRoleFields, CustomRoleId};
use shared::error::{Code, Error, Result};
use shared::http::{Body, Caller, Created, IfMatch, MaybeIfMatch, NoContent, Page, Patch, Path, Tagged};
use shared::store::Filter;
use std::collections::BTreeMap;

/// ETag of what never changes.
const BUILT_IN: &str = "built-in";

#[derive(Serialize, JsonSchema)]
pub(crate) struct RoleView {
    /// A built-in role's name, or a UUID.
    id: String,
    organisation_id: Option<OrganisationId>,
    name: String,
    description: Option<String>,
    is_system: bool,
    /// As `resource:action:scope`.
    permissions: Vec<String>,
    agent_access: BTreeMap<String, bool>,
    feature_access: BTreeMap<String, bool>,
    etag: String,
}

impl RoleView {
    fn built_in(role: Role) -> Self {
        Self {
            id: role.as_str().to_owned(),
            organisation_id: None,
            name: role.as_str().to_owned(),
            description: Some(role.description().to_owned()),
            is_system: true,
            permissions: effective_permissions(&[role], &Permissions::default()),
            agent_access: BTreeMap::new(),
            feature_access: BTreeMap::new(),
            etag: BUILT_IN.to_owned(),
        }
    }

    fn own(role: CustomRole) -> Self {
        Self {
            id: role.id.to_string(),
            organisation_id: role.meta.organisation_id,
            name: role.fields.name,
            description: role.fields.description,
            is_system: false,
            permissions: role.fields.permissions,
            agent_access: role.fields.agent_access,
            feature_access: role.fields.feature_access,
            etag: role.meta.etag,
        }
    }

    fn tagged(self) -> Tagged<Self> {
        Tagged { etag: self.etag.clone(), value: self }
    }
}

fn unknown() -> Error {
    Error::not_found("role")
}

fn name_claim(at: &At, role: &CustomRole) -> Claim {
    Claim::new(&at.tenant, "role-name", &[&role.name_key()])
}

/// Refuses a role the caller may not hand out, and one that does not exist.
pub(crate) async fn check_may_give(ctx: &Context, caller: &Caller, at: &At, role: RoleRef) -> Result<()> {
    let none = Permissions::default();
    match role {
        RoleRef::BuiltIn(Role::SuperAdmin) => Err(escalation()),
        RoleRef::BuiltIn(role) => check_rights(caller, Rights { roles: &[role], permissions: &none }),
        RoleRef::Own(id) => {
            let missing = || Error::invalid("/role", "There is no such role.");
            let own = ctx.docs::<CustomRole>(at).find(id).await?.ok_or_else(missing)?;
            let permissions = read_permissions(&own.fields.permissions)?;
            check_rights(caller, Rights { roles: &[], permissions: &permissions })
        }
    }
}

/// 403 `escalation` unless the caller may hand these out.
pub(crate) fn check_rights(caller: &Caller, given: Rights<'_>) -> Result<()> {
    if escalates(caller.rights(), given) { Err(escalation()) } else { Ok(()) }
}

fn escalation() -> Error {
    Error::new(Code::Escalation, "You cannot hand out more than you hold yourself.")
}

/// 422 naming each text that is no permission.
fn read_permissions(texts: &[String]) -> Result<Permissions> {
    let mut wrong = Vec::new();
    let mut read = Permissions::default();
    for (index, text) in texts.iter().enumerate() {
        match text.parse::<Permission>() {
            Ok(permission) => read.insert(permission),
            Err(_) => wrong.push(index),
        }
    }
    if wrong.is_empty() {
        return Ok(read);
    }
    let error = Error::new(Code::ValidationFailed, "Some permissions are not known.");
    Err(wrong.into_iter().fold(error, |error, index| {
        error.with_field(format!("/permissions/{index}"), "unknown", "There is no such permission.")
    }))
}

fn check_fields(caller: &Caller, fields: &CustomRoleFields) -> Result<()> {
    let permissions = read_permissions(&fields.permissions)?;
    check_rights(caller, Rights { roles: &[], permissions: &permissions })
}

/// The id of an own role; 409 `system_role` for a built-in one.
fn own_id(id: &str) -> Result<CustomRoleId> {
    match id.parse::<RoleRef>() {
        Ok(RoleRef::Own(id)) => Ok(id),
        Ok(RoleRef::BuiltIn(_)) => Err(Error::new(Code::SystemRole, "Built-in roles cannot be changed.")),
        Err(_) => Err(unknown()),
    }
}

pub(crate) async fn list(State(ctx): State<Context>, caller: Caller) -> Result<Page<RoleView>> {
    let at = caller.organisation()?;
    let own = ctx.docs::<CustomRole>(&at).all(Listing::oldest()).await?;
    let items = Role::ALL.into_iter().map(RoleView::built_in).chain(own.into_iter().map(RoleView::own));
    Ok(Page { items: items.collect(), next_cursor: None })
}

async fn find(ctx: &Context, caller: &Caller, id: &str) -> Result<RoleView> {
    match id.parse::<RoleRef>().map_err(|_| unknown())? {
        RoleRef::BuiltIn(role) => Ok(RoleView::built_in(role)),
        RoleRef::Own(id) => {
            let role = ctx.docs::<CustomRole>(&caller.organisation()?).get(id).await?;
            Ok(RoleView::own(role.into_inner()))
        }
    }
}

pub(crate) async fn read(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Tagged<RoleView>> {
    Ok(find(&ctx, &caller, &id).await?.tagged())
}

pub(crate) async fn permissions(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Page<String>> {
    Ok(Page { items: find(&ctx, &caller, &id).await?.permissions, next_cursor: None })
}

pub(crate) async fn create(
    State(ctx): State<Context>,
    caller: Caller,
    Body(fields): Body<CustomRoleFields>,
) -> Result<Created<RoleView>> {
    let at = caller.organisation()?;
    check_fields(&caller, &fields)?;
    let organisation = at.tenant.organisation_id().ok_or_else(unknown)?;
    let role = CustomRole::new(organisation, fields, ctx.now(), caller.actor().id.clone());
    let claims = [name_claim(&at, &role)];
    let role = RoleView::own(ctx.docs::<CustomRole>(&at).create_unique(role, &claims).await?);
    Ok(Created {
        location: format!("{}/security/roles/{}", shared::function::PREFIX, role.id),
        etag: Some(role.etag.clone()),
        value: role,
    })
}

pub(crate) async fn update(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<String>,
    IfMatch(tag): IfMatch,
    patch: Patch<CustomRoleFields>,
) -> Result<Tagged<RoleView>> {
    let id = own_id(&id)?;
    let at = caller.organisation()?;
    let docs = ctx.docs::<CustomRole>(&at);
    let before = docs.get(id).await?;
    let mut after = (*before).clone();
    after.fields = patch.apply(&before.fields)?;
    check_fields(&caller, &after.fields)?;
    let (old, new) = (name_claim(&at, &before), name_claim(&at, &after));
    let renamed = before.name_key() != after.name_key();
    if renamed {
        ctx.claim(&new, &shared::docs::Target::of(&at, &after)).await?;
    }
    let saved = docs
        .update(id, id, Some(&tag), |role, work| {
            role.fields = patch.apply(&role.fields)?;
            work.action("permission_change");
            Ok(())
        })
        .await;
    if renamed {
        // Whichever name it does not have is free again.
        ctx.release(if saved.is_ok() { &old } else { &new }, &id.to_string()).await?;
    }
    ctx.sign_in().forget_all();
    Ok(RoleView::own(saved?).tagged())
}

pub(crate) async fn delete(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<String>,
    MaybeIfMatch(tag): MaybeIfMatch,
) -> Result<NoContent> {
    let id = own_id(&id)?;
    let at = caller.organisation()?;
    let holders = Listing::newest().filter(Filter::Has("role_names", id.to_string())).page(1, None);
    if !ctx.docs::<Membership>(&at).list(holders).await?.items.is_empty() {
        return Err(Error::new(Code::RoleInUse, "Somebody still has this role."));
    }
    let role = ctx.docs::<CustomRole>(&at).delete(id, id, tag.as_deref()).await?;
    ctx.release(&name_claim(&at, &role), &id.to_string()).await?;
    ctx.sign_in().forget_all();
    Ok(NoContent)
}
