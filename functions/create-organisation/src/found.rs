use axum::extract::State;
use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::Context;
use shared::auth::Role;
use shared::clock::Timestamp;
use shared::docs::{At, Claim, Target};
use shared::domain::membership::{Membership, MembershipStatus, RoleRef};
use shared::domain::organisation::{
    MAX_OWN, Organisation, OrganisationFields, OrganisationId, OrganisationStatus, slug_of,
};
use shared::domain::organisation_entry::OrganisationEntry;
use shared::domain::pipeline::Pipeline;
use shared::domain::retention_policy::{RetentionFields, RetentionPolicy};
use shared::domain::setting::{OwnerKind, Settings};
use shared::domain::text;
use shared::domain::user::{User, UserId};
use shared::error::{Code, Error, Result};
use shared::http::{Caller, ContractBody, Created};
use shared::store::{StoreError, Tenant};

/// Founding takes a moment; an id on the founder's list that leads to no organisation after this long never will.
const UNFINISHED_AFTER_SECONDS: i64 = 60;
/// Times a commit is tried again when somebody else wrote in between.
const TRIES: u32 = 8;
/// Names after the plain one that are tried for an address.
const SLUG_TRIES: u32 = 8;

#[derive(Deserialize, JsonSchema, Validate)]
#[garde(allow_unvalidated)]
pub(crate) struct NewOrganisation {
    #[garde(length(chars, min = 1, max = 255), custom(text::line))]
    name: String,
    #[serde(default)]
    #[garde(length(chars, max = 5000))]
    description: Option<String>,
    #[serde(default)]
    #[garde(length(chars, max = 100))]
    industry: Option<String>,
    #[serde(default)]
    #[garde(length(chars, max = 500), inner(custom(text::web_url)))]
    website: Option<String>,
}

/// Exactly the members of the contract (spec 140 §1).
#[derive(Serialize, JsonSchema)]
pub(crate) struct Founded {
    id: OrganisationId,
    name: String,
    description: Option<String>,
    industry: Option<String>,
    website: Option<String>,
    created_at: Timestamp,
}

/// The founder's place is made first and leads nowhere; the organisation with all that belongs to it comes last, in one
/// commit. Whatever breaks off before that leaves nothing anybody can use, and the next attempt starts afresh.
pub(crate) async fn found(
    State(ctx): State<Context>,
    caller: Caller,
    ContractBody(body): ContractBody<NewOrganisation>,
) -> Result<Created<Founded>> {
    let now = ctx.now();
    let founder: UserId = caller.user_id.parse().map_err(Error::internal)?;
    let mut organisation = Organisation::new(fields(body)?, String::new(), now, Some(caller.user_id.clone()));
    let at = caller.within(Tenant::organisation(&organisation.id.to_string()));
    let user = join(&ctx, &caller.person(), founder, organisation.id).await?;

    let mut member =
        Membership::new(organisation.id, &user, MembershipStatus::Active, now, Some(caller.user_id.clone()));
    member.assign(RoleRef::BuiltIn(Role::OrgAdmin), Some(caller.user_id.clone()), None, now)?;
    ctx.docs::<Membership>(&at).create(member).await?;
    ctx.docs::<OrganisationEntry>(&caller.platform())
        .create(OrganisationEntry::of(&organisation, now))
        .await?;

    let slug = take_slug(&ctx, &at, &mut organisation).await?;
    match save(&ctx, &at, organisation).await {
        Ok(organisation) => {
            ctx.sign_in().forget(&caller.user_id);
            Ok(answer(organisation))
        }
        Err(error) => {
            ctx.release(&slug.0, &slug.1).await?;
            Err(error)
        }
    }
}

fn fields(body: NewOrganisation) -> Result<OrganisationFields> {
    // The rest is as specified for a new one.
    let mut fields: OrganisationFields =
        serde_json::from_value(serde_json::json!({ "name": body.name })).map_err(Error::internal)?;
    fields.description = body.description;
    fields.industry = body.industry;
    fields.website = body.website;
    Ok(fields)
}

/// Puts the organisation on its founder's list, if the list has room; two at once wait for each other here.
async fn join(ctx: &Context, at: &At, founder: UserId, organisation: OrganisationId) -> Result<User> {
    for _ in 0..TRIES {
        let stored = ctx.docs::<User>(at).get(founder).await?;
        let mut user = (*stored).clone();
        let mut own = 0;
        for id in &stored.organisation_ids {
            match standing(ctx, *id, founder).await? {
                Standing::Own => own += 1,
                Standing::Unfinished => user.left(*id),
                Standing::Other => {}
            }
        }
        if own >= MAX_OWN {
            return Err(Error::conflict(format!(
                "Nobody can have more than {MAX_OWN} organisations of their own."
            )));
        }
        user.joined(organisation);
        let mut work = ctx.work(at, founder);
        let user = work.update(&stored, user)?;
        match work.commit().await {
            Ok(()) => return Ok(user),
            Err(StoreError::Precondition { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Error::conflict("Too many changes at once. Please try again."))
}

/// What an id on somebody's list leads to.
enum Standing {
    /// Founded by them and not closed, or just being founded.
    Own,
    Other,
    /// Founding broke off.
    Unfinished,
}

async fn standing(ctx: &Context, id: OrganisationId, founder: UserId) -> Result<Standing> {
    let at = At::system(Tenant::organisation(&id.to_string()));
    Ok(match ctx.docs::<Organisation>(&at).find(id).await? {
        Some(found) if found.status == OrganisationStatus::Closed => Standing::Other,
        Some(found) if found.meta.created_by == Some(founder.to_string()) => Standing::Own,
        Some(_) => Standing::Other,
        None => match id.made_at() {
            Some(made) if ctx.now().seconds_since(made) < UNFINISHED_AFTER_SECONDS => Standing::Own,
            _ => Standing::Unfinished,
        },
    })
}

/// The name as part of an address; a number follows when it is taken.
async fn take_slug(ctx: &Context, at: &At, organisation: &mut Organisation) -> Result<(Claim, String)> {
    let plain = slug_of(&organisation.fields.name);
    let id = organisation.id.to_string();
    for number in 1..=SLUG_TRIES {
        let slug = match number {
            1 => plain.clone(),
            SLUG_TRIES => format!("{plain}-{}", &id[id.len() - 12..]),
            _ => format!("{plain}-{number}"),
        };
        let claim = Claim::new(&Tenant::platform(), "organisation-slug", &[&slug]);
        match ctx.claim(&claim, &Target::of(at, organisation)).await {
            Ok(()) => {
                organisation.slug = slug;
                return Ok((claim, id));
            }
            Err(error) if error.code() == Code::Duplicate => {}
            Err(error) => return Err(error),
        }
    }
    Err(Error::conflict("No address is free for this name. Please choose another one."))
}

/// The organisation and all that makes it usable, in one commit of its aggregate.
async fn save(ctx: &Context, at: &At, organisation: Organisation) -> Result<Organisation> {
    let (id, now, by) = (organisation.id, organisation.meta.created_at, organisation.meta.created_by.clone());
    let retention = RetentionFields {
        recording_retention_days: organisation.fields.recording_retention_days,
        ..RetentionFields::default()
    };
    let mut work = ctx.work(at, id);
    let organisation = work.create(organisation)?;
    work.create(Settings::new(OwnerKind::Organisation, &id.to_string(), Some(id), now))?;
    work.create(Pipeline::default_of(id, now, by.clone()))?;
    work.create(RetentionPolicy::new(id, retention, now, by))?;
    work.commit().await?;
    Ok(organisation)
}

fn answer(organisation: Organisation) -> Created<Founded> {
    let Organisation { id, fields, meta, .. } = organisation;
    Created {
        location: format!("{}/organisations/{id}", shared::function::PREFIX),
        etag: Some(meta.etag),
        value: Founded {
            id,
            name: fields.name,
            description: fields.description,
            industry: fields.industry,
            website: fields.website,
            created_at: meta.created_at,
        },
    }
}
