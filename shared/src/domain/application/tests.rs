use super::*;
use crate::domain::human::somebody;
use crate::domain::machine;
use proptest::prelude::*;

fn at(minute: i64) -> Timestamp {
    Timestamp::from_unix(minute * 60)
}

fn fresh() -> (Application, Pipeline) {
    let organisation = OrganisationId::new();
    let pipeline = Pipeline::default_of(organisation, at(0), None);
    let body = serde_json::from_str(&format!(r#"{{"job_id":"{}"}}"#, JobId::new())).unwrap();
    let from = Submission {
        organisation,
        candidate: CandidateId::new(),
        candidate_user: Some(UserId::new()),
        submitted_by: None,
        created_by: None,
    };
    (Application::new(body, from, &pipeline, at(0)).unwrap(), pipeline)
}

fn terms() -> OfferTerms {
    serde_json::from_str(r#"{"amount":90000,"expires_on":"1970-01-20"}"#).unwrap()
}

#[test]
fn it_starts_in_the_first_stage_and_time_in_each_is_kept() {
    let (mut application, pipeline) = fresh();
    assert_eq!(
        (application.status, application.current_stage_id),
        (ApplicationStatus::New, pipeline.stages[0].id)
    );
    application.advance(&pipeline, Mover::System, None, at(90)).unwrap();
    assert_eq!(application.status, ApplicationStatus::Reviewing);
    let visit = &application.stage_history[0];
    assert_eq!((visit.duration_minutes, visit.outcome), (Some(90), Some(StageOutcome::Advanced)));
    assert_eq!(application.stage_history[1].moved_by, "system");
}

#[test]
fn back_is_for_people_and_only_before_an_offer() {
    let (mut application, pipeline) = fresh();
    let by = Mover::Human(somebody());
    for _ in 0..3 {
        application.advance(&pipeline, by, None, at(1)).unwrap();
    }
    let back = pipeline.stages[1].id;
    assert_eq!(
        application.move_to(back, &pipeline, Mover::System, None, at(2)).unwrap_err().code(),
        Code::Forbidden
    );
    application.move_to(back, &pipeline, by, None, at(2)).unwrap();
    assert_eq!(application.status, ApplicationStatus::Reviewing);
    application.move_to(pipeline.stages[5].id, &pipeline, by, None, at(3)).unwrap();
    assert_eq!(application.status, ApplicationStatus::Offer);
    assert!(application.move_to(back, &pipeline, by, None, at(4)).is_err());
    assert!(application.advance(&pipeline, by, None, at(4)).is_err());
}

#[test]
fn rejecting_needs_a_reason_and_can_be_taken_back() {
    let (mut application, pipeline) = fresh();
    assert!(application.reject(somebody(), "  ", at(1)).is_err());
    application.reject(somebody(), "no licence", at(1)).unwrap();
    assert!(application.rejected_by.is_some() && application.check_open().is_err());
    application.reopen(somebody(), "licence found", &pipeline, at(2)).unwrap();
    assert_eq!(application.status, ApplicationStatus::Reviewing);
    assert!(application.rejected_at.is_none() && application.rejection_reason.is_none());
    assert_eq!(application.current_stage_id, pipeline.stages[1].id);
}

#[test]
fn an_offer_is_answered_once_and_in_time() {
    let (mut application, pipeline) = fresh();
    assert!(application.make_offer(terms(), &pipeline, somebody(), at(1)).is_err());
    application.advance(&pipeline, Mover::System, None, at(1)).unwrap();
    assert!(application.answer_offer(OfferAnswer::Accepted, at(1)).is_err());
    application.make_offer(terms(), &pipeline, somebody(), at(1)).unwrap();
    assert!(application.answer_offer(OfferAnswer::Accepted, at(40 * 24 * 60)).is_err());
    application.answer_offer(OfferAnswer::Accepted, at(2)).unwrap();
    assert!(application.answer_offer(OfferAnswer::Declined, at(3)).is_err());
    application.hire(somebody(), at(4)).unwrap();
    assert!(application.withdraw(None, at(5)).is_err());
    let late = OfferTerms { expires_on: None, start_date: Some(crate::clock::Day::of(at(0))), ..terms() };
    let (mut other, pipeline) = fresh();
    other.advance(&pipeline, Mover::System, None, at(1)).unwrap();
    assert!(other.make_offer(late, &pipeline, somebody(), at(2 * 24 * 60)).is_err());
}

#[test]
fn the_candidate_sees_no_score_no_reason_and_no_names() {
    let (mut application, pipeline) = fresh();
    application.set_match_score(87.5);
    let by = somebody();
    application.advance(&pipeline, Mover::Human(by), Some("weak on paper".into()), at(1)).unwrap();
    application.reject(by, "too loud", at(2)).unwrap();
    let shown = serde_json::to_string(&application.candidate_view(&pipeline)).unwrap();
    for hidden in
        ["match_score", "87.5", "too loud", "weak on paper", &by.id().to_string(), "recruiter", "owner_ids"]
    {
        assert!(!shown.contains(hidden), "{hidden}");
    }
    assert!(shown.contains("AI Screening"));
}

#[test]
fn it_reads_back_as_it_was_stored() {
    let (mut application, pipeline) = fresh();
    application.advance(&pipeline, Mover::System, None, at(1)).unwrap();
    application.make_offer(terms(), &pipeline, somebody(), at(1)).unwrap();
    let text = serde_json::to_string(&application).unwrap();
    assert_eq!(serde_json::to_string(&serde_json::from_str::<Application>(&text).unwrap()).unwrap(), text);
}

/// Spec 50 §5, typed again, with the moves back before an offer.
const TABLE: &[(&str, &[&str])] = &[
    ("new", &["reviewing", "rejected", "withdrawn"]),
    (
        "reviewing",
        &["phone_screen", "technical_interview", "final_interview", "offer", "rejected", "withdrawn"],
    ),
    ("phone_screen", &["technical_interview", "final_interview", "offer", "rejected", "withdrawn"]),
    ("technical_interview", &["final_interview", "offer", "rejected", "withdrawn"]),
    ("final_interview", &["offer", "rejected", "withdrawn"]),
    ("offer", &["hired", "rejected", "withdrawn"]),
    ("hired", &[]),
    ("rejected", &["reviewing"]),
    ("withdrawn", &[]),
];
const COURSE: &[&str] = &["new", "reviewing", "phone_screen", "technical_interview", "final_interview"];

fn is_back(before: &str, after: &str) -> bool {
    let place = |status| COURSE.iter().position(|stage| *stage == status);
    matches!((place(before), place(after)), (Some(from), Some(to)) if to < from)
}

proptest! {
    #[test]
    fn no_sequence_of_verbs_leaves_the_table(verbs in prop::collection::vec((0..9u8, 0..6usize), 0..25)) {
        let (mut application, pipeline) = fresh();
        for (verb, stage) in verbs {
            let before = application.status.to_string();
            let by = Mover::Human(somebody());
            let result = match verb {
                0 => application.advance(&pipeline, by, None, at(1)),
                1 => application.move_to(pipeline.stages[stage].id, &pipeline, by, None, at(1)),
                2 => application.reject(somebody(), "reason", at(1)),
                3 => application.withdraw(None, at(1)),
                4 => application.make_offer(terms(), &pipeline, somebody(), at(1)),
                5 => application.hire(somebody(), at(1)),
                6 => application.reopen(somebody(), "reason", &pipeline, at(1)),
                7 => application.answer_offer(OfferAnswer::Accepted, at(1)),
                _ => application.set_fields(ApplicationFields::default()),
            };
            let after = application.status.to_string();
            if result.is_ok() && is_back(&before, &after) {
                prop_assert_eq!(verb, 1);
            } else if application.status == ApplicationStatus::Offer && verb == 0 {
                // The last stage: nothing to advance to, whatever else the status allows.
                prop_assert!(result.is_err() || before != "offer");
            } else {
                machine::check(TABLE, &before, &after, &result);
            }
        }
    }

    /// Spec 25 §4: whatever the platform does by itself, no application is rejected or moved back.
    #[test]
    fn the_platform_alone_never_rejects(stages in prop::collection::vec(0..7usize, 0..30)) {
        let (mut application, pipeline) = fresh();
        for stage in stages {
            let before = application.status;
            let _ = match pipeline.stages.get(stage) {
                Some(stage) => application.move_to(stage.id, &pipeline, Mover::System, None, at(1)),
                None => application.advance(&pipeline, Mover::System, None, at(1)),
            };
            prop_assert!(application.status >= before && application.status.is_open());
        }
    }
}
