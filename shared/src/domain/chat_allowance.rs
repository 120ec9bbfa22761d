//! Turns of conversations that belong to no stored interview, counted by the hour (15: chat without a stored interview).

use crate::clock::Timestamp;
use crate::docs::{Audit, Document, Meta};
use crate::domain::user::UserId;
use crate::error::{Code, Error, Result};
use serde::{Deserialize, Serialize};

/// Turns an hour and user.
pub const TURNS_AN_HOUR: u32 = 40;
const HOUR: i64 = 3600;

/// In its user's aggregate and tenant; has the user's id.
#[derive(Clone, Serialize, Deserialize)]
pub struct ChatAllowance {
    pub id: UserId,
    pub since: Timestamp,
    pub turns: u32,
    #[serde(flatten)]
    pub meta: Meta,
}

impl Document for ChatAllowance {
    const KIND: &'static str = "chat_allowance";
    const NAME: &'static str = "chat allowance";
    const FIELDS: &'static [&'static str] = &[];
    const ARRAYS: &'static [&'static str] = &[];
    const AUDIT: Audit = Audit::Off;
    const SOFT_DELETE: bool = false;
    fn id(&self) -> String {
        self.id.to_string()
    }
    fn root(&self) -> String {
        self.id.to_string()
    }
    fn meta(&self) -> &Meta {
        &self.meta
    }
    fn meta_mut(&mut self) -> &mut Meta {
        &mut self.meta
    }
    fn ttl(&self, _now: Timestamp) -> Option<u32> {
        Some(2 * HOUR as u32)
    }
}

impl ChatAllowance {
    /// Nothing used yet.
    pub fn new(user: UserId, now: Timestamp) -> Self {
        Self { id: user, since: now, turns: 0, meta: Meta::new(None, now, None) }
    }

    /// Takes one turn; 429 with the time to wait when the hour's are used up.
    pub fn take(&mut self, now: Timestamp) -> Result<()> {
        let age = now.seconds_since(self.since);
        if age >= HOUR {
            (self.since, self.turns) = (now, 0);
        } else if self.turns >= TURNS_AN_HOUR {
            let wait = u32::try_from(HOUR - age).unwrap_or(1).max(1);
            return Err(Error::new(
                Code::RateLimited,
                "That was a lot of practice. Please go on in a while.",
            )
            .retry_after(wait));
        }
        self.turns += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::Duration;

    #[test]
    fn the_forty_first_turn_of_an_hour_waits_for_the_next() {
        let now = Timestamp::from_unix(1_000_000);
        let mut allowance = ChatAllowance::new(UserId::new(), now);
        for _ in 0..TURNS_AN_HOUR {
            allowance.take(now).unwrap();
        }
        let refused = allowance.take(now.plus(Duration::minutes(59))).unwrap_err();
        assert_eq!((refused.code(), refused.retry_after_seconds()), (Code::RateLimited, Some(60)));
        allowance.take(now.plus(Duration::hours(1))).unwrap();
        assert_eq!(allowance.turns, 1);
    }
}
