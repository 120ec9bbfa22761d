use crate::register::{check_password, hash, user_of};
use crate::session::{TRIES, Which, end as end_sessions, person};
use crate::sessions::{current, own_id};
use crate::sign_in::{count_failure, locked};
use axum::extract::State;
use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, json};
use shared::Context;
use shared::auth::Secret;
use shared::auth::token::token_hash;
use shared::clock::Timestamp;
use shared::docs::{Actor, At, Work};
use shared::domain::credential::{Credential, RESET_VALID};
use shared::domain::text;
use shared::domain::user::{User, UserId};
use shared::error::{Code, Error, Result};
use shared::http::{Accepted, Anonymous, Body, Caller, NoContent};
use shared::ids::new_secret_token;
use shared::letters::{DerivedToken, LetterValue};
use shared::mail::TemplateName;
use shared::store::StoreError;

#[derive(Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub(crate) struct Forgot {
    #[garde(length(chars, max = 255), custom(text::email))]
    email: String,
}

#[derive(Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub(crate) struct Reset {
    #[schemars(with = "String")]
    token: Secret,
    #[schemars(with = "String")]
    new_password: Secret,
}

#[derive(Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub(crate) struct Change {
    #[schemars(with = "String")]
    current_password: Secret,
    #[schemars(with = "String")]
    new_password: Secret,
}

/// What mail about the account itself is signed with.
const PLATFORM: &str = "Talenti";

/// The same answer whether there is such an account or not.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Noted {
    status: &'static str,
}

pub(crate) async fn forgot(
    State(ctx): State<Context>,
    Anonymous(actor): Anonymous,
    Body(body): Body<Forgot>,
) -> Result<Accepted<Noted>> {
    if let Some(id) = user_of(&ctx, &body.email).await? {
        begin(&ctx, id, &actor).await?;
    }
    Ok(Accepted(Noted { status: "accepted" }))
}

/// Makes the newest link the one that works and puts the mail on its way, in one commit. The token is derived when the
/// mail leaves: it stands in the mail alone, and what the account keeps is its hash.
async fn begin(ctx: &Context, id: UserId, actor: &Actor) -> Result<()> {
    let at = person(id, actor);
    let Some(user) = ctx.docs::<User>(&at).find(id).await? else { return Ok(()) };
    let token = DerivedToken::new("password-reset", &[&id.to_string(), &new_secret_token()]);
    let hash = token_hash(&Secret::new(format!("{id}.{}", token.text(ctx))));
    let letter = |work: &mut Work<'_>| {
        let prefix = format!("{}/reset-password?token={id}.", ctx.config().frontend_url);
        let variables = [
            ("name", LetterValue::Text(user.display_name())),
            ("company", LetterValue::Text(PLATFORM.into())),
            ("link", LetterValue::Link { prefix, token: token.clone() }),
            ("expires_at", LetterValue::Text(readable(work.now().plus(RESET_VALID)))),
        ];
        work.letter(&user.email, TemplateName::PasswordReset, variables, None).map(drop)
    };
    let docs = ctx.docs::<Credential>(&at);
    let begun = docs.update(id, id, None, |credential, work| {
        credential.begin_reset(hash.clone(), work.now());
        letter(work)
    });
    match begun.await {
        // Signs in elsewhere: there is no password to forget.
        Err(error) if error.code() == Code::NotFound => Ok(()),
        begun => begun.map(drop),
    }
}

/// Such as `14 March 2026, 09:05 UTC`.
pub(crate) fn readable(at: Timestamp) -> String {
    let at = at.instant();
    let (day, month, year) = (at.day(), at.month(), at.year());
    format!("{day} {month} {year}, {:02}:{:02} UTC", at.hour(), at.minute())
}

fn gone() -> Error {
    Error::new(Code::Gone, "This link was used or has expired. Please ask for a new one.")
}

pub(crate) async fn reset(
    State(ctx): State<Context>,
    Anonymous(actor): Anonymous,
    Body(body): Body<Reset>,
) -> Result<NoContent> {
    let id: UserId =
        body.token.expose().split_once('.').and_then(|(user, _)| user.parse().ok()).ok_or_else(gone)?;
    let at = person(id, &actor);
    let user = ctx.docs::<User>(&at).find(id).await?.ok_or_else(gone)?;
    let token = token_hash(&body.token);
    let credential = ctx.docs::<Credential>(&at).find(id).await?.ok_or_else(gone)?;
    // Looked at before the new password is: a refused password does not use the link up, a wrong link costs no hashing.
    if !(*credential).clone().take_reset(&token, ctx.now()) {
        return Err(gone());
    }
    check_password("/new_password", &body.new_password, &user.email)?;
    let password_hash = hash(&ctx, body.new_password).await?;
    set(&ctx, &at, id, password_hash, |credential| {
        if credential.take_reset(&token, ctx.now()) { Ok(()) } else { Err(gone()) }
    })
    .await?;
    end_sessions(&ctx, &at, id, Which::All).await?;
    Ok(NoContent)
}

pub(crate) async fn change(
    State(ctx): State<Context>,
    caller: Caller,
    Body(body): Body<Change>,
) -> Result<NoContent> {
    let (at, id) = (caller.person(), own_id(&caller)?);
    let credential = ctx.docs::<Credential>(&at).find(id).await?;
    let stored = credential.as_ref().and_then(|credential| credential.password_hash.clone());
    let (Some(credential), Some(stored)) = (credential, stored) else {
        return Err(Error::new(Code::NoPassword, "This account has no password: it signs in elsewhere."));
    };
    if let Some(seconds) = credential.locked_for(ctx.now()) {
        return Err(locked(seconds));
    }
    let user = ctx.docs::<User>(&at).get(id).await?;
    check_password("/new_password", &body.new_password, &user.email)?;
    if !ctx.sign_in().passwords().verify(body.current_password, Some(stored.clone())).await {
        count_failure(&ctx, &at, id).await?;
        return Err(Error::new(Code::Unauthenticated, "The current password is wrong."));
    }
    let password_hash = hash(&ctx, body.new_password).await?;
    set(&ctx, &at, id, password_hash, |credential| {
        // Changed meanwhile: what was checked is no longer the current one.
        let same = credential.password_hash.as_deref() == Some(&stored);
        if same { Ok(()) } else { Err(Error::conflict("The password has just been changed.")) }
    })
    .await?;
    end_sessions(&ctx, &at, id, Which::AllBut(current(&caller))).await?;
    Ok(NoContent)
}

/// Sets the password in the commit that notes it in the audit, if `allowed` still says so.
async fn set(
    ctx: &Context,
    at: &At,
    id: UserId,
    password_hash: String,
    allowed: impl Fn(&mut Credential) -> Result<()>,
) -> Result<()> {
    for _ in 0..TRIES {
        let stored = ctx.docs::<Credential>(at).get(id).await?;
        let mut credential = (*stored).clone();
        allowed(&mut credential)?;
        credential.set_password(password_hash.clone(), ctx.now());
        let mut work = ctx.work(at, id);
        work.update(&stored, credential)?;
        let what = Map::from_iter([("password".to_owned(), json!("***"))]);
        work.audit("update", "user", &id.to_string(), Some(&what))?;
        match work.commit().await {
            Ok(()) => return Ok(()),
            Err(StoreError::Precondition { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Error::conflict("Too many changes at once. Please try again."))
}
