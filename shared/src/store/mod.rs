//! The narrow waist of all data access: get, commit, query. Two backends, one conformance suite.
//!
//! A record lives at (tenant, root, kind, id). `tenant` and `root` (the aggregate root's id) are the hierarchical
//! partition key: records that share both commit atomically. `body` is the record's JSON; indexed paths are declared
//! per kind and are the only ones a query may filter or order by. Everything typed is built above, in [`crate::docs`].

#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
pub mod cosmos;
mod shape;
pub mod sqlite;

use crate::BoxFuture;
use crate::domain::organisation::OrganisationId;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use std::time::{SystemTime, UNIX_EPOCH};

/// Log target of the shapes of queries.
pub const SHAPES: &str = "shared::store::shapes";

/// Writes of one batch, at most.
pub const MAX_WRITES: usize = 100;
/// Bytes of all bodies of one batch, at most. Cosmos DB takes 2 MiB a request; the rest is for keys and index entries.
pub const MAX_BODY_BYTES: usize = 1_500_000;
/// Bytes of a record's id, and of its root, at most.
pub const MAX_ID_BYTES: usize = 300;

/// First level of the partition key. The only way to name data; there is no unscoped handle.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Tenant(String);

impl Tenant {
    pub fn organisation(id: &str) -> Self {
        Self(format!("o:{id}"))
    }
    /// Data a person holds, whatever organisations they deal with.
    pub fn person(user_id: &str) -> Self {
        Self(format!("u:{user_id}"))
    }
    /// Platform data: reservations, look-ups, registries.
    pub fn platform() -> Self {
        Self("p".into())
    }
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// The tenant whose text was stored; text that names none names an empty one.
    pub fn parse(text: &str) -> Self {
        Self(text.to_owned())
    }
    /// `Some` for an organisation's tenant.
    pub fn organisation_id(&self) -> Option<OrganisationId> {
        self.0.strip_prefix("o:").and_then(|id| id.parse().ok())
    }
}

/// Full address of one record.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key {
    pub tenant: Tenant,
    pub root: String,
    pub kind: &'static str,
    pub id: String,
}

/// A stored record. The body carries its own `etag` member, equal to `etag`.
#[derive(Clone)]
pub struct Record {
    pub root: String,
    pub id: String,
    pub etag: String,
    pub body: Body,
}

/// JSON that was checked before it was stored ([`Change::Put`]): reading it back checks nothing again.
#[derive(Clone)]
pub struct Body(Box<str>);

impl Body {
    /// What a backend kept of a [`Change::Put`].
    pub fn stored(text: impl Into<Box<str>>) -> Self {
        Self(text.into())
    }
    pub fn get(&self) -> &str {
        &self.0
    }
}

impl From<Box<RawValue>> for Body {
    fn from(json: Box<RawValue>) -> Self {
        Self(json.into())
    }
}

impl Serialize for Body {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let json: &RawValue = serde_json::from_str(&self.0).map_err(serde::ser::Error::custom)?;
        json.serialize(serializer)
    }
}

/// What must hold for a write to be applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Precondition {
    /// The record does not exist.
    Absent,
    /// The record exists with this ETag.
    Match(String),
    None,
}

/// One write of a batch. `root`, the tenant are the batch's.
pub struct Write {
    pub kind: &'static str,
    pub id: String,
    pub precondition: Precondition,
    pub change: Change,
}

pub enum Change {
    /// Insert or replace. `etag` is the new ETag (already inside `body`).
    Put {
        etag: String,
        body: Box<RawValue>,
        /// Seconds from now after which the record is gone.
        ttl: Option<u32>,
    },
    Delete,
}

/// All or nothing, within one partition: at most [`MAX_WRITES`] writes and [`MAX_BODY_BYTES`]. Writes take effect one
/// after the other: a later one meets what an earlier one left.
pub struct Batch {
    pub tenant: Tenant,
    pub root: String,
    pub writes: Vec<Write>,
}

impl Batch {
    fn check_size(&self) -> Result<(), StoreError> {
        let size = |write: &Write| match &write.change {
            Change::Put { body, .. } => body.get().len(),
            Change::Delete => 0,
        };
        if self.writes.len() > MAX_WRITES {
            return Err(StoreError::TooLarge("more than 100 writes"));
        }
        if self.writes.iter().map(size).sum::<usize>() > MAX_BODY_BYTES {
            return Err(StoreError::TooLarge("more than 1500000 bytes"));
        }
        if self.root.len() > MAX_ID_BYTES || self.writes.iter().any(|write| write.id.len() > MAX_ID_BYTES) {
            return Err(StoreError::TooLarge("an id of more than 300 bytes"));
        }
        Ok(())
    }
}

/// Declared once per kind. Paths are top-level member names of the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Indexes {
    pub kind: &'static str,
    /// Members a query may filter on with [`Filter::Eq`], [`Filter::In`], [`Filter::Range`] or order by. `is_active`, true of
    /// nearly every record, only with [`Filter::Eq`].
    pub fields: &'static [&'static str],
    /// Array members (of strings) a query may filter on with [`Filter::Has`].
    pub arrays: &'static [&'static str],
}

/// A typed filter; parameters, never text. Values are scalars and equal only values of their own type; a missing member
/// is null. Numbers compare as doubles.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    Eq(&'static str, serde_json::Value),
    /// An empty list matches nothing.
    In(&'static str, Vec<serde_json::Value>),
    /// The array member contains the string.
    Has(&'static str, String),
    /// Case-blind prefix of a string member.
    Prefix(&'static str, String),
    /// `low <= member < high`; either end may be open. Only members of the bounds' type are within; with both ends open
    /// everything is.
    Range(&'static str, Option<serde_json::Value>, Option<serde_json::Value>),
    /// Any of them; an empty list matches nothing.
    Any(Vec<Filter>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    /// A declared field, or `"id"`. Ids are UUIDv7: their order is the order of creation. Ties go by id, in the same
    /// direction. Ascending: null or missing, false, true, numbers, strings by code point, then arrays and objects.
    pub field: &'static str,
    pub descending: bool,
}

pub struct Query {
    pub tenant: Tenant,
    /// Within one aggregate, or over the whole tenant.
    pub root: Option<String>,
    pub kind: &'static str,
    /// All must hold.
    pub filters: Vec<Filter>,
    pub order: Order,
    /// At most this many records, 1 to 1000.
    pub limit: u32,
    /// Where the last page ended (opaque; made by the same backend for the same filters and order).
    pub after: Option<String>,
}

impl Query {
    /// What it asks for, without values: `job | tenant | status =, recruiter_ids has | id desc`. Scope is `tenant` or `root`.
    pub fn shape(&self) -> String {
        shape::of(self)
    }

    /// Tells whoever listens what is asked: `tests/fixtures/queries.txt` lists every shape.
    fn trace(&self) {
        tracing::trace!(target: SHAPES, shape = self.shape());
    }

    /// Ties a cursor to tenant, root, kind, filters and order (not to the limit: pages may differ in length).
    fn fingerprint(&self) -> [u8; 8] {
        let order = (self.order.field, self.order.descending);
        let text =
            format!("{:?}", (self.tenant.as_str(), &self.root, self.kind, &self.filters, order.0, order.1));
        let digest = Sha256::digest(text.as_bytes());
        let mut short = [0; 8];
        short.copy_from_slice(&digest[..8]);
        short
    }
}

pub struct Page {
    pub records: Vec<Record>,
    /// Present when more records follow.
    pub next: Option<String>,
}

/// A page as JSON, for who passes it on as it is.
pub struct JsonPage {
    /// `{"items":[…],"next_cursor":…}` (spec 00 §4), the items being the bodies.
    pub text: String,
    /// How many they are.
    pub count: usize,
    /// Present when more records follow.
    pub next: Option<String>,
}

/// Bytes of a page that are reserved before they are needed.
const MOST_RESERVED: usize = 256 * 1024;

/// A [`JsonPage`] in the making: each body is copied once, into its place.
struct JsonItems {
    text: String,
    count: usize,
    most: usize,
}

impl JsonItems {
    /// At most so many.
    fn new(most: usize) -> Self {
        Self { text: r#"{"items":["#.to_owned(), count: 0, most }
    }
    fn push(&mut self, body: &str) {
        if self.count > 0 {
            self.text.push(',');
        }
        // Bodies of one kind are about as long. What is longer than this makes its own room.
        if self.text.capacity() - self.text.len() <= body.len() {
            let left = (body.len() + 64).saturating_mul(self.most.saturating_sub(self.count));
            self.text.reserve(left.min(MOST_RESERVED));
        }
        self.text.push_str(body);
        self.count += 1;
    }
    fn finish(self, next: Option<String>) -> JsonPage {
        let Self { mut text, count, .. } = self;
        text.push_str(r#"],"next_cursor":"#);
        match &next {
            // Cursors are base64url: nothing to escape.
            Some(cursor) => text.extend(["\"", cursor, "\"}"]),
            None => text.push_str("null}"),
        }
        JsonPage { text, count, next }
    }
}

impl From<Page> for JsonPage {
    fn from(page: Page) -> Self {
        let mut items = JsonItems::new(page.records.len());
        page.records.iter().for_each(|record| items.push(record.body.get()));
        items.finish(page.next)
    }
}

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The first write whose precondition failed; nothing of the batch was applied.
    #[error("precondition of {kind} failed")]
    Precondition { kind: &'static str, id: String },
    /// A query names a field that its kind does not declare, or a cursor that was not made for it.
    #[error("bad query: {0}")]
    BadQuery(&'static str),
    /// The batch exceeds a limit; nothing of it was applied.
    #[error("batch too large: {0}")]
    TooLarge(&'static str),
    #[error("store unavailable")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// A backend. Shared behind an `Arc`; every method may be called at once from many tasks.
pub trait Store: Send + Sync + 'static {
    /// Short name for the start-up banner, such as `SQLite .data/talenti.db`.
    fn describe(&self) -> String;
    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Record>, StoreError>>;
    /// Applies the batch, or nothing of it. A batch without writes succeeds.
    fn commit(&self, batch: Batch) -> BoxFuture<'_, Result<(), StoreError>>;
    fn query(&self, query: Query) -> BoxFuture<'_, Result<Page, StoreError>>;
    /// What [`Store::query`] finds, as JSON.
    fn json_page(&self, query: Query) -> BoxFuture<'_, Result<JsonPage, StoreError>> {
        Box::pin(async move { Ok(self.query(query).await?.into()) })
    }
    /// Answers when a trivial read works.
    fn ping(&self) -> BoxFuture<'_, Result<(), StoreError>>;
}

/// Lower case, character by character: no rule that looks at neighbours, so a prefix folds to a prefix.
fn fold(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

/// Milliseconds since 1970.
pub(crate) fn now_millis() -> i64 {
    #[expect(clippy::disallowed_methods, reason = "visibility and expiry are judged by the machine's clock")]
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX)
}
