//! Documents, their states and rules. Knows nothing of HTTP, async runtimes or cloud SDKs.

pub mod competency;
pub mod evidence;
pub(crate) mod language;
pub mod practice;
pub mod requirements;
pub mod resume;
pub mod rubric;
pub mod score;
pub mod transcript;
