//! A report as the tests draw it.

use super::{DimensionView, OverrideView, QuoteView, RecordView, ReportView, RequirementView, TurnView};

pub(super) fn sample() -> ReportView {
    ReportView {
        organisation: "Harbour Robotics".into(),
        job_title: "Senior Control Systems Engineer".into(),
        candidate: "Mara Okafor".into(),
        interviewed: "14 March 2026, 10:05 to 10:31 AEDT".into(),
        duration_minutes: Some(26),
        overall_score: Some(79.4),
        band: Some("strong".into()),
        scored_by: "Priya Nair, after the AI".into(),
        model_version: "gpt-4o 2024-11-20, Australia East".into(),
        prompt_version: "score_interview@5f3a91c2".into(),
        rubric_version: "control-systems v4 (b81d20e7)".into(),
        offline_label: None,
        notices: vec!["One dimension has no verified quote. Its weight was spread over the others.".into()],
        dimensions: vec![
            dimension("Technical Competency", Some(88.0), 0.278, &[
                ("I wrote a small simulator first, because the real arm costs four hundred dollars an hour to run.", 252, 3),
                ("We moved the filter before the sampling step and the oscillation was gone.", 305, 3),
            ]),
            dimension("Problem Solving", Some(84.0), 0.222, &[(
                "I drew the whole loop on paper and crossed out every part we could prove was fine.", 411, 5,
            )]),
            dimension("Communication", Some(81.0), 0.222, &[(
                "The operators had no words for it, so we agreed to call it the shiver.", 530, 7,
            )]),
            dimension("Cultural Fit", Some(73.0), 0.167, &[(
                "I like it when the person who finds the fault also writes the post-mortem.", 702, 9,
            )]),
            dimension("Leadership Potential", None, 0.0, &[]),
            dimension("Adaptability", Some(66.0), 0.111, &[(
                "Halfway through they changed the supplier and I had to learn the new bus in a week.", 1104, 11,
            )]),
        ],
        narrative_summary: "The candidate explains control problems from first principles and backs each claim with a \
            concrete case. The strongest answer traced an oscillation to aliasing and described how the fix was \
            verified before it reached the machine.\n\nLeading others came up only in general terms. A follow-up \
            conversation about mentoring would fill that gap."
            .into(),
        candidate_feedback: "Your examples were specific and easy to follow. To make them stronger, say how you \
            involved colleagues and what they took over from you."
            .into(),
        integrity_risk: "low".into(),
        integrity_signals: vec!["The browser tab lost focus once, for 6 seconds, at 12:40.".into()],
        replaced: Some(OverrideView {
            original: Some(82.1),
            replacement: 79.4,
            by: "Priya Nair, hiring manager".into(),
            at: "16 March 2026, 09:12 AEDT".into(),
            reason: "The bus protocol the candidate mentions is not the one we use; adaptability was rated too high."
                .into(),
        }),
        ai_did: vec![
            "Asked questions from the rubric and follow-ups on the answers".into(),
            "Judged each dimension from the transcript, three times, and kept the median".into(),
            "Cited the candidate’s words; every quote shown was found in the stored transcript".into(),
        ],
        ai_did_not: vec![
            "Decide: advancing and rejecting are done by people".into(),
            "See name, age, photo, address, school or any demographic answer".into(),
            "Use voice, accent, face or typing speed".into(),
            "Calculate the overall score: sums and bands are computed in code".into(),
        ],
        requirements: vec![
            requirement("Closed-loop control in production", true, Some("two cases")),
            requirement("C++ or Rust on real-time targets", true, None),
            requirement("Functional safety (IEC 61508)", false, Some("not raised")),
        ],
        transcript: (0..12).map(turn).collect(),
        record: RecordView {
            input_hash: "sha256:9d1c6f0b4be2a7f35c7e1fd0a9be5d0b7a7d1c02f6f1e6e5f9f3ab4c6d2e8f10".into(),
            samples: 3,
            replay: Some("equal, 16 March 2026".into()),
            facts: vec![("Code version".into(), "0.1.0 (38bfcec)".into())],
        },
        generated_at: "16 March 2026, 09:15 AEDT".into(),
    }
}

fn dimension(name: &str, score: Option<f64>, weight: f64, quotes: &[(&str, u64, usize)]) -> DimensionView {
    DimensionView {
        name: name.into(),
        description: match name {
            "Technical Competency" => "Skills and knowledge the job needs.",
            "Problem Solving" => "Analysis, reasoning, complex tasks.",
            "Communication" => "Clear speech, listening, dialogue.",
            "Cultural Fit" => "Company values, team orientation.",
            "Leadership Potential" => "Initiative, influence, growth.",
            _ => "Flexibility, learning, change.",
        }
        .into(),
        score,
        weight,
        evidence: if score.is_some() {
            "Describes the situation, the reasoning and the measured result; names what would be done differently."
        } else {
            "Leading others was mentioned in general terms only, without a case that could be quoted."
        }
        .into(),
        insufficient_evidence: score.is_none(),
        quotes: quotes
            .iter()
            .map(|(text, at, turn)| QuoteView { text: (*text).into(), at: Some(*at), turn: Some(*turn) })
            .collect(),
        spread: score.map(|_| 4.0),
    }
}

fn requirement(name: &str, covered: bool, note: Option<&str>) -> RequirementView {
    RequirementView { name: name.into(), covered, note: note.map(Into::into) }
}

fn turn(n: u64) -> TurnView {
    let (speaker, content) = if n.is_multiple_of(2) {
        ("interviewer", "Tell me about a fault that was hard to find. What did you try first, and why?")
    } else {
        (
            "candidate",
            "It began with an arm that shook only in the afternoon. I wrote a small simulator first, because the real \
             arm costs four hundred dollars an hour to run. The sampling was too slow for what the motor did.",
        )
    };
    TurnView { speaker: speaker.into(), content: content.into(), at: Some(20 + n * 95) }
}
