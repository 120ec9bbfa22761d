//! What every function of the platform links: domain, data access, sign-in, AI, mail, HTTP.

mod access;
pub mod ai;
mod ai_register;
pub mod auth;
pub mod azure;
pub mod blobs;
pub mod candidates;
pub mod clock;
pub mod config;
mod context;
pub mod docs;
pub mod documents;
pub mod domain;
pub mod due;
pub mod error;
pub mod files;
pub mod function;
pub mod http;
pub mod ids;
pub mod letters;
pub mod mail;
mod members;
pub mod message;
mod outbound;
mod outbox;
pub mod poison;
pub mod prompts;
pub mod queue;
mod reach;
pub mod report;
pub mod resumes;
mod sealed;
pub mod serve;
pub mod store;
pub mod telemetry;
pub mod vitals;

pub use access::Belongs;
pub use context::{Backends, Context};
pub use error::{Code, Error, Result};
pub use reach::Reached;

/// Many futures of a request are above the kilobyte up to which glibc is quick: it was a sixth of `GET /auth/me`, counted in
/// instructions.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A boxed future, for traits used as objects.
pub type BoxFuture<'a, T> = std::pin::Pin<Box<dyn std::future::Future<Output = T> + Send + 'a>>;
