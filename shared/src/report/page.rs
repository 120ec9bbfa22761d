use minijinja::Value;
use serde::Serialize;

use super::{DimensionView, ReportView, chart::Radar, clock, html::STYLE, points, readable};

/// The view in the words and numbers the page shows.
#[derive(Serialize)]
pub(super) struct Page<'a> {
    style: Value,
    organisation: &'a str,
    job_title: &'a str,
    candidate: &'a str,
    interviewed: &'a str,
    duration: Option<String>,
    scored_by: &'a str,
    overall: Option<Overall>,
    band: Option<Toned>,
    offline_label: Option<&'a str>,
    notices: &'a [String],
    replaced: Option<Replaced<'a>>,
    narrative_summary: &'a str,
    radar: Option<Radar>,
    dimensions: Vec<Dimension<'a>>,
    requirements: Vec<Requirement<'a>>,
    risk: Toned,
    integrity_signals: &'a [String],
    ai_did: &'a [String],
    ai_did_not: &'a [String],
    candidate_feedback: &'a str,
    transcript: Vec<Turn<'a>>,
    /// Name, value, whether it is a code.
    facts: Vec<(&'a str, String, bool)>,
}

#[derive(Serialize)]
struct Overall {
    shown: String,
    /// Percent of the ring; none at zero, where a round line end would still show a dot.
    arc: Option<String>,
}

/// Text with a style class for its colour; the text alone says it all.
#[derive(Serialize)]
struct Toned {
    text: String,
    tone: &'static str,
}

#[derive(Serialize)]
struct Replaced<'a> {
    original: String,
    replacement: String,
    by: &'a str,
    at: &'a str,
    reason: &'a str,
}

#[derive(Serialize)]
struct Dimension<'a> {
    name: &'a str,
    description: &'a str,
    shown: String,
    weight: String,
    /// Of the bar, 0-100.
    width: Option<String>,
    evidence: &'a str,
    insufficient_evidence: bool,
    spread: Option<String>,
    quotes: Vec<Quote<'a>>,
}

#[derive(Serialize)]
struct Quote<'a> {
    text: &'a str,
    at: Option<String>,
    anchor: Option<String>,
}

#[derive(Serialize)]
struct Requirement<'a> {
    name: &'a str,
    covered: bool,
    note: Option<&'a str>,
}

#[derive(Serialize)]
struct Turn<'a> {
    speaker: String,
    content: &'a str,
    at: Option<String>,
}

impl<'a> Page<'a> {
    pub(super) fn of(view: &'a ReportView) -> Self {
        let turns = view.transcript.len();
        Self {
            style: Value::from_safe_string(STYLE.into()),
            organisation: &view.organisation,
            job_title: &view.job_title,
            candidate: &view.candidate,
            interviewed: &view.interviewed,
            duration: view.duration_minutes.map(|minutes| format!("{minutes} min")),
            scored_by: &view.scored_by,
            overall: view.overall_score.map(points).map(|score| Overall {
                shown: format!("{score:.1}"),
                arc: (score > 0.0).then(|| format!("{score:.1}")),
            }),
            band: view.band.as_deref().map(|band| Toned { text: readable(band), tone: band_tone(band) }),
            offline_label: view.offline_label.as_deref(),
            notices: &view.notices,
            replaced: view.replaced.as_ref().map(|replaced| Replaced {
                original: shown(replaced.original),
                replacement: format!("{:.1}", points(replaced.replacement)),
                by: &replaced.by,
                at: &replaced.at,
                reason: &replaced.reason,
            }),
            narrative_summary: &view.narrative_summary,
            radar: Radar::of(&view.dimensions),
            dimensions: view.dimensions.iter().map(|d| Dimension::of(d, turns)).collect(),
            requirements: view
                .requirements
                .iter()
                .map(|r| Requirement { name: &r.name, covered: r.covered, note: r.note.as_deref() })
                .collect(),
            risk: Toned { text: readable(&view.integrity_risk), tone: risk_tone(&view.integrity_risk) },
            integrity_signals: &view.integrity_signals,
            ai_did: &view.ai_did,
            ai_did_not: &view.ai_did_not,
            candidate_feedback: &view.candidate_feedback,
            transcript: view
                .transcript
                .iter()
                .map(|t| Turn { speaker: readable(&t.speaker), content: &t.content, at: t.at.map(clock) })
                .collect(),
            facts: facts(view),
        }
    }
}

impl<'a> Dimension<'a> {
    fn of(dimension: &'a DimensionView, turns: usize) -> Self {
        let score = dimension.score.map(points);
        Self {
            name: &dimension.name,
            description: &dimension.description,
            shown: shown(score),
            weight: format!("{:.0} %", points(dimension.weight * 100.0)),
            width: score.filter(|score| *score > 0.0).map(|score| format!("{score:.1}")),
            evidence: &dimension.evidence,
            insufficient_evidence: dimension.insufficient_evidence,
            spread: dimension
                .spread
                .filter(|spread| *spread > 0.0)
                .map(|spread| format!("{spread:.1} points")),
            quotes: dimension
                .quotes
                .iter()
                .map(|quote| Quote {
                    text: &quote.text,
                    at: quote.at.map(clock),
                    anchor: quote.turn.filter(|turn| *turn < turns).map(|turn| format!("turn-{}", turn + 1)),
                })
                .collect(),
        }
    }
}

fn shown(score: Option<f64>) -> String {
    score.map_or_else(|| "withheld".into(), |score| format!("{:.1}", points(score)))
}

fn facts(view: &ReportView) -> Vec<(&str, String, bool)> {
    let record = &view.record;
    let mut facts = vec![
        ("Model", view.model_version.clone(), true),
        ("Prompt", view.prompt_version.clone(), true),
        ("Rubric", view.rubric_version.clone(), true),
        ("Input hash", record.input_hash.clone(), true),
        ("Samples", record.samples.to_string(), false),
    ];
    facts.extend(record.replay.iter().map(|replay| ("Replay", replay.clone(), false)));
    facts.extend(record.facts.iter().map(|(name, value)| (name.as_str(), value.clone(), true)));
    facts.push(("Report made", view.generated_at.clone(), false));
    facts
}

fn band_tone(band: &str) -> &'static str {
    match band {
        "exceptional" | "strong" => "good",
        "developing" => "warn",
        "needs_improvement" => "bad",
        _ => "",
    }
}

fn risk_tone(risk: &str) -> &'static str {
    match risk {
        "low" => "good",
        "high" => "bad",
        _ => "warn",
    }
}
