//! What the report's page shows, put together from what is stored.

use shared::clock::Timestamp;
use shared::domain::interview::{AntiCheatSignal, Interview};
use shared::domain::interview_score::InterviewScore;
use shared::domain::rubric::{Dimension, default_rubric};
use shared::domain::score::{CitedQuote, ScoredDimension};
use shared::domain::transcript_segment::TranscriptSegment;
use shared::report::{
    Coverage, DimensionView, OverrideView, QuoteView, RecordView, ReportView, RequirementView, Spoken,
    TurnView,
};

use crate::material::Material;

const OFFLINE: &str = "Written by the offline engine: rules and statistics, no language model.";
const DID: &[&str] = &[
    "Asked questions about the job and followed up on the answers",
    "Judged each dimension from the written transcript",
    "Cited the candidate’s words; every quote shown was found in the transcript",
];
const DID_NOT: &[&str] = &[
    "Decide: advancing and rejecting are done by people",
    "See name, contact data, age, photo, address, school or any demographic answer when judging",
    "Use voice, accent, face or typing speed",
    "Calculate the overall score: sums and bands are computed in code",
];

pub(crate) fn view(
    interview: &Interview,
    material: &Material,
    score: &InterviewScore,
    transcript: &[TranscriptSegment],
    overridden_by: Option<String>,
    now: Timestamp,
) -> ReportView {
    let sheet = &score.sheet;
    let by = overridden_by.unwrap_or_else(|| "A person of the hiring team".into());
    let rubric = match material.job.scoring_rubric.as_slice() {
        [] => default_rubric(),
        own => own.to_vec(),
    };
    let dimension = |scored: &ScoredDimension| dimension(scored, &rubric, transcript);
    ReportView {
        organisation: material.organisation.as_ref().map(|own| own.fields.name.clone()).unwrap_or_default(),
        job_title: material.job.fields.title.clone(),
        candidate: material
            .candidate
            .as_ref()
            .map(|one| format!("{} {}", one.fields.first_name, one.fields.last_name))
            .unwrap_or_else(|| "Candidate".into()),
        interviewed: span(interview),
        duration_minutes: interview
            .duration_seconds
            .and_then(|seconds| u32::try_from((seconds + 30) / 60).ok()),
        overall_score: sheet.overall_score,
        band: sheet.band.and_then(|band| text_of(&band)),
        scored_by: if score.human_override { format!("{by}, after the AI") } else { "AI".into() },
        model_version: score.model_version.clone(),
        prompt_version: score.prompt_version.clone(),
        rubric_version: score.rubric_version.clone(),
        offline_label: is_offline(score).then(|| OFFLINE.to_owned()),
        notices: notices(score),
        dimensions: sheet.dimensions.iter().map(dimension).collect(),
        narrative_summary: sheet.narrative_summary.clone(),
        candidate_feedback: sheet.candidate_feedback.clone(),
        integrity_risk: text_of(&sheet.anti_cheat_risk).unwrap_or_default(),
        integrity_signals: interview.anti_cheat_signals.iter().map(signal).collect(),
        replaced: replaced(score, &by),
        ai_did: DID.iter().map(|&line| line.to_owned()).collect(),
        ai_did_not: DID_NOT.iter().map(|&line| line.to_owned()).collect(),
        requirements: requirements(material, transcript),
        transcript: transcript.iter().map(turn).collect(),
        record: record(score),
        generated_at: moment(now),
    }
}

fn dimension(
    scored: &ScoredDimension,
    rubric: &[Dimension],
    transcript: &[TranscriptSegment],
) -> DimensionView {
    let described = rubric.iter().find(|dimension| dimension.name == scored.dimension);
    DimensionView {
        name: scored.dimension.clone(),
        description: described.map(|dimension| dimension.description.clone()).unwrap_or_default(),
        score: (!scored.insufficient_evidence).then_some(scored.score),
        weight: scored.effective_weight,
        evidence: scored.evidence.clone(),
        insufficient_evidence: scored.insufficient_evidence,
        quotes: scored.cited_quotes.iter().map(|quote| self::quote(quote, transcript)).collect(),
        spread: (scored.samples.len() > 1).then_some(scored.spread),
    }
}

fn quote(cited: &CitedQuote, transcript: &[TranscriptSegment]) -> QuoteView {
    let turn = transcript.iter().position(|turn| turn.id == cited.segment_id);
    let at = turn.map(|turn| transcript[turn].fields.start_time_ms / 1000);
    QuoteView { text: cited.text.clone(), at, turn }
}

fn turn(segment: &TranscriptSegment) -> TurnView {
    TurnView {
        speaker: text_of(&segment.fields.speaker).unwrap_or_default(),
        content: segment.fields.content.clone(),
        at: Some(segment.fields.start_time_ms / 1000),
    }
}

fn is_offline(score: &InterviewScore) -> bool {
    score.record.parameters.get("provider").and_then(|value| value.as_str()) == Some("offline")
}

fn notices(score: &InterviewScore) -> Vec<String> {
    let sheet = &score.sheet;
    let mut notices = sheet.review_reasons.clone();
    let withheld = sheet.dimensions.iter().filter(|dimension| dimension.insufficient_evidence).count();
    if withheld > 0 {
        notices.push(format!(
            "Dimensions without a verified quote: {withheld}. Their weight was spread over the others."
        ));
    }
    if sheet.rejected_quotes > 0 {
        notices.push(format!("Quotes that the candidate did not say, left out: {}.", sheet.rejected_quotes));
    }
    notices
}

fn replaced(score: &InterviewScore, by: &str) -> Option<OverrideView> {
    score.human_override.then(|| OverrideView {
        original: score.original_overall_score,
        replacement: score.sheet.overall_score.unwrap_or_default(),
        by: by.to_owned(),
        at: score.human_override_at.map(moment).unwrap_or_default(),
        reason: score.human_override_reason.clone().unwrap_or_default(),
    })
}

/// What of the job's requirements came up.
fn requirements(material: &Material, transcript: &[TranscriptSegment]) -> Vec<RequirementView> {
    let turns = transcript.iter().map(|turn| (turn.fields.speaker, turn.fields.content.as_str()));
    let spoken = Spoken::of(turns);
    let asked = &material.job.fields.requirements;
    let names = asked.skills.iter().chain(&asked.experience).chain(&asked.qualifications);
    names
        .map(|name| {
            let coverage = spoken.coverage(name);
            let note = match coverage {
                Coverage::Spoken => None,
                Coverage::Asked => Some("asked about".to_owned()),
                Coverage::Open => Some("not raised".to_owned()),
            };
            RequirementView { name: name.clone(), covered: coverage == Coverage::Spoken, note }
        })
        .collect()
}

fn record(score: &InterviewScore) -> RecordView {
    let record = &score.record;
    let facts = [
        ("Code version", record.code_version.clone()),
        ("Prompt hash", record.prompt_hash.clone()),
        ("Rubric hash", record.rubric_hash.clone()),
        ("Scored", moment(score.scored_at)),
    ];
    RecordView {
        input_hash: record.input_hashes.get("transcript").cloned().unwrap_or_default(),
        samples: score.sheet.samples,
        replay: None,
        facts: facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
    }
}

fn signal(signal: &AntiCheatSignal) -> String {
    let kind = signal.kind.as_str().replace('_', " ");
    match &signal.detail {
        Some(detail) => format!("{kind}, {}: {detail}", moment(signal.at)),
        None => format!("{kind}, {}", moment(signal.at)),
    }
}

/// The word a value is written with.
fn text_of(value: &impl serde::Serialize) -> Option<String> {
    serde_json::to_value(value).ok()?.as_str().map(str::to_owned)
}

fn moment(at: Timestamp) -> String {
    let at = at.instant();
    format!("{} {} {}, {:02}:{:02} UTC", at.day(), at.month(), at.year(), at.hour(), at.minute())
}

fn span(interview: &Interview) -> String {
    match (interview.started_at, interview.ended_at) {
        (Some(start), Some(end)) => {
            let (start, end) = (start.instant(), end.instant());
            format!(
                "{} {} {}, {:02}:{:02} to {:02}:{:02} UTC",
                start.day(),
                start.month(),
                start.year(),
                start.hour(),
                start.minute(),
                end.hour(),
                end.minute()
            )
        }
        (Some(start), None) => moment(start),
        _ => "not held".into(),
    }
}
