//! Issuers of tokens for the tests: real keys, a real server for the key set.

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use time::OffsetDateTime;
use time::macros::datetime;

pub(super) const NOW: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);

/// A key pair with an id.
#[derive(Clone)]
pub(super) struct TestKey {
    pub(super) algorithm: Algorithm,
    pub(super) private: EncodingKey,
    pub(super) jwk: Value,
}

impl TestKey {
    pub(super) fn new(algorithm: Algorithm, key_id: &str) -> Self {
        let private = match algorithm {
            Algorithm::RS256 => {
                let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
                let pkcs8: aws_lc_rs::encoding::Pkcs8V1Der<'_> = pair.as_der().unwrap();
                EncodingKey::from_rsa_pem(pem(pkcs8.as_ref()).as_bytes()).unwrap()
            }
            Algorithm::ES256 => {
                let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
                EncodingKey::from_ec_der(pair.to_pkcs8v1().unwrap().as_ref())
            }
            Algorithm::EdDSA => {
                let pem = super::SigningKey::generate().to_pem();
                EncodingKey::from_ed_pem(pem.expose().as_bytes()).unwrap()
            }
            other => panic!("no test key for {other:?}"),
        };
        let mut jwk = serde_json::to_value(Jwk::from_encoding_key(&private, algorithm).unwrap()).unwrap();
        jwk["kid"] = key_id.into();
        jwk["use"] = "sig".into();
        Self { algorithm, private, jwk }
    }

    pub(super) fn token(&self, claims: &Value) -> String {
        let kid = self.jwk["kid"].as_str().map(str::to_owned);
        self.token_with(&Header { kid, ..Header::new(self.algorithm) }, claims)
    }

    pub(super) fn token_with(&self, header: &Header, claims: &Value) -> String {
        jsonwebtoken::encode(header, claims, &self.private).unwrap()
    }
}

/// Claims every issuer would accept for an hour.
pub(super) fn claims(issuer: &str, audience: &str) -> Value {
    json!({
        "iss": issuer, "aud": audience, "sub": "subject-1",
        "iat": NOW.unix_timestamp(), "exp": NOW.unix_timestamp() + 3600,
    })
}

/// `claims` with one of them changed; null takes it away.
pub(super) fn with(mut claims: Value, name: &str, value: Value) -> Value {
    let map = claims.as_object_mut().unwrap();
    if value.is_null() {
        map.remove(name);
    } else {
        map.insert(name.into(), value);
    }
    claims
}

fn pem(der: &[u8]) -> String {
    use base64::Engine as _;
    let body = base64::engine::general_purpose::STANDARD.encode(der);
    format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n")
}

/// A server on this machine that publishes keys and counts who asks.
pub(super) struct KeyServer {
    pub(super) url: String,
    shared: Arc<Shared>,
}

struct Shared {
    fetches: AtomicUsize,
    answer: Mutex<(StatusCode, String)>,
    delay: Duration,
}

impl KeyServer {
    /// Answers after `delay`, so that requests at the same time overlap.
    pub(super) async fn start(keys: &[&TestKey], delay: Duration) -> Self {
        let answer = Mutex::new((StatusCode::OK, key_set(keys)));
        let shared = Arc::new(Shared { fetches: AtomicUsize::new(0), answer, delay });
        let answer = |State(shared): State<Arc<Shared>>| async move {
            shared.fetches.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(shared.delay).await;
            let (status, body) = shared.answer.lock().unwrap().clone();
            (status, [("location", "/elsewhere")], body)
        };
        // Where a redirect would lead: good keys, which must not be taken.
        let elsewhere = key_set(keys);
        let router = axum::Router::new()
            .route("/jwks.json", get(answer))
            .route("/elsewhere", get(async || elsewhere))
            .with_state(Arc::clone(&shared));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/jwks.json", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, shared }
    }

    pub(super) fn fetches(&self) -> usize {
        self.shared.fetches.load(Ordering::SeqCst)
    }

    pub(super) fn publish(&self, keys: &[&TestKey]) {
        self.answer(StatusCode::OK, key_set(keys));
    }

    pub(super) fn answer(&self, status: StatusCode, body: String) {
        *self.shared.answer.lock().unwrap() = (status, body);
    }
}

fn key_set(keys: &[&TestKey]) -> String {
    json!({ "keys": keys.iter().map(|key| &key.jwk).collect::<Vec<_>>() }).to_string()
}
