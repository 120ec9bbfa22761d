//! The offline engine: rules and statistics that extract, parse, ask, score and rank without a network. Deterministic.

mod interviewer;
mod practice;
mod ranker;
mod requirements;
pub mod resume;
mod scorer;
pub mod vocabulary;

pub use interviewer::{default_plan, interview_turn, phase_for};
pub use practice::practice_feedback;
pub use ranker::rank;
pub use requirements::extract_requirements;
pub use scorer::score_interview;

#[cfg(test)]
mod tests;
