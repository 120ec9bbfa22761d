//! The stored item: a record with its address, its index entries and what the adapter needs to know of its past.

use super::entry;
use crate::store::{Indexes, StoreError};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Commits an item remembers. One whose answer was lost looks for its mark here, even when others wrote since.
const MARKS: usize = 4;

/// `<kind>.<id>`, unique within the partition. Cosmos DB forbids `/`, `\`, `?` and `#` in ids and takes 1023 bytes; what is
/// neither an ASCII letter or digit nor one of `-_.:` becomes `~` and two hexadecimal digits a byte.
pub(super) fn item_id(kind: &str, id: &str) -> String {
    let mut item_id = format!("{kind}.");
    for byte in id.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte) {
            item_id.push(char::from(byte));
        } else {
            // Writing to a string never fails.
            let _ = write!(item_id, "~{byte:02X}");
        }
    }
    item_id
}

/// As it is written.
#[derive(Serialize)]
pub(super) struct Item<'a> {
    id: String,
    tenant: &'a str,
    root: &'a str,
    kind: &'a str,
    key: &'a str,
    etag: &'a str,
    /// Marks of the last commits that wrote it, newest first.
    commits: Vec<&'a str>,
    /// Milliseconds since 1970. Cosmos DB removes expired items when it has time; until then they do not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<i64>,
    /// Seconds after the write.
    #[serde(skip_serializing_if = "Option::is_none")]
    ttl: Option<i64>,
    /// What its entries were made by.
    declared: String,
    #[serde(flatten)]
    entries: Entries,
    body: Map<String, Value>,
}

/// What the container's indexing policy includes.
#[derive(Serialize)]
pub(super) struct Entries {
    /// Of all records of the kind, by id.
    of_kind: String,
    /// Of the aggregate's records of the kind, by id.
    of_root: String,
    sorted: BTreeMap<&'static str, String>,
    folded: BTreeMap<&'static str, String>,
    listed: BTreeMap<&'static str, Vec<String>>,
}

/// Where an item stands.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) tenant: &'a str,
    pub(super) root: &'a str,
    pub(super) kind: &'a str,
    pub(super) id: &'a str,
}

impl Entries {
    pub(super) fn of(place: Place<'_>, indexes: Option<&Indexes>, body: &Map<String, Value>) -> Self {
        let base = entry::base(place.tenant, place.kind);
        let mut of_kind = base.clone();
        push_end(&mut of_kind, place);
        let mut of_root = String::new();
        for part in [place.tenant, place.root, place.kind, place.id] {
            entry::push_part(&mut of_root, part);
        }
        let (mut sorted, mut folded, mut listed) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        for field in indexes.map_or(&[][..], |indexes| indexes.fields) {
            let value = body.get(*field).unwrap_or(&Value::Null);
            let mut entry = base.clone();
            entry::push_value(&mut entry, value);
            push_end(&mut entry, place);
            sorted.insert(*field, entry);
            if let Some(lower) = value.as_str().and_then(entry::folded) {
                folded.insert(*field, format!("{base}{lower}"));
            }
        }
        for field in indexes.map_or(&[][..], |indexes| indexes.arrays) {
            let items = body.get(*field).and_then(Value::as_array).into_iter().flatten();
            listed.insert(*field, items.filter_map(Value::as_str).map(str::to_owned).collect());
        }
        Self { of_kind, of_root, sorted, folded, listed }
    }
}

fn push_end(entry: &mut String, place: Place<'_>) {
    entry::push_part(entry, place.id);
    entry::push_part(entry, place.root);
}

/// Tells one declaration of a kind's members from another.
pub(super) fn declaration(indexes: &Indexes) -> String {
    let digest = Sha256::digest(format!("{:?}", (indexes.fields, indexes.arrays)).as_bytes());
    digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

/// What a write makes of a record.
pub(super) struct Put<'a> {
    pub(super) etag: &'a str,
    pub(super) body: &'a RawValue,
    /// Milliseconds since 1970.
    pub(super) expires: Option<i64>,
}

impl<'a> Item<'a> {
    /// `marks`: of this commit, then of those that wrote it before.
    pub(super) fn new(
        place: Place<'a>,
        indexes: Option<&Indexes>,
        put: &Put<'a>,
        marks: impl Iterator<Item = &'a str>,
        now_millis: i64,
    ) -> Result<Self, StoreError> {
        let body: Map<String, Value> =
            serde_json::from_str(put.body.get()).map_err(|error| StoreError::Unavailable(error.into()))?;
        Ok(Self {
            id: item_id(place.kind, place.id),
            tenant: place.tenant,
            root: place.root,
            kind: place.kind,
            key: place.id,
            etag: put.etag,
            commits: marks.take(MARKS).collect(),
            expires: put.expires,
            // Cosmos DB takes 1 to 2147483647.
            ttl: put.expires.map(|at| ((at - now_millis + 999) / 1000).clamp(1, i64::from(i32::MAX))),
            declared: indexes.map(declaration).unwrap_or_default(),
            entries: Entries::of(place, indexes, &body),
            body,
        })
    }
}

/// As it is read.
#[derive(Deserialize)]
pub(super) struct Stored {
    pub(super) tenant: String,
    pub(super) root: String,
    pub(super) key: String,
    pub(super) etag: String,
    #[serde(default)]
    pub(super) commits: Vec<String>,
    #[serde(default)]
    pub(super) expires: Option<i64>,
    pub(super) body: Box<RawValue>,
    #[serde(rename = "_etag")]
    pub(super) version: String,
}

impl Stored {
    pub(super) fn is_live(&self, now_millis: i64) -> bool {
        self.expires.is_none_or(|expires| expires > now_millis)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn item_ids_hold_safe_characters_and_tell_ids_apart(a in ".{0,12}", b in "[a/~?#\\\\ .]{0,3}") {
            let id = item_id("job", &a);
            prop_assert!(id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:~".contains(&byte)));
            prop_assert_eq!(id == item_id("job", &b), a == b);
            prop_assert_ne!(item_id("job", &a), item_id("note", &b));
        }
    }

    /// The grammar's words; a declared member stands in a statement as it is.
    #[test]
    fn no_declared_member_is_a_word_of_sql() {
        const WORDS: &str = " all and array as asc between by cross desc distinct escape exists false for from group having in \
            inner insert into is join left like limit not null offset on or order outer over rank right select set then top true \
            udf undefined update value when where with ";
        for indexes in crate::domain::KINDS {
            for name in indexes.fields.iter().chain(indexes.arrays) {
                assert!(!WORDS.contains(&format!(" {name} ")), "{name}");
                assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{name}");
            }
        }
    }

    #[test]
    fn the_longest_id_fits() {
        let longest = crate::domain::KINDS.iter().map(|indexes| indexes.kind.len()).max().unwrap();
        let id = item_id(&"k".repeat(longest), &"#".repeat(crate::store::MAX_ID_BYTES));
        assert!(id.len() <= 1023, "{}", id.len());
    }
}
