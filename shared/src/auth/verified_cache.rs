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
