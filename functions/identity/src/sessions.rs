use crate::session::{Opened, Tokens, Which, end as end_sessions, ids_in, live, person};
use axum::extract::State;
use garde::Validate;
use schemars::JsonSchema;
use serde::Deserialize;
use shared::Context;
use shared::auth::Secret;
use shared::auth::token::token_hash;
use shared::domain::login_session::{FamilyId, LoginSession, LoginSessionId, LoginSessionView, SessionState};
use shared::domain::user::{User, UserId};
use shared::error::{Code, Error, Result};
use shared::http::{Anonymous, Body, Caller, ContractBody, Json, NoContent, Page, Path};
use shared::store::StoreError;

#[derive(Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub(crate) struct Refresh {
    #[schemars(with = "String")]
    refresh_token: Secret,
}

#[derive(Default, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields, default)]
#[garde(allow_unvalidated)]
pub(crate) struct Logout {
    /// The session to end; the one of the request when left out.
    #[schemars(with = "Option<String>")]
    refresh_token: Option<Secret>,
    /// End all sessions.
    all: bool,
}

fn ended() -> Error {
    Error::new(Code::Unauthenticated, "This session has ended. Please sign in again.")
}

/// A new pair for a refresh token; a token used twice is stolen, and ends the whole family.
pub(crate) async fn refresh(
    State(ctx): State<Context>,
    Anonymous(actor): Anonymous,
    Body(body): Body<Refresh>,
) -> Result<Json<Tokens>> {
    let (user_id, session_id) = ids_in(&body.refresh_token).ok_or_else(ended)?;
    let at = person(user_id, &actor);
    let now = ctx.now();
    let stored = ctx.docs::<LoginSession>(&at).find_in(user_id, session_id).await?.ok_or_else(ended)?;
    if stored.refresh_token_hash != token_hash(&body.refresh_token) {
        return Err(ended());
    }
    let Some(user) = ctx.docs::<User>(&at).find(user_id).await? else { return Err(ended()) };
    let mut used = (*stored).clone();
    let Some(next) = used.rotate(String::new(), now) else {
        if stored.state(now) == SessionState::Rotated {
            end_sessions(&ctx, &at, user_id, Which::Family(stored.family_id)).await?;
        }
        return Err(ended());
    };
    let opened = Opened::of(next);
    let mut work = ctx.work(&at, user_id);
    work.update(&stored, used)?;
    work.create(opened.session.clone())?;
    match work.commit().await {
        Ok(()) => Ok(Json(opened.tokens(&ctx, user.into_inner()))),
        // Somebody used or ended it at the same moment.
        Err(StoreError::Precondition { .. }) => {
            end_sessions(&ctx, &at, user_id, Which::Family(stored.family_id)).await?;
            Err(ended())
        }
        Err(error) => Err(error.into()),
    }
}

pub(crate) async fn logout(
    State(ctx): State<Context>,
    caller: Caller,
    ContractBody(body): ContractBody<Logout>,
) -> Result<NoContent> {
    let (at, user) = (caller.person(), own_id(&caller)?);
    let which = match (body.all, &body.refresh_token) {
        (true, _) => Some(Which::All),
        (false, Some(token)) => family_of(&ctx, &caller, token).await?.map(Which::Family),
        (false, None) => current(&caller).map(Which::Family),
    };
    // Signed in elsewhere: there is no session of ours to end.
    if let Some(which) = which {
        end_sessions(&ctx, &at, user, which).await?;
    }
    Ok(NoContent)
}

async fn family_of(ctx: &Context, caller: &Caller, token: &Secret) -> Result<Option<FamilyId>> {
    let user = own_id(caller)?;
    let Some((owner, session)) = ids_in(token).filter(|(owner, _)| *owner == user) else { return Ok(None) };
    let found = ctx.docs::<LoginSession>(&caller.person()).find_in(owner, session).await?;
    Ok(found.filter(|found| found.refresh_token_hash == token_hash(token)).map(|found| found.family_id))
}

/// The family of the caller's access token; `None` for a sign-in elsewhere.
pub(crate) fn current(caller: &Caller) -> Option<FamilyId> {
    caller.session_id.as_ref()?.parse().ok()
}

/// The caller's own user id.
pub(crate) fn own_id(caller: &Caller) -> Result<UserId> {
    caller.user_id.parse().map_err(Error::internal)
}

pub(crate) async fn list(State(ctx): State<Context>, caller: Caller) -> Result<Page<LoginSessionView>> {
    let family = current(&caller);
    let sessions = live(&ctx, &caller.person(), own_id(&caller)?).await?;
    let view =
        |session: &LoginSession| session.view(Some(session.id).filter(|_| Some(session.family_id) == family));
    Ok(Page { items: sessions.iter().map(view).collect(), next_cursor: None })
}

pub(crate) async fn end(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<LoginSessionId>,
) -> Result<NoContent> {
    let (at, user) = (caller.person(), own_id(&caller)?);
    let session = ctx.docs::<LoginSession>(&at).get_in(user, id).await?;
    end_sessions(&ctx, &at, user, Which::Family(session.family_id)).await?;
    Ok(NoContent)
}
