//! The offline engine: rules and statistics that extract, parse, ask, score and rank without a network. Deterministic.

pub mod resume;
pub mod vocabulary;
