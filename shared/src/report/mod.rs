//! The interview report as a page and on a terminal, and the home page. Everything here draws; nothing decides.

mod chart;
mod coverage;
mod home;
mod html;
mod page;
#[cfg(test)]
mod sample;
mod terminal;

pub use coverage::{Coverage, Spoken};
pub use home::{HomeView, home_page};
pub use html::{html, style_source};
pub use terminal::terminal;

/// The report could not be drawn; a fault of ours, never of the data.
#[derive(Debug, thiserror::Error)]
#[error("the report could not be drawn: {0}")]
pub struct ReportError(#[from] minijinja::Error);

/// All a report shows. Texts appear as given (times and dates in the reader's zone and words) and may be hostile.
/// It is about a person, so it has no Debug.
#[derive(Clone)]
pub struct ReportView {
    pub organisation: String,
    pub job_title: String,
    /// Display name.
    pub candidate: String,
    /// Such as "14 March 2026, 10:05 to 10:31 AEDT".
    pub interviewed: String,
    pub duration_minutes: Option<u32>,
    /// 0-100, shown with one decimal; after an override, the number that holds.
    pub overall_score: Option<f64>,
    pub band: Option<String>,
    /// "AI" or a person's name.
    pub scored_by: String,
    pub model_version: String,
    pub prompt_version: String,
    pub rubric_version: String,
    /// The label to show when the offline engine wrote it.
    pub offline_label: Option<String>,
    /// What a reader must know first, such as that the score waits for a review.
    pub notices: Vec<String>,
    /// 1 to 12.
    pub dimensions: Vec<DimensionView>,
    pub narrative_summary: String,
    pub candidate_feedback: String,
    /// low, medium or high.
    pub integrity_risk: String,
    pub integrity_signals: Vec<String>,
    pub replaced: Option<OverrideView>,
    pub ai_did: Vec<String>,
    pub ai_did_not: Vec<String>,
    pub requirements: Vec<RequirementView>,
    /// Left out of the page when empty.
    pub transcript: Vec<TurnView>,
    pub record: RecordView,
    /// Readable.
    pub generated_at: String,
}

#[derive(Clone)]
pub struct DimensionView {
    pub name: String,
    pub description: String,
    /// 0-100; None when it was withheld.
    pub score: Option<f64>,
    /// 0-1, as it went into the overall score.
    pub weight: f64,
    pub evidence: String,
    pub insufficient_evidence: bool,
    pub quotes: Vec<QuoteView>,
    /// Highest minus lowest sample, in points.
    pub spread: Option<f64>,
}

/// Words of the candidate, sliced from the stored transcript.
#[derive(Clone)]
pub struct QuoteView {
    pub text: String,
    /// Seconds from the start of the interview.
    pub at: Option<u64>,
    /// Its place in `ReportView::transcript`, from 0.
    pub turn: Option<usize>,
}

/// Both numbers are kept (spec 25 §4).
#[derive(Clone)]
pub struct OverrideView {
    pub original: Option<f64>,
    pub replacement: f64,
    pub by: String,
    pub at: String,
    pub reason: String,
}

#[derive(Clone)]
pub struct RequirementView {
    pub name: String,
    pub covered: bool,
    pub note: Option<String>,
}

#[derive(Clone)]
pub struct TurnView {
    pub speaker: String,
    pub content: String,
    /// Seconds from the start of the interview.
    pub at: Option<u64>,
}

/// What makes the score repeatable (spec 25 §2).
#[derive(Clone)]
pub struct RecordView {
    pub input_hash: String,
    pub samples: u32,
    /// How a replay went, once there was one: "equal", or what changed.
    pub replay: Option<String>,
    /// Further facts, name and value.
    pub facts: Vec<(String, String)>,
}

/// 0-100 with one decimal; anything outside is drawn at the edge.
fn points(score: f64) -> f64 {
    if score.is_finite() { score.clamp(0.0, 100.0) } else { 0.0 }
}

/// `m:ss`, or `h:mm:ss` from an hour on.
fn clock(seconds: u64) -> String {
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

/// `needs_improvement` as "Needs improvement".
fn readable(value: &str) -> String {
    let spaced = value.replace('_', " ");
    let mut letters = spaced.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
