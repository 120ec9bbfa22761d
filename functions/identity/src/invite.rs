//! Adding somebody to an organisation.

use crate::password::readable;
use crate::register::{address, user_of};
use crate::roles::check_may_give;
use crate::users::UserView;
use axum::extract::State;
use garde::Validate;
use schemars::JsonSchema;
use serde::Deserialize;
use shared::Context;
use shared::auth::Role;
use shared::docs::{At, Target};
use shared::domain::credential::Credential;
use shared::domain::email_message::RelatedEntity;
use shared::domain::invitation::Invitation;
use shared::domain::membership::{Membership, MembershipStatus, RoleRef};
use shared::domain::organisation::Organisation;
use shared::domain::setting::{self, Settings};
use shared::domain::text;
use shared::domain::user::{User, UserFields};
use shared::error::{Code, Error, Result};
use shared::http::{Body, Caller, Created};
use shared::letters::{DerivedToken, LetterValue};
use shared::mail::TemplateName;
use shared::store::{StoreError, Tenant};

/// Purpose of the notes that an invitation ends; `send-invitation` takes them.
const EXPIRY: &str = "invitation-expiry";

#[derive(Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub(crate) struct NewUser {
    #[garde(length(chars, max = 255), custom(text::email))]
    email: String,
    #[garde(length(chars, min = 1, max = 100), custom(text::line))]
    first_name: String,
    #[garde(length(chars, min = 1, max = 100), custom(text::line))]
    last_name: String,
    /// A built-in role's name or the id of one of the organisation's own; recruiter when left out.
    #[serde(default)]
    role: Option<String>,
    #[serde(default)]
    #[garde(length(chars, max = 100))]
    department: Option<String>,
}

/// The invitation leaves before the membership is written: when it breaks off in between, adding the person again is not
/// refused, and a link without a membership opens nothing. Whether the address had an account is not told.
pub(crate) async fn invite(
    State(ctx): State<Context>,
    caller: Caller,
    Body(body): Body<NewUser>,
) -> Result<Created<UserView>> {
    let at = caller.organisation()?;
    let role: RoleRef = body.role.as_deref().unwrap_or(Role::Recruiter.as_str()).parse()?;
    check_may_give(&ctx, &caller, &at, role).await?;
    let user = known_or_new(&ctx, &caller, &body).await?;
    let gone = ctx.docs::<Membership>(&at).find_even_deleted(user.id, user.id).await?;
    if gone.as_ref().is_some_and(|member| member.meta.is_active) {
        return Err(duplicate(&user));
    }
    let mut member = new_member(&ctx, &at, &user, body)?;
    member.assign(role, at.actor.id.clone(), None, ctx.now())?;
    send(&ctx, &at, &member).await?;

    let mut work = ctx.work(&at, user.id);
    let member = match &gone {
        Some(gone) => {
            work.action("create");
            work.update(gone, member)?
        }
        None => work.create(member)?,
    };
    match work.commit().await {
        Ok(()) => {}
        Err(StoreError::Precondition { .. }) => return Err(duplicate(&user)),
        Err(error) => return Err(error.into()),
    }
    Ok(Created {
        location: format!("{}/users/{}", shared::function::PREFIX, member.id),
        etag: Some(member.meta.etag.clone()),
        value: UserView::of_member(&member),
    })
}

fn duplicate(user: &User) -> Error {
    Error::new(Code::Duplicate, "This person is a member already.").with("existing_id", user.id.to_string())
}

/// Names are those the organisation gives: the ones of an account that exists are its person's to share, by accepting.
fn new_member(ctx: &Context, at: &At, user: &User, body: NewUser) -> Result<Membership> {
    let organisation = at.tenant.organisation_id().ok_or_else(|| Error::not_found("organisation"))?;
    let by = at.actor.id.clone();
    let mut member = Membership::new(organisation, user, MembershipStatus::Invited, ctx.now(), by);
    member.first_name = body.first_name;
    member.last_name = body.last_name;
    member.fields.department = body.department;
    Ok(member)
}

/// The account of the address; one without a password when there is none.
async fn known_or_new(ctx: &Context, caller: &Caller, body: &NewUser) -> Result<User> {
    if let Some(id) = user_of(ctx, &body.email).await? {
        let at = caller.within(Tenant::person(&id.to_string()));
        // Deactivated by the platform.
        let unusable = || Error::conflict("This address cannot be invited.");
        return Ok(ctx.docs::<User>(&at).find(id).await?.ok_or_else(unusable)?.into_inner());
    }
    let fields = UserFields {
        first_name: body.first_name.clone(),
        last_name: body.last_name.clone(),
        department: None,
    };
    let user = User::new(fields, &body.email, ctx.now(), Some(caller.user_id.clone()));
    let at = caller.within(Tenant::person(&user.id.to_string()));
    let mut work = ctx.work(&at, user.id);
    let user = work.create(user)?;
    work.create(Credential::new(user.id, None, ctx.now()))?;
    ctx.commit_unique(work, &Target::of(&at, &user), &[address(&user.email)]).await?;
    Ok(user)
}

async fn send(ctx: &Context, at: &At, member: &Membership) -> Result<()> {
    let organisation = at.tenant.organisation_id().ok_or_else(|| Error::not_found("organisation"))?;
    let company = ctx.docs::<Organisation>(at).get(organisation).await?.fields.name.clone();
    let settings = ctx.docs::<Settings>(at).find(organisation).await?;
    let layers: Vec<&Settings> = settings.iter().map(|settings| &**settings).collect();
    let days = u32::try_from(setting::whole(&layers, "invitation_days")).unwrap_or(7);
    let by = at.actor.id.clone();
    let invitation =
        Invitation::for_member(organisation, member.id, &member.email, company.clone(), days, ctx.now(), by);
    let token = DerivedToken::of_invitation(&invitation);
    let claims = [token.claim(ctx)];
    let target = Target::of(at, &invitation);
    ctx.note_due(EXPIRY, invitation.expires_at, &at.tenant, invitation.id).await?;
    let about = RelatedEntity { entity_type: "invitation".into(), entity_id: invitation.id.to_string() };
    let name = format!("{} {}", member.first_name, member.last_name);
    let variables = [
        ("name", LetterValue::Text(name)),
        ("company", LetterValue::Text(company)),
        ("link", LetterValue::Link { prefix: format!("{}/invite/", ctx.config().frontend_url), token }),
        ("expires_at", LetterValue::Text(readable(invitation.expires_at))),
    ];
    let mut work = ctx.work(at, invitation.id);
    work.letter(&member.email, TemplateName::MemberInvitation, variables, Some(about))?;
    work.create(invitation)?;
    ctx.commit_unique(work, &target, &claims).await
}
