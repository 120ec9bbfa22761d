//! What every function of the platform links: domain, data access, sign-in, AI, mail, HTTP.

pub mod ai;
pub mod auth;
pub mod blobs;
pub mod documents;
pub mod domain;
pub mod http;
pub mod mail;
pub mod prompts;
pub mod queue;
pub mod report;
pub mod store;
pub mod telemetry;

/// A boxed future, for traits used as objects.
pub type BoxFuture<'a, T> = std::pin::Pin<Box<dyn std::future::Future<Output = T> + Send + 'a>>;
