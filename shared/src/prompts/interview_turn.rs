use crate::domain::requirements::Requirements;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The interviewer's next turn. Answer: plain text, two to four sentences, one question; streamed.
#[derive(Clone, Default)]
pub struct InterviewTurn {
    pub job_title: String,
    pub job_description: String,
    pub requirements: Requirements,
    pub company_values: Vec<String>,
    pub candidate_name: Option<String>,
    pub resume_summary: Option<String>,
    pub plan: Vec<PlanStep>,
    /// Phase the interview is in now; never goes backwards.
    pub phase: Phase,
    /// Interviewer questions asked so far in the whole interview.
    pub questions_asked: u32,
    pub competencies_covered: Vec<String>,
    /// The conversation so far, oldest first; system messages already dropped. Empty for the greeting.
    pub messages: Vec<Turn>,
}

/// How many questions a phase holds (spec 20 §5: default 2, 4, 3, 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanStep {
    pub phase: Phase,
    pub questions: u32,
}

#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    #[default]
    Introduction,
    Technical,
    Behavioral,
    Closing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TurnRole {
    User,
    Assistant,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Turn {
    pub role: TurnRole,
    pub content: String,
}
