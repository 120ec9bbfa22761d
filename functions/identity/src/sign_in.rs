use crate::register::{hash, user_of};
use crate::session::{Opened, TRIES, Tokens, person};
use axum::extract::State;
use garde::Validate;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, json};
use shared::Context;
use shared::auth::Secret;
use shared::auth::password::needs_rehash;
use shared::docs::At;
use shared::domain::credential::Credential;
use shared::domain::user::{User, UserId};
use shared::error::{Code, Error, Result};
use shared::http::{Anonymous, Body, Json};
use shared::store::StoreError;

#[derive(Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub(crate) struct SignInForm {
    #[garde(length(chars, min = 1, max = 255))]
    email: String,
    #[schemars(with = "String")]
    password: Secret,
}

/// One text for a wrong address and a wrong password.
fn wrong() -> Error {
    Error::new(Code::Unauthenticated, "E-mail address or password is wrong.")
}

pub(crate) fn locked(seconds: i64) -> Error {
    let seconds = u32::try_from(seconds).unwrap_or(u32::MAX);
    Error::new(Code::Locked, "Too many failed sign-ins. The account is locked for a while.")
        .retry_after(seconds)
}

pub(crate) async fn login(
    State(ctx): State<Context>,
    Anonymous(actor): Anonymous,
    Body(form): Body<SignInForm>,
) -> Result<Json<Tokens>> {
    let Some((id, stored)) = known(&ctx, &form.email).await? else {
        // The same work as for a known address, so that the time it takes tells nothing.
        ctx.sign_in().passwords().verify(form.password, None).await;
        return Err(wrong());
    };
    let at = person(id, &actor);
    if let Some(seconds) = stored.locked_for(ctx.now()) {
        return Err(locked(seconds));
    }
    let password_hash = stored.password_hash.clone();
    if !ctx.sign_in().passwords().verify(form.password.clone(), password_hash.clone()).await {
        // Whoever it was: not known to be the person.
        let at = At { actor, ..at };
        count_failure(&ctx, &at, id).await?;
        return Err(wrong());
    }
    let better = match password_hash.is_some_and(|stored| needs_rehash(&stored)) {
        true => Some(hash(&ctx, form.password).await?),
        false => None,
    };
    open(&ctx, &at, id, better).await.map(Json)
}

/// The active user of an address, and how they prove who they are.
async fn known(ctx: &Context, email: &str) -> Result<Option<(UserId, Credential)>> {
    let Some(id) = user_of(ctx, email).await? else { return Ok(None) };
    let at = At::system(shared::store::Tenant::person(&id.to_string()));
    if ctx.docs::<User>(&at).find(id).await?.is_none() {
        return Ok(None);
    }
    let credential = ctx.docs::<Credential>(&at).find(id).await?;
    Ok(credential.map(|credential| (id, (*credential).clone())))
}

/// Counts a wrong password; 423 when the account was locked while it was being looked at.
pub(crate) async fn count_failure(ctx: &Context, at: &At, id: UserId) -> Result<()> {
    let now = ctx.now();
    let count = |credential: &mut Credential, work: &mut shared::docs::Work<'_>| {
        if let Some(seconds) = credential.locked_for(now) {
            return Err(locked(seconds));
        }
        let outcome = if credential.failed(now) { "locked" } else { "wrong_password" };
        let values = Map::from_iter([("outcome".to_owned(), json!(outcome))]);
        work.audit("login", "user", &id.to_string(), Some(&values))
    };
    ctx.docs::<Credential>(at).update(id, id, None, count).await.map(drop)
}

/// Signs in somebody who has given the right password. Looks at the lock once more: guesses made at the same moment
/// may have closed the account.
async fn open(ctx: &Context, at: &At, id: UserId, better_hash: Option<String>) -> Result<Tokens> {
    let now = ctx.now();
    for _ in 0..TRIES {
        let stored = ctx.docs::<User>(at).find(id).await?.ok_or_else(wrong)?;
        let credential = ctx.docs::<Credential>(at).find(id).await?.ok_or_else(wrong)?;
        if let Some(seconds) = credential.locked_for(now) {
            return Err(locked(seconds));
        }
        let opened = Opened::new(id, now, &at.actor);
        let mut user = (*stored).clone();
        user.signed_in(now);
        let mut proven = (*credential).clone();
        proven.succeeded();
        if let Some(hash) = &better_hash {
            proven.password_hash = Some(hash.clone());
        }
        let mut work = ctx.work(at, id);
        work.action("login");
        let user = work.update(&stored, user)?;
        work.update(&credential, proven)?;
        work.create(opened.session.clone())?;
        match work.commit().await {
            Ok(()) => return Ok(opened.tokens(ctx, user)),
            Err(StoreError::Precondition { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Error::conflict("Too many sign-ins at once. Please try again."))
}
