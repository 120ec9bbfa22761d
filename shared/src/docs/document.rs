use crate::clock::Timestamp;
use crate::domain::organisation::OrganisationId;
use crate::error::{Error, Result};
use crate::store::{Body, Indexes, Record};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::ops::Deref;

/// Members every document has (spec 00 §4).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Meta {
    /// `null` for platform data and data a person holds.
    pub organisation_id: Option<OrganisationId>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// A user's id; `null` when the system made it.
    pub created_by: Option<String>,
    pub is_active: bool,
    pub etag: String,
    #[serde(default = "first_version")]
    pub schema_version: u16,
}

fn first_version() -> u16 {
    1
}

impl Meta {
    pub fn new(organisation_id: Option<OrganisationId>, now: Timestamp, created_by: Option<String>) -> Self {
        Self {
            organisation_id,
            created_at: now,
            updated_at: now,
            created_by,
            is_active: true,
            etag: String::new(),
            schema_version: 1,
        }
    }
}

/// How much of a change the audit keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audit {
    /// Old and new values of the changed members; those named are masked.
    Values { masked: &'static [&'static str] },
    /// That it changed, no values.
    FactOnly,
    /// Machinery (sessions, counters, transcript turns): no audit event.
    Off,
}

/// A kind of stored document. Implemented through [`crate::document!`].
pub trait Document: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Stored kind, snake_case, singular.
    const KIND: &'static str;
    /// What people call it in messages.
    const NAME: &'static str;
    /// Members lists filter or order by.
    const FIELDS: &'static [&'static str];
    /// Array members lists filter by.
    const ARRAYS: &'static [&'static str];
    const INDEXES: Indexes = Indexes { kind: Self::KIND, fields: Self::FIELDS, arrays: Self::ARRAYS };
    const AUDIT: Audit;
    /// Deleted ones stay stored, hidden (then `is_active` is one of [`Self::FIELDS`]).
    const SOFT_DELETE: bool;

    fn id(&self) -> String;
    /// Id of the aggregate root it commits with.
    fn root(&self) -> String;
    fn meta(&self) -> &Meta;
    fn meta_mut(&mut self) -> &mut Meta;
    /// Seconds it lives after this write; `None` is for ever.
    fn ttl(&self, _now: Timestamp) -> Option<u32> {
        None
    }
}

/// Writes the [`Document`] implementation of a struct that has members `id` and `meta` (flattened).
///
/// `document! { Job, "job", "job", root: id, fields: ["status"], arrays: ["recruiter_ids"], audit: values }`
#[macro_export]
macro_rules! document {
    (@audit values) => { $crate::docs::Audit::Values { masked: &[] } };
    (@audit masked [$($masked:literal),*]) => { $crate::docs::Audit::Values { masked: &[$($masked),*] } };
    (@audit fact) => { $crate::docs::Audit::FactOnly };
    (@audit off) => { $crate::docs::Audit::Off };
    ($type:ty, $kind:literal, $name:literal, root: $root:ident, fields: [$($field:literal),* $(,)?],
     arrays: [$($array:literal),* $(,)?], audit: $($audit:tt)+) => {
        impl $crate::docs::Document for $type {
            const KIND: &'static str = $kind;
            const NAME: &'static str = $name;
            const FIELDS: &'static [&'static str] = &[$($field),*];
            const ARRAYS: &'static [&'static str] = &[$($array),*];
            const AUDIT: $crate::docs::Audit = $crate::document!(@audit $($audit)+);
            const SOFT_DELETE: bool = $crate::docs::names_is_active(Self::FIELDS);
            fn id(&self) -> String { self.id.to_string() }
            fn root(&self) -> String { self.$root.to_string() }
            fn meta(&self) -> &$crate::docs::Meta { &self.meta }
            fn meta_mut(&mut self) -> &mut $crate::docs::Meta { &mut self.meta }
        }
    };
}

/// Whether a list of member names holds `is_active`: such a kind is deleted softly.
#[doc(hidden)]
pub const fn names_is_active(fields: &[&str]) -> bool {
    const NAME: &[u8] = b"is_active";
    let mut i = 0;
    while i < fields.len() {
        let field = fields[i].as_bytes();
        if field.len() == NAME.len() {
            let mut j = 0;
            while j < NAME.len() && field[j] == NAME[j] {
                j += 1;
            }
            if j == NAME.len() {
                return true;
            }
        }
        i += 1;
    }
    false
}

/// A document as it was read, with the text it was read from: what an update is measured against.
pub struct Stored<T> {
    document: T,
    body: Body,
}

impl<T: Document> Stored<T> {
    /// The document of a record, softly deleted or not.
    pub fn of(record: Record) -> Result<Self> {
        let Record { root, body, .. } = record;
        Ok(Self { document: read(T::KIND, &root, &body)?, body })
    }
    pub fn into_inner(self) -> T {
        self.document
    }
    pub fn body(&self) -> &Body {
        &self.body
    }
    pub(crate) fn clone_inner(&self) -> Result<T> {
        read(T::KIND, &self.document.root(), &self.body)
    }
}

/// What a body says. The text of a failure may quote a stored value: only where it happened is told.
pub(super) fn read<V: DeserializeOwned>(kind: &str, root: &str, body: &Body) -> Result<V> {
    serde_json::from_str(body.get()).map_err(|error| {
        Error::internal(format!(
            "stored {kind} in {root} does not have the expected shape (line {}, column {})",
            error.line(),
            error.column()
        ))
    })
}

impl<T> Deref for Stored<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.document
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_is_told_without_what_it_says() {
        let body = Body::stored(r#"{"score": "Ada Lovelace, 12 Byron Street"}"#);
        #[derive(Debug, Deserialize)]
        struct Scored {
            #[expect(dead_code, reason = "never read: the text is no number")]
            score: u32,
        }
        let error = read::<Scored>("interview", "i-1", &body).unwrap_err();
        let told = error.cause_chain().unwrap();
        assert!(told.starts_with("stored interview in i-1") && told.contains("line 1"), "{told}");
        assert!(!told.contains("Ada") && !error.detail().contains("Ada"), "{told}");
    }
}
