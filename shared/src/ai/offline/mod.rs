//! The offline engine: rules and statistics that extract, parse, ask, score and rank without a network. Deterministic.

pub mod vocabulary;
mod practice;
mod requirements;
mod scorer;

pub use practice::practice_feedback;
pub use requirements::extract_requirements;
pub use scorer::score_interview;
