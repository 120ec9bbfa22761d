use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use shared::Context;
use shared::docs::{At, Listing, PageSize};
use shared::domain::membership::Membership;
use shared::domain::organisation::{Organisation, OrganisationFields, OrganisationId, OrganisationStatus};
use shared::domain::organisation_entry::OrganisationEntry;
use shared::domain::retention_policy::RetentionPolicy;
use shared::domain::user::User;
use shared::error::{Error, Result};
use shared::http::{Caller, IfMatch, Page, Patch, Path, Query, Tagged};
use shared::store::Tenant;

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct OrganisationSearch {
    status: Option<OrganisationStatus>,
    limit: PageSize,
    cursor: Option<String>,
}

/// An organisation's own data, touched by the caller.
pub(crate) fn place(caller: &Caller, id: OrganisationId) -> At {
    caller.within(Tenant::organisation(&id.to_string()))
}

/// The place of the organisation the caller acts in; any other one is 404, except for platform staff.
pub(crate) fn own_place(caller: &Caller, id: OrganisationId) -> Result<At> {
    let own = caller.organisation_id.as_deref() == Some(id.to_string().as_str());
    if own || caller.is_super_admin() { Ok(place(caller, id)) } else { Err(Error::not_found("organisation")) }
}

/// Own ones for everybody, all for platform staff.
pub(crate) async fn list(
    State(ctx): State<Context>,
    caller: Caller,
    Query(search): Query<OrganisationSearch>,
) -> Result<Page<Organisation>> {
    if caller.is_super_admin() {
        let listing = Listing::newest().eq_if("status", search.status).asked(search.limit, search.cursor);
        let page = ctx.docs::<OrganisationEntry>(&caller.platform()).list(listing).await?;
        let mut items = Vec::with_capacity(page.items.len());
        for entry in page.items {
            // An entry whose founding broke off leads to none.
            let found = ctx.docs::<Organisation>(&place(&caller, entry.id)).find(entry.id).await?;
            items.extend(found.map(shared::docs::Stored::into_inner));
        }
        return Ok(Page { items, next_cursor: page.next });
    }
    own(&ctx, &caller, &search).await
}

/// A person is in few organisations; they are all on the person's own list. The cursor is the last id given.
async fn own(ctx: &Context, caller: &Caller, search: &OrganisationSearch) -> Result<Page<Organisation>> {
    let after = search.cursor.as_deref().map(str::parse::<OrganisationId>).transpose();
    let after = after.map_err(|_| Error::invalid("cursor", "Use next_cursor of the same list."))?;
    let mut ids = ctx.docs::<User>(&caller.person()).get(&caller.user_id).await?.organisation_ids.clone();
    ids.sort_unstable_by(|one, other| other.cmp(one));
    let mut items = Vec::new();
    for id in ids.into_iter().filter(|id| after.is_none_or(|after| *id < after)) {
        let Some(organisation) = as_member(ctx, caller, id).await? else { continue };
        if search.status.is_some_and(|status| status != organisation.status) {
            continue;
        }
        if items.len() == usize::from(search.limit) {
            let next_cursor = items.last().map(|last: &Organisation| last.id.to_string());
            return Ok(Page { items, next_cursor });
        }
        items.push(organisation);
    }
    Ok(Page { items, next_cursor: None })
}

/// The organisation, if the caller is an active member of it.
async fn as_member(ctx: &Context, caller: &Caller, id: OrganisationId) -> Result<Option<Organisation>> {
    let at = place(caller, id);
    let member = ctx.docs::<Membership>(&at).find(&caller.user_id).await?;
    if member.is_none_or(|member| member.current_roles(ctx.now()).next().is_none()) {
        return Ok(None);
    }
    let organisation = ctx.docs::<Organisation>(&at).find(id).await?;
    let organisation = organisation.map(shared::docs::Stored::into_inner);
    Ok(organisation.filter(|organisation| organisation.status != OrganisationStatus::Closed))
}

pub(crate) async fn read(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<OrganisationId>,
) -> Result<Tagged<Organisation>> {
    if caller.is_super_admin() {
        return Ok(Tagged::stored(ctx.docs::<Organisation>(&place(&caller, id)).get(id).await?));
    }
    let organisation = as_member(&ctx, &caller, id).await?;
    organisation.map(Tagged::of).ok_or_else(|| Error::not_found("organisation"))
}

/// The recording period stands in the retention policy too (spec 80 §1): both change in one commit.
pub(crate) async fn update(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<OrganisationId>,
    IfMatch(tag): IfMatch,
    patch: Patch<OrganisationFields>,
) -> Result<Tagged<Organisation>> {
    let at = own_place(&caller, id)?;
    let policy = ctx.docs::<RetentionPolicy>(&at).get(id).await?;
    let organisation = ctx
        .docs::<Organisation>(&at)
        .update(id, id, Some(&tag), |organisation, work| {
            organisation.fields = patch.apply(&organisation.fields)?;
            let days = organisation.fields.recording_retention_days;
            if policy.fields.recording_retention_days != days {
                let mut policy_after = (*policy).clone();
                policy_after.fields.recording_retention_days = days;
                work.update(&policy, policy_after)?;
            }
            Ok(())
        })
        .await?;
    Ok(Tagged::of(organisation))
}
