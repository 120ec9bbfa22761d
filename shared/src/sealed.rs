//! Members that stand in the store encrypted (spec 40 §6): telephone numbers and demographic answers. Whoever reads the
//! store, a backup or a replica without the key does not read them.
//!
//! AES-256-GCM with a random nonce for every value, bound to the record and member it stands in: a value copied
//! elsewhere does not open. Nothing can be searched by them.

use crate::BoxFuture;
use crate::auth::Secret;
use crate::store::{Batch, Change, JsonPage, Key, Page, Query, Record, Store, StoreError};
use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};
use sha2::{Digest as _, Sha256};
use std::sync::{Arc, OnceLock};

/// Kind, and JSON pointers to its sealed texts.
const SEALED: &[(&str, &[&str])] = &[
    ("candidate", &["/phone"]),
    ("candidate_dei", &["/gender", "/ethnicity", "/disability_status", "/veteran_status"]),
    ("resume_parse", &["/parsed_data/personal_info/phone"]),
    // What was answered when a candidate was created stands there for a day.
    ("idempotency", &["/answer/body"]),
];

/// Begins every sealed text; what does not begin so was written before there was a key, and is read as it is.
const MARK: &str = "sealed:";

fn members_of(kind: &str) -> Option<&'static [&'static str]> {
    SEALED.iter().find(|(sealed, _)| *sealed == kind).map(|(_, members)| *members)
}

/// The first seals; all of them open, so that keys can be replaced one after the other. No Debug.
pub(crate) struct FieldKeys(Vec<FieldKey>);

struct FieldKey {
    /// Names the key in what it sealed; tells nothing of it.
    name: String,
    bytes: [u8; 32],
    /// Made when first used: a start does not wait for it.
    key: OnceLock<RandomizedNonceKey>,
}

impl FieldKey {
    fn new(bytes: &[u8; 32]) -> Self {
        let name = Sha256::new().chain_update(b"talenti field key name\n").chain_update(bytes).finalize();
        Self { name: URL_SAFE_NO_PAD.encode(&name[..6]), bytes: *bytes, key: OnceLock::new() }
    }

    fn key(&self) -> &RandomizedNonceKey {
        self.key
            .get_or_init(|| RandomizedNonceKey::new(&AES_256_GCM, &self.bytes).expect("the key has 32 bytes"))
    }
}

impl FieldKeys {
    /// Comma-separated, each 32 bytes in base64, newest first; `None` when one is not.
    pub(crate) fn parse(text: &Secret) -> Option<Self> {
        let keys: Option<Vec<_>> = text
            .expose()
            .split(',')
            .map(|key| {
                let bytes = STANDARD.decode(key.trim()).ok()?;
                Some(FieldKey::new(&bytes.try_into().ok()?))
            })
            .collect();
        keys.map(Self)
    }

    /// A key that follows from another secret.
    pub(crate) fn derived(from: &Secret) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"talenti field key\n");
        hash.update(from.expose().as_bytes());
        Self(vec![FieldKey::new(&hash.finalize().into())])
    }

    fn seal(&self, place: &str, text: &str) -> Result<String, StoreError> {
        let first = &self.0[0];
        let mut bytes = text.as_bytes().to_vec();
        let nonce = first
            .key()
            .seal_in_place_append_tag(Aad::from(place), &mut bytes)
            .map_err(|_| unreadable("a value could not be sealed"))?;
        let whole = [nonce.as_ref().as_slice(), &bytes].concat();
        Ok(format!("{MARK}{}:{}", first.name, URL_SAFE_NO_PAD.encode(whole)))
    }

    fn open(&self, place: &str, sealed: &str) -> Result<String, StoreError> {
        let (name, text) = sealed.split_once(':').ok_or_else(|| unreadable("a sealed value is damaged"))?;
        let key = self.0.iter().find(|key| key.name == name);
        let key =
            key.ok_or_else(|| unreadable("FIELD_KEYS does not name the key a value was sealed with"))?;
        let opened = || {
            let whole = URL_SAFE_NO_PAD.decode(text).ok()?;
            let (nonce, bytes) = whole.split_at_checked(NONCE_LEN)?;
            let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
            let mut bytes = bytes.to_vec();
            let text = key.key().open_in_place(nonce, Aad::from(place), &mut bytes).ok()?;
            String::from_utf8(text.to_vec()).ok()
        };
        opened().ok_or_else(|| unreadable("a sealed value is damaged or stands in the wrong place"))
    }
}

fn unreadable(what: &'static str) -> StoreError {
    StoreError::Unavailable(what.into())
}

/// A store that seals on the way in and opens on the way out. Kinds without sealed members pass untouched.
pub(crate) struct Sealed {
    inner: Arc<dyn Store>,
    keys: FieldKeys,
}

impl Sealed {
    pub(crate) fn over(inner: Arc<dyn Store>, keys: FieldKeys) -> Self {
        Self { inner, keys }
    }

    fn seal(
        &self,
        tenant: &str,
        kind: &str,
        id: &str,
        body: &RawValue,
    ) -> Result<Option<Box<RawValue>>, StoreError> {
        self.each(tenant, kind, id, body.get(), |place, text| self.keys.seal(place, text).map(Some))
    }

    fn open(&self, tenant: &str, kind: &str, record: &mut Record) -> Result<(), StoreError> {
        if !record.body.get().contains(MARK) {
            return Ok(());
        }
        let opened = self.each(tenant, kind, &record.id, record.body.get(), |place, text| {
            text.strip_prefix(MARK).map(|sealed| self.keys.open(place, sealed)).transpose()
        })?;
        if let Some(opened) = opened {
            record.body = opened.into();
        }
        Ok(())
    }

    /// `None` when nothing was changed.
    fn each(
        &self,
        tenant: &str,
        kind: &str,
        id: &str,
        body: &str,
        change: impl Fn(&str, &str) -> Result<Option<String>, StoreError>,
    ) -> Result<Option<Box<RawValue>>, StoreError> {
        let Some(members) = members_of(kind) else { return Ok(None) };
        let read = |_| unreadable("a stored record is no JSON");
        let mut value: Value = serde_json::from_str(body).map_err(read)?;
        let mut changed = false;
        for member in members {
            let Some(Value::String(text)) = value.pointer_mut(member) else { continue };
            if let Some(new) = change(&format!("{tenant}/{kind}/{id}{member}"), text)? {
                *text = new;
                changed = true;
            }
        }
        changed.then(|| to_raw_value(&value).map_err(read)).transpose()
    }
}

impl Store for Sealed {
    fn describe(&self) -> String {
        self.inner.describe()
    }

    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Record>, StoreError>> {
        if members_of(key.kind).is_none() {
            return self.inner.get(key);
        }
        Box::pin(async move {
            let mut found = self.inner.get(key).await?;
            if let Some(record) = &mut found {
                self.open(key.tenant.as_str(), key.kind, record)?;
            }
            Ok(found)
        })
    }

    fn commit(&self, mut batch: Batch) -> BoxFuture<'_, Result<(), StoreError>> {
        for write in &mut batch.writes {
            let Change::Put { body, .. } = &mut write.change else { continue };
            match self.seal(batch.tenant.as_str(), write.kind, &write.id, body) {
                Ok(Some(sealed)) => *body = sealed,
                Ok(None) => {}
                Err(error) => return Box::pin(async { Err(error) }),
            }
        }
        self.inner.commit(batch)
    }

    fn query(&self, query: Query) -> BoxFuture<'_, Result<Page, StoreError>> {
        if members_of(query.kind).is_none() {
            return self.inner.query(query);
        }
        Box::pin(async move {
            let (tenant, kind) = (query.tenant.clone(), query.kind);
            let mut page = self.inner.query(query).await?;
            for record in &mut page.records {
                self.open(tenant.as_str(), kind, record)?;
            }
            Ok(page)
        })
    }

    fn json_page(&self, query: Query) -> BoxFuture<'_, Result<JsonPage, StoreError>> {
        if members_of(query.kind).is_none() {
            return self.inner.json_page(query);
        }
        Box::pin(async move { Ok(self.query(query).await?.into()) })
    }

    fn ping(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        self.inner.ping()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::KINDS;
    use crate::store::sqlite::{Database, Durability, Location, Sqlite};
    use crate::store::{Filter, Order, Precondition, Tenant, Write};
    use serde_json::json;

    fn keys(numbers: &[u8]) -> FieldKeys {
        let text: Vec<_> = numbers.iter().map(|number| STANDARD.encode([*number; 32])).collect();
        FieldKeys::parse(&Secret::new(text.join(","))).unwrap()
    }

    fn plain() -> Arc<dyn Store> {
        let database = Database::open(Location::Memory, KINDS, Durability::Process).unwrap();
        Arc::new(Sqlite::over(database))
    }

    fn key(kind: &'static str, id: &str) -> Key {
        Key { tenant: Tenant::organisation("a"), root: "r".into(), kind, id: id.into() }
    }

    async fn put(store: &dyn Store, key: &Key, body: Value) {
        let change = Change::Put { etag: "e".into(), body: to_raw_value(&body).unwrap(), ttl: None };
        let write = Write { kind: key.kind, id: key.id.clone(), precondition: Precondition::None, change };
        let batch = Batch { tenant: key.tenant.clone(), root: key.root.clone(), writes: vec![write] };
        store.commit(batch).await.unwrap();
    }

    async fn get(store: &dyn Store, key: &Key) -> Result<Value, StoreError> {
        let record = store.get(key).await?.unwrap();
        Ok(serde_json::from_str(record.body.get()).unwrap())
    }

    fn candidate(phone: &str) -> Value {
        json!({ "id": "1", "etag": "e", "phone": phone, "is_active": true, "summary": "sealed: is no seal here" })
    }

    #[tokio::test]
    async fn what_is_sealed_is_read_with_the_key_only() {
        let inner = plain();
        let (store, place) = (Sealed::over(inner.clone(), keys(&[1])), key("candidate", "1"));
        put(&store, &place, candidate("+61 400 000 000")).await;
        assert_eq!(get(&store, &place).await.unwrap(), candidate("+61 400 000 000"));
        let stored = inner.get(&place).await.unwrap().unwrap();
        assert!(!stored.body.get().contains("400 000"), "{}", stored.body.get());
        let query = Query {
            tenant: place.tenant.clone(),
            root: None,
            kind: "candidate",
            filters: vec![Filter::Eq("is_active", true.into())],
            order: Order { field: "id", descending: false },
            limit: 10,
            after: None,
        };
        let page = store.query(query).await.unwrap();
        assert!(page.records[0].body.get().contains("+61 400 000 000"));
        assert!(get(&Sealed::over(inner, keys(&[2])), &place).await.is_err());
    }

    #[tokio::test]
    async fn keys_are_replaced_one_after_the_other() {
        let (inner, place) = (plain(), key("candidate", "1"));
        // Written before there was a key.
        put(&*inner, &place, candidate("1")).await;
        let old = Sealed::over(inner.clone(), keys(&[1]));
        assert_eq!(get(&old, &place).await.unwrap()["phone"], "1");
        put(&old, &place, candidate("2")).await;
        let both = Sealed::over(inner.clone(), keys(&[2, 1]));
        assert_eq!(get(&both, &place).await.unwrap()["phone"], "2");
        put(&both, &place, candidate("3")).await;
        assert_eq!(get(&Sealed::over(inner, keys(&[2])), &place).await.unwrap()["phone"], "3");
    }

    #[tokio::test]
    async fn a_value_opens_in_its_own_place_and_whole_only() {
        let inner = plain();
        let (store, place) = (Sealed::over(inner.clone(), keys(&[1])), key("candidate", "1"));
        put(&store, &place, candidate("sealed:by somebody else")).await;
        assert_eq!(get(&store, &place).await.unwrap()["phone"], "sealed:by somebody else");
        let stored: Value = get(&*inner, &place).await.unwrap();
        let elsewhere = key("candidate", "2");
        put(&*inner, &elsewhere, stored.clone()).await;
        assert!(get(&store, &elsewhere).await.is_err());
        let mut cut = stored;
        cut["phone"] = json!(cut["phone"].as_str().unwrap()[..40]);
        put(&*inner, &place, cut).await;
        assert!(get(&store, &place).await.is_err());
    }

    #[test]
    fn no_sealed_member_is_searched() {
        for indexes in KINDS {
            let sealed = members_of(indexes.kind).unwrap_or_default();
            assert!(sealed.iter().all(|member| !indexes.fields.contains(&&member[1..])), "{}", indexes.kind);
        }
    }

    #[test]
    fn keys_of_another_size_are_refused() {
        for wrong in ["", "c2hvcnQ=", "not base64!"] {
            assert!(FieldKeys::parse(&Secret::new(wrong)).is_none(), "{wrong}");
        }
    }
}
