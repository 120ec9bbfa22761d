use crate::domain::{requirements::Requirements, rubric::Dimension, transcript::Utterance};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Judge an interview dimension by dimension. Answer: [`Judgements`]. No names, contact data, age, address or school
/// reach this prompt (spec 25 §4); totals are computed in code, never asked for.
#[derive(Clone)]
pub struct ScoreInterview {
    pub job_title: String,
    pub job_description: String,
    pub requirements: Requirements,
    pub company_values: Vec<String>,
    pub rubric: Vec<Dimension>,
    pub transcript: Vec<Utterance>,
}

/// A model's judgement; all parts are mandatory (spec 30 §4.3).
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Judgements {
    pub dimensions: Vec<Judgement>,
    pub narrative_summary: String,
    /// For the candidate: constructive, names no score, no other candidate, no criteria.
    pub candidate_feedback: String,
    pub anti_cheat_risk: Risk,
}

#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Judgement {
    pub dimension: String,
    /// 0 to 100.
    pub score: f64,
    /// Why, in one or two sentences.
    pub evidence: String,
    /// Verbatim quotes of the candidate; verified in code before they count.
    pub quotes: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Risk {
    Low,
    Medium,
    High,
}
