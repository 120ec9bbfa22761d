//! multipart/form-data (RFC 7578) with one file: the file within a bound, the other fields as text.

use super::describe::{Operation, Takes};
use super::input::typed;
use crate::error::Error;
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use bytes::{Bytes, BytesMut};
use garde::Validate;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use std::marker::PhantomData;

/// Most text fields of a form, and most bytes of each.
const FIELDS: usize = 20;
const FIELD_BYTES: usize = 4 * 1024;
/// What the parts of a form may add to its file: allow this much more than the file in an endpoint's body limit.
pub const OVERHEAD: usize = 64 * 1024;

/// A form that has a binary part `file`; its other parts are the members of `T`.
pub struct Multipart<T> {
    form: Option<axum::extract::Multipart>,
    of: PhantomData<fn() -> T>,
}

/// What a form brought. No `Debug`: it is somebody's file.
pub struct Uploaded<T> {
    /// As the sender wrote it: not to be trusted.
    pub file_name: String,
    pub content: Bytes,
    pub fields: T,
}

/// Why a form was refused. Endpoints differ in the status they answer.
pub enum UploadFault {
    /// The body is no multipart/form-data.
    NotAForm,
    /// The body ends early or is not readable as its type says.
    Damaged,
    NoFile,
    SeveralFiles,
    Empty,
    TooLarge,
    /// A text field is not valid.
    Field(Error),
}

impl From<MultipartError> for UploadFault {
    fn from(error: MultipartError) -> Self {
        if error.status() == StatusCode::PAYLOAD_TOO_LARGE { Self::TooLarge } else { Self::Damaged }
    }
}

impl<S: Send + Sync, T> FromRequest<S> for Multipart<T> {
    type Rejection = Error;
    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        let form = axum::extract::Multipart::from_request(request, state).await.ok();
        Ok(Self { form, of: PhantomData })
    }
}

impl<T: DeserializeOwned + Validate<Context = ()>> Multipart<T> {
    /// Reads the whole form and keeps a file of 1 to `most` bytes. What is above is read on and thrown away, so that
    /// the sender gets to see the answer; the endpoint's body limit bounds that.
    pub async fn receive(self, most: usize) -> Result<Uploaded<T>, UploadFault> {
        let mut form = self.form.ok_or(UploadFault::NotAForm)?;
        let mut fields = Map::new();
        let mut file = None;
        let mut fault = None;
        while let Some(mut part) = form.next_field().await? {
            let name = part.name().unwrap_or_default().to_owned();
            if name == "file" {
                let file_name = part.file_name().unwrap_or_default().to_owned();
                let content = content(&mut part, most).await?;
                if file.is_some() {
                    fault = Some(UploadFault::SeveralFiles);
                }
                file = Some((file_name, content));
            } else {
                let text = content(&mut part, FIELD_BYTES).await?.filter(|_| fields.len() < FIELDS);
                let text = text.ok_or_else(|| {
                    UploadFault::Field(Error::invalid(format!("/{name}"), "The field is too long."))
                })?;
                fields.insert(name, value(&text)?);
            }
        }
        if let Some(fault) = fault {
            return Err(fault);
        }
        let (file_name, content) = file.ok_or(UploadFault::NoFile)?;
        let content = content.ok_or(UploadFault::TooLarge)?;
        if content.is_empty() {
            return Err(UploadFault::Empty);
        }
        let fields = typed(Value::Object(fields)).map_err(UploadFault::Field)?;
        Ok(Uploaded { file_name, content, fields })
    }
}

/// The bytes of a part; `None` when there are more than `most`.
async fn content(part: &mut Field<'_>, most: usize) -> Result<Option<Bytes>, UploadFault> {
    let mut whole = BytesMut::new();
    let mut fits = true;
    while let Some(chunk) = part.chunk().await? {
        fits = fits && whole.len() + chunk.len() <= most;
        if fits {
            whole.extend_from_slice(&chunk);
        } else {
            whole = BytesMut::new();
        }
    }
    Ok(fits.then(|| whole.freeze()))
}

/// Forms know only text: `true` and `false` are taken as such, an empty field as not given.
fn value(text: &[u8]) -> Result<Value, UploadFault> {
    let text = std::str::from_utf8(text).map_err(|_| UploadFault::Damaged)?.trim();
    Ok(match text {
        "" => Value::Null,
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        other => Value::String(other.to_owned()),
    })
}

impl<T: JsonSchema> Takes for Multipart<T> {
    fn describe(operation: &mut Operation) {
        operation.body = Some(("multipart/form-data", with_file::<T>));
    }
}

fn with_file<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    let mut schema = T::json_schema(generator);
    let members = schema.ensure_object();
    if let Some(properties) = members.entry("properties").or_insert_with(|| json!({})).as_object_mut() {
        properties.insert("file".into(), json!({ "type": "string", "format": "binary" }));
    }
    if let Some(required) = members.entry("required").or_insert_with(|| json!([])).as_array_mut() {
        required.push(json!("file"));
    }
    schema
}
