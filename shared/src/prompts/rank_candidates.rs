use crate::domain::requirements::Requirements;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Compare candidates with a job. Answer: [`Ranking`]. Names are not part of it (spec 25 §4).
#[derive(Clone)]
pub struct RankCandidates {
    pub job_title: String,
    pub requirements: Requirements,
    pub candidates: Vec<RankCandidate>,
}

#[derive(Clone)]
pub struct RankCandidate {
    pub application_id: String,
    pub resume_summary: String,
    pub skills: Vec<String>,
    pub experience_years: f64,
}

/// One entry per candidate, any order; ranks are given in code.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ranking {
    pub candidates: Vec<Ranked>,
}

#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ranked {
    pub application_id: String,
    /// 0 to 100.
    pub match_score: f64,
    /// Requirements met, by their name.
    pub strengths: Vec<String>,
    /// Requirements not met, by their name.
    pub gaps: Vec<String>,
    pub explanation: String,
}
