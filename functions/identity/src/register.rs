use crate::session::{Opened, Tokens, person};
use garde::Validate;
use schemars::JsonSchema;
use serde::Deserialize;
use shared::Context;
use shared::auth::{Secret, password};
use shared::docs::{Claim, Target};
use shared::domain::credential::Credential;
use shared::domain::text;
use shared::domain::user::{User, UserFields, UserId};
use shared::error::{Code, Error, Result};
use shared::http::{Anonymous, Body, Created};
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
    /// Taken for the frontend's sake: the invitation is accepted by POST /invitations/accept once signed in.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    #[expect(dead_code, reason = "read and left to POST /invitations/accept")]
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
    axum::extract::State(ctx): axum::extract::State<Context>,
    Anonymous(actor): Anonymous,
    Body(body): Body<NewAccount>,
) -> Result<Created<Tokens>> {
    check_password("/password", &body.password, &body.email)?;
    let taken = || Error::new(Code::Duplicate, "There is an account with this e-mail address already.");
    if user_of(&ctx, &body.email).await?.is_some() {
        return Err(taken());
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
    let etag = user.meta.etag.clone();
    let location = format!("{}/users/{}", shared::function::PREFIX, user.id);
    Ok(Created { location, etag: Some(etag), value: opened.tokens(&ctx, user) })
}
