//! Typed, validated input. A handler only ever sees what passed.

use super::describe::{Operation, Presence, Takes, schema_of};
use super::problem::from_garde;
use crate::error::{Code, Error, Result};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header::{CONTENT_TYPE, IF_MATCH};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use garde::Validate;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The JSON body: parsed, strings trimmed, validated. Unknown members are refused by the type (`deny_unknown_fields`).
pub struct Body<T>(pub T);

/// The JSON body of a contract path: as [`Body`], for types that ignore what they do not know. An empty body counts as `{}`.
pub struct ContractBody<T>(pub T);

/// As [`Body`], for actions whose members are all optional: an empty body counts as `{}`.
pub struct OptionalBody<T>(pub T);

/// A JSON merge patch (RFC 7396) for a document's fields: see [`Patch::apply`].
pub struct Patch<T> {
    patch: Value,
    of: std::marker::PhantomData<fn() -> T>,
}

/// Query parameters; unknown ones are refused with 422 `unknown_parameter`.
pub struct Query<T>(pub T);

/// Query parameters of a contract path: unknown ones are ignored.
pub struct ContractQuery<T>(pub T);

/// Path parameters: one value, or a tuple in order of appearance.
pub struct Path<T>(pub T);

/// The ETag the change is meant for; without it 428.
pub struct IfMatch(pub String);

/// The ETag the action is meant for, when given.
pub struct MaybeIfMatch(pub Option<String>);

/// Members that keep their outer white space.
const UNTRIMMED: &[&str] =
    &["password", "new_password", "current_password", "token", "refresh_token", "content"];

impl<S: Send + Sync, T: DeserializeOwned + Validate<Context = ()>> FromRequest<S> for Body<T> {
    type Rejection = Error;
    async fn from_request(request: Request, state: &S) -> Result<Self> {
        let value = read_json(request, state, false).await?;
        Ok(Self(typed(value)?))
    }
}

impl<S: Send + Sync, T: DeserializeOwned + Validate<Context = ()>> FromRequest<S> for OptionalBody<T> {
    type Rejection = Error;
    async fn from_request(request: Request, state: &S) -> Result<Self> {
        let value = read_json(request, state, true).await?;
        Ok(Self(typed(value)?))
    }
}

impl<S: Send + Sync, T: DeserializeOwned + Validate<Context = ()>> FromRequest<S> for ContractBody<T> {
    type Rejection = Error;
    async fn from_request(request: Request, state: &S) -> Result<Self> {
        let value = read_json(request, state, true).await?;
        Ok(Self(typed(value)?))
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Patch<T> {
    type Rejection = Error;
    async fn from_request(request: Request, state: &S) -> Result<Self> {
        let patch = read_json(request, state, false).await?;
        if !patch.is_object() {
            return Err(Error::invalid("", "A patch is a JSON object."));
        }
        Ok(Self { patch, of: std::marker::PhantomData })
    }
}

impl<T> Patch<T> {
    /// Takes a member out, for one that is decided apart from the fields; `null` counts as given.
    pub fn take<V: DeserializeOwned>(&mut self, member: &str) -> Result<Option<V>> {
        let taken = self.patch.as_object_mut().and_then(|members| members.remove(member));
        taken
            .map(|value| {
                serde_path_to_error::deserialize(value).map_err(|error| {
                    Error::invalid(format!("/{member}"), plain(&error.into_inner().to_string()))
                })
            })
            .transpose()
    }
    /// The same patch for the part of `T` that is left.
    pub fn of<U>(self) -> Patch<U> {
        Patch { patch: self.patch, of: std::marker::PhantomData }
    }
}

impl<T: DeserializeOwned + serde::Serialize + Validate<Context = ()>> Patch<T> {
    /// The fields after the patch, parsed and validated as if they had been sent whole.
    pub fn apply(&self, fields: &T) -> Result<T> {
        let mut value = serde_json::to_value(fields).map_err(Error::internal)?;
        merge(&mut value, &self.patch);
        typed(value)
    }
    /// Whether the patch names a member.
    pub fn touches(&self, member: &str) -> bool {
        self.patch.get(member).is_some()
    }
}

fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(serde_json::Map::new());
    }
    if let Value::Object(members) = target {
        for (name, value) in patch {
            if value.is_null() {
                members.remove(name);
            } else {
                merge(members.entry(name).or_insert(Value::Null), value);
            }
        }
    }
}

async fn read_json<S: Send + Sync>(request: Request, state: &S, may_be_empty: bool) -> Result<Value> {
    let is_json = media_type(request.headers()).is_none_or(|media| {
        media.eq_ignore_ascii_case("application/json")
            || media.len() > 5
                && media.get(media.len() - 5..).is_some_and(|end| end.eq_ignore_ascii_case("+json"))
    });
    if !is_json {
        return Err(Error::new(Code::UnsupportedMediaType, "Send application/json."));
    }
    let bytes = axum::body::Bytes::from_request(request, state).await.map_err(|rejection| {
        let status = rejection.into_response().status();
        if status == StatusCode::PAYLOAD_TOO_LARGE {
            Error::new(Code::TooLarge, "The body is larger than this endpoint takes.")
        } else {
            Error::new(Code::BadRequest, "The body could not be read.")
        }
    })?;
    if may_be_empty && bytes.is_empty() {
        return Ok(Value::Object(serde_json::Map::new()));
    }
    let mut value = serde_json::from_slice(&bytes).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        Error::new(Code::MalformedJson, format!("The body is not JSON (line {line}, column {column})."))
    })?;
    trim(&mut value);
    Ok(value)
}

fn media_type(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    Some(value.split(';').next().unwrap_or(value).trim())
}

fn trim(value: &mut Value) {
    match value {
        Value::String(text) => {
            let trimmed = text.trim();
            if trimmed.len() != text.len() {
                *text = trimmed.to_owned();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(trim),
        Value::Object(members) => {
            for (name, value) in members.iter_mut() {
                if !UNTRIMMED.contains(&name.as_str()) {
                    trim(value);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Parses and validates; every failure is 422 with a pointer.
pub(super) fn typed<T: DeserializeOwned + Validate<Context = ()>>(value: Value) -> Result<T> {
    let parsed: T = serde_path_to_error::deserialize(value).map_err(|error| {
        let pointer = pointer(error.path());
        Error::invalid(pointer, plain(&error.into_inner().to_string()))
    })?;
    parsed.validate().map_err(|report| from_garde(&report))?;
    Ok(parsed)
}

/// RFC 6901 pointer of a path.
fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter()
        .map(|segment| match segment {
            Segment::Seq { index } => format!("/{index}"),
            Segment::Map { key } => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
            Segment::Enum { variant } => format!("/{variant}"),
            Segment::Unknown => String::new(),
        })
        .collect()
}

/// Serde's sentence in the words of JSON, without quoting the value that was sent.
fn plain(message: &str) -> String {
    match message.split_once(": ") {
        Some(("invalid type" | "invalid value", rest)) => match rest.rsplit_once("expected ") {
            Some((_, expected)) => format!("expected {}", in_json(expected)),
            None => "wrong type".into(),
        },
        _ if message.starts_with("unknown variant") => match message.split_once("expected ") {
            Some((_, expected)) => format!("expected {}", expected.replace('`', "")),
            None => "unknown value".into(),
        },
        _ if message.starts_with("unknown field") => "unknown member".into(),
        // Of a number in a query.
        _ if message.contains("invalid digit") || message.contains("integer from empty") => {
            "expected a whole number from 0 up".into()
        }
        _ if message.contains("number too large") => "the number is too large".into(),
        _ => message.replace('`', ""),
    }
}

/// What Rust calls a type, as a caller knows it.
fn in_json(rust: &str) -> String {
    match rust {
        "string or map" | "map with a single key" => "one of the documented values".into(),
        "a map" | "map" => "an object".into(),
        "a sequence" => "an array".into(),
        "f32" | "f64" => "a number".into(),
        "u8" => format!("a whole number from 0 to {}", u8::MAX),
        "u16" => format!("a whole number from 0 to {}", u16::MAX),
        "u32" => format!("a whole number from 0 to {}", u32::MAX),
        "u64" | "usize" => "a whole number from 0 up".into(),
        "i32" | "i64" => "a whole number".into(),
        _ if rust.starts_with("struct ") => "an object".into(),
        _ => rust.into(),
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Error;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        query(parts, state).await.map(Self)
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for ContractQuery<T> {
    type Rejection = Error;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        query(parts, state).await.map(Self)
    }
}

async fn query<S: Send + Sync, T: DeserializeOwned>(parts: &mut Parts, state: &S) -> Result<T> {
    match axum::extract::Query::<T>::from_request_parts(parts, state).await {
        Ok(axum::extract::Query(query)) => Ok(query),
        Err(rejection) => {
            let text = rejection.body_text();
            let text = text.rsplit("query string: ").next().unwrap_or_default();
            if let Some(rest) = text.split("unknown field `").nth(1) {
                let name: String =
                    rest.chars().take_while(|c| *c != '`').filter(char::is_ascii_graphic).take(64).collect();
                return Err(Error::new(Code::UnknownParameter, "This parameter is not known here.")
                    .with_field(name, "unknown", "unknown parameter"));
            }
            let (name, rest) = text.split_once(": ").unwrap_or(("", text));
            Err(Error::invalid(name, plain(rest)))
        }
    }
}

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Error;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        match axum::extract::Path::<T>::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(value)) => Ok(Self(value)),
            Err(_) => Err(Error::new(Code::ValidationFailed, "The address holds a value that is not valid.")
                .with_field("path", "invalid", "expected a UUID or one of the documented values")),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Error;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        if_match(&parts.headers)?.map(Self).ok_or_else(|| {
            Error::new(
                Code::PreconditionRequired,
                "Send If-Match with the ETag you read, so that no change is lost.",
            )
        })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for MaybeIfMatch {
    type Rejection = Error;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        Ok(Self(if_match(&parts.headers)?))
    }
}

fn if_match(headers: &HeaderMap) -> Result<Option<String>> {
    let Some(value) = headers.get(IF_MATCH) else { return Ok(None) };
    let text = value.to_str().map_err(|_| Error::new(Code::BadRequest, "If-Match is not readable."))?;
    Ok(Some(text.trim().trim_start_matches("W/").trim_matches('"').to_owned()))
}

impl<T: JsonSchema> Takes for Body<T> {
    fn describe(operation: &mut Operation) {
        operation.body = Some(("application/json", schema_of::<T>()));
    }
}

impl<T: JsonSchema> Takes for ContractBody<T> {
    fn describe(operation: &mut Operation) {
        operation.body = Some(("application/json", schema_of::<T>()));
    }
}

impl<T: JsonSchema> Takes for OptionalBody<T> {
    fn describe(operation: &mut Operation) {
        operation.body = Some(("application/json", schema_of::<T>()));
    }
}

impl<T: JsonSchema> Takes for Patch<T> {
    fn describe(operation: &mut Operation) {
        operation.body = Some(("application/merge-patch+json", schema_of::<T>()));
    }
}

impl<T: JsonSchema> Takes for Query<T> {
    fn describe(operation: &mut Operation) {
        operation.query = Some(schema_of::<T>());
    }
}

impl<T: JsonSchema> Takes for ContractQuery<T> {
    fn describe(operation: &mut Operation) {
        operation.query = Some(schema_of::<T>());
    }
}

impl Takes for IfMatch {
    fn describe(operation: &mut Operation) {
        operation.if_match = Some(Presence::Required);
    }
}

impl Takes for MaybeIfMatch {
    fn describe(operation: &mut Operation) {
        operation.if_match = Some(Presence::Optional);
    }
}

/// What path parameters can be made of.
pub trait PathParameters {
    fn schemas() -> Vec<super::describe::SchemaOf>;
}

impl PathParameters for String {
    fn schemas() -> Vec<super::describe::SchemaOf> {
        vec![schema_of::<Self>()]
    }
}

impl<T: 'static> PathParameters for crate::ids::Id<T> {
    fn schemas() -> Vec<super::describe::SchemaOf> {
        vec![schema_of::<Self>()]
    }
}

impl<A: PathParameters, B: PathParameters> PathParameters for (A, B) {
    fn schemas() -> Vec<super::describe::SchemaOf> {
        [A::schemas(), B::schemas()].concat()
    }
}

impl<T: PathParameters> Takes for Path<T> {
    fn describe(operation: &mut Operation) {
        operation.path = T::schemas();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use serde_json::json;

    #[derive(Debug, Deserialize, Validate)]
    #[serde(deny_unknown_fields)]
    #[garde(allow_unvalidated)]
    #[expect(dead_code, reason = "only its refusals are looked at")]
    struct Sent {
        #[serde(default)]
        level: Option<Level>,
        #[serde(default)]
        years: u8,
        #[serde(default)]
        within: Vec<Sent>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Level {
        Low,
        High,
    }

    #[test]
    fn refusals_say_where_and_what_in_the_words_of_json() {
        let refused = |body: &Value| {
            let problem = typed::<Sent>(body.clone()).expect_err("it is wrong");
            problem.fields().first().map(|field| format!("{}: {}", field.pointer, field.detail))
        };
        for (body, expected) in [
            (json!("text"), ": expected an object"),
            (json!({ "level": 3 }), "/level: expected one of the documented values"),
            (json!({ "level": "mid" }), "/level: expected low or high"),
            (json!({ "years": "ten" }), "/years: expected a whole number from 0 to 255"),
            (json!({ "years": 256 }), "/years: expected a whole number from 0 to 255"),
            (json!({ "within": {} }), "/within: expected an array"),
            (json!({ "within": [true] }), "/within/0: expected an object"),
            (json!({ "other": 1 }), "/other: unknown member"),
        ] {
            assert_eq!(refused(&body).as_deref(), Some(expected), "{body}");
        }
    }

    #[tokio::test]
    async fn a_number_of_a_query_is_refused_in_the_same_words() {
        for (query, expected) in [
            ("years=ten", "years: expected a whole number from 0 up"),
            ("years=", "years: expected a whole number from 0 up"),
            ("years=256", "years: the number is too large"),
        ] {
            let (mut parts, ()) = axum::http::Request::get(format!("/?{query}"))
                .body(())
                .expect("it is a request")
                .into_parts();
            let problem = super::query::<_, Sent>(&mut parts, &()).await.expect_err("it is wrong");
            let field = problem.fields().first().expect("it says where");
            assert_eq!(format!("{}: {}", field.pointer, field.detail), expected);
        }
    }
}
