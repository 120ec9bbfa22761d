//! Tokens we hand out: signed access tokens and opaque ones.

use super::secret::Secret;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, ThumbprintHash};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header};
use rand::Rng as _;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::sync::{Arc, OnceLock};
use subtle::ConstantTimeEq as _;
use time::{Duration, OffsetDateTime};

/// Life of an access token.
pub const ACCESS_TOKEN_LIFE: Duration = Duration::minutes(15);

/// PKCS#8 v1 around an Ed25519 seed (RFC 8410 §7): everything before the 32 bytes.
const PKCS8_ED25519: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

/// What an access token says. No personal data: it travels through logs and browsers of others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessClaims {
    pub iss: String,
    pub aud: String,
    /// User id.
    pub sub: String,
    /// Sign-in: the family id of the login session.
    pub sid: String,
    /// Seconds since 1970, like `exp`.
    pub iat: i64,
    pub exp: i64,
}

/// The text is no Ed25519 private key in PKCS#8 PEM.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected an Ed25519 private key as PKCS#8 PEM (openssl genpkey -algorithm ed25519)")]
pub struct NotASigningKey;

/// The Ed25519 key our access tokens are signed with.
#[derive(Clone)]
pub struct SigningKey {
    private: EncodingKey,
    /// Worked out when first needed: a start does not wait for it.
    public: Arc<OnceLock<Public>>,
}

struct Public {
    key: DecodingKey,
    key_id: String,
}

impl SigningKey {
    pub fn generate() -> Self {
        let mut seed = [0; 32];
        rand::rng().fill_bytes(&mut seed);
        let der = [PKCS8_ED25519.as_slice(), &seed].concat();
        Self::from_der(&der).expect("any 32 bytes are an Ed25519 seed")
    }

    /// Reads what [`Self::to_pem`] wrote or `openssl genpkey -algorithm ed25519` makes.
    pub fn from_pem(pem: &Secret) -> Result<Self, NotASigningKey> {
        let body: String = pem.expose().trim().lines().map(str::trim).collect();
        let base64 = body
            .strip_prefix("-----BEGIN PRIVATE KEY-----")
            .and_then(|rest| rest.strip_suffix("-----END PRIVATE KEY-----"))
            .ok_or(NotASigningKey)?;
        Self::from_der(&STANDARD.decode(base64).map_err(|_| NotASigningKey)?)
    }

    /// PKCS#8 PEM, to be kept where only we can read it.
    pub fn to_pem(&self) -> Secret {
        let base64 = STANDARD.encode(self.private.as_bytes());
        Secret::new(format!("-----BEGIN PRIVATE KEY-----\n{base64}\n-----END PRIVATE KEY-----\n"))
    }

    /// RFC 7638 thumbprint of the public key; the `kid` of its tokens.
    pub fn key_id(&self) -> &str {
        &self.public_part().key_id
    }

    pub(super) fn public(&self) -> &DecodingKey {
        &self.public_part().key
    }

    fn public_part(&self) -> &Public {
        self.public.get_or_init(|| {
            Public::of(&self.private).expect("every 32 bytes are an Ed25519 seed that has a public key")
        })
    }

    /// A signed access token, valid from now for [`ACCESS_TOKEN_LIFE`], or shorter where a session policy says so.
    pub fn access_token(
        &self,
        issuer: &str,
        audience: &str,
        user_id: &str,
        session_id: &str,
        now: OffsetDateTime,
        life: Duration,
    ) -> Secret {
        let issued = now.unix_timestamp();
        let claims = AccessClaims {
            iss: issuer.into(),
            aud: audience.into(),
            sub: user_id.into(),
            sid: session_id.into(),
            iat: issued,
            exp: issued + life.min(ACCESS_TOKEN_LIFE).whole_seconds(),
        };
        let header = Header { kid: Some(self.key_id().to_owned()), ..Header::new(Algorithm::EdDSA) };
        let token = jsonwebtoken::encode(&header, &claims, &self.private);
        Secret::new(token.expect("the key was checked when it was made and the claims are plain text"))
    }

    fn from_der(der: &[u8]) -> Result<Self, NotASigningKey> {
        if der.len() != 48 || der[..16] != PKCS8_ED25519 {
            return Err(NotASigningKey);
        }
        Ok(Self { private: EncodingKey::from_ed_der(der), public: Arc::default() })
    }
}

impl Public {
    fn of(private: &EncodingKey) -> Result<Self, jsonwebtoken::errors::Error> {
        let jwk = Jwk::from_encoding_key(private, Algorithm::EdDSA)?;
        debug_assert!(matches!(jwk.algorithm, AlgorithmParameters::OctetKeyPair(_)));
        Ok(Self { key: DecodingKey::from_jwk(&jwk)?, key_id: jwk.thumbprint(ThumbprintHash::SHA256)? })
    }
}

/// A new opaque token, for refresh, reset and invitation: 32 random bytes as base64url (43 characters).
pub fn opaque_token() -> Secret {
    let mut bytes = [0; 32];
    rand::rng().fill_bytes(&mut bytes);
    Secret::new(URL_SAFE_NO_PAD.encode(bytes))
}

/// What is stored of an opaque token, and what it is looked up by: its SHA-256 as base64url (43 characters).
/// No salt or stretching: the token already has 256 random bits.
pub fn token_hash(token: &Secret) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(token.expose().as_bytes()))
}

/// A link that works once: password reset, invitation. Stored as it is; the token itself goes out by mail only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OneUse {
    /// See [`token_hash`].
    pub token_hash: String,
    #[serde(with = "time::serde::rfc3339")]
    pub expires_at: OffsetDateTime,
    #[serde(default, with = "time::serde::rfc3339::option")]
    pub used_at: Option<OffsetDateTime>,
}

/// Why a one-use token is not honoured. Used and expired are 410; a wrong one is as if it did not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotRedeemed {
    #[error("the token is not the one that was issued")]
    Wrong,
    #[error("the token was already used")]
    Used,
    #[error("the token has expired")]
    Expired,
}

impl OneUse {
    /// The record to store and the token to send.
    pub fn issue(now: OffsetDateTime, life: Duration) -> (Self, Secret) {
        let token = opaque_token();
        (Self { token_hash: token_hash(&token), expires_at: now + life, used_at: None }, token)
    }

    /// Uses the token up. Save the record with its ETag as precondition: of two at once one must lose.
    pub fn redeem(&mut self, token: &Secret, now: OffsetDateTime) -> Result<(), NotRedeemed> {
        if !bool::from(token_hash(token).as_bytes().ct_eq(self.token_hash.as_bytes())) {
            return Err(NotRedeemed::Wrong);
        }
        if self.used_at.is_some() {
            return Err(NotRedeemed::Used);
        }
        if now >= self.expires_at {
            return Err(NotRedeemed::Expired);
        }
        self.used_at = Some(now);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    const NOW: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);

    #[test]
    fn a_signing_key_survives_its_pem() {
        let key = SigningKey::generate();
        let again = SigningKey::from_pem(&key.to_pem()).unwrap();
        assert_eq!(key.key_id(), again.key_id());
        assert_eq!(key.private.as_bytes(), again.private.as_bytes());
        assert_ne!(key.key_id(), SigningKey::generate().key_id());
        let windows = Secret::new(key.to_pem().expose().replace('\n', "\r\n"));
        assert_eq!(SigningKey::from_pem(&windows).unwrap().key_id(), key.key_id());
    }

    #[test]
    fn the_key_of_rfc_8410_is_read_and_others_are_refused() {
        // RFC 8410 §10.3; its public key: 19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1.
        let pem = "-----BEGIN PRIVATE KEY-----\n\
                   MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n\
                   -----END PRIVATE KEY-----";
        let key = SigningKey::from_pem(&Secret::new(pem)).unwrap();
        let public = key.public().try_get_as_bytes().unwrap();
        assert_eq!(public[..4], [0x19, 0xbf, 0x44, 0x09]);
        for wrong in ["", "secret", &pem.replace("PRIVATE", "PUBLIC"), &pem.replace("MC4C", "MC4D")] {
            assert!(SigningKey::from_pem(&Secret::new(wrong)).is_err());
        }
    }

    #[test]
    fn an_access_token_says_who_until_when_and_no_more() {
        let key = SigningKey::generate();
        let token =
            key.access_token("https://talenti.example", "talenti", "u1", "s1", NOW, Duration::hours(9));
        let parts: Vec<_> = token.expose().split('.').collect();
        let claims = URL_SAFE_NO_PAD.decode(parts[1]).unwrap();
        let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap();
        let iat = NOW.unix_timestamp();
        let expected = serde_json::json!({
            "iss": "https://talenti.example", "aud": "talenti", "sub": "u1", "sid": "s1",
            "iat": iat, "exp": iat + 900,
        });
        assert_eq!(claims, expected);
        let message = format!("{}.{}", parts[0], parts[1]);
        let verified = |key: &SigningKey| {
            jsonwebtoken::crypto::verify(parts[2], message.as_bytes(), key.public(), Algorithm::EdDSA)
                .unwrap()
        };
        assert!(verified(&key) && !verified(&SigningKey::generate()));
    }

    #[test]
    fn opaque_tokens_are_long_random_and_stored_hashed() {
        let (one, two) = (opaque_token(), opaque_token());
        assert_ne!(one.expose(), two.expose());
        assert_eq!(URL_SAFE_NO_PAD.decode(one.expose()).unwrap().len(), 32);
        assert_eq!(token_hash(&Secret::new("abc")), "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");
    }

    #[test]
    fn a_one_use_token_works_once_and_in_time() {
        let (mut reset, token) = OneUse::issue(NOW, Duration::minutes(60));
        assert!(!serde_json::to_string(&reset).unwrap().contains(token.expose()));
        assert_eq!(reset.redeem(&opaque_token(), NOW), Err(NotRedeemed::Wrong));
        let end = NOW + Duration::minutes(60);
        assert_eq!(reset.clone().redeem(&token, end), Err(NotRedeemed::Expired));
        assert_eq!(reset.redeem(&token, end - Duration::SECOND), Ok(()));
        assert_eq!(reset.redeem(&token, NOW), Err(NotRedeemed::Used));
        assert_eq!(reset.redeem(&opaque_token(), NOW), Err(NotRedeemed::Wrong));
    }
}
