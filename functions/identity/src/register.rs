use crate::session::{Opened, Tokens, person};
use axum::extract::State;
use garde::Validate;
use schemars::JsonSchema;
use serde::Deserialize;
use shared::Context;
use shared::auth::{Secret, password};
use shared::docs::{Actor, At, Claim, Target};
use shared::domain::credential::Credential;
use shared::domain::invitation::Invitation;
use shared::domain::text;
use shared::domain::user::{User, UserFields, UserId};
use shared::error::{Code, Error, Result};
use shared::http::{Anonymous, Body, Created};
use shared::letters::DerivedToken;
use shared::store::Tenant;

#[derive(Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub(crate) struct NewAccount {
    #[garde(length(chars, max = 255), custom(text::email))]
    email: String,
    #[schemars(with = "String")]
    password: Secret,
    #[garde(length(chars, min = 1, max = 100), custom(text::line))]
    first_name: String,
    #[garde(length(chars, min = 1, max = 100), custom(text::line))]
    last_name: String,
    /// Of a member invitation: sets the first password of the account that was made for the invited address. Any
    /// invitation is accepted by POST /invitations/accept, once signed in.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    invitation_token: Option<Secret>,
}

/// The claim that an address belongs to one user.
pub(crate) fn address(email: &str) -> Claim {
    Claim::new(&Tenant::platform(), "user-email", &[&text::fold_email(email)])
}

/// The user an address belongs to, if any.
pub(crate) async fn user_of(ctx: &Context, email: &str) -> Result<Option<UserId>> {
    let target = ctx.lookup(&address(email)).await?;
    Ok(target.and_then(|target| target.id.parse().ok()))
}

/// 422 unless the password may be used for this address.
pub(crate) fn check_password(pointer: &str, password: &Secret, email: &str) -> Result<()> {
    password::check(password, email).map_err(|reason| Error::invalid(pointer, format!("{reason}")))
}

pub(crate) async fn hash(ctx: &Context, password: Secret) -> Result<String> {
    ctx.sign_in().passwords().hash(password).await.map_err(Error::internal)
}

pub(crate) async fn register(
    State(ctx): State<Context>,
    Anonymous(actor): Anonymous,
    Body(body): Body<NewAccount>,
) -> Result<Created<Tokens>> {
    check_password("/password", &body.password, &body.email)?;
    if let Some(known) = user_of(&ctx, &body.email).await? {
        return begin_invited(&ctx, known, &actor, body).await;
    }
    let password_hash = hash(&ctx, body.password).await?;
    let now = ctx.now();
    let fields = UserFields { first_name: body.first_name, last_name: body.last_name, department: None };
    let mut user = User::new(fields, &body.email, now, None);
    user.signed_in(now);
    user.meta.created_by = Some(user.id.to_string());
    let at = person(user.id, &actor);
    let opened = Opened::new(user.id, now, &actor);
    let mut work = ctx.work(&at, user.id);
    let user = work.create(user)?;
    work.create(Credential::new(user.id, Some(password_hash), now))?;
    work.create(opened.session.clone())?;
    let claims = [address(&user.email)];
    // Who holds the address is nobody's business: the answer does not name them.
    ctx.commit_unique(work, &Target::of(&at, &user), &claims)
        .await
        .map_err(|error| if error.code() == Code::Duplicate { taken() } else { error })?;
    Ok(answer(&ctx, user, opened))
}

fn taken() -> Error {
    Error::new(Code::Duplicate, "There is an account with this e-mail address already.")
}

fn answer(ctx: &Context, user: User, opened: Opened) -> Created<Tokens> {
    let etag = user.meta.etag.clone();
    let location = format!("{}/users/{}", shared::function::PREFIX, user.id);
    Created { location, etag: Some(etag), value: opened.tokens(ctx, user) }
}

/// An account that was made for an invited member has no password yet. Who holds the invitation's token reads the mail
/// of that address, and may set the first one. Anybody else learns only that the address is taken.
async fn begin_invited(
    ctx: &Context,
    id: UserId,
    actor: &Actor,
    body: NewAccount,
) -> Result<Created<Tokens>> {
    let Some(token) = body.invitation_token else { return Err(taken()) };
    let at = person(id, actor);
    let stored = ctx.docs::<User>(&at).find(id).await?.ok_or_else(taken)?;
    let credential = ctx.docs::<Credential>(&at).find(id).await?.ok_or_else(taken)?;
    if credential.password_hash.is_some() || !is_invited(ctx, id, &token).await? {
        return Err(taken());
    }
    let now = ctx.now();
    let mut begun = (*credential).clone();
    begun.set_password(hash(ctx, body.password).await?, now);
    let mut user = (*stored).clone();
    user.fields.first_name = body.first_name;
    user.fields.last_name = body.last_name;
    user.signed_in(now);
    let opened = Opened::new(id, now, actor);
    let mut work = ctx.work(&at, id);
    work.action("login");
    let user = work.update(&stored, user)?;
    work.update(&credential, begun)?;
    work.create(opened.session.clone())?;
    work.commit().await?;
    Ok(answer(ctx, user, opened))
}

/// Whether the token is that of an open member invitation of this user.
async fn is_invited(ctx: &Context, id: UserId, token: &Secret) -> Result<bool> {
    let claim = DerivedToken::claim_of("invitation", token.expose());
    let Some(target) = ctx.lookup(&claim).await? else { return Ok(false) };
    let at = At::system(Tenant::parse(&target.tenant));
    let invitation = ctx.docs::<Invitation>(&at).find(&target.id).await?;
    Ok(invitation.is_some_and(|invitation| {
        invitation.user_id == Some(id)
            && invitation.is_open(ctx.now())
            && DerivedToken::of_invitation(&invitation).text(ctx) == token.expose()
    }))
}
