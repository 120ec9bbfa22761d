//! The container, as code.

/// Holds all documents.
pub const NAME: &str = "documents";
