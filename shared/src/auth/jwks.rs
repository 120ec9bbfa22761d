//! Published key sets of other issuers, fetched, kept and renewed.

use super::key::{KeySet, VerifyingKey};
use crate::outbound::Outbound;
use jsonwebtoken::Algorithm;
use reqwest::Url;
use std::sync::{Arc, Mutex, PoisonError};
use time::{Duration, OffsetDateTime};

/// How long a fetched set is taken as it is.
pub const FRESH: Duration = Duration::hours(1);
/// How long a set still serves while the issuer cannot be reached.
pub const STALE: Duration = Duration::hours(24);
/// An unknown key id asks the issuer again at most once in this time: invented ids cost nobody anything.
pub const UNKNOWN_KEY_PAUSE: Duration = Duration::minutes(1);
/// After a failed fetch the next one waits this long.
pub const FAILURE_PAUSE: Duration = Duration::seconds(5);

const BODY_LIMIT: usize = 256 * 1024;
const TIMEOUT: std::time::Duration = std::time::Duration::from_secs(5);

/// The address of a key set that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BadAddress {
    #[error("the address of the key set is no URL")]
    NotAUrl,
    #[error("a key set has to come over https (http only from this machine)")]
    NotHttps,
}

/// No key to check the signature with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoKey {
    /// The issuer has no such key.
    Unknown,
    /// The issuer's keys could not be fetched, and none are kept.
    Unavailable,
}

/// The key set of one issuer. Clones share it.
#[derive(Clone)]
pub struct Jwks {
    inner: Arc<Inner>,
}

struct Inner {
    url: Url,
    http: Outbound,
    cached: Mutex<Cached>,
    /// Held while fetching: one request at a time, whoever wanted it.
    fetching: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Clone, Default)]
struct Cached {
    keys: Arc<KeySet>,
    fetched_at: Option<OffsetDateTime>,
    failed_at: Option<OffsetDateTime>,
    asked_for_unknown_at: Option<OffsetDateTime>,
    /// Counts fetches that ended, well or badly.
    fetches: u64,
}

/// What a fetch is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Why {
    Age,
    UnknownKey,
}

impl Cached {
    fn age(&self, now: OffsetDateTime) -> Option<Duration> {
        self.fetched_at.map(|at| now - at)
    }

    fn usable(&self, now: OffsetDateTime) -> bool {
        self.age(now).is_some_and(|age| age < STALE)
    }

    fn may_ask(&self, now: OffsetDateTime, why: Why) -> bool {
        let over = |since: Option<OffsetDateTime>, pause| since.is_none_or(|since| now - since >= pause);
        over(self.failed_at, FAILURE_PAUSE)
            && (why == Why::Age || over(self.asked_for_unknown_at, UNKNOWN_KEY_PAUSE))
    }
}

impl Jwks {
    /// `url` as in `https://issuer/.well-known/jwks.json`. Nothing is fetched before the first token.
    pub fn new(url: &str) -> Result<Self, BadAddress> {
        let url = Url::parse(url).map_err(|_| BadAddress::NotAUrl)?;
        let secure = url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url));
        if !secure {
            return Err(BadAddress::NotHttps);
        }
        let inner =
            Inner { url, http: Outbound::new(TIMEOUT), cached: Mutex::default(), fetching: Arc::default() };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The key a token names, from memory if possible.
    ///
    /// A set older than [`FRESH`] still answers while it is renewed in the background; one older than [`STALE`] does not.
    pub(super) async fn key(
        &self,
        key_id: Option<&str>,
        algorithm: Algorithm,
        now: OffsetDateTime,
    ) -> Result<VerifyingKey, NoKey> {
        let mut cached = self.cached();
        if !cached.usable(now) {
            cached = self.renew(cached.fetches, now, Why::Age).await;
            if !cached.usable(now) {
                return Err(NoKey::Unavailable);
            }
        } else if cached.age(now) >= Some(FRESH) && cached.may_ask(now, Why::Age) {
            self.renew_in_background(now);
        }
        if let Some(key) = cached.keys.find(key_id, algorithm) {
            return Ok(key.clone());
        }
        if key_id.is_none() || !cached.may_ask(now, Why::UnknownKey) {
            return Err(NoKey::Unknown);
        }
        cached = self.renew(cached.fetches, now, Why::UnknownKey).await;
        cached.keys.find(key_id, algorithm).cloned().ok_or(NoKey::Unknown)
    }

    fn renew_in_background(&self, now: OffsetDateTime) {
        // Whoever fetches now does it for all.
        let Ok(turn) = Arc::clone(&self.inner.fetching).try_lock_owned() else { return };
        let jwks = self.clone();
        tokio::spawn(async move {
            let _turn = turn;
            let cached = jwks.cached();
            if cached.age(now) >= Some(FRESH) && cached.may_ask(now, Why::Age) {
                jwks.fetch(now, Why::Age).await;
            }
        });
    }

    /// Fetches, unless somebody else did since `seen` fetches were counted; then theirs will do.
    async fn renew(&self, seen: u64, now: OffsetDateTime, why: Why) -> Cached {
        let turn = Arc::clone(&self.inner.fetching).lock_owned().await;
        let cached = self.cached();
        if cached.fetches != seen || !cached.may_ask(now, why) {
            return cached;
        }
        let jwks = self.clone();
        let fetch = async move {
            let _turn = turn;
            jwks.fetch(now, why).await
        };
        // To its end, also when the caller goes away: else coming and going would get round the pauses.
        tokio::spawn(fetch).await.unwrap_or(cached)
    }

    /// Only with `fetching` held.
    async fn fetch(&self, now: OffsetDateTime, why: Why) -> Cached {
        let fetched = self.download().await;
        if let Err(reason) = &fetched {
            tracing::warn!(
                host = self.inner.url.host_str(),
                reason,
                "keys of an issuer could not be fetched"
            );
        }
        self.update(|cached| {
            cached.fetches += 1;
            if why == Why::UnknownKey {
                cached.asked_for_unknown_at = Some(now);
            }
            match fetched {
                Ok(keys) => {
                    cached.keys = Arc::new(keys);
                    cached.fetched_at = Some(now);
                    cached.failed_at = None;
                }
                Err(_) => cached.failed_at = Some(now),
            }
        })
    }

    async fn download(&self) -> Result<KeySet, &'static str> {
        let http = self.inner.http.client().map_err(|_| "no HTTPS client")?;
        let request = http.get(self.inner.url.clone()).timeout(TIMEOUT).header("accept", "application/json");
        let mut response = request.send().await.map_err(|_| "not reachable")?;
        if response.status() != reqwest::StatusCode::OK {
            return Err("not answered with 200");
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|_| "broken off")? {
            if body.len() + chunk.len() > BODY_LIMIT {
                return Err("too large");
            }
            body.extend_from_slice(&chunk);
        }
        KeySet::from_json(&body).ok_or("no usable key in it")
    }

    fn cached(&self) -> Cached {
        self.update(|_| ())
    }

    fn update(&self, change: impl FnOnce(&mut Cached)) -> Cached {
        // Nothing panics while the lock is held, so what a poisoned one guards is whole.
        let mut cached = self.inner.cached.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut cached);
        cached.clone()
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
#[path = "jwks_tests.rs"]
mod tests;
