//! Public keys that verify signatures, and the sets they are published in.

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyOperations, PublicKeyUse};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey};
use serde::Deserialize;

/// A key and the algorithms it may be used with. Holds no private key.
#[derive(Clone)]
pub struct VerifyingKey {
    key_id: Option<String>,
    key: DecodingKey,
    algorithms: Vec<Algorithm>,
}

impl VerifyingKey {
    pub(super) fn new(key_id: Option<String>, key: DecodingKey, algorithms: Vec<Algorithm>) -> Self {
        Self { key_id, key, algorithms }
    }

    /// A published key (RFC 7517), if it can be used: for signatures, of a kind and curve we know, not symmetric and
    /// not with its private part (whoever publishes that has no secret left).
    pub(super) fn from_jwk(jwk: &serde_json::Value) -> Option<Self> {
        const PRIVATE: [&str; 6] = ["d", "p", "q", "dp", "dq", "k"];
        if PRIVATE.iter().any(|member| jwk.get(member).is_some()) {
            return None;
        }
        let jwk = Jwk::deserialize(jwk).ok()?;
        let for_signatures =
            jwk.common.public_key_use.as_ref().is_none_or(|usage| *usage == PublicKeyUse::Signature);
        let verifies = jwk
            .common
            .key_operations
            .as_ref()
            .is_none_or(|operations| operations.contains(&KeyOperations::Verify));
        if !for_signatures || !verifies {
            return None;
        }
        let possible = match &jwk.algorithm {
            AlgorithmParameters::RSA(_) => AlgorithmFamily::Rsa.algorithms(),
            AlgorithmParameters::EllipticCurve(ec) => match ec.curve {
                EllipticCurve::P256 => &[Algorithm::ES256],
                EllipticCurve::P384 => &[Algorithm::ES384],
                _ => return None,
            },
            AlgorithmParameters::OctetKeyPair(pair) if pair.curve == EllipticCurve::Ed25519 => {
                &[Algorithm::EdDSA]
            }
            _ => return None,
        };
        let algorithms = match jwk.common.key_algorithm {
            Some(named) => {
                vec![named.to_string().parse().ok().filter(|algorithm| possible.contains(algorithm))?]
            }
            None => possible.to_vec(),
        };
        let key = DecodingKey::from_jwk(&jwk).ok()?;
        Some(Self { key_id: jwk.common.key_id, key, algorithms })
    }

    /// Whether `signature` (base64url) is this key's over `message`. False for an algorithm the key is not made for.
    pub(super) fn verifies(&self, message: &[u8], signature: &str, algorithm: Algorithm) -> bool {
        self.algorithms.contains(&algorithm)
            && jsonwebtoken::crypto::verify(signature, message, &self.key, algorithm).unwrap_or(false)
    }
}

/// Keys of one issuer.
#[derive(Clone, Default)]
pub(super) struct KeySet(Vec<VerifyingKey>);

impl KeySet {
    pub(super) fn new(keys: Vec<VerifyingKey>) -> Self {
        Self(keys)
    }

    /// The usable keys of a JSON Web Key Set. Keys that share an id are all left out: which one is meant is anybody's
    /// guess. `None`: no such set, or nothing usable in it.
    pub(super) fn from_json(json: &[u8]) -> Option<Self> {
        #[derive(Deserialize)]
        struct Published {
            keys: Vec<serde_json::Value>,
        }
        let published: Published = serde_json::from_slice(json).ok()?;
        let id = |jwk: &serde_json::Value| jwk.get("kid").and_then(|kid| kid.as_str()).map(str::to_owned);
        let ids: Vec<_> = published.keys.iter().map(id).collect();
        let unique =
            |wanted: &Option<String>| wanted.is_none() || ids.iter().filter(|id| *id == wanted).count() == 1;
        let keys: Vec<_> =
            published.keys.iter().filter(|jwk| unique(&id(jwk))).filter_map(VerifyingKey::from_jwk).collect();
        (!keys.is_empty()).then_some(Self(keys))
    }

    /// The key a token names. A token that names none gets the only key that fits its algorithm, if there is one.
    pub(super) fn find(&self, key_id: Option<&str>, algorithm: Algorithm) -> Option<&VerifyingKey> {
        let mut fitting = self.0.iter().filter(|key| key.algorithms.contains(&algorithm));
        match key_id {
            Some(wanted) => fitting.find(|key| key.key_id.as_deref() == Some(wanted)),
            None => fitting.next().filter(|_| fitting.next().is_none()),
        }
    }
}

#[cfg(test)]
#[path = "key_tests.rs"]
mod tests;
