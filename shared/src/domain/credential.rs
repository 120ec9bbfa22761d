//! How a user proves who they are with a password (spec 10 §2, §6). Never listed, never shown, never in an export.

use crate::clock::Timestamp;
use crate::docs::Meta;
use crate::document;
use crate::domain::user::UserId;
use serde::{Deserialize, Serialize};
use time::Duration;

/// Failures within [`FAILURE_WINDOW`] that lock the account.
pub const MAX_FAILURES: usize = 5;
pub const FAILURE_WINDOW: Duration = Duration::minutes(15);
pub const LOCKED_FOR: Duration = Duration::minutes(15);
/// How long a link to set a new password works.
pub const RESET_VALID: Duration = Duration::minutes(60);

/// Shares its user's id and aggregate.
#[derive(Clone, Serialize, Deserialize)]
pub struct Credential {
    pub id: UserId,
    /// Argon2id in PHC form; `None` until a password is set.
    pub password_hash: Option<String>,
    pub password_changed_at: Option<Timestamp>,
    /// Failed sign-ins within the window, oldest first; at most [`MAX_FAILURES`].
    #[serde(default)]
    pub failures: Vec<Timestamp>,
    pub locked_until: Option<Timestamp>,
    /// SHA-256 (hex) of the one reset token that works, and until when. The token names its user.
    pub reset: Option<ResetToken>,
    #[serde(flatten)]
    pub meta: Meta,
}

document! { Credential, "credential", "credential", root: id, fields: [], arrays: [], audit: off }

#[derive(Clone, Serialize, Deserialize)]
pub struct ResetToken {
    pub token_hash: String,
    pub expires_at: Timestamp,
}

impl Credential {
    pub fn new(user: UserId, password_hash: Option<String>, now: Timestamp) -> Self {
        let password_changed_at = password_hash.as_ref().map(|_| now);
        Self {
            id: user,
            password_hash,
            password_changed_at,
            failures: Vec::new(),
            locked_until: None,
            reset: None,
            meta: Meta::new(None, now, Some(user.to_string())),
        }
    }

    /// Seconds the account stays locked; `None` when it is not. Asked before the password is looked at, so that the
    /// right one does not open a locked account.
    pub fn locked_for(&self, now: Timestamp) -> Option<i64> {
        self.locked_until.map(|until| until.seconds_since(now)).filter(|seconds| *seconds > 0)
    }

    /// Counts a wrong password. `true` when this one locks the account: then an alert is raised.
    pub fn failed(&mut self, now: Timestamp) -> bool {
        self.failures.retain(|at| now.seconds_since(*at) < FAILURE_WINDOW.whole_seconds());
        self.failures.push(now);
        if self.failures.len() < MAX_FAILURES {
            return false;
        }
        self.failures.clear();
        self.locked_until = Some(now.plus(LOCKED_FOR));
        true
    }

    /// The right password was given.
    pub fn succeeded(&mut self) {
        self.failures.clear();
        self.locked_until = None;
    }

    /// Replaces an earlier reset token: only the newest link works.
    pub fn begin_reset(&mut self, token_hash: String, now: Timestamp) {
        self.reset = Some(ResetToken { token_hash, expires_at: now.plus(RESET_VALID) });
    }

    /// Takes the token, once. `false` when it is another one, was used, or is too old.
    pub fn take_reset(&mut self, token_hash: &str, now: Timestamp) -> bool {
        match &self.reset {
            Some(reset) if reset.token_hash == token_hash => {
                let works = now < reset.expires_at;
                self.reset = None;
                works
            }
            _ => false,
        }
    }

    /// Sets a password; opens a locked account and ends a pending reset.
    pub fn set_password(&mut self, password_hash: String, now: Timestamp) {
        self.password_hash = Some(password_hash);
        self.password_changed_at = Some(now);
        self.reset = None;
        self.succeeded();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_unix(minute * 60)
    }
    fn fresh() -> Credential {
        Credential::new(UserId::new(), Some("$argon2id$".into()), at(0))
    }

    #[test]
    fn the_fifth_failure_within_a_quarter_of_an_hour_locks() {
        let mut credential = fresh();
        assert_eq!(
            [0, 1, 2, 3, 4].map(|minute| credential.failed(at(minute))),
            [false, false, false, false, true]
        );
        assert_eq!(credential.locked_for(at(4)), Some(900));
        assert_eq!(credential.locked_for(at(18)), Some(60));
        assert_eq!(credential.locked_for(at(19)), None);
    }

    #[test]
    fn failures_far_apart_do_not_lock() {
        let mut credential = fresh();
        assert!((0..50).all(|n| !credential.failed(at(n * 4))));
        credential.succeeded();
        assert!(credential.failures.is_empty());
    }

    #[test]
    fn a_reset_works_once_within_its_hour() {
        let mut credential = fresh();
        credential.begin_reset("a".into(), at(0));
        assert!(!credential.take_reset("b", at(1)));
        assert!(credential.take_reset("a", at(59)));
        assert!(!credential.take_reset("a", at(59)));
        credential.begin_reset("c".into(), at(0));
        assert!(!credential.take_reset("c", at(60)));
    }
}
