//! Tokens and the sessions behind them.
//!
//! A refresh token reads `<user>.<session>.<32 random bytes>`: the ids lead to the one document it belongs to, in its
//! user's aggregate, so that rotation is one commit and nothing has to be searched. Only the random part is secret, and
//! only the token's hash is stored.

use schemars::JsonSchema;
use serde::Serialize;
use shared::Context;
use shared::auth::token::{ACCESS_TOKEN_LIFE, token_hash};
use shared::auth::{Secret, secret};
use shared::clock::Timestamp;
use shared::docs::{Actor, At, Listing};
use shared::domain::login_session::{FamilyId, LoginSession, LoginSessionId};
use shared::domain::user::{User, UserId};
use shared::error::{Code, Error, Result};
use shared::ids::new_secret_token;
use shared::store::{StoreError, Tenant};
use std::sync::Arc;

/// Times a commit is tried again when somebody else wrote in between.
pub(crate) const TRIES: u32 = 8;

/// What signing in gives.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Tokens {
    access_token: String,
    refresh_token: String,
    token_type: &'static str,
    /// Seconds the access token works.
    expires_in: i64,
    user: User,
}

/// The person's own data, touched by the person.
pub(crate) fn person(user: UserId, actor: &Actor) -> At {
    let id = user.to_string();
    At { tenant: Tenant::person(&id), actor: Arc::new(Actor { id: Some(id), ..actor.clone() }) }
}

/// A session and the refresh token that opens it.
pub(crate) struct Opened {
    pub(crate) session: LoginSession,
    pub(crate) token: secret::Secret,
}

impl Opened {
    /// A new family: somebody proved who they are.
    pub(crate) fn new(user: UserId, now: Timestamp, actor: &Actor) -> Self {
        Self::of(LoginSession::new(user, String::new(), now, actor.ip.clone(), actor.user_agent.clone()))
    }

    /// Gives a session its token.
    pub(crate) fn of(mut session: LoginSession) -> Self {
        let token = Secret::new(format!("{}.{}.{}", session.user_id, session.id, new_secret_token()));
        session.refresh_token_hash = token_hash(&token);
        Self { session, token }
    }

    pub(crate) fn tokens(self, ctx: &Context, user: User) -> Tokens {
        let Self { session, token } = self;
        let (user_id, family) = (session.user_id.to_string(), session.family_id.to_string());
        Tokens {
            access_token: ctx.sign_in().access_token(&user_id, &family, ctx.now()).expose().to_owned(),
            refresh_token: token.expose().to_owned(),
            token_type: "Bearer",
            expires_in: ACCESS_TOKEN_LIFE.whole_seconds(),
            user,
        }
    }
}

/// The ids in a refresh token; `None` when it has another form.
pub(crate) fn ids_in(token: &Secret) -> Option<(UserId, LoginSessionId)> {
    let mut parts = token.expose().splitn(3, '.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// Which sessions to end.
#[derive(Clone, Copy)]
pub(crate) enum Which {
    All,
    Family(FamilyId),
    AllBut(Option<FamilyId>),
}

/// The sessions of a user that are neither used up nor ended; expired ones are gone by themselves.
pub(crate) async fn live(ctx: &Context, at: &At, user: UserId) -> Result<Vec<LoginSession>> {
    let open = Listing::newest()
        .within(user)
        .eq("rotated_at", serde_json::Value::Null)
        .eq("revoked_at", serde_json::Value::Null);
    ctx.docs::<LoginSession>(at).all(open).await
}

/// Ends sessions; their access tokens stop working at once here, within half a minute elsewhere.
pub(crate) async fn end(ctx: &Context, at: &At, user: UserId, which: Which) -> Result<()> {
    for session in live(ctx, at, user).await? {
        let meant = match which {
            Which::All => true,
            Which::Family(family) => session.family_id == family,
            Which::AllBut(kept) => Some(session.family_id) != kept,
        };
        if meant {
            end_family(ctx, at, user, session.family_id).await?;
        }
    }
    ctx.sign_in().forget(&user.to_string());
    Ok(())
}

/// Ends the newest session of a family, which stands for it; looks again when it was used at the same moment.
async fn end_family(ctx: &Context, at: &At, user: UserId, family: FamilyId) -> Result<()> {
    let (id, family_id) = (user.to_string(), family.to_string());
    for _ in 0..TRIES {
        let newest = Listing::newest().within(&id).eq("family_id", &family_id).page(1, None);
        let Some(newest) = ctx.docs::<LoginSession>(at).list(newest).await?.items.pop() else {
            return Ok(());
        };
        let Some(stored) = ctx.docs::<LoginSession>(at).find_in(&id, newest.id).await? else { continue };
        if stored.revoked_at.is_some() {
            return Ok(());
        }
        let mut ended = (*stored).clone();
        ended.revoke(ctx.now());
        let mut work = ctx.work(at, &id);
        work.update(&stored, ended)?;
        work.audit("logout", "user", &id, None)?;
        match work.commit().await {
            // A successor that was made meanwhile is newer: look again.
            Ok(()) | Err(StoreError::Precondition { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Error::new(Code::Conflict, "The session is being used. Please try again."))
}
