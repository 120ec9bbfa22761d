//! Project Wycheproof's vectors for JSON Web Signatures and Keys. Their payloads are no claims, so they are run against
//! the parts of the verifier that come before and after those: splitting, header, choice of key, signature.

use super::super::key::{KeySet, VerifyingKey};
use super::*;
use jsonwebtoken::{AlgorithmFamily, DecodingKey};
use serde_json::Value;

/// Vectors whose verdict is not ours: number, comment, whether we accept, why.
const OVERRULED: &[(u64, &str, bool, &str)] = &[
    (7, "rejectsKeyWithRocaVulnerability", true, "a flaw of one vendor's key generator, not looked for"),
    (367, "invalidBase64Padding", true, "the padding got lost in the vector: it is the valid token of 357"),
    (370, "invalidBase64PaddingInPayload", true, "the same"),
    (372, "InvalidCharacterInsertedInHeader", false, "said to be valid; RFC 7515 §2 knows no such character"),
    (373, "InvalidCharacterInsertedInPayload", false, "the same"),
];

/// The way of [`Verifier::verify_anew`] for one issuer with these keys, all algorithms of the vectors allowed.
fn accepts(token: &str, keys: &KeySet, secrets: bool) -> Result<(), Refusal> {
    let parts = Parts::split(token)?;
    let header: Header = parse_part(parts.header)?;
    header.check_extensions()?;
    let algorithm: Algorithm = header.alg.parse().map_err(|_| Refusal::Algorithm)?;
    if (algorithm.family() == AlgorithmFamily::Hmac) != secrets {
        return Err(Refusal::Algorithm);
    }
    let key_id = header.kid.as_deref().filter(|_| !secrets);
    let key = keys.find(key_id, algorithm).ok_or(Refusal::UnknownKey)?;
    if !key.verifies(parts.message.as_bytes(), parts.signature, algorithm) {
        return Err(Refusal::Signature);
    }
    URL_SAFE_NO_PAD.decode(parts.payload).map(drop).map_err(|_| Refusal::Malformed)
}

/// A symmetric key of a vector, as if it were the configured secret of an issuer: too short ones are refused there too.
fn secret(jwk: &Value) -> Option<VerifyingKey> {
    let algorithm: Algorithm = jwk["alg"].as_str()?.parse().ok()?;
    let bytes = URL_SAFE_NO_PAD.decode(jwk["k"].as_str()?).ok()?;
    let hash = match algorithm {
        Algorithm::HS256 => 32,
        Algorithm::HS384 => 48,
        Algorithm::HS512 => 64,
        _ => return None,
    };
    let usable = bytes.len() >= hash && jwk["use"] != "enc";
    usable.then(|| VerifyingKey::new(None, DecodingKey::from_secret(&bytes), vec![algorithm]))
}

/// The key set of a group, and whether it consists of secrets.
fn keys(group: &Value) -> (KeySet, bool) {
    let public = group.get("public").filter(|public| !public.is_null());
    let given = public.unwrap_or(&group["private"]);
    let list = given["keys"].as_array().cloned().unwrap_or_else(|| vec![given.clone()]);
    if list.iter().all(|jwk| jwk["kty"] == "oct") {
        let mut ids: Vec<_> = list.iter().map(|jwk| jwk["kid"].as_str()).collect();
        ids.dedup();
        // There is one secret an issuer; of several the first stands for it, none when they cannot be told apart.
        let first = if ids.len() == list.len() { list.first().and_then(secret) } else { None };
        return (KeySet::new(first.into_iter().collect()), true);
    }
    let set = serde_json::json!({ "keys": list }).to_string();
    (KeySet::from_json(set.as_bytes()).unwrap_or_default(), false)
}

/// How many vectors were rightly accepted, rightly refused, and refused although valid because the key names another
/// algorithm. Panics at the first that went the wrong way.
fn run(vectors: &str) -> [usize; 3] {
    let vectors: Value = serde_json::from_str(vectors).unwrap();
    let [mut accepted, mut refused, mut out_of_reach] = [0; 3];
    for group in vectors["testGroups"].as_array().unwrap() {
        let (keys, secrets) = keys(group);
        for test in group["tests"].as_array().unwrap() {
            let (id, comment) = (&test["tcId"], test["comment"].as_str().unwrap());
            let token = test["jws"].as_str().unwrap_or_default();
            let answer = accepts(token, &keys, secrets);
            let algorithm = algorithm_of(token);
            // Some vectors use a key with another algorithm than the one it names; we hold it to its word.
            let named = ["public", "private"].map(|half| group[half]["alg"].as_str().unwrap_or(&algorithm));
            let can = named.iter().all(|named| *named == algorithm);
            let overruled = OVERRULED.iter().find(|(number, name, ..)| id == *number && comment == *name);
            if let Some((.., ours, why)) = overruled {
                assert_eq!(answer.is_ok(), *ours, "vector {id}: {why}");
                continue;
            }
            match (test["result"].as_str().unwrap(), answer) {
                ("valid", Ok(())) => accepted += 1,
                ("invalid" | "acceptable", Err(_)) => refused += 1,
                ("valid", Err(_)) if !can => out_of_reach += 1,
                (wanted, got) => {
                    panic!("vector {id} ({comment}, {algorithm}) should be {wanted}, was {got:?}")
                }
            }
        }
    }
    [accepted, refused, out_of_reach]
}

fn algorithm_of(token: &str) -> String {
    Parts::split(token)
        .and_then(|parts| parse_part::<Value>(parts.header))
        .ok()
        .and_then(|header| header["alg"].as_str().map(str::to_owned))
        .unwrap_or_default()
}

#[test]
fn signatures() {
    assert_eq!(run(include_str!("testdata/wycheproof/json_web_signature_test.json")), [40, 353, 4]);
}

#[test]
fn key_sets() {
    assert_eq!(run(include_str!("testdata/wycheproof/json_web_key_test.json")), [5, 20, 0]);
}
