//! From judgements to a score (spec 25 §1-§2, 30 §4): checked, quoted, weighted and summed in code. A model never supplies
//! a total, and a judgement without a verified quote of the candidate does not enter one.

use super::{
    evidence::{Span, Verifier, slice},
    rubric::{Dimension, WrongRubric, same_name, validate_rubric},
    transcript::Utterance,
};
use crate::prompts::{Judgement, Judgements, Ranked, Risk};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

mod feedback;
pub use feedback::fit_for_candidate;

/// Limits an operator may change.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScoreSettings {
    /// Points between the highest and lowest sample of a dimension above which a person must look.
    pub spread_limit: f64,
}

impl Default for ScoreSettings {
    fn default() -> Self {
        Self { spread_limit: 15.0 }
    }
}

/// Why an answer cannot be scored; the model is asked once more (spec 30 §4.3, §4.6).
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum WrongForm {
    #[error("no answer to score")]
    NoSamples,
    #[error(transparent)]
    Rubric(#[from] WrongRubric),
    #[error("dimension `{0}` is missing")]
    Missing(String),
    #[error("dimension `{0}` is judged twice")]
    Twice(String),
    #[error("dimension `{0}` is not in the rubric")]
    Unknown(String),
    #[error("the score of `{dimension}` is {score}, not a number from 0 to 100")]
    OutOfRange { dimension: String, score: f64 },
    #[error("`{0}` is empty")]
    Empty(&'static str),
}

/// Spec 30 §2; the lower edge belongs to the higher band.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Band {
    NeedsImprovement,
    Developing,
    Adequate,
    Good,
    Strong,
    Exceptional,
}

impl Band {
    /// `score` from 0 to 100, already rounded to one decimal: 89.9 is strong, 90.0 exceptional.
    #[must_use]
    pub fn of(score: f64) -> Self {
        match score {
            s if s >= 90.0 => Self::Exceptional,
            s if s >= 80.0 => Self::Strong,
            s if s >= 70.0 => Self::Good,
            s if s >= 60.0 => Self::Adequate,
            s if s >= 50.0 => Self::Developing,
            _ => Self::NeedsImprovement,
        }
    }
}

/// An interview's score, ready to store and show.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ScoreSheet {
    /// 0 to 100, one decimal; null when no dimension has evidence.
    pub overall_score: Option<f64>,
    pub band: Option<Band>,
    /// In the rubric's order.
    pub dimensions: Vec<ScoredDimension>,
    /// Share of the rubric's weight that the overall stands on, 0 to 1; below 1 the weights were rescaled.
    pub weight_covered: f64,
    /// Quotes that the candidate did not say, over all samples.
    pub rejected_quotes: u32,
    pub needs_review: bool,
    /// In plain words, for the reviewer; empty when `needs_review` is false.
    pub review_reasons: Vec<String>,
    pub narrative_summary: String,
    /// Checked to name no score and no criteria.
    pub candidate_feedback: String,
    pub anti_cheat_risk: Risk,
    /// How many answers the figures were drawn from.
    pub samples: u32,
}

#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ScoredDimension {
    pub dimension: String,
    /// Median over the samples, 0 to 100, one decimal.
    pub score: f64,
    /// The rubric's weight scaled so that all sum to 1.
    pub weight: f64,
    /// The weight as the rubric gives it.
    pub original_weight: f64,
    /// Share in the overall after withheld dimensions are left out; 0 when withheld.
    pub effective_weight: f64,
    pub evidence: String,
    /// No verified quote: the score does not enter the overall.
    pub insufficient_evidence: bool,
    pub cited_quotes: Vec<CitedQuote>,
    /// Highest minus lowest sample.
    pub spread: f64,
    /// What each sample said, in order.
    pub samples: Vec<f64>,
}

/// A verified quote. `text` is cut from the transcript; offsets as in [`Span`].
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CitedQuote {
    pub text: String,
    pub segment_id: String,
    pub start: usize,
    pub end: usize,
}

/// Turns one or more answers for one interview into its score.
///
/// The score of a dimension is the median of its samples, and never more than the median of those samples whose quotes
/// could be verified: what is made up cannot raise it.
pub fn assemble(
    rubric: &[Dimension],
    samples: &[Judgements],
    transcript: &[Utterance],
    settings: ScoreSettings,
) -> Result<ScoreSheet, WrongForm> {
    validate_rubric(rubric)?;
    let first = samples.first().ok_or(WrongForm::NoSamples)?;
    for sample in samples {
        check_form(rubric, sample)?;
    }
    let verifier = Verifier::new(transcript);
    let total: f64 = rubric.iter().map(|dimension| dimension.weight).sum();
    let mut rejected_quotes = 0;
    let mut dimensions: Vec<_> = rubric
        .iter()
        .map(|dimension| {
            let judged: Vec<_> =
                samples.iter().filter_map(|sample| judgement_for(sample, dimension)).collect();
            let (scored, rejected) = score_dimension(dimension, total, &judged, &verifier, transcript);
            rejected_quotes += rejected;
            scored
        })
        .collect();

    let counted: f64 =
        dimensions.iter().filter(|d| !d.insufficient_evidence).map(|d| d.original_weight).sum();
    for dimension in dimensions.iter_mut().filter(|d| !d.insufficient_evidence && counted > 0.0) {
        dimension.effective_weight = dimension.original_weight / counted;
    }
    let overall_score =
        overall(dimensions.iter().filter(|d| !d.insufficient_evidence).map(|d| (d.original_weight, d.score)));
    let review_reasons = review_reasons(&dimensions, overall_score, settings);
    let names: Vec<_> = rubric.iter().map(|dimension| dimension.name.as_str()).collect();
    Ok(ScoreSheet {
        overall_score,
        band: overall_score.map(Band::of),
        weight_covered: counted / total,
        rejected_quotes,
        needs_review: !review_reasons.is_empty(),
        review_reasons,
        narrative_summary: first.narrative_summary.trim().to_owned(),
        candidate_feedback: fit_for_candidate(&first.candidate_feedback, &names),
        anti_cheat_risk: samples.iter().map(|sample| sample.anti_cheat_risk).max().unwrap_or(Risk::Low),
        samples: samples.len() as u32,
        dimensions,
    })
}

/// The model's risk, one step higher when the browser gave two or more signals (spec 30 §4.7).
#[must_use]
pub fn raise_risk(model_risk: Risk, signals: usize) -> Risk {
    match (model_risk, signals) {
        (risk, 0 | 1) => risk,
        (Risk::Low, _) => Risk::Medium,
        (Risk::Medium | Risk::High, _) => Risk::High,
    }
}

/// Sum of weight x score over the sum of weights, half up to one decimal; `None` when nothing weighs anything.
///
/// Whole-number arithmetic: 0.25 and 0.10 have no exact binary form, and a sum of such products can miss a band's edge.
#[must_use]
pub fn overall(weighted: impl IntoIterator<Item = (f64, f64)>) -> Option<f64> {
    const WEIGHT_STEPS: f64 = 1e9;
    const SCORE_STEPS: f64 = 1e3;
    let weighted: Vec<_> = weighted.into_iter().collect();
    let heaviest = weighted.iter().map(|(weight, _)| *weight).fold(0.0, f64::max);
    if heaviest <= 0.0 {
        return None;
    }
    let (mut sum, mut weights) = (0_i128, 0_i128);
    for (weight, score) in weighted {
        let weight = (weight / heaviest * WEIGHT_STEPS).round() as i128;
        sum += weight * (score * SCORE_STEPS).round() as i128;
        weights += weight;
    }
    let tenth = weights * (SCORE_STEPS / 10.0) as i128;
    Some(((2 * sum + tenth) / (2 * tenth)) as f64 / 10.0)
}

/// Candidates with ranks 1 to n, best score first, equal scores by application id (spec 30 §6). Scores outside 0 to 100
/// are brought to the nearer end; one that is no number counts as 0.
#[must_use]
pub fn ranks(mut candidates: Vec<Ranked>) -> Vec<(u32, Ranked)> {
    for candidate in &mut candidates {
        let score = candidate.match_score;
        candidate.match_score = if score.is_nan() { 0.0 } else { score.clamp(0.0, 100.0) };
    }
    candidates.sort_by(|a, b| {
        b.match_score.total_cmp(&a.match_score).then_with(|| a.application_id.cmp(&b.application_id))
    });
    (1..).zip(candidates).collect()
}

fn check_form(rubric: &[Dimension], sample: &Judgements) -> Result<(), WrongForm> {
    for dimension in rubric {
        match sample.dimensions.iter().filter(|j| same_name(&j.dimension, &dimension.name)).count() {
            0 => return Err(WrongForm::Missing(dimension.name.clone())),
            1 => {}
            _ => return Err(WrongForm::Twice(dimension.name.clone())),
        }
    }
    for judgement in &sample.dimensions {
        if !rubric.iter().any(|dimension| same_name(&dimension.name, &judgement.dimension)) {
            return Err(WrongForm::Unknown(judgement.dimension.chars().take(100).collect()));
        }
        if !(0.0..=100.0).contains(&judgement.score) {
            return Err(WrongForm::OutOfRange {
                dimension: judgement.dimension.clone(),
                score: judgement.score,
            });
        }
    }
    if sample.narrative_summary.trim().is_empty() {
        return Err(WrongForm::Empty("narrative_summary"));
    }
    if sample.candidate_feedback.trim().is_empty() {
        return Err(WrongForm::Empty("candidate_feedback"));
    }
    Ok(())
}

fn judgement_for<'a>(sample: &'a Judgements, dimension: &Dimension) -> Option<&'a Judgement> {
    sample.dimensions.iter().find(|judgement| same_name(&judgement.dimension, &dimension.name))
}

fn score_dimension(
    dimension: &Dimension,
    total_weight: f64,
    judged: &[&Judgement],
    verifier: &Verifier<'_>,
    transcript: &[Utterance],
) -> (ScoredDimension, u32) {
    let mut rejected = 0;
    let mut cited: Vec<Span> = Vec::new();
    let mut supported: Vec<&Judgement> = Vec::new();
    for judgement in judged {
        let before = rejected;
        for quote in &judgement.quotes {
            match verifier.verify(quote) {
                Some(span) if !cited.contains(&span) => cited.push(span),
                Some(_) => {}
                None => rejected += 1,
            }
        }
        if judgement.quotes.len() as u32 > rejected - before {
            supported.push(judgement);
        }
    }
    let samples: Vec<f64> = judged.iter().map(|judgement| judgement.score).collect();
    let supported_scores: Vec<f64> = supported.iter().map(|judgement| judgement.score).collect();
    let score = match median(&supported_scores) {
        Some(supported) => median(&samples).unwrap_or(supported).min(supported),
        None => median(&samples).unwrap_or(0.0),
    };
    let highest = samples.iter().copied().fold(f64::MIN, f64::max);
    let lowest = samples.iter().copied().fold(f64::MAX, f64::min);
    let cited_quotes = cited
        .into_iter()
        .filter_map(|span| {
            let text = slice(&span, transcript)?.to_owned();
            let Span { segment_id, start, end } = span;
            Some(CitedQuote { text, segment_id, start, end })
        })
        .collect();
    // The words of the judgement nearest to the score that is shown.
    let nearest = supported
        .iter()
        .chain(judged)
        .min_by(|a, b| (a.score - score).abs().total_cmp(&(b.score - score).abs()));
    let scored = ScoredDimension {
        dimension: dimension.name.clone(),
        score: tenths(score),
        weight: dimension.weight / total_weight,
        original_weight: dimension.weight,
        effective_weight: 0.0,
        evidence: nearest.map(|judgement| judgement.evidence.trim().to_owned()).unwrap_or_default(),
        insufficient_evidence: supported.is_empty(),
        cited_quotes,
        spread: tenths(highest - lowest),
        samples,
    };
    (scored, rejected)
}

fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        even if even % 2 == 0 => Some(f64::midpoint(sorted[middle - 1], sorted[middle])),
        _ => Some(sorted[middle]),
    }
}

/// Half up to one decimal; the small addend lifts what binary form left a hair below the half.
fn tenths(value: f64) -> f64 {
    (value * 10.0 + 0.5 + 1e-9).floor() / 10.0
}

fn review_reasons(
    dimensions: &[ScoredDimension],
    overall: Option<f64>,
    settings: ScoreSettings,
) -> Vec<String> {
    let mut reasons: Vec<_> = dimensions
        .iter()
        .filter(|dimension| dimension.spread > settings.spread_limit)
        .map(|d| format!("Samples for {} differ by {} points", d.dimension, d.spread))
        .collect();
    if overall.is_none() {
        reasons.push("No dimension has a verified quote of the candidate".to_owned());
    }
    reasons
}

#[cfg(test)]
mod tests;
