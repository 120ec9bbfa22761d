//! From a bearer token to a caller: verify, look the person up, find the organisation and the roles that count.

use super::caller::unauthenticated;
use super::limits::{Counters, Standing};
use crate::auth::{
    self, AuthMode, Claims, Passwords, Permission, Permissions, Role, Scope, Secret, SigningKey, Verifier,
};
use crate::clock::Timestamp;
use crate::context::Context;
use crate::docs::{At, Claim, Listing, Target};
use crate::domain::credential::Credential;
use crate::domain::login_session::{LoginSession, SessionState};
use crate::domain::membership::{Membership, RoleRef};
use crate::domain::organisation::{Organisation, OrganisationId, OrganisationStatus};
use crate::domain::role::CustomRole;
use crate::domain::team::Team;
use crate::domain::user::{AuthIdentity, User, UserFields};
use crate::error::{Code, Error, Result};
use crate::store::Tenant;
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, HeaderName};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use time::Duration;

const ORGANISATION: HeaderName = HeaderName::from_static("x-organisation-id");
/// A caller looked up this long ago is looked up again (spec 10 §6 allows 60 s).
const REMEMBERED_FOR: Duration = Duration::seconds(30);
/// Subjects remembered at once; above it, those that are over are dropped.
const MOST_REMEMBERED: usize = 10_000;

/// Everything about signing in that outlives a request.
pub struct SignIn {
    verifier: Verifier,
    signing_key: SigningKey,
    issuer: String,
    modes: String,
    passwords: Passwords,
    counters: Counters,
    /// By subject: nothing has to be put together to look one up.
    remembered: Mutex<HashMap<String, Vec<Remembered>>>,
}

/// Who a subject was with these claims and the organisation asked for.
struct Remembered {
    issuer: String,
    session_id: Option<String>,
    organisation: Option<String>,
    until: Timestamp,
    who: Arc<auth::Caller>,
}

impl Remembered {
    fn is_of(&self, claims: &Claims, organisation: Option<&str>) -> bool {
        self.session_id == claims.session_id
            && self.organisation.as_deref() == organisation
            && self.issuer == claims.issuer
    }
}

impl SignIn {
    pub fn new(verifier: Verifier, signing_key: SigningKey, issuer: String, modes: String) -> Self {
        Self {
            verifier,
            signing_key,
            issuer,
            modes,
            passwords: Passwords::new(),
            counters: Counters::default(),
            remembered: Mutex::default(),
        }
    }

    pub fn describe(&self) -> String {
        self.modes.clone()
    }
    pub fn passwords(&self) -> &Passwords {
        &self.passwords
    }
    pub(super) fn counters(&self) -> &Counters {
        &self.counters
    }
    /// Counts a turn of a conversation: 429 when the user's turns in this interview are used up for now.
    pub fn count_turn(&self, ctx: &Context, user: &str, interview: &str) -> Result<Option<Standing>> {
        let standing = self.counters.count_turn(user, interview, &ctx.config().limits, ctx.now());
        standing.map_or(Ok(()), Standing::check)?;
        Ok(standing)
    }

    /// A signed access token for a user's session family.
    pub fn access_token(&self, user_id: &str, family_id: &str, now: Timestamp) -> Secret {
        let life = auth::token::ACCESS_TOKEN_LIFE;
        self.signing_key.access_token(&self.issuer, &self.issuer, user_id, family_id, now.instant(), life)
    }

    /// 32 bytes as base64url that nobody without our secret can make; the same for the same parts.
    pub fn derived_token(&self, purpose: &str, parts: &[String]) -> String {
        let mut mac =
            <Hmac<Sha256> as KeyInit>::new_from_slice(self.signing_key.to_pem().expose().as_bytes())
                .expect("an HMAC key has any length");
        for part in std::iter::once(purpose).chain(parts.iter().map(String::as_str)) {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
    }

    /// What a user may do in an organisation, whoever asks: nothing for one who is no active member.
    pub async fn rights_in(&self, ctx: &Context, user: &User, organisation: &str) -> Result<auth::Caller> {
        let mut caller = nobody_yet(user, AuthMode::Password);
        match join_organisation(ctx, user, Some(organisation), &mut caller, ctx.now()).await {
            Ok(()) => Ok(caller),
            Err(error) if error.code() == Code::Forbidden => Ok(caller),
            Err(error) => Err(error),
        }
    }

    /// Rights of a user changed: they count anew at once in this process, elsewhere within `REMEMBERED_FOR`.
    pub fn forget(&self, user_id: &str) {
        self.remembered().retain(|_, of_subject| {
            of_subject.retain(|known| known.who.user_id != user_id);
            !of_subject.is_empty()
        });
    }
    /// Something about an organisation changed that all its members' rights depend on.
    pub fn forget_all(&self) {
        self.remembered().clear();
    }

    fn remembered(&self) -> std::sync::MutexGuard<'_, HashMap<String, Vec<Remembered>>> {
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The caller behind the request's token; `None` without one; 401 for one that is not good.
    pub(super) async fn resolve(
        &self,
        ctx: &Context,
        headers: &HeaderMap,
        now: Timestamp,
    ) -> Result<Option<Arc<auth::Caller>>> {
        let Some(token) = bearer(headers)? else { return Ok(None) };
        let claims = self.verifier.verify(token, now.instant()).await.map_err(|refusal| {
            if refusal.is_outage() {
                return Error::new(
                    Code::Unavailable,
                    "The sign-in service cannot be reached. Please try again.",
                )
                .retry_after(5)
                .because(refusal);
            }
            Error::new(Code::Unauthenticated, "The token is not valid. Please sign in again.")
                .because(refusal)
        })?;
        let organisation = headers.get(&ORGANISATION).map(|value| value.to_str().unwrap_or(""));
        if let Some(who) = self.recall(&claims, organisation, now) {
            return Ok(Some(who));
        }
        let who = Arc::new(look_up(ctx, &claims, organisation, now).await?);
        self.remember(&claims, organisation, who.clone(), now);
        Ok(Some(who))
    }

    fn recall(
        &self,
        claims: &Claims,
        organisation: Option<&str>,
        now: Timestamp,
    ) -> Option<Arc<auth::Caller>> {
        let remembered = self.remembered();
        let of_subject = remembered.get(&claims.subject)?;
        let known = of_subject.iter().find(|known| known.is_of(claims, organisation))?;
        (known.until > now).then(|| known.who.clone())
    }

    fn remember(&self, claims: &Claims, organisation: Option<&str>, who: Arc<auth::Caller>, now: Timestamp) {
        let mut remembered = self.remembered();
        if remembered.len() >= MOST_REMEMBERED {
            remembered.retain(|_, of_subject| of_subject.iter().any(|known| known.until > now));
        }
        let of_subject = remembered.entry(claims.subject.clone()).or_default();
        of_subject.retain(|known| known.until > now && !known.is_of(claims, organisation));
        of_subject.push(Remembered {
            issuer: claims.issuer.clone(),
            session_id: claims.session_id.clone(),
            organisation: organisation.map(str::to_owned),
            until: now.plus(REMEMBERED_FOR),
            who,
        });
    }
}

fn bearer(headers: &HeaderMap) -> Result<Option<&str>> {
    let Some(value) = headers.get(AUTHORIZATION) else { return Ok(None) };
    let token = str::from_utf8(value.as_bytes()).ok().and_then(|text| {
        let (scheme, token) = text.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    });
    token.filter(|token| !token.is_empty()).map(Some).ok_or_else(unauthenticated)
}

async fn look_up(
    ctx: &Context,
    claims: &Claims,
    organisation: Option<&str>,
    now: Timestamp,
) -> Result<auth::Caller> {
    let user_id = match claims.mode {
        AuthMode::Password => claims.subject.clone(),
        _ => known_or_new_user(ctx, claims, now).await?,
    };
    let person = At::system(Tenant::person(&user_id));
    let user = ctx.docs::<User>(&person).find(&user_id).await?.ok_or_else(unauthenticated)?;
    if claims.mode == AuthMode::Password {
        check_session(ctx, &person, &user_id, claims, now).await?;
    }
    let mut caller = nobody_yet(&user, claims.mode);
    caller.session_id = claims.session_id.clone();
    if user.is_super_admin {
        caller.roles.push(Role::SuperAdmin);
    }
    join_organisation(ctx, &user, organisation, &mut caller, now).await?;
    if caller.roles.is_empty() && caller.organisation_id.is_none() {
        caller.roles.push(Role::Candidate);
    }
    Ok(caller)
}

/// The user without a role.
fn nobody_yet(user: &User, auth_mode: AuthMode) -> auth::Caller {
    auth::Caller {
        user_id: user.id.to_string(),
        email: Some(Secret::new(user.email.clone())),
        auth_mode,
        organisation_id: None,
        roles: Vec::new(),
        permissions: Permissions::default(),
        document_rights: BTreeSet::new(),
        team_ids: Vec::new(),
        managed_team_ids: Vec::new(),
        session_id: None,
        organisation_writable: true,
        standing: OnceLock::new(),
    }
}

/// A family of refresh tokens is alive while one of them is.
async fn check_session(ctx: &Context, at: &At, user_id: &str, claims: &Claims, now: Timestamp) -> Result<()> {
    let family = claims.session_id.as_deref().ok_or_else(unauthenticated)?;
    let sessions = ctx
        .docs::<LoginSession>(at)
        .list(Listing::newest().within(user_id).eq("family_id", family).page(1, None))
        .await?;
    match sessions.items.first().map(|session| session.state(now)) {
        Some(SessionState::Live) => Ok(()),
        _ => Err(Error::new(Code::Unauthenticated, "This session has ended. Please sign in again.")),
    }
}

/// The active organisation: the one asked for, else the first with an active membership.
async fn join_organisation(
    ctx: &Context,
    user: &User,
    asked: Option<&str>,
    caller: &mut auth::Caller,
    now: Timestamp,
) -> Result<()> {
    let not_a_member = || Error::forbidden("You are not a member of this organisation.");
    let candidates: Vec<OrganisationId> = match asked {
        Some(text) => vec![text.parse().map_err(|_| not_a_member())?],
        None => user.organisation_ids.clone(),
    };
    for id in candidates {
        let at = At::system(Tenant::organisation(&id.to_string()));
        let Some(organisation) = ctx.docs::<Organisation>(&at).find(id).await? else { continue };
        if organisation.status == OrganisationStatus::Closed {
            continue;
        }
        let membership = ctx.docs::<Membership>(&at).find(user.id).await?;
        let roles: Vec<RoleRef> = membership.iter().flat_map(|member| member.current_roles(now)).collect();
        if roles.is_empty() && !caller.is_super_admin() {
            continue;
        }
        caller.organisation_id = Some(id.to_string());
        caller.organisation_writable = organisation.status != OrganisationStatus::Suspended;
        add_roles(ctx, &at, &roles, caller).await?;
        if let Some(member) = membership {
            add_grants(&member, caller);
            caller.team_ids = member.team_ids.iter().map(ToString::to_string).collect();
        }
        if caller.has_role(Role::Manager) {
            let managed =
                Listing::newest().filter(crate::store::Filter::Has("manager_ids", caller.user_id.clone()));
            let teams = ctx.docs::<Team>(&at).all(managed).await?;
            caller.managed_team_ids = teams.iter().map(|team| team.id.to_string()).collect();
        }
        return Ok(());
    }
    match asked {
        Some(_) => Err(not_a_member()),
        None => Ok(()),
    }
}

/// A grant on one document gives the right in its narrowest scope, and on the document itself whoever owns it.
fn add_grants(member: &Membership, caller: &mut auth::Caller) {
    for grant in &member.grants {
        for (resource, action) in grant.rights() {
            let scope = match &grant.resource_id {
                Some(id) => {
                    caller.document_rights.insert((resource, action, id.clone()));
                    Scope::Own
                }
                None => Scope::All,
            };
            caller.permissions.insert(Permission { resource, action, scope });
        }
    }
}

async fn add_roles(ctx: &Context, at: &At, roles: &[RoleRef], caller: &mut auth::Caller) -> Result<()> {
    for role in roles {
        match role {
            // Staff of the platform are made by its operator, never by an organisation.
            RoleRef::BuiltIn(Role::SuperAdmin) => {}
            RoleRef::BuiltIn(role) => caller.roles.push(*role),
            RoleRef::Own(id) => {
                if let Some(own) = ctx.docs::<CustomRole>(at).find(id).await? {
                    let held =
                        own.fields.permissions.iter().filter_map(|text| text.parse::<Permission>().ok());
                    held.for_each(|permission| caller.permissions.insert(permission));
                }
            }
        }
    }
    Ok(())
}

/// The user an outside identity belongs to; made at first sight, without a membership (spec 10 §1).
async fn known_or_new_user(ctx: &Context, claims: &Claims, now: Timestamp) -> Result<String> {
    let identity = Claim::new(&Tenant::platform(), "identity", &[&claims.issuer, &claims.subject]);
    if let Some(target) = ctx.lookup(&identity).await? {
        return Ok(target.id);
    }
    let verified =
        claims.email.as_ref().filter(|_| claims.email_verified).map(|email| email.expose().to_lowercase());
    if let Some(email) = &verified {
        let known = Claim::new(&Tenant::platform(), "user-email", &[email]);
        if let Some(target) = ctx.lookup(&known).await? {
            // The issuer vouches for the address, our registration does not: whoever registered it with a password first
            // may be somebody else. From now on the issuer's sign-in counts alone.
            end_password_sign_in(ctx, &target.id, now).await?;
            ctx.claim(&identity, &target).await?;
            return Ok(target.id);
        }
    }
    let name = |member: &str| claims.others.get(member).and_then(|value| value.as_str()).map(str::to_owned);
    let fields = UserFields {
        first_name: name("given_name").unwrap_or_else(|| "New".into()),
        last_name: name("family_name").unwrap_or_else(|| "User".into()),
        department: None,
    };
    // Without a verified address the account has one nobody can receive mail at.
    let placeholder = format!("{}@{}.invalid", crate::ids::Id::<User>::new(), claims.mode.as_str());
    let email = verified.clone().unwrap_or(placeholder);
    let mut user = User::new(fields, &email, now, None);
    user.auth_identities
        .push(AuthIdentity { mode: claims.mode.as_str().into(), subject: claims.subject.clone() });
    let at = At::system(Tenant::person(&user.id.to_string()));
    let target = Target::of(&at, &user);
    let claims = [identity.clone(), Claim::new(&Tenant::platform(), "user-email", &[&user.email])];
    let id = user.id.to_string();
    let mut work = ctx.work(&at, &id);
    work.create(user)?;
    match ctx.commit_unique(work, &target, &claims).await {
        Ok(()) => Ok(id),
        // Two first requests at once: the other one made the user.
        Err(error) if error.code() == Code::Duplicate => match ctx.lookup(&identity).await? {
            Some(target) => Ok(target.id),
            None => Err(error),
        },
        Err(error) => Err(error),
    }
}

async fn end_password_sign_in(ctx: &Context, user_id: &str, now: Timestamp) -> Result<()> {
    let at = At::system(Tenant::person(user_id));
    let credentials = ctx.docs::<Credential>(&at);
    if credentials.find(user_id).await?.is_some_and(|credential| credential.password_hash.is_some()) {
        credentials
            .update(user_id, user_id, None, |credential, _| {
                credential.password_hash = None;
                credential.reset = None;
                Ok(())
            })
            .await?;
    }
    let sessions = ctx.docs::<LoginSession>(&at);
    for session in sessions.all(Listing::newest().within(user_id)).await? {
        sessions
            .update(user_id, session.id, None, |session, _| {
                session.revoke(now);
                Ok(())
            })
            .await?;
    }
    ctx.sign_in().forget(user_id);
    Ok(())
}
