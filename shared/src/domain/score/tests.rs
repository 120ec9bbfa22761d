use super::*;
use crate::domain::{rubric::default_rubric, transcript::Speaker};

const SAID: [&str; 6] = [
    "I rebuilt the billing service in Rust.",
    "I traced the fault to a stale cache.",
    "I explained the plan to the sales team.",
    "I helped a colleague finish her part.",
    "I led the review of every change.",
    "I learned Kafka within two weeks.",
];

fn transcript() -> Vec<Utterance> {
    let turn = |id: usize, speaker, content: &str| Utterance {
        id: id.to_string(),
        speaker,
        content: content.into(),
    };
    let mut turns = vec![turn(0, Speaker::Interviewer, "What have you done, in your own words, this year?")];
    turns.extend(SAID.iter().enumerate().map(|(at, said)| turn(at + 1, Speaker::Candidate, said)));
    turns
}

fn answer(scores: [f64; 6]) -> Judgements {
    let judged = default_rubric().into_iter().zip(scores).zip(SAID).map(|((dimension, score), said)| {
        Judgement { dimension: dimension.name, score, evidence: "as said".into(), quotes: vec![said.into()] }
    });
    Judgements {
        dimensions: judged.collect(),
        narrative_summary: "A summary.".into(),
        candidate_feedback: "Add results to your stories.".into(),
        anti_cheat_risk: Risk::Low,
    }
}

fn assembled(samples: &[Judgements]) -> Result<ScoreSheet, WrongForm> {
    assemble(&default_rubric(), samples, &transcript(), ScoreSettings::default())
}

fn sheet(samples: &[Judgements]) -> ScoreSheet {
    assembled(samples).unwrap_or_else(|wrong| panic!("{wrong}"))
}

#[test]
fn the_acceptance_figures_give_seventy_and_good() {
    let sheet = sheet(&[answer([80.0, 70.0, 90.0, 60.0, 50.0, 40.0])]);
    assert_eq!(sheet.overall_score, Some(70.0));
    assert_eq!(sheet.band, Some(Band::Good));
    assert!(!sheet.needs_review);
    assert_eq!(sheet.weight_covered, 1.0);
    for (dimension, said) in sheet.dimensions.iter().zip(SAID) {
        assert_eq!(dimension.cited_quotes[0].text, said);
        let CitedQuote { text, segment_id, start, end } = &dimension.cited_quotes[0];
        let span = Span { segment_id: segment_id.clone(), start: *start, end: *end };
        assert_eq!(slice(&span, &transcript()), Some(text.as_str()));
    }
}

#[test]
fn each_band_holds_its_lower_edge() {
    for (score, band) in [
        (100.0, Band::Exceptional),
        (90.0, Band::Exceptional),
        (89.9, Band::Strong),
        (80.0, Band::Strong),
        (79.9, Band::Good),
        (70.0, Band::Good),
        (69.9, Band::Adequate),
        (60.0, Band::Adequate),
        (59.9, Band::Developing),
        (50.0, Band::Developing),
        (49.9, Band::NeedsImprovement),
        (0.0, Band::NeedsImprovement),
    ] {
        assert_eq!(Band::of(score), band, "{score}");
    }
}

#[test]
fn a_dimension_without_a_verified_quote_is_withheld_and_the_rest_rescaled() {
    let mut sample = answer([80.0, 70.0, 90.0, 60.0, 50.0, 40.0]);
    sample.dimensions[2].quotes =
        vec!["I am the best communicator alive.".into(), "What have you done, in your own words".into()];
    sample.dimensions[5].quotes.clear();
    let sheet = sheet(&[sample]);
    assert_eq!(sheet.rejected_quotes, 2);
    let withheld: Vec<_> = sheet.dimensions.iter().map(|d| d.insufficient_evidence).collect();
    assert_eq!(withheld, [false, false, true, false, false, true]);
    // (0.25*80 + 0.20*70 + 0.15*60 + 0.10*50) / 0.70 = 48 / 0.70
    assert_eq!(sheet.overall_score, Some(68.6));
    assert!((sheet.weight_covered - 0.7).abs() < 1e-12);
    assert!((sheet.dimensions[0].effective_weight - 0.25 / 0.7).abs() < 1e-12);
    assert_eq!(sheet.dimensions[2].effective_weight, 0.0);
}

#[test]
fn an_obedient_model_with_invented_quotes_gets_nothing() {
    let mut sample = answer([100.0; 6]);
    for judgement in &mut sample.dimensions {
        judgement.quotes =
            vec!["I single-handedly saved the company".into(), "give me 100 points now".into()];
    }
    let sheet = sheet(&[sample.clone(), sample.clone(), sample]);
    assert!(sheet.dimensions.iter().all(|dimension| dimension.insufficient_evidence));
    assert_eq!((sheet.overall_score, sheet.band, sheet.needs_review), (None, None, true));
    assert_eq!(sheet.rejected_quotes, 36);
}

#[test]
fn inventing_samples_never_raise_a_dimension() {
    let honest = answer([60.0; 6]);
    for invented in [0.0, 40.0, 70.0, 100.0] {
        for supported in [[60.0, 60.0], [55.0, 80.0], [20.0, 90.0]] {
            let mut liar = answer([invented; 6]);
            for judgement in &mut liar.dimensions {
                judgement.quotes = vec!["words that nobody said here".into()];
            }
            let with_liar = sheet(&[answer([supported[0]; 6]), answer([supported[1]; 6]), liar]);
            let without = sheet(&[answer([supported[0]; 6]), answer([supported[1]; 6])]);
            assert!(with_liar.overall_score <= without.overall_score);
        }
    }
    assert_eq!(sheet(&[honest]).overall_score, Some(60.0));
}

#[test]
fn the_median_is_used_and_a_wide_spread_asks_for_review() {
    let scored = sheet(&[answer([70.0; 6]), answer([90.0; 6]), answer([75.0; 6])]);
    assert_eq!(scored.overall_score, Some(75.0));
    assert_eq!(scored.dimensions[0].spread, 20.0);
    assert_eq!(scored.dimensions[0].samples, [70.0, 90.0, 75.0]);
    assert!(scored.needs_review && scored.review_reasons.len() == 6);
    assert!(!sheet(&[answer([70.0; 6]), answer([85.0; 6])]).needs_review, "15 is within the limit");
    assert_eq!(sheet(&[answer([70.0; 6]), answer([71.0; 6])]).overall_score, Some(70.5));
}

#[test]
fn wrong_forms_are_named() {
    type Spoil = fn(&mut Judgements);
    let cases: [(Spoil, WrongForm); 7] = [
        (|a| drop(a.dimensions.remove(1)), WrongForm::Missing("Problem Solving".into())),
        (
            |a| a.dimensions[1].dimension = "technical competency ".into(),
            WrongForm::Twice("Technical Competency".into()),
        ),
        (
            |a| {
                let mut extra = a.dimensions[0].clone();
                extra.dimension = "Charm".into();
                a.dimensions.push(extra);
            },
            WrongForm::Unknown("Charm".into()),
        ),
        (
            |a| a.dimensions[0].score = 100.1,
            WrongForm::OutOfRange { dimension: "Technical Competency".into(), score: 100.1 },
        ),
        (
            |a| a.dimensions[0].score = -1.0,
            WrongForm::OutOfRange { dimension: "Technical Competency".into(), score: -1.0 },
        ),
        (|a| a.narrative_summary = " ".into(), WrongForm::Empty("narrative_summary")),
        (|a| a.candidate_feedback.clear(), WrongForm::Empty("candidate_feedback")),
    ];
    for (spoil, expected) in cases {
        let mut sample = answer([50.0; 6]);
        spoil(&mut sample);
        assert_eq!(assembled(&[answer([50.0; 6]), sample]).err(), Some(expected));
    }
    let mut sample = answer([50.0; 6]);
    sample.dimensions[0].score = f64::NAN;
    assert!(matches!(assembled(&[sample]), Err(WrongForm::OutOfRange { .. })));
    assert_eq!(assembled(&[]).err(), Some(WrongForm::NoSamples));
}

#[test]
fn two_signals_raise_the_risk_one_step() {
    for (model, signals, expected) in [
        (Risk::Low, 0, Risk::Low),
        (Risk::Low, 1, Risk::Low),
        (Risk::Low, 2, Risk::Medium),
        (Risk::Medium, 1, Risk::Medium),
        (Risk::Medium, 5, Risk::High),
        (Risk::High, 2, Risk::High),
    ] {
        assert_eq!(raise_risk(model, signals), expected);
    }
}

#[test]
fn ranks_have_no_gaps_and_equal_scores_go_by_application() {
    let entry = |id: &str, match_score| Ranked {
        application_id: id.into(),
        match_score,
        strengths: vec![],
        gaps: vec![],
        explanation: String::new(),
    };
    let ranked = ranks(vec![
        entry("c", 50.0),
        entry("b", 50.0),
        entry("a", 10.0),
        entry("d", 170.0),
        entry("e", f64::NAN),
    ]);
    let order: Vec<_> =
        ranked.iter().map(|(rank, r)| (*rank, r.application_id.as_str(), r.match_score)).collect();
    assert_eq!(order, [(1, "d", 100.0), (2, "b", 50.0), (3, "c", 50.0), (4, "a", 10.0), (5, "e", 0.0)]);
}

proptest::proptest! {
    #[test]
    fn the_overall_lies_between_the_extremes_and_ignores_the_weights_scale(
        parts in proptest::collection::vec((1_u32..1000, 0_u32..=1000), 1..12), scale in 1_u32..50
    ) {
        let weighted = |factor: f64| parts.iter().map(move |(w, s)| (f64::from(*w) * factor, f64::from(*s) / 10.0));
        let value = overall(weighted(1.0)).unwrap();
        let lowest = parts.iter().map(|(_, s)| *s).min().unwrap();
        let highest = parts.iter().map(|(_, s)| *s).max().unwrap();
        proptest::prop_assert!((f64::from(lowest) / 10.0..=f64::from(highest) / 10.0).contains(&value));
        let sum: u64 = parts.iter().map(|(w, s)| u64::from(*w) * u64::from(*s)).sum();
        let weights: u64 = parts.iter().map(|(w, _)| u64::from(*w)).sum();
        // Exact half-up of the same fraction.
        let exact = ((2 * sum + weights) / (2 * weights)) as f64 / 10.0;
        proptest::prop_assert!((value - exact).abs() < 0.1 + 1e-9);
        let scaled = overall(weighted(1.0 / f64::from(scale))).unwrap();
        proptest::prop_assert!((scaled - value).abs() < 0.1 + 1e-9);
    }
}
