//! What an interview is scored on (spec 30 §2, 25 §2).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One scored dimension. Weights are scaled to sum 1 before use.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Dimension {
    pub name: String,
    #[serde(default)]
    pub description: String,
    pub weight: f64,
    /// Behaviour anchors (BARS), worst level first; empty when the rubric has none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub anchors: Vec<String>,
}
