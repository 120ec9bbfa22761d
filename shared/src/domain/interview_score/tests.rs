use super::*;
use crate::domain::human::somebody;

fn sheet(overall: f64) -> ScoreSheet {
    let body = serde_json::json!({
        "overall_score": overall, "band": "good", "weight_covered": 1.0, "rejected_quotes": 0, "needs_review": false,
        "review_reasons": [], "narrative_summary": "Inner summary", "candidate_feedback": "Well done", "anti_cheat_risk": "low",
        "samples": 1, "dimensions": [{
            "dimension": "Communication", "score": overall, "weight": 1.0, "original_weight": 1.0, "effective_weight": 1.0,
            "evidence": "Inner evidence", "insufficient_evidence": false, "spread": 0.0, "samples": [overall],
            "cited_quotes": [{"text": "I led the team", "segment_id": "000001", "start": 0, "end": 14}],
        }],
    });
    serde_json::from_value(body).unwrap()
}

fn record() -> ScoreRecord {
    let body = serde_json::json!({
        "prompt_hash": "p", "prompt_version": "p1", "model": "offline-1", "parameters": {}, "rubric_version": "default",
        "rubric_hash": "r", "input_hashes": {"transcript": "t"}, "samples": [], "code_version": "0.1.0",
    });
    serde_json::from_value(body).unwrap()
}

fn score() -> InterviewScore {
    InterviewScore {
        id: InterviewId::new(),
        sheet: sheet(72.0),
        scored_by: "ai".into(),
        scored_at: Timestamp::from_unix(0),
        model_version: "offline-1".into(),
        prompt_version: "p1".into(),
        rubric_version: "default".into(),
        human_override: false,
        human_override_by: None,
        human_override_reason: None,
        human_override_at: None,
        original_overall_score: None,
        original: None,
        record: record(),
        history: vec![],
        meta: Meta::new(None, Timestamp::from_unix(0), None),
    }
}

fn change(body: &str) -> OverrideFields {
    serde_json::from_str(body).unwrap()
}

#[test]
fn an_override_keeps_both_numbers_and_can_be_taken_back() {
    let (mut score, now) = (score(), Timestamp::from_unix(1));
    assert!(score.remove_override().is_err());
    let first = change(
        r#"{"overall_score":90,"dimensions":[{"dimension":"Communication","score":95}],"reason":"Saw them at work"}"#,
    );
    score.override_by(somebody(), &first, now).unwrap();
    score
        .override_by(somebody(), &change(r#"{"overall_score":81.26,"reason":"On second thoughts"}"#), now)
        .unwrap();
    assert_eq!((score.sheet.overall_score, score.sheet.band), (Some(81.3), Some(Band::Strong)));
    assert_eq!(score.original_overall_score, Some(72.0));
    assert_eq!(score.sheet.dimensions[0].score, 72.0);
    let text = serde_json::to_string(&score).unwrap();
    let mut back: InterviewScore = serde_json::from_str(&text).unwrap();
    assert_eq!(serde_json::to_string(&back).unwrap(), text);
    back.remove_override().unwrap();
    assert!(back.sheet == sheet(72.0) && back.scored_by == "ai" && !back.human_override);
}

#[test]
fn a_refused_override_leaves_the_score_as_it_was() {
    let mut score = score();
    let wrong = change(
        r#"{"overall_score":90,"dimensions":[{"dimension":"Charm","score":95}],"reason":"Saw them at work"}"#,
    );
    assert!(score.override_by(somebody(), &wrong, Timestamp::from_unix(1)).is_err());
    assert!(
        score.sheet == sheet(72.0)
            && !score.human_override
            && score.original.is_none()
            && score.original_overall_score.is_none()
    );
    assert!(change(r#"{"overall_score":90,"reason":"short"}"#).validate().is_err());
    assert!(change(r#"{"overall_score":100.1,"reason":"long enough reason"}"#).validate().is_err());
}

#[test]
fn scoring_again_keeps_what_stood() {
    let (mut score, now) = (score(), Timestamp::from_unix(1));
    score
        .override_by(somebody(), &change(r#"{"overall_score":90,"reason":"Saw them at work"}"#), now)
        .unwrap();
    score.rescored(sheet(60.0), record(), Some("corrected transcript".into()), now);
    assert_eq!((score.sheet.overall_score, score.human_override), (Some(60.0), false));
    let earlier = &score.history[0];
    assert_eq!((earlier.overall_score, earlier.original_overall_score), (Some(90.0), Some(72.0)));
    assert_eq!(earlier.human_override_reason.as_deref(), Some("Saw them at work"));
    for _ in 0..MAX_HISTORY * 2 {
        score.rescored(sheet(60.0), record(), None, now);
    }
    assert_eq!(score.history.len(), MAX_HISTORY);
}

#[test]
fn the_candidate_sees_words_and_a_band_but_no_numbers() {
    let mut shown = serde_json::to_value(score().candidate_view()).unwrap();
    assert_eq!(shown["cited_quotes"][0]["text"], "I led the team");
    // Ids are random: they may hold any number.
    shown.as_object_mut().unwrap().retain(|name, _| !name.ends_with("id"));
    let text = shown.to_string();
    for hidden in ["72", "overall", "dimension", "Inner", "risk", "weight"] {
        assert!(!text.contains(hidden), "{hidden}");
    }
}
