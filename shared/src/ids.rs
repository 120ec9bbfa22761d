//! Typed ids: UUIDv7, so that their order is the order of creation (spec 00 §4).

use crate::clock::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::str::FromStr;
use uuid::Uuid;

/// The id of a `T`; an id of something else does not fit where it is wanted.
pub struct Id<T> {
    uuid: Uuid,
    of: PhantomData<fn() -> T>,
}

impl<T> Id<T> {
    #[expect(clippy::new_without_default, reason = "a default id would look like a constant")]
    pub fn new() -> Self {
        #[expect(clippy::disallowed_methods, reason = "the one place that makes ids")]
        Self::from(Uuid::now_v7())
    }
    /// When it was made, to the millisecond; `None` for an id that came from elsewhere.
    pub fn made_at(self) -> Option<Timestamp> {
        let (seconds, nanos) = self.uuid.get_timestamp()?.to_unix();
        let since = time::Duration::new(i64::try_from(seconds).ok()?, i32::try_from(nanos).ok()?);
        Some(Timestamp::from_unix(0).plus(since))
    }
    /// The same id, seen as that of another kind: where one document shares another's id on purpose.
    pub fn cast<U>(self) -> Id<U> {
        Id::from(self.uuid)
    }
    pub fn uuid(self) -> Uuid {
        self.uuid
    }
}

impl<T> From<Uuid> for Id<T> {
    fn from(uuid: Uuid) -> Self {
        Self { uuid, of: PhantomData }
    }
}

impl<T> FromStr for Id<T> {
    type Err = uuid::Error;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // Only the hyphenated form: one thing has one spelling.
        if text.len() != 36 {
            return Err(Uuid::parse_str("").expect_err("empty text is no UUID"));
        }
        Uuid::parse_str(text).map(Self::from)
    }
}

impl<T> Clone for Id<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Id<T> {}
impl<T> PartialEq for Id<T> {
    fn eq(&self, other: &Self) -> bool {
        self.uuid == other.uuid
    }
}
impl<T> Eq for Id<T> {}
impl<T> PartialOrd for Id<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<T> Ord for Id<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.uuid.cmp(&other.uuid)
    }
}
impl<T> Hash for Id<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.uuid.hash(state);
    }
}
impl<T> fmt::Display for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.uuid.as_hyphenated().fmt(f)
    }
}
impl<T> fmt::Debug for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl<T> Serialize for Id<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut buffer = Uuid::encode_buffer();
        serializer.serialize_str(self.uuid.as_hyphenated().encode_lower(&mut buffer))
    }
}
impl<'de, T> Deserialize<'de> for Id<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(|_| D::Error::custom("expected a UUID"))
    }
}
impl<T> JsonSchema for Id<T> {
    fn schema_name() -> Cow<'static, str> {
        "Id".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "uuid" })
    }
}

/// A fresh opaque tag for one version of a document.
pub(crate) fn new_etag() -> String {
    let mut buffer = Uuid::encode_buffer();
    Uuid::from_u128(rand::random()).simple().encode_lower(&mut buffer)[..16].to_owned()
}

/// 32 random bytes, base64url: invitation, reset and refresh tokens.
pub fn new_secret_token() -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
}
