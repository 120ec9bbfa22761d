//! A score as it is shown: to staff with its figures, to its candidate without (15, spec 30 §3).

use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;
use shared::auth::{Action, Resource};
use shared::clock::Timestamp;
use shared::domain::interview::{Interview, InterviewId, ScoringStatus};
use shared::domain::interview_score::{EarlierScore, InterviewScore};
use shared::domain::score::{Band, CitedQuote, ScoredDimension};
use shared::domain::user::UserId;
use shared::http::{Caller, Path, Tagged};
use shared::prompts::Risk;
use shared::{Code, Context, Error, Result};

/// The contract's shape. For its candidate the figures are null and the dimensions empty.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Analysis {
    pub interview_id: InterviewId,
    /// 0-100, one decimal; null when no dimension has evidence, and for the candidate.
    pub overall_score: Option<f64>,
    pub dimension_scores: Vec<DimensionScore>,
    pub narrative_summary: Option<String>,
    pub candidate_feedback: String,
    pub anti_cheat_risk: Option<Risk>,
    pub model_version: String,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct DimensionScore {
    pub dimension: String,
    pub score: f64,
    /// Scaled so that all sum to 1.
    pub weight: f64,
    /// Share in the overall; 0 when withheld for want of evidence.
    pub effective_weight: f64,
    pub evidence: String,
    pub cited_quotes: Vec<String>,
    /// The same with their places in the transcript.
    pub quotes: Vec<CitedQuote>,
    pub insufficient_evidence: bool,
    pub spread: f64,
}

impl From<&ScoredDimension> for DimensionScore {
    fn from(scored: &ScoredDimension) -> Self {
        Self {
            dimension: scored.dimension.clone(),
            score: scored.score,
            weight: scored.weight,
            effective_weight: scored.effective_weight,
            evidence: scored.evidence.clone(),
            cited_quotes: scored.cited_quotes.iter().map(|quote| quote.text.clone()).collect(),
            quotes: scored.cited_quotes.clone(),
            insufficient_evidence: scored.insufficient_evidence,
            spread: scored.spread,
        }
    }
}

impl Analysis {
    pub(crate) fn for_staff(score: &InterviewScore) -> Self {
        let sheet = &score.sheet;
        Self {
            interview_id: score.id,
            overall_score: sheet.overall_score,
            dimension_scores: sheet.dimensions.iter().map(DimensionScore::from).collect(),
            narrative_summary: Some(sheet.narrative_summary.clone()),
            candidate_feedback: sheet.candidate_feedback.clone(),
            anti_cheat_risk: Some(sheet.anti_cheat_risk),
            model_version: score.model_version.clone(),
        }
    }

    /// Feedback alone (spec 30 §4.11).
    pub(crate) fn for_candidate(score: &InterviewScore) -> Self {
        Self {
            interview_id: score.id,
            overall_score: None,
            dimension_scores: Vec::new(),
            narrative_summary: None,
            candidate_feedback: score.sheet.candidate_feedback.clone(),
            anti_cheat_risk: None,
            model_version: score.model_version.clone(),
        }
    }
}

/// The stored score: the contract's shape, and what else is known of it.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Results {
    #[serde(flatten)]
    pub analysis: Analysis,
    pub band: Option<Band>,
    /// How scoring stands now; `queued` or `running` while it is made again.
    pub status: ScoringStatus,
    pub scored_at: Timestamp,
    pub prompt_version: String,
    pub human_override: bool,
    /// The candidate's own words that the judgement stands on.
    pub cited_quotes: Vec<CitedQuote>,
    /// For staff only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<Box<Details>>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Details {
    /// `ai`, or the id of the user whose figures stand.
    pub scored_by: String,
    pub rubric_version: String,
    pub rubric_hash: String,
    pub needs_review: bool,
    pub review_reasons: Vec<String>,
    /// Share of the rubric's weight that the overall stands on.
    pub weight_covered: f64,
    pub rejected_quotes: u32,
    pub samples: u32,
    pub human_override_by: Option<UserId>,
    pub human_override_reason: Option<String>,
    pub human_override_at: Option<Timestamp>,
    /// The AI's overall while a person's stands.
    pub original_overall_score: Option<f64>,
    pub code_version: String,
    pub history: Vec<EarlierScore>,
}

impl Results {
    pub(crate) fn for_staff(score: &InterviewScore, interview: &Interview) -> Self {
        let details = Details {
            scored_by: score.scored_by.clone(),
            rubric_version: score.rubric_version.clone(),
            rubric_hash: score.record.rubric_hash.clone(),
            needs_review: score.sheet.needs_review,
            review_reasons: score.sheet.review_reasons.clone(),
            weight_covered: score.sheet.weight_covered,
            rejected_quotes: score.sheet.rejected_quotes,
            samples: score.sheet.samples,
            human_override_by: score.human_override_by,
            human_override_reason: score.human_override_reason.clone(),
            human_override_at: score.human_override_at,
            original_overall_score: score.original_overall_score,
            code_version: score.record.code_version.clone(),
            history: score.history.clone(),
        };
        Self { details: Some(Box::new(details)), ..Self::of(score, interview, Analysis::for_staff(score)) }
    }

    fn for_candidate(score: &InterviewScore, interview: &Interview) -> Self {
        Self::of(score, interview, Analysis::for_candidate(score))
    }

    fn of(score: &InterviewScore, interview: &Interview, analysis: Analysis) -> Self {
        let view = score.candidate_view();
        Self {
            analysis,
            band: view.band,
            status: interview.scoring_status,
            scored_at: view.scored_at,
            prompt_version: view.prompt_version,
            human_override: view.reviewed_by_person,
            cited_quotes: view.cited_quotes,
            details: None,
        }
    }
}

/// 404 `score_not_ready` with how scoring stands.
pub(crate) fn not_ready(interview: &Interview) -> Error {
    Error::new(Code::ScoreNotReady, "There is no score of this interview yet.")
        .with("scoring_status", interview.scoring_status.as_str())
}

pub(crate) async fn read(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<InterviewId>,
) -> Result<Tagged<Results>> {
    let reached = ctx.reach_interview(&caller, id, Resource::Score, Action::Read).await?;
    let found = ctx.docs::<InterviewScore>(&reached.at).find_in(id, id).await?;
    let score = found.ok_or_else(|| not_ready(&reached.interview))?;
    let value = if reached.is_candidate {
        Results::for_candidate(&score, &reached.interview)
    } else {
        Results::for_staff(&score, &reached.interview)
    };
    Ok(Tagged { etag: score.meta.etag.clone(), value })
}
