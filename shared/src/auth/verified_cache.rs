//! Tokens whose signature was checked before.

use super::jwks::FRESH;
use super::verifier::Claims;
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use time::OffsetDateTime;

/// SHA-256 of a whole token, signature included: equal only for the very same token.
pub(super) type TokenDigest = [u8; 32];

/// Two generations of at most 2048 tokens: what is used moves to the younger one, the older one is dropped whole when
/// the younger is full. Bounded, and no scan ever.
#[derive(Default)]
pub(super) struct VerifiedCache {
    generations: Mutex<Generations>,
}

const GENERATION: usize = 2048;

#[derive(Default)]
struct Generations {
    young: HashMap<TokenDigest, Entry>,
    old: HashMap<TokenDigest, Entry>,
}

#[derive(Clone)]
struct Entry {
    claims: Arc<Claims>,
    verified_at: OffsetDateTime,
}

impl VerifiedCache {
    pub(super) fn digest(token: &str) -> TokenDigest {
        Sha256::digest(token.as_bytes()).into()
    }

    /// Claims verified less than [`FRESH`] ago. Their times are for the caller to check.
    pub(super) fn get(&self, digest: &TokenDigest, now: OffsetDateTime) -> Option<Arc<Claims>> {
        let mut generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        let current = |entry: &Entry| now - entry.verified_at < FRESH;
        if let Some(entry) = generations.young.get(digest).filter(|entry| current(entry)) {
            return Some(Arc::clone(&entry.claims));
        }
        let entry = generations.old.remove(digest).filter(current)?;
        let claims = Arc::clone(&entry.claims);
        generations.put(*digest, entry);
        Some(claims)
    }

    pub(super) fn insert(&self, digest: TokenDigest, claims: Arc<Claims>, now: OffsetDateTime) {
        let mut generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        generations.put(digest, Entry { claims, verified_at: now });
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        let generations = self.generations.lock().unwrap();
        generations.young.len() + generations.old.len()
    }
}

impl Generations {
    fn put(&mut self, digest: TokenDigest, entry: Entry) {
        if self.young.len() >= GENERATION && !self.young.contains_key(&digest) {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(digest, entry);
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_issuer::NOW;
    use super::super::{Issuer, SigningKey, Verifier};
    use super::*;
    use time::Duration;

    #[tokio::test]
    async fn the_memory_of_tokens_is_bounded() {
        let (own, seen) = (SigningKey::generate(), VerifiedCache::default());
        let issuer = "https://talenti.example";
        let first = own.access_token(issuer, "talenti", "u1", "f1", NOW, Duration::minutes(15));
        let verifier = Verifier::new(vec![Issuer::password(issuer, "talenti", vec![own])]).ok().unwrap();
        let claims = verifier.verify(first.expose(), NOW).await.ok().unwrap();
        let digest = |n: usize| VerifiedCache::digest(&format!("token {n}"));
        let favourite = VerifiedCache::digest(first.expose());
        seen.insert(favourite, Arc::clone(&claims), NOW);
        let mut most = 0;
        for n in 1..6500 {
            seen.insert(digest(n), Arc::clone(&claims), NOW);
            if n < 5500 && n % 500 == 0 {
                assert!(seen.get(&favourite, NOW).is_some());
            }
            most = most.max(seen.len());
        }
        assert!(most > 2048 && most <= 4096, "{most} were kept");
        for _ in 0..2 {
            assert!(seen.get(&favourite, NOW).is_some(), "what is used stays");
        }
        assert!(seen.get(&digest(1), NOW).is_none());
        assert!(seen.get(&digest(6499), NOW).is_some());
    }
}
