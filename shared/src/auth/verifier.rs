//! Bearer tokens: whose they are, and whether they are to be believed.

use super::caller::AuthMode;
use super::issuer::{BadIssuer, Issuer, Trusted};
use super::secret::Secret;
use super::verified_cache::VerifiedCache;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::Algorithm;
use serde::Deserialize;
use std::sync::Arc;
use time::{Duration, OffsetDateTime};

/// Longest token read, in bytes.
pub const TOKEN_LIMIT: usize = 8 * 1024;

/// The token in an `Authorization` header; `None` when the scheme is another or the header malformed (401 both).
pub fn bearer_token(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.split_once(' ')?;
    let token = token.trim_matches(' ');
    let well_formed = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
    (scheme.eq_ignore_ascii_case("bearer") && well_formed).then_some(token)
}

/// Why a token is refused. All are 401 to the caller, in one text, except [`Self::is_outage`]. Nothing of the token is
/// in it, so it may be logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the token is longer than 8 KiB")]
    TooLong,
    #[error("the token is malformed")]
    Malformed,
    #[error("the token demands an extension")]
    CriticalHeader,
    #[error("the token is of another type")]
    Type,
    #[error("the issuer is unknown")]
    UnknownIssuer,
    #[error("the algorithm is not accepted from this issuer")]
    Algorithm,
    #[error("the audience is wrong")]
    Audience,
    #[error("the authorised party is wrong")]
    AuthorisedParty,
    #[error("the token names no subject")]
    NoSubject,
    #[error("the token has expired or no expiry")]
    Expired,
    #[error("the token is not valid yet")]
    NotYetValid,
    #[error("the key is unknown")]
    UnknownKey,
    #[error("the keys of the issuer cannot be fetched")]
    KeysUnavailable,
    #[error("the signature is wrong")]
    Signature,
}

impl Refusal {
    /// True when the token may be good and it is we who cannot tell (503).
    pub fn is_outage(self) -> bool {
        self == Self::KeysUnavailable
    }
}

/// What a believed token says. No `Debug`: it names a person.
#[derive(Clone)]
pub struct Claims {
    pub mode: AuthMode,
    pub issuer: String,
    pub subject: String,
    /// `sid`: in our own tokens the family id of the login session.
    pub session_id: Option<String>,
    pub email: Option<Secret>,
    /// `email_verified`; absent is not verified.
    pub email_verified: bool,
    pub expires_at: OffsetDateTime,
    /// All other claims, e.g. `user_metadata`.
    pub others: serde_json::Map<String, serde_json::Value>,
    not_before: Option<OffsetDateTime>,
    leeway: Duration,
}

/// Turns bearer tokens into [`Claims`]. One per process; clones share the memory of tokens seen.
#[derive(Clone)]
pub struct Verifier {
    issuers: Arc<[Trusted]>,
    seen: Arc<VerifiedCache>,
}

impl Verifier {
    /// Issuers are told apart by their exact names; the list may be empty (then every token is refused).
    pub fn new(issuers: Vec<Issuer>) -> Result<Self, BadIssuer> {
        for (index, issuer) in issuers.iter().enumerate() {
            if issuers[..index].iter().any(|other| other.issuer == issuer.issuer) {
                return Err(BadIssuer::Twice);
            }
        }
        let trusted = issuers.into_iter().map(Trusted::new).collect::<Result<_, _>>()?;
        Ok(Self { issuers: trusted, seen: Arc::default() })
    }

    /// Whether to believe the token at `now`.
    ///
    /// A token seen before costs a hash and a look-up, no signature check. That a key was withdrawn is noticed when the
    /// key set is renewed ([`super::jwks::FRESH`]), for tokens seen before up to that time again later.
    pub async fn verify(&self, token: &str, now: OffsetDateTime) -> Result<Arc<Claims>, Refusal> {
        if token.len() > TOKEN_LIMIT {
            return Err(Refusal::TooLong);
        }
        let digest = VerifiedCache::digest(token);
        if let Some(claims) = self.seen.get(&digest, now) {
            claims.check_times(now)?;
            return Ok(claims);
        }
        let claims = Arc::new(self.verify_anew(token, now).await?);
        self.seen.insert(digest, Arc::clone(&claims), now);
        Ok(claims)
    }

    async fn verify_anew(&self, token: &str, now: OffsetDateTime) -> Result<Claims, Refusal> {
        let parts = Parts::split(token)?;
        let header: Header = parse_part(parts.header)?;
        header.check_extensions()?;
        // Read before it is believed, only to choose who has to prove it.
        let payload: Payload = parse_part(parts.payload)?;
        let name = payload.iss.as_deref().ok_or(Refusal::UnknownIssuer)?;
        let trusted = self.issuers.iter().find(|trusted| trusted.issuer.issuer == name);
        let trusted = trusted.ok_or(Refusal::UnknownIssuer)?;
        let algorithm: Algorithm = header.alg.parse().map_err(|_| Refusal::Algorithm)?;
        if !trusted.issuer.algorithms.contains(&algorithm) {
            return Err(Refusal::Algorithm);
        }
        // Cheap refusals first: an expired token must not make us fetch keys.
        let claims = payload.judge(&trusted.issuer, now)?;
        let key = trusted.key(header.kid.as_deref(), algorithm, now).await?;
        if !key.verifies(parts.message.as_bytes(), parts.signature, algorithm) {
            return Err(Refusal::Signature);
        }
        Ok(claims)
    }
}

impl Claims {
    pub(super) fn check_times(&self, now: OffsetDateTime) -> Result<(), Refusal> {
        if now >= self.expires_at + self.leeway {
            return Err(Refusal::Expired);
        }
        if self.not_before.is_some_and(|start| now + self.leeway < start) {
            return Err(Refusal::NotYetValid);
        }
        Ok(())
    }
}

/// A compact JWS (RFC 7515 §3.1), cut at its dots.
struct Parts<'a> {
    /// What is signed: header, dot, payload.
    message: &'a str,
    header: &'a str,
    payload: &'a str,
    signature: &'a str,
}

impl<'a> Parts<'a> {
    fn split(token: &'a str) -> Result<Self, Refusal> {
        let (message, signature) = token.rsplit_once('.').ok_or(Refusal::Malformed)?;
        let (header, payload) = message.split_once('.').ok_or(Refusal::Malformed)?;
        // A payload with another dot fails when it is decoded.
        Ok(Self { message, header, payload, signature })
    }
}

fn parse_part<T: serde::de::DeserializeOwned>(part: &str) -> Result<T, Refusal> {
    let json = URL_SAFE_NO_PAD.decode(part).map_err(|_| Refusal::Malformed)?;
    serde_json::from_slice(&json).map_err(|_| Refusal::Malformed)
}

/// Keys and certificates a header may carry are not read: a token does not bring its own proof.
#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    #[serde(default, deserialize_with = "present")]
    crit: bool,
}

impl Header {
    fn check_extensions(&self) -> Result<(), Refusal> {
        if self.crit {
            return Err(Refusal::CriticalHeader);
        }
        // Tokens for other purposes (logout tokens, DPoP proofs) say so in their type (RFC 8725 §3.11).
        match self.typ.as_deref().map(str::to_ascii_lowercase).as_deref() {
            None | Some("jwt" | "at+jwt" | "application/at+jwt") => Ok(()),
            Some(_) => Err(Refusal::Type),
        }
    }
}

/// True for a member that is there, whatever it holds.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    serde::de::IgnoredAny::deserialize(deserializer).map(|_| true)
}

/// RFC 7519 claims. A name that stands twice is an error, not a choice.
#[derive(Deserialize)]
struct Payload {
    iss: Option<String>,
    sub: Option<String>,
    aud: Option<Audience>,
    azp: Option<String>,
    exp: Option<f64>,
    nbf: Option<f64>,
    sid: Option<String>,
    email: Option<String>,
    email_verified: Option<serde_json::Value>,
    #[serde(flatten)]
    others: serde_json::Map<String, serde_json::Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Audience {
    fn contains(&self, wanted: &str) -> bool {
        match self {
            Self::One(one) => one == wanted,
            Self::Several(several) => several.iter().any(|one| one == wanted),
        }
    }
}

impl Payload {
    /// Everything but the signature.
    fn judge(self, issuer: &Issuer, now: OffsetDateTime) -> Result<Claims, Refusal> {
        let subject = self.sub.filter(|sub| !sub.is_empty()).ok_or(Refusal::NoSubject)?;
        if let Some(wanted) = &issuer.audience
            && !self.aud.is_some_and(|audience| audience.contains(wanted))
        {
            return Err(Refusal::Audience);
        }
        if let Some(party) = &self.azp
            && !issuer.authorised_parties.is_empty()
            && !issuer.authorised_parties.contains(party)
        {
            return Err(Refusal::AuthorisedParty);
        }
        let claims = Claims {
            mode: issuer.mode,
            issuer: issuer.issuer.clone(),
            subject,
            session_id: self.sid,
            email: self.email.filter(|email| !email.is_empty()).map(Secret::new),
            // Some providers write the boolean as a text.
            email_verified: self.email_verified.is_some_and(|said| said == true || said == "true"),
            expires_at: self.exp.map(numeric_date).ok_or(Refusal::Expired)??,
            others: self.others,
            not_before: self.nbf.map(numeric_date).transpose()?,
            leeway: issuer.leeway,
        };
        claims.check_times(now)?;
        Ok(claims)
    }
}

/// Seconds since 1970, possibly with a fraction (RFC 7519 §2), which is dropped. At most the year 9999.
fn numeric_date(seconds: f64) -> Result<OffsetDateTime, Refusal> {
    // A float cast saturates, and what it saturates to is out of range.
    OffsetDateTime::from_unix_timestamp(seconds as i64)
        .ok()
        .filter(|date| date.year() < 9999)
        .ok_or(Refusal::Malformed)
}

#[cfg(test)]
#[path = "verifier_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "verifier_vectors.rs"]
mod vectors;
