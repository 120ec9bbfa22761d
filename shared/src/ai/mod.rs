//! Asking a model: Azure OpenAI, any OpenAI-compatible address, or the offline engine.
//!
//! [`Model`] is the handle, [`Prompt`] what it is asked with, [`CallRecord`] what is kept of every call.

mod address;
mod answers;
mod circuit;
mod client;
mod data;
mod error;
mod events;
mod model;
pub mod offline;
mod prompt;
mod record;
mod schema;
mod settings;
mod stream;
mod wire;

pub use data::Data;
pub use error::{AiError, FailedCall};
pub use model::Model;
pub use prompt::{Form, Lane, Offline, Parameters, Prompt, preview};
pub use record::{Answer, CallRecord, Outcome};
pub(crate) use settings::same_region;
pub use settings::{AiSettings, Secret, SettingsError, Timeouts};
pub use stream::TextStream;

#[cfg(test)]
pub(crate) mod replay;
