//! A refresh token's life (spec 10 §2, §7). One document a token; the tokens of one sign-in are a family.

use crate::clock::Timestamp;
use crate::docs::Meta;
use crate::domain::user::UserId;
use crate::ids::Id;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use time::Duration;

pub type LoginSessionId = Id<LoginSession>;
/// All tokens that came out of one sign-in.
pub type FamilyId = Id<Family>;
/// Names the type of a [`FamilyId`]; there is no document.
pub enum Family {}

/// How long a refresh token works.
pub const REFRESH_VALID: Duration = Duration::days(30);

/// In its user's aggregate; gone when it has expired. Never listed raw: see [`LoginSession::view`].
#[derive(Clone, Serialize, Deserialize)]
pub struct LoginSession {
    pub id: LoginSessionId,
    pub user_id: UserId,
    /// SHA-256 of the refresh token, hex.
    pub refresh_token_hash: String,
    pub family_id: FamilyId,
    /// When the family's first token was made: the sign-in itself.
    pub signed_in_at: Timestamp,
    pub expires_at: Timestamp,
    pub rotated_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
    pub ip: Option<String>,
    pub user_agent: Option<String>,
    #[serde(flatten)]
    pub meta: Meta,
}

impl crate::docs::Document for LoginSession {
    const KIND: &'static str = "login_session";
    const NAME: &'static str = "session";
    const FIELDS: &'static [&'static str] = &["family_id", "rotated_at", "revoked_at"];
    const ARRAYS: &'static [&'static str] = &[];
    const AUDIT: crate::docs::Audit = crate::docs::Audit::Off;
    const SOFT_DELETE: bool = false;
    fn id(&self) -> String {
        self.id.to_string()
    }
    fn root(&self) -> String {
        self.user_id.to_string()
    }
    fn meta(&self) -> &Meta {
        &self.meta
    }
    fn meta_mut(&mut self) -> &mut Meta {
        &mut self.meta
    }
    /// Its life ends at `expires_at`.
    fn ttl(&self, now: Timestamp) -> Option<u32> {
        Some(crate::domain::ttl::until(self.expires_at, now))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionState {
    Live,
    /// Used: using it again is theft, and ends the family.
    Rotated,
    Revoked,
    Expired,
}

/// What the owner sees of a session.
#[derive(Serialize, JsonSchema)]
pub struct LoginSessionView {
    pub id: LoginSessionId,
    pub signed_in_at: Timestamp,
    pub last_used_at: Timestamp,
    pub expires_at: Timestamp,
    pub ip: Option<String>,
    pub user_agent: Option<String>,
    /// The one the request came with.
    pub current: bool,
}

impl LoginSession {
    /// The first token of a new family.
    pub fn new(
        user_id: UserId,
        refresh_token_hash: String,
        now: Timestamp,
        ip: Option<String>,
        user_agent: Option<String>,
    ) -> Self {
        Self {
            id: LoginSessionId::new(),
            user_id,
            refresh_token_hash,
            family_id: FamilyId::new(),
            signed_in_at: now,
            expires_at: now.plus(REFRESH_VALID),
            rotated_at: None,
            revoked_at: None,
            ip,
            user_agent: user_agent.map(|agent| agent.chars().take(500).collect()),
            meta: Meta::new(None, now, Some(user_id.to_string())),
        }
    }

    pub fn state(&self, now: Timestamp) -> SessionState {
        if self.revoked_at.is_some() {
            SessionState::Revoked
        } else if self.rotated_at.is_some() {
            // Outranks expired: a token used twice tells of theft however late.
            SessionState::Rotated
        } else if now >= self.expires_at {
            SessionState::Expired
        } else {
            SessionState::Live
        }
    }

    /// Uses the token up and gives its successor; `None` unless it is live. On [`SessionState::Rotated`] the caller
    /// revokes the whole family.
    pub fn rotate(&mut self, refresh_token_hash: String, now: Timestamp) -> Option<Self> {
        if self.state(now) != SessionState::Live {
            return None;
        }
        self.rotated_at = Some(now);
        Some(Self {
            id: LoginSessionId::new(),
            refresh_token_hash,
            expires_at: now.plus(REFRESH_VALID),
            rotated_at: None,
            meta: Meta::new(None, now, Some(self.user_id.to_string())),
            ..self.clone()
        })
    }

    /// Again is harmless: the first time stands.
    pub fn revoke(&mut self, now: Timestamp) {
        self.revoked_at.get_or_insert(now);
    }

    pub fn view(&self, current: Option<LoginSessionId>) -> LoginSessionView {
        LoginSessionView {
            id: self.id,
            signed_in_at: self.signed_in_at,
            last_used_at: self.meta.created_at,
            expires_at: self.expires_at,
            ip: self.ip.clone(),
            user_agent: self.user_agent.clone(),
            current: current == Some(self.id),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::docs::Document as _;
    use proptest::prelude::*;

    fn fresh() -> LoginSession {
        LoginSession::new(UserId::new(), "h0".into(), Timestamp::from_unix(0), None, None)
    }

    #[test]
    fn a_token_rotates_once() {
        let mut first = fresh();
        let now = Timestamp::from_unix(60);
        let second = first.rotate("h1".into(), now).unwrap();
        assert_eq!(first.state(now), SessionState::Rotated);
        assert!(first.rotate("h2".into(), now).is_none());
        assert_eq!(second.state(now), SessionState::Live);
        assert!(second.family_id == first.family_id && second.id != first.id);
        assert_eq!(second.signed_in_at, first.signed_in_at);
    }

    #[test]
    fn it_leaves_the_store_when_it_expires() {
        let session = fresh();
        assert_eq!(session.ttl(Timestamp::from_unix(0)), Some(30 * 86_400));
        assert_eq!(session.ttl(session.expires_at.plus(Duration::days(1))), Some(1));
    }

    #[test]
    fn the_view_shows_no_hash() {
        let shown = serde_json::to_string(&fresh().view(None)).unwrap();
        assert!(!shown.contains("h0") && !shown.contains("hash") && !shown.contains("family"));
    }

    proptest! {
        /// live -> rotated, revoked or expired; nothing ever becomes live again.
        #[test]
        fn what_is_no_longer_live_stays_so(verbs in prop::collection::vec((0..2u8, 0..20i64), 1..12)) {
            let mut session = fresh();
            let (mut now, mut dead) = (Timestamp::from_unix(0), false);
            for (verb, days) in verbs {
                now = now.plus(Duration::days(days));
                dead |= session.state(now) != SessionState::Live;
                match verb {
                    0 => prop_assert_eq!(session.rotate("h".into(), now).is_none(), dead),
                    _ => session.revoke(now),
                }
                dead = true;
                prop_assert_ne!(session.state(now), SessionState::Live);
            }
        }
    }
}
