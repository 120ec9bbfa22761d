use super::super::test_issuer::{KeyServer, NOW, TestKey, claims, with};
use super::super::{Jwks, SigningKey};
use super::*;
use jsonwebtoken::{EncodingKey, Header as Head};
use serde_json::{Value, json};
use std::time::{Duration as StdDuration, Instant};

const OURS: &str = "https://talenti.example";
const SUPABASE: &str = "https://project.supabase.example/auth/v1";
const CLERK: &str = "https://clerk.example";
const OIDC: &str = "https://login.example/tenant/v2.0";
const PROJECT_SECRET: &str = "a project secret of more than 32 bytes";

/// All four modes at once, each with its own keys.
struct World {
    verifier: Verifier,
    own: SigningKey,
    supabase: TestKey,
    clerk: TestKey,
    oidc: TestKey,
    servers: [KeyServer; 3],
}

impl World {
    async fn new() -> Self {
        let own = SigningKey::generate();
        let supabase = TestKey::new(Algorithm::ES256, "supabase-1");
        let clerk = TestKey::new(Algorithm::RS256, "clerk-1");
        let oidc = TestKey::new(Algorithm::EdDSA, "oidc-1");
        let serve = |key| KeyServer::start(key, StdDuration::from_millis(20));
        let servers = [serve(&[&supabase]).await, serve(&[&clerk]).await, serve(&[&oidc]).await];
        let [of_supabase, of_clerk, of_oidc] =
            servers.each_ref().map(|server| Jwks::new(&server.url).unwrap());
        let verifier = Verifier::new(vec![
            Issuer::password(OURS, "talenti", vec![own.clone()]),
            Issuer::supabase(SUPABASE, of_supabase),
            Issuer::clerk(CLERK, of_clerk, vec!["https://app.example".into()]),
            Issuer::oidc(OIDC, "client-1", of_oidc),
        ]);
        Self { verifier: verifier.ok().unwrap(), own, supabase, clerk, oidc, servers }
    }

    async fn verify(&self, token: &str) -> Result<Arc<Claims>, Refusal> {
        self.verifier.verify(token, NOW).await
    }

    async fn refusal(&self, token: &str) -> Option<Refusal> {
        self.verify(token).await.err()
    }

    fn own_token(&self) -> String {
        let token =
            self.own.access_token(OURS, "talenti", "u1", "f1", NOW, super::super::token::ACCESS_TOKEN_LIFE);
        token.expose().to_owned()
    }
}

fn supabase_claims() -> Value {
    claims(SUPABASE, "authenticated")
}

fn hs256(claims: &Value, secret: &[u8]) -> String {
    jsonwebtoken::encode(&Head::new(Algorithm::HS256), claims, &EncodingKey::from_secret(secret)).unwrap()
}

/// Any header and payload under any signature.
fn raw(header: &str, payload: &str, signature: &[u8]) -> String {
    [header.as_bytes(), payload.as_bytes(), signature].map(|part| URL_SAFE_NO_PAD.encode(part)).join(".")
}

#[tokio::test]
async fn a_good_token_of_each_mode_passes() {
    let world = World::new().await;
    let own = world.verify(&world.own_token()).await.ok().unwrap();
    assert_eq!(
        (own.mode, own.subject.as_str(), own.session_id.as_deref()),
        (AuthMode::Password, "u1", Some("f1"))
    );
    assert_eq!(own.expires_at, NOW + Duration::minutes(15));

    let rich =
        json!({ "email": "rita@acme.example", "email_verified": true, "user_metadata": { "name": "Rita" } });
    let mut said = supabase_claims();
    said.as_object_mut().unwrap().extend(rich.as_object().unwrap().clone());
    let supabase = world.verify(&world.supabase.token(&said)).await.ok().unwrap();
    assert_eq!(supabase.mode, AuthMode::Supabase);
    assert_eq!(supabase.email.as_ref().map(Secret::expose), Some("rita@acme.example"));
    assert!(supabase.email_verified);
    assert_eq!(supabase.others["user_metadata"]["name"], "Rita");

    let without_audience = with(claims(CLERK, ""), "aud", Value::Null);
    let clerk = world.verify(&world.clerk.token(&without_audience)).await.ok().unwrap();
    assert_eq!((clerk.mode, clerk.email_verified), (AuthMode::Clerk, false));

    let several = with(claims(OIDC, ""), "aud", json!(["other", "client-1"]));
    let oidc = world.verify(&world.oidc.token(&several)).await.ok().unwrap();
    assert_eq!((oidc.mode, oidc.issuer.as_str()), (AuthMode::Oidc, OIDC));
}

#[tokio::test]
async fn a_project_secret_works_only_where_it_is_configured() {
    let world = World::new().await;
    let token = hs256(&supabase_claims(), PROJECT_SECRET.as_bytes());
    assert_eq!(world.refusal(&token).await, Some(Refusal::Algorithm));
    let issuer = Issuer::supabase_with_secret(SUPABASE, Secret::new(PROJECT_SECRET));
    let verifier = Verifier::new(vec![issuer]).ok().unwrap();
    assert!(verifier.verify(&token, NOW).await.is_ok());
    let forged = hs256(&supabase_claims(), b"another secret of more than 32 bytes");
    assert_eq!(verifier.verify(&forged, NOW).await.err(), Some(Refusal::Signature));
    let asymmetric = world.supabase.token(&supabase_claims());
    assert_eq!(verifier.verify(&asymmetric, NOW).await.err(), Some(Refusal::Algorithm));
}

#[tokio::test]
async fn a_public_key_is_no_hmac_secret() {
    let world = World::new().await;
    let modulus = world.clerk.jwk["n"].as_str().unwrap();
    let public_keys: [Vec<u8>; 4] = [
        modulus.as_bytes().to_vec(),
        URL_SAFE_NO_PAD.decode(modulus).unwrap(),
        world.clerk.jwk.to_string().into_bytes(),
        URL_SAFE_NO_PAD.decode(world.supabase.jwk["x"].as_str().unwrap()).unwrap(),
    ];
    for secret in public_keys {
        for (issuer, audience) in
            [(CLERK, "x"), (SUPABASE, "authenticated"), (OIDC, "client-1"), (OURS, "talenti")]
        {
            let token = hs256(&claims(issuer, audience), &secret);
            assert_eq!(world.refusal(&token).await, Some(Refusal::Algorithm), "{issuer}");
        }
    }
}

#[tokio::test]
async fn without_an_algorithm_there_is_no_token() {
    let world = World::new().await;
    for alg in ["none", "None", "NONE", "nOnE", "", "HS1", "RS256 ", "rs256"] {
        for signature in [b"".as_slice(), b"signature"] {
            let token = raw(&json!({ "alg": alg }).to_string(), &supabase_claims().to_string(), signature);
            assert_eq!(world.refusal(&token).await, Some(Refusal::Algorithm), "{alg}");
        }
    }
    let token = raw("{}", &supabase_claims().to_string(), b"");
    assert_eq!(world.refusal(&token).await, Some(Refusal::Malformed));
}

#[tokio::test]
async fn no_issuer_speaks_for_another() {
    let world = World::new().await;
    let jwks = Jwks::new(&world.servers[0].url).unwrap();
    let only_supabase = Verifier::new(vec![Issuer::supabase(SUPABASE, jwks)]).ok().unwrap();
    let refusal = async |token: String| only_supabase.verify(&token, NOW).await.err();
    assert_eq!(
        refusal(world.clerk.token(&claims(CLERK, "authenticated"))).await,
        Some(Refusal::UnknownIssuer)
    );
    assert_eq!(refusal(world.clerk.token(&supabase_claims())).await, Some(Refusal::UnknownKey));
    let mut posing = TestKey::new(Algorithm::RS256, "supabase-1");
    assert_eq!(
        refusal(posing.token(&supabase_claims())).await,
        Some(Refusal::UnknownKey),
        "no RSA key of that id"
    );
    posing = TestKey::new(Algorithm::ES256, "supabase-1");
    assert_eq!(refusal(posing.token(&supabase_claims())).await, Some(Refusal::Signature));
    assert_eq!(refusal(world.own_token()).await, Some(Refusal::UnknownIssuer));
    for almost in
        ["https://project.supabase.example/auth/v1/", "https://PROJECT.supabase.example/auth/v1", ""]
    {
        let token = world.supabase.token(&with(supabase_claims(), "iss", almost.into()));
        assert_eq!(refusal(token).await, Some(Refusal::UnknownIssuer), "{almost}");
    }
    let token = world.supabase.token(&with(supabase_claims(), "iss", Value::Null));
    assert_eq!(refusal(token).await, Some(Refusal::UnknownIssuer));
    let none = Verifier::new(vec![]).ok().unwrap();
    assert_eq!(none.verify(&world.own_token(), NOW).await.err(), Some(Refusal::UnknownIssuer));
}

#[tokio::test]
async fn claims_have_to_fit() {
    let world = World::new().await;
    let now = NOW.unix_timestamp();
    for (name, value, expected) in [
        ("aud", json!("anon"), Some(Refusal::Audience)),
        ("aud", json!([]), Some(Refusal::Audience)),
        ("aud", json!(["a", "b"]), Some(Refusal::Audience)),
        ("aud", Value::Null, Some(Refusal::Audience)),
        ("aud", json!({ "authenticated": true }), Some(Refusal::Malformed)),
        ("sub", Value::Null, Some(Refusal::NoSubject)),
        ("sub", json!(""), Some(Refusal::NoSubject)),
        ("sub", json!(7), Some(Refusal::Malformed)),
        ("exp", Value::Null, Some(Refusal::Expired)),
        ("exp", json!(now - 60), Some(Refusal::Expired)),
        ("exp", json!(now - 59), None),
        ("exp", json!(now as f64 - 58.5), None),
        ("exp", json!((now + 60).to_string()), Some(Refusal::Malformed)),
        ("exp", json!(1e300), Some(Refusal::Malformed)),
        ("exp", json!(-1), Some(Refusal::Expired)),
        ("nbf", json!(now + 60), None),
        ("nbf", json!(now + 61), Some(Refusal::NotYetValid)),
    ] {
        let token = world.supabase.token(&with(supabase_claims(), name, value.clone()));
        assert_eq!(world.refusal(&token).await, expected, "{name} {value}");
    }
    for (party, expected) in [
        (json!("https://app.example"), None),
        (Value::Null, None),
        (json!("https://evil.example"), Some(Refusal::AuthorisedParty)),
    ] {
        let token = world.clerk.token(&with(claims(CLERK, "any"), "azp", party));
        assert_eq!(world.refusal(&token).await, expected);
    }
}

#[tokio::test]
async fn headers_that_demand_or_mean_something_else_are_refused() {
    let world = World::new().await;
    let kid = "supabase-1";
    for (header, expected) in [
        (json!({ "alg": "ES256", "kid": kid, "crit": ["b64"], "b64": false }), Refusal::CriticalHeader),
        (json!({ "alg": "ES256", "kid": kid, "crit": [] }), Refusal::CriticalHeader),
        (json!({ "alg": "ES256", "kid": kid, "crit": null }), Refusal::CriticalHeader),
        (json!({ "alg": "ES256", "kid": kid, "typ": "logout+jwt" }), Refusal::Type),
        (json!({ "alg": "ES256", "kid": kid, "typ": "dpop+jwt" }), Refusal::Type),
        (json!({ "alg": "ES256", "kid": "../../etc/passwd" }), Refusal::UnknownKey),
        (json!({ "alg": "ES256", "kid": 1 }), Refusal::Malformed),
    ] {
        let header = header.to_string();
        let message = raw(&header, &supabase_claims().to_string(), b"");
        let message = message.trim_end_matches('.');
        // Signed with the true key: only the header is wrong.
        let key = &world.supabase.private;
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), key, Algorithm::ES256).unwrap();
        assert_eq!(world.refusal(&format!("{message}.{signature}")).await, Some(expected), "{header}");
    }
    // A key in the header is not a proof.
    let stranger = TestKey::new(Algorithm::ES256, "mine");
    let jwk = serde_json::from_value(stranger.jwk.clone()).unwrap();
    let header = Head { jwk: Some(jwk), kid: Some(kid.into()), ..Head::new(Algorithm::ES256) };
    let token = stranger.token_with(&header, &supabase_claims());
    assert_eq!(world.refusal(&token).await, Some(Refusal::Signature));
}

#[tokio::test]
async fn malformed_and_oversized_tokens_are_refused() {
    let world = World::new().await;
    let good = world.supabase.token(&supabase_claims());
    let parts: Vec<&str> = good.split('.').collect();
    let (header, payload, signature) = (parts[0], parts[1], parts[2]);
    for bad in [
        String::new(),
        ".".into(),
        "..".into(),
        "a.b.c".into(),
        "e30.e30.".into(),
        format!("{header}.{payload}"),
        format!("{good}.{signature}"),
        format!("{header}.{payload}.{payload}.{signature}"),
        format!("{header}=.{payload}.{signature}"),
        format!(" {good}"),
        format!("{header}.{payload}+.{signature}"),
        raw("null", &supabase_claims().to_string(), b""),
        raw(r#"{"alg":"ES256","alg":"HS256"}"#, &supabase_claims().to_string(), b""),
        raw(r#"{"alg":"ES256"}"#, r#"{"iss":"a","iss":"b"}"#, b""),
        raw(r#"{"alg":"ES256"}"#, &"[".repeat(3000), b""),
    ] {
        let refusal = world.refusal(&bad).await;
        assert!(matches!(refusal, Some(Refusal::Malformed | Refusal::UnknownIssuer)), "{bad}: {refusal:?}");
    }
    for broken in
        [format!("{header}.{payload}."), format!("{good}A"), format!("{good} "), format!("{good}\n")]
    {
        assert_eq!(world.refusal(&broken).await, Some(Refusal::Signature), "{broken}");
    }
    let long = with(supabase_claims(), "padding", "x".repeat(TOKEN_LIMIT).into());
    assert_eq!(world.refusal(&world.supabase.token(&long)).await, Some(Refusal::TooLong));
    let nearly = with(supabase_claims(), "padding", "x".repeat(TOKEN_LIMIT / 2).into());
    assert_eq!(world.refusal(&world.supabase.token(&nearly)).await, None);
}

#[tokio::test]
async fn a_changed_token_is_refused_wherever_the_change_is() {
    let world = World::new().await;
    let good = world.own_token();
    assert!(world.verify(&good).await.is_ok());
    for at in (0..good.len()).filter(|at| good.as_bytes()[*at] != b'.') {
        let mut bytes = good.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(bytes).unwrap();
        assert!(world.verify(&changed).await.is_err(), "changed at {at}");
    }
}

#[tokio::test]
async fn our_own_keys_can_be_replaced_one_after_the_other() {
    let (old, new) = (SigningKey::generate(), SigningKey::generate());
    let with_keys = |keys| Verifier::new(vec![Issuer::password(OURS, "talenti", keys)]).ok().unwrap();
    let token = |key: &SigningKey| key.access_token(OURS, "talenti", "u1", "f1", NOW, Duration::minutes(15));
    let both = with_keys(vec![new.clone(), old.clone()]);
    assert!(both.verify(token(&old).expose(), NOW).await.is_ok());
    assert!(both.verify(token(&new).expose(), NOW).await.is_ok());
    let after = with_keys(vec![new]);
    assert_eq!(after.verify(token(&old).expose(), NOW).await.err(), Some(Refusal::UnknownKey));
}

#[tokio::test]
async fn our_own_tokens_end_to_the_second_also_when_remembered() {
    let world = World::new().await;
    let token = world.own_token();
    let end = NOW + Duration::minutes(15);
    assert!(world.verifier.verify(&token, end - Duration::NANOSECOND).await.is_ok());
    assert_eq!(world.verifier.verify(&token, end).await.err(), Some(Refusal::Expired));
}

#[tokio::test]
async fn fifty_tokens_at_once_fetch_keys_once_and_bad_ones_not_at_all() {
    let world = World::new().await;
    let expired = with(claims(CLERK, "x"), "exp", json!(NOW.unix_timestamp() - 3600));
    assert_eq!(world.refusal(&world.clerk.token(&expired)).await, Some(Refusal::Expired));
    assert_eq!(world.servers[1].fetches(), 0);
    let tokens: Vec<_> = (0..50)
        .map(|n| world.clerk.token(&with(claims(CLERK, "x"), "sub", format!("subject-{n}").into())))
        .collect();
    let tasks: Vec<_> = tokens
        .into_iter()
        .map(|token| {
            let verifier = world.verifier.clone();
            tokio::spawn(async move { verifier.verify(&token, NOW).await.is_ok() })
        })
        .collect();
    for task in tasks {
        assert!(task.await.unwrap());
    }
    assert_eq!(world.servers.each_ref().map(KeyServer::fetches), [0, 1, 0]);
}

#[tokio::test]
async fn an_unreachable_issuer_is_an_outage_not_a_bad_token() {
    let world = World::new().await;
    world.servers[0].answer(axum::http::StatusCode::BAD_GATEWAY, String::new());
    let refusal = world.refusal(&world.supabase.token(&supabase_claims())).await.unwrap();
    assert!(refusal.is_outage());
    assert!(!Refusal::UnknownKey.is_outage());
}

#[tokio::test]
async fn a_token_seen_before_needs_no_key_and_little_time() {
    let world = World::new().await;
    let token = world.clerk.token(&claims(CLERK, "x"));
    assert!(world.verify(&token).await.is_ok());
    // The key is gone at its issuer; what was verified less than an hour ago stays verified, no longer.
    world.servers[1].publish(&[&TestKey::new(Algorithm::RS256, "clerk-2")]);
    let start = Instant::now();
    for _ in 0..1000 {
        assert!(world.verify(&token).await.is_ok());
    }
    println!("a remembered token: {:?}", start.elapsed() / 1000);
    assert!(start.elapsed() < StdDuration::from_millis(500), "1000 looks took {:?}", start.elapsed());
    assert_eq!(world.servers[1].fetches(), 1);
    let hour = NOW + Duration::minutes(60);
    assert!(world.verifier.verify(&token, hour).await.is_ok(), "stale keys serve while they are renewed");
    for _ in 0..500 {
        if world.servers[1].fetches() == 2 {
            break;
        }
        tokio::time::sleep(StdDuration::from_millis(4)).await;
    }
    let long = world.clerk.token(&with(claims(CLERK, "x"), "exp", json!(NOW.unix_timestamp() + 36_000)));
    tokio::time::sleep(StdDuration::from_millis(50)).await;
    assert_eq!(world.verifier.verify(&long, hour).await.err(), Some(Refusal::UnknownKey));
}

#[test]
fn the_scheme_has_to_be_bearer() {
    assert_eq!(bearer_token("Bearer a.b.c"), Some("a.b.c"));
    assert_eq!(bearer_token("bearer  a.b.c "), Some("a.b.c"));
    for bad in [
        "",
        "Bearer",
        "Bearer ",
        "Bearer  ",
        "Basic a.b.c",
        "Bearera.b.c",
        "a.b.c",
        "Bearer a b",
        "Bearer ä",
        "Bearer\ta",
    ] {
        assert_eq!(bearer_token(bad), None, "{bad}");
    }
}
