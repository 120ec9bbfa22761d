//! HTTP: from a request to an admitted caller and typed input, and from a result to an answer.

mod admit;
mod answer;
mod caller;
mod cors;
mod describe;
mod download;
mod edge;
mod idempotency;
mod input;
mod limits;
mod multipart;
mod openapi;
mod problem;
mod retry_after;
mod sign_in;

pub(crate) use admit::Gate;
pub use answer::{Accepted, Created, Html, Json, NoContent, Page, RawPage, Spliced, Tagged, Text, with_etag};
pub use caller::{Anonymous, Caller, MaybeCaller};
pub use describe::{Answer, Answers, Describe, Operation, SchemaOf, Takes, schema_of};
pub use download::Download;
pub(crate) use download::attachment;
pub use edge::{Edge, request_id};
pub use input::{
    Body, ContractBody, ContractQuery, IfMatch, MaybeIfMatch, OptionalBody, Patch, Path, PathParameters,
    Query,
};
pub use limits::{Counters, RateClass, Standing};
pub use multipart::{Multipart, OVERHEAD, UploadFault, Uploaded};
pub use openapi::document;
pub(crate) use retry_after::retry_after;
pub use sign_in::SignIn;
