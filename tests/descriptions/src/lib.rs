//! The official descriptions of Azure's interfaces (`tests/fixtures/azure-api`) at work: every request is checked against
//! the operation it is meant for, and answered with that description's own examples.
//!
//! What is checked: method and path, path parameters, `api-version`, required, unknown and ill-formed query parameters and
//! headers, the media type, and a JSON or XML body against its schema, read strictly: a property no schema names is wrong.
//! [`Fake`] answers requests, [`Watch`] passes them on to an emulator.

mod description;
mod document;
mod fake;
mod identity;
mod parameter;
mod schema;
mod watch;
mod xml;

pub use description::{Description, Operation, Request};
pub use fake::{Answer, Fake, Heard};
pub use identity::Identity;
pub use watch::Watch;
