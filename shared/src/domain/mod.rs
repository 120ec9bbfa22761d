//! Documents, their states and rules. Knows nothing of HTTP, async runtimes or cloud SDKs.

pub mod requirements;
pub mod resume;
pub mod rubric;
pub mod transcript;
