//! The questions put to a model. Each is a type: its fields in, its answer type out, its text in the `.md` file beside it.

mod anonymous;
mod extract_requirements;
mod interview_turn;
mod parse_resume;
mod rank_candidates;
mod review_practice;
mod score_interview;

pub use extract_requirements::ExtractRequirements;
pub use interview_turn::{InterviewTurn, NEUTRAL_FOLLOW_UP, Phase, PlanStep, Turn, TurnRole};
pub use parse_resume::ParseResume;
pub use rank_candidates::{RankCandidate, RankCandidates, Ranked, Ranking};
pub use review_practice::ReviewPractice;
pub use score_interview::{Judgement, Judgements, Risk, ScoreInterview};

#[cfg(test)]
mod tests;

use crate::{ai::Data, domain::requirements::Requirements};

/// What the job asks for; the suggested questions are no requirement and left to whoever wants them.
fn requirements_data(requirements: &Requirements, data: &mut Data) {
    data.quote_list("required skills", &requirements.skills);
    data.quote_list("required experience", &requirements.experience);
    data.quote_list("required qualifications", &requirements.qualifications);
    data.quote_list("responsibilities", &requirements.responsibilities);
}
