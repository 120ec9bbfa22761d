//! Rate limits (spec 00 §6, 15): fixed windows, per user first, per address as the wider net. Counted in this process;
//! with several instances each counts its own share.

use crate::clock::Timestamp;
use crate::config;
use crate::error::{Code, Error, Result};
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::Mutex;

/// Which limits an endpoint falls under, beside the general ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RateClass {
    Ordinary,
    /// A turn of an interview: 30 a minute per user and interview, 120 a minute per address.
    Chat,
    /// Other AI work: 100 an hour per user.
    Ai,
    /// Files: 50 an hour per user.
    Upload,
    /// Sign-in, registration, password reset: 10 a minute per address.
    SignIn,
    /// Health checks: not counted.
    Exempt,
}

/// A limit: this many in this many seconds, for one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Limit {
    name: &'static str,
    most: u32,
    seconds: i64,
}

const fn limit(name: &'static str, most: u32, seconds: i64) -> Limit {
    Limit { name, most, seconds }
}

/// An address may carry this many times what one signed-in user may: an office or a class sits behind it.
const ADDRESS_NET: u32 = 10;

/// Where a caller stands with the tightest of the limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    pub limit: u32,
    pub remaining: u32,
    /// Seconds until the window starts anew.
    pub reset: u32,
    pub allowed: bool,
}

impl Standing {
    /// 429 with the time to wait when it is used up.
    pub fn check(self) -> Result<()> {
        if self.allowed {
            return Ok(());
        }
        Err(Error::new(Code::RateLimited, "Too many requests. Please wait a moment.")
            .retry_after(self.reset.max(1)))
    }
}

const SHARDS: usize = 16;
/// Above this many windows a shard drops those that are over.
const SWEEP_AT: usize = 4096;

pub struct Counters {
    hasher: RandomState,
    shards: [Mutex<HashMap<u64, Window>>; SHARDS],
}

struct Window {
    ends: i64,
    count: u32,
}

impl Default for Counters {
    fn default() -> Self {
        Self { hasher: RandomState::new(), shards: std::array::from_fn(|_| Mutex::default()) }
    }
}

impl Counters {
    /// Counts a request of an address, and of a user when one is signed in. Gives the tightest standing.
    pub fn count(
        &self,
        class: RateClass,
        address: &str,
        user: Option<&str>,
        settings: &config::Limits,
        now: Timestamp,
    ) -> Option<Standing> {
        if !settings.enabled || class == RateClass::Exempt {
            return None;
        }
        let window = settings.window.whole_seconds();
        let general = limit("general", settings.requests, window);
        let now = now.unix();
        let mut tightest = None;
        let mut add = |limit: Limit, key: &str, part: &str| {
            let standing = self.hit(limit, key, part, now);
            let tighter =
                |seen: &Standing| !standing.allowed || seen.allowed && standing.remaining < seen.remaining;
            if tightest.as_ref().is_none_or(tighter) {
                tightest = Some(standing);
            }
        };
        if let Some(user) = user {
            // Turns are counted for each interview, see `count_turn`.
            if class != RateClass::Chat {
                add(general, user, "user");
                add(limit("user-hour", 1000, 3600), user, "");
            }
            add(limit("net", general.most.saturating_mul(ADDRESS_NET), window), address, "");
            add(limit("net-hour", 5000 * ADDRESS_NET, 3600), address, "");
        } else {
            add(general, address, "address");
            add(limit("address-hour", 5000, 3600), address, "");
        }
        match class {
            RateClass::Chat => add(limit("chat-net", 120, 60), address, ""),
            RateClass::Ai => add(limit("ai", 100, 3600), user.unwrap_or(address), ""),
            RateClass::Upload => add(limit("upload", 50, 3600), user.unwrap_or(address), ""),
            RateClass::SignIn => add(limit("sign-in", 10, 60), address, ""),
            RateClass::Ordinary | RateClass::Exempt => {}
        }
        tightest
    }

    /// Counts a turn of a user's conversation (15): 30 a minute for each user and interview.
    pub fn count_turn(
        &self,
        user: &str,
        interview: &str,
        settings: &config::Limits,
        now: Timestamp,
    ) -> Option<Standing> {
        settings.enabled.then(|| self.hit(limit("chat", 30, 60), user, interview, now.unix()))
    }

    fn hit(&self, limit: Limit, key: &str, part: &str, now: i64) -> Standing {
        let hash = self.hasher.hash_one((limit.name, key, part));
        let shard = &self.shards[(hash as usize) % SHARDS];
        let mut windows = shard.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if windows.len() > SWEEP_AT {
            windows.retain(|_, window| window.ends > now);
        }
        let window = windows.entry(hash).or_insert(Window { ends: now + limit.seconds, count: 0 });
        if window.ends <= now {
            *window = Window { ends: now + limit.seconds, count: 0 };
        }
        window.count = window.count.saturating_add(1);
        Standing {
            limit: limit.most,
            remaining: limit.most.saturating_sub(window.count),
            reset: u32::try_from(window.ends - now).unwrap_or(0),
            allowed: window.count <= limit.most,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::Duration;

    fn settings() -> config::Limits {
        config::Limits { enabled: true, requests: 100, window: Duration::seconds(60), trusted_proxy_hops: 1 }
    }

    #[test]
    fn the_last_allowed_request_passes_and_the_next_waits_for_the_window() {
        let counters = Counters::default();
        let now = Timestamp::from_unix(1_000_000);
        let count = |now| counters.count(RateClass::Ordinary, "203.0.113.9", None, &settings(), now).unwrap();
        for _ in 0..99 {
            assert!(count(now).allowed);
        }
        let last = count(now);
        assert_eq!((last.allowed, last.remaining), (true, 0));
        let refused = count(now);
        assert_eq!((refused.allowed, refused.reset), (false, 60));
        assert!(count(now.plus(Duration::seconds(60))).allowed);
    }

    #[test]
    fn users_behind_one_address_and_interviews_of_one_user_do_not_lock_each_other_out() {
        let counters = Counters::default();
        let now = Timestamp::from_unix(1_000_000);
        let turn =
            |user: &str, interview: &str| counters.count_turn(user, interview, &settings(), now).unwrap();
        for (user, interview) in [("ann", "1"), ("ann", "2"), ("bob", "3"), ("cho", "4")] {
            for _ in 0..30 {
                let net = counters.count(RateClass::Chat, "203.0.113.9", Some(user), &settings(), now);
                assert!(net.unwrap().allowed && turn(user, interview).allowed, "{user}");
            }
        }
        assert!(!turn("ann", "1").allowed);
        let net = counters.count(RateClass::Chat, "203.0.113.9", Some("dan"), &settings(), now);
        assert!(!net.unwrap().allowed, "the address has had its 120");
    }

    #[test]
    fn switched_off_counts_nothing() {
        let off = config::Limits { enabled: false, ..settings() };
        let now = Timestamp::from_unix(0);
        assert!(Counters::default().count(RateClass::SignIn, "a", None, &off, now).is_none());
    }
}
