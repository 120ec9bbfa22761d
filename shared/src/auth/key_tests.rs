use super::super::test_issuer::TestKey;
use super::*;
use serde_json::{Value, json};

fn set(keys: &[Value]) -> Option<KeySet> {
    KeySet::from_json(json!({ "keys": keys }).to_string().as_bytes())
}

fn changed(key: &TestKey, member: &str, value: Value) -> Value {
    let mut jwk = key.jwk.clone();
    jwk[member] = value;
    jwk
}

#[test]
fn a_key_is_found_by_its_id_and_for_its_algorithm_only() {
    let (ec, ed) = (TestKey::new(Algorithm::ES256, "a"), TestKey::new(Algorithm::EdDSA, "b"));
    let keys = set(&[ec.jwk.clone(), ed.jwk]).unwrap();
    assert!(keys.find(Some("a"), Algorithm::ES256).is_some());
    assert!(keys.find(Some("a"), Algorithm::EdDSA).is_none());
    assert!(keys.find(Some("c"), Algorithm::ES256).is_none());
    assert!(keys.find(None, Algorithm::ES256).is_some(), "the only one that fits");
    let two = set(&[ec.jwk, TestKey::new(Algorithm::ES256, "d").jwk]).unwrap();
    assert!(two.find(None, Algorithm::ES256).is_none(), "two fit");
}

#[test]
fn keys_that_must_not_be_used_are_left_out() {
    let ec = TestKey::new(Algorithm::ES256, "a");
    assert!(set(&[changed(&ec, "key_ops", json!(["verify"]))]).is_some());
    for wrong in [
        changed(&ec, "use", json!("enc")),
        changed(&ec, "key_ops", json!(["encrypt"])),
        changed(&ec, "alg", json!("RS256")),
        changed(&ec, "alg", json!("HS256")),
        changed(&ec, "alg", json!("ECDH-ES")),
        changed(&ec, "crv", json!("P-521")),
        changed(&ec, "crv", json!("secp256k1")),
        changed(&ec, "d", json!("AAAA")),
        json!({ "kty": "oct", "kid": "a", "alg": "HS256", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA" }),
        json!({ "kty": "new", "kid": "a" }),
        json!("key"),
    ] {
        assert!(set(std::slice::from_ref(&wrong)).is_none(), "{wrong}");
        let beside = set(&[wrong, TestKey::new(Algorithm::EdDSA, "b").jwk]).unwrap();
        assert!(beside.find(Some("b"), Algorithm::EdDSA).is_some(), "the others still serve");
    }
}

#[test]
fn keys_that_share_an_id_are_left_out_together() {
    let (one, two) = (TestKey::new(Algorithm::ES256, "a"), TestKey::new(Algorithm::EdDSA, "a"));
    assert!(set(&[one.jwk, two.jwk]).is_none());
}

#[test]
fn what_is_no_key_set_is_refused() {
    for json in ["", "[]", "{}", r#"{"keys":{}}"#, r#"{"keys":[]}"#, "<html>"] {
        assert!(KeySet::from_json(json.as_bytes()).is_none(), "{json}");
    }
}

#[test]
fn a_key_verifies_only_with_the_algorithm_it_names() {
    let rsa = TestKey::new(Algorithm::RS256, "a");
    let signature = |algorithm| jsonwebtoken::crypto::sign(b"message", &rsa.private, algorithm).unwrap();
    let named = VerifyingKey::from_jwk(&rsa.jwk).unwrap();
    assert!(named.verifies(b"message", &signature(Algorithm::RS256), Algorithm::RS256));
    assert!(!named.verifies(b"another", &signature(Algorithm::RS256), Algorithm::RS256));
    assert!(!named.verifies(b"message", &signature(Algorithm::PS256), Algorithm::PS256));
    let mut unnamed = rsa.jwk.clone();
    unnamed.as_object_mut().unwrap().remove("alg");
    let unnamed = VerifyingKey::from_jwk(&unnamed).unwrap();
    assert!(unnamed.verifies(b"message", &signature(Algorithm::PS256), Algorithm::PS256));
}
