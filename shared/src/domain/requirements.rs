//! What a job asks for, as read from its advert (spec 50 §1, §3).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Five lists, each at most 50 entries, no duplicates (case-blind).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Requirements {
    pub skills: Vec<String>,
    pub experience: Vec<String>,
    pub qualifications: Vec<String>,
    pub responsibilities: Vec<String>,
    pub interview_questions: Vec<String>,
}
