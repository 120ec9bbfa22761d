//! A sign-in with e-mail and password, and the refresh tokens that prolong it.

use super::secret::Secret;
use super::token::{opaque_token, token_hash};
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

/// Life of a refresh token; each rotation starts it anew.
pub const REFRESH_TOKEN_LIFE: Duration = Duration::days(30);

/// One refresh token (area 10 §2). Those descending from one sign-in share a family; the access token's `sid` is the
/// family id. Holds personal data: no `Debug`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginSession {
    pub user_id: String,
    pub family_id: String,
    /// See [`token_hash`].
    pub refresh_token_hash: String,
    /// When the password was given; the same in the whole family.
    #[serde(with = "time::serde::rfc3339")]
    pub signed_in_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    pub expires_at: OffsetDateTime,
    #[serde(default, with = "time::serde::rfc3339::option")]
    pub rotated_at: Option<OffsetDateTime>,
    #[serde(default, with = "time::serde::rfc3339::option")]
    pub revoked_at: Option<OffsetDateTime>,
    pub ip: Option<String>,
    pub user_agent: Option<String>,
}

/// Where a refresh token stands. Revoked outranks rotated, rotated outranks expired: a token that was used twice tells of
/// theft however late the second use comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionState {
    Live,
    Rotated,
    Revoked,
    Expired,
}

/// Why a refresh token gives no new pair (401).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotRotated {
    /// Somebody has a copy: revoke every session of the family, and raise an alert.
    #[error("the refresh token was used before; its family has to be revoked")]
    Reused,
    #[error("the session was revoked")]
    Revoked,
    #[error("the session has expired")]
    Expired,
}

impl LoginSession {
    /// A new sign-in: the session to store and the refresh token to hand out.
    pub fn start(
        user_id: impl Into<String>,
        family_id: impl Into<String>,
        ip: Option<String>,
        user_agent: Option<String>,
        now: OffsetDateTime,
    ) -> (Self, Secret) {
        let token = opaque_token();
        let session = Self {
            user_id: user_id.into(),
            family_id: family_id.into(),
            refresh_token_hash: token_hash(&token),
            signed_in_at: now,
            created_at: now,
            expires_at: now + REFRESH_TOKEN_LIFE,
            rotated_at: None,
            revoked_at: None,
            ip,
            user_agent,
        };
        (session, token)
    }

    pub fn state(&self, now: OffsetDateTime) -> SessionState {
        if self.revoked_at.is_some() {
            SessionState::Revoked
        } else if self.rotated_at.is_some() {
            SessionState::Rotated
        } else if now >= self.expires_at {
            SessionState::Expired
        } else {
            SessionState::Live
        }
    }

    /// live → rotated: the successor to store, beside this session, and its token. Store both in one commit with this
    /// session's ETag as precondition: of two at once one must lose, and is then a reuse.
    pub fn rotate(
        &mut self,
        ip: Option<String>,
        user_agent: Option<String>,
        now: OffsetDateTime,
    ) -> Result<(Self, Secret), NotRotated> {
        match self.state(now) {
            SessionState::Rotated => Err(NotRotated::Reused),
            SessionState::Revoked => Err(NotRotated::Revoked),
            SessionState::Expired => Err(NotRotated::Expired),
            SessionState::Live => {
                self.rotated_at = Some(now);
                let (mut next, token) =
                    Self::start(self.user_id.clone(), self.family_id.clone(), ip, user_agent, now);
                next.signed_in_at = self.signed_in_at;
                Ok((next, token))
            }
        }
    }

    /// Signing out, ending the family, a new password. True when it changed anything; the first revocation's time stays.
    pub fn revoke(&mut self, now: OffsetDateTime) -> bool {
        let changes = self.revoked_at.is_none();
        self.revoked_at.get_or_insert(now);
        changes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use time::macros::datetime;

    const NOW: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);

    fn start() -> (LoginSession, Secret) {
        LoginSession::start("u1", "f1", Some("192.0.2.7".into()), None, NOW)
    }

    #[test]
    fn rotation_gives_a_live_successor_in_the_same_family() {
        let (mut first, token) = start();
        let later = NOW + Duration::days(3);
        let (second, next_token) = first.rotate(None, None, later).ok().unwrap();
        assert_eq!(first.state(later), SessionState::Rotated);
        assert_eq!(second.state(later), SessionState::Live);
        assert_eq!((second.user_id.as_str(), second.family_id.as_str()), ("u1", "f1"));
        assert_eq!((second.signed_in_at, second.created_at), (NOW, later));
        assert_eq!(second.expires_at, later + REFRESH_TOKEN_LIFE);
        assert_eq!(second.refresh_token_hash, token_hash(&next_token));
        assert_ne!(token.expose(), next_token.expose());
    }

    #[test]
    fn a_second_use_is_a_reuse_even_after_the_expiry() {
        let (mut first, _) = start();
        assert!(first.rotate(None, None, NOW).is_ok());
        for late in [NOW, NOW + REFRESH_TOKEN_LIFE + Duration::DAY] {
            assert_eq!(first.rotate(None, None, late).err(), Some(NotRotated::Reused));
        }
    }

    #[test]
    fn revoked_and_expired_sessions_give_nothing() {
        let (mut session, _) = start();
        let end = NOW + REFRESH_TOKEN_LIFE;
        assert_eq!(session.state(end - Duration::NANOSECOND), SessionState::Live);
        assert_eq!(session.clone().rotate(None, None, end).err(), Some(NotRotated::Expired));
        assert!(session.revoke(NOW) && !session.revoke(end));
        assert_eq!(session.revoked_at, Some(NOW));
        assert_eq!(session.rotate(None, None, NOW).err(), Some(NotRotated::Revoked));
    }

    #[test]
    fn it_is_stored_without_the_token() {
        let (session, token) = start();
        let json = serde_json::to_string(&session).unwrap();
        assert!(!json.contains(token.expose()));
        assert!(serde_json::from_str::<LoginSession>(&json).unwrap() == session);
    }

    proptest! {
        /// However a thief and the owner interleave, at most one token of a family is live, and a reuse ends them all.
        #[test]
        fn at_most_one_token_of_a_family_is_live(uses in prop::collection::vec((0usize..8, 0i64..40), 1..40)) {
            let mut family = vec![start().0];
            let mut now = NOW;
            let mut ended = false;
            for (which, days) in uses {
                now += Duration::days(days);
                let index = which % family.len();
                match family[index].rotate(None, None, now) {
                    Ok((next, _)) => {
                        prop_assert!(!ended);
                        family.push(next);
                    }
                    Err(NotRotated::Reused) => {
                        ended = true;
                        family.iter_mut().for_each(|session| { session.revoke(now); });
                    }
                    Err(NotRotated::Revoked) => prop_assert!(ended),
                    Err(NotRotated::Expired) => prop_assert!(index == family.len() - 1),
                }
                let live = family.iter().filter(|session| session.state(now) == SessionState::Live).count();
                prop_assert!(live <= usize::from(!ended));
            }
        }
    }
}
