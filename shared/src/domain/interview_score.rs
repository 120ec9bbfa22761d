//! An interview's score, stored (spec 30 §1, 25 §2).

use crate::clock::Timestamp;
use crate::docs::Meta;
use crate::document;
use crate::domain::human::{self, Human};
use crate::domain::interview::{Interview, InterviewId};
use crate::domain::score::{Band, CitedQuote, ScoreSheet};
use crate::domain::user::UserId;
use crate::error::{Error, Result};
use crate::prompts::Judgements;
use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Has its interview's id, so that there is one per interview; in its aggregate.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct InterviewScore {
    pub id: InterviewId,
    /// What counts: the AI's sheet, with a person's figures where they overrode it.
    #[serde(flatten)]
    pub sheet: ScoreSheet,
    /// `ai`, or the id of the user whose figures stand.
    pub scored_by: String,
    pub scored_at: Timestamp,
    pub model_version: String,
    pub prompt_version: String,
    pub rubric_version: String,
    pub human_override: bool,
    pub human_override_by: Option<UserId>,
    pub human_override_reason: Option<String>,
    pub human_override_at: Option<Timestamp>,
    /// The AI's overall while a person's stands.
    pub original_overall_score: Option<f64>,
    /// The AI's whole sheet while a person's figures stand.
    pub original: Option<Box<ScoreSheet>>,
    pub record: ScoreRecord,
    /// Earlier scores, oldest first; at most [`MAX_HISTORY`].
    pub history: Vec<EarlierScore>,
    #[serde(flatten)]
    pub meta: Meta,
}

document! { InterviewScore, "interview_score", "score", root: id, fields: ["overall_score", "needs_review"], arrays: [], audit: masked ["record", "history", "original", "dimensions", "narrative_summary", "candidate_feedback"] }

/// Earlier scores that are kept.
pub const MAX_HISTORY: usize = 20;

/// What a score was made from, so that it can be made again (spec 25 §2).
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ScoreRecord {
    pub prompt_hash: String,
    pub prompt_version: String,
    /// Provider's id of the model, or `offline` with its version.
    pub model: String,
    pub parameters: Map<String, Value>,
    pub rubric_version: String,
    pub rubric_hash: String,
    /// SHA-256 (hex) by name: `transcript`, `job`, `requirements`, ...
    pub input_hashes: BTreeMap<String, String>,
    /// The answers as they came.
    pub samples: Vec<Judgements>,
    pub code_version: String,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct EarlierScore {
    pub overall_score: Option<f64>,
    pub band: Option<Band>,
    pub scored_by: String,
    pub scored_at: Timestamp,
    pub model_version: String,
    pub prompt_version: String,
    pub rubric_version: String,
    pub human_override_reason: Option<String>,
    pub original_overall_score: Option<f64>,
    /// Why it was scored again.
    pub replaced_because: Option<String>,
    pub replaced_at: Timestamp,
}

/// The body of PUT /scoring/{interview_id}/override.
#[derive(Clone, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct OverrideFields {
    /// 0-100; kept to one decimal.
    #[garde(range(min = 0.0, max = 100.0))]
    pub overall_score: f64,
    #[serde(default)]
    #[garde(length(max = 12), dive)]
    pub dimensions: Vec<DimensionOverride>,
    #[garde(length(chars, min = 10, max = 2000), custom(crate::domain::text::filled))]
    pub reason: String,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct DimensionOverride {
    #[garde(length(chars, min = 1, max = 255))]
    pub dimension: String,
    #[garde(range(min = 0.0, max = 100.0))]
    pub score: f64,
}

/// What the candidate sees (decision on scores): feedback, band, verified quotes; no numbers.
#[derive(Serialize, JsonSchema)]
pub struct ScoreForCandidate {
    pub interview_id: InterviewId,
    pub band: Option<Band>,
    pub candidate_feedback: String,
    /// What they said that the judgement stands on, in the order of the rubric.
    pub cited_quotes: Vec<CitedQuote>,
    /// Whether a person changed what the AI gave.
    pub reviewed_by_person: bool,
    pub scored_at: Timestamp,
    pub model_version: String,
    pub prompt_version: String,
}

impl InterviewScore {
    pub fn new(interview: &Interview, sheet: ScoreSheet, record: ScoreRecord, now: Timestamp) -> Self {
        Self {
            id: interview.id,
            sheet,
            scored_by: "ai".into(),
            scored_at: now,
            model_version: record.model.clone(),
            prompt_version: record.prompt_version.clone(),
            rubric_version: record.rubric_version.clone(),
            human_override: false,
            human_override_by: None,
            human_override_reason: None,
            human_override_at: None,
            original_overall_score: None,
            original: None,
            record,
            history: Vec::new(),
            meta: Meta::new(interview.meta.organisation_id, now, None),
        }
    }

    /// A new score of the AI. What stood goes to the history; a person's override does not stand over figures its
    /// author has not seen, so it goes there too, with its reason.
    pub fn rescored(
        &mut self,
        sheet: ScoreSheet,
        record: ScoreRecord,
        because: Option<String>,
        now: Timestamp,
    ) {
        self.history.push(EarlierScore {
            overall_score: self.sheet.overall_score,
            band: self.sheet.band,
            scored_by: self.scored_by.clone(),
            scored_at: self.scored_at,
            model_version: self.model_version.clone(),
            prompt_version: self.prompt_version.clone(),
            rubric_version: self.rubric_version.clone(),
            human_override_reason: self.human_override_reason.clone(),
            original_overall_score: self.original_overall_score,
            replaced_because: because,
            replaced_at: now,
        });
        if self.history.len() > MAX_HISTORY {
            self.history.remove(0);
        }
        self.clear_override();
        self.sheet = sheet;
        self.scored_at = now;
        self.model_version.clone_from(&record.model);
        self.prompt_version.clone_from(&record.prompt_version);
        self.rubric_version.clone_from(&record.rubric_version);
        self.record = record;
    }

    /// A person's figures; the AI's are kept beside them. Again replaces the person's, never the AI's.
    pub fn override_by(&mut self, by: Human, change: &OverrideFields, now: Timestamp) -> Result<()> {
        let reason = human::reason(&change.reason)?;
        let changed = overridden(self.original.as_deref().unwrap_or(&self.sheet), change)?;
        let given = std::mem::replace(&mut self.sheet, changed);
        let original = self.original.take().unwrap_or_else(|| Box::new(given));
        self.original_overall_score = original.overall_score;
        self.original = Some(original);
        self.human_override = true;
        self.human_override_by = Some(by.id());
        self.human_override_reason = Some(reason);
        self.human_override_at = Some(now);
        self.scored_by = by.id().to_string();
        Ok(())
    }

    /// Back to what the AI gave; 409 when nothing was overridden.
    pub fn remove_override(&mut self) -> Result<()> {
        let original =
            self.original.take().ok_or_else(|| Error::conflict("The score was not overridden."))?;
        self.sheet = *original;
        self.clear_override();
        Ok(())
    }

    fn clear_override(&mut self) {
        self.original = None;
        self.original_overall_score = None;
        self.human_override = false;
        self.human_override_by = None;
        self.human_override_reason = None;
        self.human_override_at = None;
        self.scored_by = "ai".into();
    }

    pub fn candidate_view(&self) -> ScoreForCandidate {
        ScoreForCandidate {
            interview_id: self.id,
            band: self.sheet.band,
            candidate_feedback: self.sheet.candidate_feedback.clone(),
            cited_quotes: self
                .sheet
                .dimensions
                .iter()
                .flat_map(|scored| scored.cited_quotes.clone())
                .collect(),
            reviewed_by_person: self.human_override,
            scored_at: self.scored_at,
            model_version: self.model_version.clone(),
            prompt_version: self.prompt_version.clone(),
        }
    }
}

/// The AI's sheet with a person's figures; 422 for a dimension that it does not have.
fn overridden(original: &ScoreSheet, change: &OverrideFields) -> Result<ScoreSheet> {
    let tenths = |score: f64| (score * 10.0).round() / 10.0;
    let mut sheet = original.clone();
    for (index, wanted) in change.dimensions.iter().enumerate() {
        let scored = sheet
            .dimensions
            .iter_mut()
            .find(|scored| scored.dimension == wanted.dimension)
            .ok_or_else(|| {
                Error::invalid(format!("/dimensions/{index}/dimension"), "The score has no such dimension.")
            })?;
        scored.score = tenths(wanted.score);
    }
    let overall = tenths(change.overall_score);
    sheet.overall_score = Some(overall);
    sheet.band = Some(Band::of(overall));
    // A person has looked.
    sheet.needs_review = false;
    Ok(sheet)
}

#[cfg(test)]
mod tests;
