//! The questions put to a model. Each is a type: its fields in, its answer type out, its text in the `.md` file beside it.

mod extract_requirements;
mod interview_turn;
mod parse_resume;
mod rank_candidates;
mod score_interview;

pub use extract_requirements::ExtractRequirements;
pub use interview_turn::{InterviewTurn, Phase, PlanStep, Turn, TurnRole};
pub use parse_resume::ParseResume;
pub use rank_candidates::{RankCandidate, RankCandidates, Ranked, Ranking};
pub use score_interview::{Judgement, Judgements, Risk, ScoreInterview};
