//! Practice interviews (spec 20 §7): feedback for the candidate alone, no score.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PracticeFeedback {
    pub summary: String,
    pub strengths: Vec<String>,
    pub improvements: Vec<String>,
}
