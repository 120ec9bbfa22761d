//! Whose tokens are believed, and what about them is.

use super::caller::AuthMode;
use super::jwks::{Jwks, NoKey};
use super::key::{KeySet, VerifyingKey};
use super::secret::Secret;
use super::token::SigningKey;
use super::verifier::Refusal;
use jsonwebtoken::{AlgorithmFamily, DecodingKey};
use std::sync::OnceLock;
use time::{Duration, OffsetDateTime};

pub use jsonwebtoken::Algorithm;

/// Clock difference with other issuers that is forgiven.
pub const LEEWAY: Duration = Duration::seconds(60);

/// Somebody whose tokens are believed, and what about them is.
#[derive(Clone)]
pub struct Issuer {
    pub mode: AuthMode,
    /// The exact `iss`.
    pub issuer: String,
    /// Has to be among `aud`; `None` where the issuer sets none (Clerk).
    pub audience: Option<String>,
    /// The only algorithms accepted, whatever the token says.
    pub algorithms: Vec<Algorithm>,
    pub keys: Keys,
    /// When not empty, `azp` has to be one of them, if the token has one.
    pub authorised_parties: Vec<String>,
    pub leeway: Duration,
}

/// What an issuer's signatures are checked with.
#[derive(Clone)]
pub enum Keys {
    /// Published by the issuer.
    Jwks(Jwks),
    /// HS256, shared with the issuer; only where configured explicitly.
    Secret(Secret),
    /// Our own: the current one first, then those still to be honoured.
    Own(Vec<SigningKey>),
}

impl Issuer {
    /// Our own access tokens, which we judge with our own clock.
    pub fn password(issuer: impl Into<String>, audience: impl Into<String>, keys: Vec<SigningKey>) -> Self {
        Self {
            audience: Some(audience.into()),
            algorithms: vec![Algorithm::EdDSA],
            leeway: Duration::ZERO,
            ..Self::published(AuthMode::Password, issuer, Keys::Own(keys))
        }
    }

    /// `issuer`: `https://<project>.supabase.co/auth/v1`.
    pub fn supabase(issuer: impl Into<String>, keys: Jwks) -> Self {
        Self {
            audience: Some("authenticated".into()),
            ..Self::published(AuthMode::Supabase, issuer, Keys::Jwks(keys))
        }
    }

    /// A Supabase project that still signs with its secret.
    pub fn supabase_with_secret(issuer: impl Into<String>, secret: Secret) -> Self {
        Self {
            audience: Some("authenticated".into()),
            algorithms: vec![Algorithm::HS256],
            ..Self::published(AuthMode::Supabase, issuer, Keys::Secret(secret))
        }
    }

    /// `issuer`: the frontend API address of the Clerk instance.
    pub fn clerk(issuer: impl Into<String>, keys: Jwks, authorised_parties: Vec<String>) -> Self {
        Self {
            algorithms: vec![Algorithm::RS256],
            authorised_parties,
            ..Self::published(AuthMode::Clerk, issuer, Keys::Jwks(keys))
        }
    }

    /// Any other OpenID Connect provider.
    pub fn oidc(issuer: impl Into<String>, audience: impl Into<String>, keys: Jwks) -> Self {
        Self { audience: Some(audience.into()), ..Self::published(AuthMode::Oidc, issuer, Keys::Jwks(keys)) }
    }

    fn published(mode: AuthMode, issuer: impl Into<String>, keys: Keys) -> Self {
        Self {
            mode,
            issuer: issuer.into(),
            audience: None,
            algorithms: vec![Algorithm::ES256, Algorithm::RS256, Algorithm::EdDSA],
            keys,
            authorised_parties: Vec::new(),
            leeway: LEEWAY,
        }
    }
}

/// An issuer that is configured so that it must not be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadIssuer {
    #[error("an issuer has no name")]
    Unnamed,
    #[error("two issuers have the same name")]
    Twice,
    #[error("an issuer has no algorithm, or one that does not fit its keys")]
    Algorithm,
    #[error("the shared secret of an issuer has fewer than 32 bytes")]
    ShortSecret,
    #[error("an issuer has no keys")]
    NoKeys,
}

/// An issuer that was found in order.
pub(super) struct Trusted {
    pub(super) issuer: Issuer,
    /// Its keys that are known here, made ready with the first token.
    local: OnceLock<KeySet>,
}

impl Trusted {
    pub(super) fn new(issuer: Issuer) -> Result<Self, BadIssuer> {
        if issuer.issuer.is_empty() {
            return Err(BadIssuer::Unnamed);
        }
        let fits = |algorithm: &Algorithm| match &issuer.keys {
            Keys::Jwks(_) => algorithm.family() != AlgorithmFamily::Hmac,
            Keys::Secret(_) => *algorithm == Algorithm::HS256,
            Keys::Own(_) => *algorithm == Algorithm::EdDSA,
        };
        if issuer.algorithms.is_empty() || !issuer.algorithms.iter().all(fits) {
            return Err(BadIssuer::Algorithm);
        }
        match &issuer.keys {
            // RFC 7518 §3.2: an HS256 key has at least the size of the hash.
            Keys::Secret(secret) if secret.expose().len() < 32 => Err(BadIssuer::ShortSecret),
            Keys::Own(keys) if keys.is_empty() => Err(BadIssuer::NoKeys),
            _ => Ok(Self { issuer, local: OnceLock::new() }),
        }
    }

    fn local(&self) -> &KeySet {
        self.local.get_or_init(|| {
            KeySet::new(match &self.issuer.keys {
                Keys::Jwks(_) => Vec::new(),
                Keys::Secret(secret) => {
                    let key = DecodingKey::from_secret(secret.expose().as_bytes());
                    vec![VerifyingKey::new(None, key, vec![Algorithm::HS256])]
                }
                Keys::Own(keys) => keys
                    .iter()
                    .map(|key| (Some(key.key_id().to_owned()), key.public().clone()))
                    .map(|(id, key)| VerifyingKey::new(id, key, vec![Algorithm::EdDSA]))
                    .collect(),
            })
        })
    }

    pub(super) async fn key(
        &self,
        key_id: Option<&str>,
        algorithm: Algorithm,
        now: OffsetDateTime,
    ) -> Result<VerifyingKey, Refusal> {
        match &self.issuer.keys {
            Keys::Jwks(jwks) => jwks.key(key_id, algorithm, now).await.map_err(|no_key| match no_key {
                NoKey::Unknown => Refusal::UnknownKey,
                NoKey::Unavailable => Refusal::KeysUnavailable,
            }),
            // There is one secret; whatever id the token gives it.
            Keys::Secret(_) => self.local().find(None, algorithm).cloned().ok_or(Refusal::UnknownKey),
            Keys::Own(_) => self.local().find(key_id, algorithm).cloned().ok_or(Refusal::UnknownKey),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Verifier;
    use super::*;

    #[test]
    fn what_must_not_be_trusted_cannot_be_configured() {
        let own = || Issuer::password("https://talenti.example", "talenti", vec![SigningKey::generate()]);
        let jwks = || Jwks::new("https://issuer.example/jwks.json").unwrap();
        let secret = |text: &str| {
            Issuer::supabase_with_secret("https://project.supabase.example/auth/v1", Secret::new(text))
        };
        for (issuers, expected) in [
            (vec![own(), own()], BadIssuer::Twice),
            (vec![secret("short")], BadIssuer::ShortSecret),
            (vec![Issuer::password("", "talenti", vec![SigningKey::generate()])], BadIssuer::Unnamed),
            (vec![Issuer::password("https://talenti.example", "talenti", vec![])], BadIssuer::NoKeys),
            (vec![Issuer { algorithms: vec![], ..own() }], BadIssuer::Algorithm),
            (
                vec![Issuer {
                    algorithms: vec![Algorithm::RS256, Algorithm::HS256],
                    ..Issuer::clerk("https://clerk.example", jwks(), vec![])
                }],
                BadIssuer::Algorithm,
            ),
            (
                vec![Issuer {
                    algorithms: vec![Algorithm::RS256],
                    ..secret("a project secret of more than 32 bytes")
                }],
                BadIssuer::Algorithm,
            ),
        ] {
            assert_eq!(Verifier::new(issuers).err(), Some(expected));
        }
    }
}
