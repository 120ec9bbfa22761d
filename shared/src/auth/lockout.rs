//! Failed sign-ins and the lock they lead to.

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

/// Failures within [`WINDOW`] that lock an account.
pub const MAX_FAILURES: usize = 5;
pub const WINDOW: Duration = Duration::minutes(15);
/// How long a lock lasts. Attempts meanwhile do not prolong it.
pub const LOCK: Duration = Duration::minutes(15);

/// Part of a user: five failures within fifteen minutes lock the account for fifteen minutes (area 10 §6).
/// A locked account refuses the right password too (423).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lockout {
    /// Times of the failures that still count, oldest first; fewer than [`MAX_FAILURES`].
    #[serde(default, with = "rfc3339_list")]
    pub failures: Vec<OffsetDateTime>,
    #[serde(default, with = "time::serde::rfc3339::option")]
    pub locked_until: Option<OffsetDateTime>,
}

impl Lockout {
    /// A lock ends exactly at `locked_until`.
    pub fn is_locked(&self, now: OffsetDateTime) -> bool {
        self.locked_until.is_some_and(|until| now < until)
    }

    /// Counts a failure. True when this very one locked the account: the moment to raise a security alert.
    pub fn fail(&mut self, now: OffsetDateTime) -> bool {
        if self.is_locked(now) {
            return false;
        }
        self.locked_until = None;
        self.failures.retain(|failure| now - *failure < WINDOW);
        self.failures.push(now);
        if self.failures.len() < MAX_FAILURES {
            return false;
        }
        self.failures.clear();
        self.locked_until = Some(now + LOCK);
        true
    }

    /// The right password, given while not locked, forgets the failures. True when there was something to forget,
    /// so that an ordinary sign-in need not write.
    pub fn succeed(&mut self) -> bool {
        std::mem::take(self) != Self::default()
    }
}

mod rfc3339_list {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use time::OffsetDateTime;

    #[derive(Serialize, Deserialize)]
    #[serde(transparent)]
    struct Rfc3339(#[serde(with = "time::serde::rfc3339")] OffsetDateTime);

    pub(super) fn serialize<S: Serializer>(
        times: &[OffsetDateTime],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(times.iter().map(|time| Rfc3339(*time)))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<OffsetDateTime>, D::Error> {
        Ok(Vec::<Rfc3339>::deserialize(deserializer)?.into_iter().map(|time| time.0).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    const START: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);
    const TICK: Duration = Duration::nanoseconds(1);

    fn minutes(minutes: i64) -> OffsetDateTime {
        START + Duration::minutes(minutes)
    }

    #[test]
    fn the_fifth_failure_locks_for_fifteen_minutes_to_the_tick() {
        let mut lockout = Lockout::default();
        for minute in 0..4 {
            assert!(!lockout.fail(minutes(minute)));
            assert!(!lockout.is_locked(minutes(minute)));
        }
        assert!(lockout.fail(minutes(4)));
        assert!(lockout.is_locked(minutes(4)));
        assert!(lockout.is_locked(minutes(19) - TICK));
        assert!(!lockout.is_locked(minutes(19)));
    }

    #[test]
    fn a_failure_counts_for_less_than_fifteen_minutes() {
        let four = |at: OffsetDateTime| {
            let mut lockout = Lockout::default();
            lockout.fail(START);
            (0..3).for_each(|_| {
                lockout.fail(minutes(10));
            });
            lockout.fail(at)
        };
        assert!(four(minutes(15) - TICK), "the first still counts");
        assert!(!four(minutes(15)), "the first is forgotten");
    }

    #[test]
    fn attempts_during_the_lock_neither_count_nor_prolong_it() {
        let mut lockout = Lockout::default();
        (0..5).for_each(|_| {
            lockout.fail(START);
        });
        let locked = lockout.clone();
        (1..15).for_each(|minute| assert!(!lockout.fail(minutes(minute))));
        assert_eq!(lockout, locked);
        (0..4).for_each(|_| assert!(!lockout.fail(minutes(15)), "counting starts anew"));
        assert!(lockout.fail(minutes(15)));
        assert!(lockout.is_locked(minutes(30) - TICK) && !lockout.is_locked(minutes(30)));
    }

    #[test]
    fn success_forgets_and_says_whether_there_was_anything() {
        let mut lockout = Lockout::default();
        assert!(!lockout.succeed());
        (0..4).for_each(|_| {
            lockout.fail(START);
        });
        assert!(lockout.succeed());
        (0..4).for_each(|_| assert!(!lockout.fail(START)));
    }

    #[test]
    fn it_survives_storage() {
        let mut lockout = Lockout::default();
        (0..7).for_each(|_| {
            lockout.fail(START);
        });
        (0..2).for_each(|_| {
            lockout.fail(minutes(20));
        });
        let json = serde_json::to_string(&lockout).unwrap();
        assert_eq!(serde_json::from_str::<Lockout>(&json).unwrap(), lockout);
        assert_eq!(serde_json::from_str::<Lockout>("{}").unwrap(), Lockout::default());
    }

    proptest::proptest! {
        /// Never locked without five failures in less than fifteen minutes, whatever the rhythm.
        #[test]
        fn a_lock_needs_five_failures_in_a_window(gaps in proptest::collection::vec(0i64..600, 1..60)) {
            let (mut lockout, mut now, mut counted) = (Lockout::default(), START, Vec::new());
            for gap in gaps {
                now += Duration::seconds(gap);
                if lockout.is_locked(now) {
                    continue;
                }
                counted.push(now);
                if lockout.fail(now) {
                    let fifth = counted[counted.len() - MAX_FAILURES];
                    proptest::prop_assert!(now - fifth < WINDOW);
                    counted.clear();
                }
                proptest::prop_assert!(lockout.failures.len() < MAX_FAILURES);
            }
        }
    }
}
