//! A resume weighed against a job (spec 30 §1, §5). Append only: the newest counts.

use crate::clock::Timestamp;
use crate::docs::Meta;
use crate::document;
use crate::domain::ai_criteria::AiCriteria;
use crate::domain::application::{Application, ApplicationId};
use crate::domain::status::values;
use crate::ids::Id;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub type ApplicationScoreId = Id<ApplicationScore>;

/// In its application's aggregate.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct ApplicationScore {
    pub id: ApplicationScoreId,
    pub application_id: ApplicationId,
    /// 0-100, the weighted sum of the parts.
    pub overall_score: u8,
    #[serde(flatten)]
    pub parts: PartScores,
    /// 0-100, two decimals.
    pub confidence_level: f64,
    pub ai_summary: String,
    pub recommendations: Vec<String>,
    pub processing_time_ms: u64,
    pub model_version: String,
    /// The criteria it was weighed with.
    pub criteria: AiCriteria,
    pub bias_flags: Vec<BiasFlag>,
    /// Whether the bias check has run.
    pub bias_checked: bool,
    pub outcome: Outcome,
    #[serde(flatten)]
    pub meta: Meta,
}

document! { ApplicationScore, "application_score", "application score", root: application_id, fields: [], arrays: [], audit: masked ["ai_summary"] }

/// Each 0-100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PartScores {
    pub skills_score: u8,
    pub experience_score: u8,
    pub education_score: u8,
    pub location_score: u8,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BiasFlag {
    /// What may have had influence: gender, age, name, ...
    pub kind: String,
    pub severity: Severity,
    pub detail: String,
}

values! { Severity { Low "low", Medium "medium", High "high" } }
values! {
    /// Where the score sorts the application to; never a status (spec 25 §4).
    Outcome { Approve "approve", Reject "reject", Review "review" }
}

/// What a model found, to be weighed here.
pub struct Assessed {
    pub parts: PartScores,
    pub confidence_level: f64,
    pub ai_summary: String,
    pub recommendations: Vec<String>,
    pub processing_time_ms: u64,
    pub model_version: String,
}

/// Sum of weight x score over 100, rounded half up. Parts above 100 count as 100.
pub fn weighted(parts: PartScores, criteria: &AiCriteria) -> u8 {
    let scores = [parts.skills_score, parts.experience_score, parts.education_score, parts.location_score];
    let sum: u32 = scores
        .iter()
        .zip(criteria.weights())
        .map(|(score, weight)| u32::from((*score).min(100)) * u32::from(weight))
        .sum();
    u8::try_from((sum + 50) / 100).unwrap_or(100).min(100)
}

/// Spec 30 §5 step 3: a high bias flag always means review.
pub fn outcome(overall: u8, criteria: &AiCriteria, flags: &[BiasFlag]) -> Outcome {
    if flags.iter().any(|flag| flag.severity == Severity::High) {
        Outcome::Review
    } else if overall < criteria.auto_reject_threshold {
        Outcome::Reject
    } else if overall >= criteria.auto_approve_threshold {
        Outcome::Approve
    } else {
        Outcome::Review
    }
}

impl ApplicationScore {
    pub fn new(application: &Application, assessed: Assessed, criteria: AiCriteria, now: Timestamp) -> Self {
        let overall_score = weighted(assessed.parts, &criteria);
        Self {
            id: ApplicationScoreId::new(),
            application_id: application.id,
            overall_score,
            parts: assessed.parts,
            confidence_level: (assessed.confidence_level.clamp(0.0, 100.0) * 100.0).round() / 100.0,
            ai_summary: assessed.ai_summary,
            recommendations: assessed.recommendations,
            processing_time_ms: assessed.processing_time_ms,
            model_version: assessed.model_version.chars().take(50).collect(),
            outcome: outcome(overall_score, &criteria, &[]),
            criteria,
            bias_flags: Vec::new(),
            bias_checked: false,
            meta: Meta::new(application.meta.organisation_id, now, None),
        }
    }

    /// Adds what the bias check found; the figures stay, the outcome may become review.
    pub fn bias_checked(&mut self, flags: Vec<BiasFlag>) {
        self.outcome = outcome(self.overall_score, &self.criteria, &flags);
        self.bias_flags = flags;
        self.bias_checked = true;
    }

    /// Whether `auto_decisions = apply` may move the application one stage ahead. There is no counterpart that rejects.
    pub fn may_advance(&self) -> bool {
        use crate::domain::ai_criteria::AutoDecisions;
        self.bias_checked
            && self.outcome == Outcome::Approve
            && self.criteria.auto_decisions == AutoDecisions::Apply
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn criteria() -> AiCriteria {
        AiCriteria::requiring(vec!["welding".into()])
    }

    #[test]
    fn the_thresholds_belong_to_the_better_side() {
        let sorted = [29, 30, 84, 85].map(|score| outcome(score, &criteria(), &[]));
        assert_eq!(sorted, [Outcome::Reject, Outcome::Review, Outcome::Review, Outcome::Approve]);
        let flag = BiasFlag { kind: "age".into(), severity: Severity::High, detail: String::new() };
        assert_eq!(outcome(100, &criteria(), std::slice::from_ref(&flag)), Outcome::Review);
        assert_eq!(outcome(0, &criteria(), &[flag]), Outcome::Review);
    }

    #[test]
    fn halves_are_rounded_up() {
        let parts = |skills_score, experience_score, education_score, location_score| PartScores {
            skills_score,
            experience_score,
            education_score,
            location_score,
        };
        assert_eq!(weighted(parts(80, 70, 60, 50), &criteria()), 70); // 69.5
        assert_eq!(weighted(parts(1, 0, 0, 0), &criteria()), 0); // 0.4
        assert_eq!(weighted(parts(100, 100, 100, 100), &criteria()), 100);
    }

    proptest! {
        #[test]
        fn a_better_part_never_lowers_the_sum(a in 0..=100u8, b in 0..=100u8, c in 0..=100u8, d in 0..=100u8, more in 0..=100u8) {
            let less = PartScores { skills_score: a.min(more), experience_score: b, education_score: c, location_score: d };
            let better = PartScores { skills_score: a.max(more), ..less };
            prop_assert!(weighted(less, &criteria()) <= weighted(better, &criteria()));
        }
    }
}
