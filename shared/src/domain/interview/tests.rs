use super::*;
use crate::domain::machine;
use crate::prompts::PlanStep;
use proptest::prelude::*;

fn at(minute: i64) -> Timestamp {
    Timestamp::from_unix(minute * 60)
}

fn application() -> Application {
    use crate::domain::{application::Submission, organisation::OrganisationId, pipeline::Pipeline};
    let organisation = OrganisationId::new();
    let pipeline = Pipeline::default_of(organisation, at(0), None);
    let body = serde_json::from_str(&format!(r#"{{"job_id":"{}"}}"#, JobId::new())).unwrap();
    let from = Submission {
        organisation,
        candidate: CandidateId::new(),
        candidate_user: None,
        submitted_by: None,
        created_by: None,
    };
    Application::new(body, from, &pipeline, at(0)).unwrap()
}

fn by_ai() -> Interview {
    Interview::by_ai(&application(), InterviewFields::default(), at(0), None)
}

const FREE: StartConditions = StartConditions { require_disclosure: false, invitation_expires_at: None };

#[test]
fn start_and_end_happen_once() {
    let mut interview = by_ai();
    assert_eq!(interview.end(at(1)).unwrap_err().code(), Code::InvalidTransition);
    assert!(interview.start(FREE, at(1)).unwrap() && !interview.start(FREE, at(2)).unwrap());
    assert!(interview.end(at(11)).unwrap() && !interview.end(at(20)).unwrap());
    assert_eq!(
        (interview.started_at, interview.ended_at, interview.duration_seconds),
        (Some(at(1)), Some(at(11)), Some(600))
    );
    assert_eq!(interview.scoring_status, ScoringStatus::Queued);
    assert!(
        interview.check_transcript_open(at(21)).is_ok() && interview.check_transcript_open(at(22)).is_err()
    );
}

#[test]
fn a_start_needs_disclosure_an_open_invitation_and_the_time() {
    let mut interview = by_ai();
    let strict = StartConditions { require_disclosure: true, invitation_expires_at: Some(at(100)) };
    assert_eq!(interview.start(strict, at(1)).unwrap_err().code(), Code::DisclosureRequired);
    interview.acknowledge("v1", "u", at(1)).unwrap();
    assert_eq!(interview.start(strict, at(100)).unwrap_err().code(), Code::Gone);
    interview.schedule(at(50), "u", None, at(2)).unwrap();
    assert_eq!(interview.start(strict, at(34)).unwrap_err().code(), Code::Conflict);
    assert!(interview.start(strict, at(35)).unwrap());
}

#[test]
fn phases_follow_the_plan_and_never_go_back() {
    let plan = [(Phase::Introduction, 2), (Phase::Technical, 4), (Phase::Behavioral, 3), (Phase::Closing, 1)]
        .map(|(phase, questions)| PlanStep { phase, questions });
    let mut interview = by_ai();
    let phases: Vec<_> = (0..11)
        .map(|_| {
            interview.asked(&plan, &["leadership".into()]);
            interview.current_phase
        })
        .collect();
    assert_eq!(phases[0], Phase::Introduction);
    assert_eq!(phases[1..5], [Phase::Technical; 4]);
    assert_eq!(phases[5..8], [Phase::Behavioral; 3]);
    assert_eq!(phases[8..], [Phase::Closing; 3]);
    interview.asked(&plan[..1], &[]);
    assert_eq!(interview.current_phase, Phase::Closing);
    assert_eq!(interview.competencies_covered, ["leadership"]);
}

#[test]
fn nothing_is_recorded_without_consent() {
    let mut interview = by_ai();
    assert!(interview.record("r".into()).is_err());
    interview.consent_to_recording(true).unwrap();
    interview.record("r".into()).unwrap();
    interview.recording_deleted(at(1));
    interview.recording_deleted(at(2));
    assert_eq!(interview.recording.unwrap().deleted_at, Some(at(1)));
}

#[test]
fn only_people_are_missed_and_only_the_ai_expires() {
    let mut human =
        Interview::by_people(&application(), InterviewFields::default(), at(10), at(0), None).unwrap();
    assert!(!human.expire() && !human.note_no_show(at(129)) && human.note_no_show(at(130)));
    human.schedule(at(200), "u", Some("ill".into()), at(150)).unwrap();
    assert_eq!((human.status, human.reschedules.len()), (InterviewStatus::Scheduled, 1));
    assert!(by_ai().expire());
    assert!(Interview::by_people(&application(), InterviewFields::default(), at(0), at(0), None).is_err());
}

#[test]
fn the_candidate_sees_no_signals_guide_or_notes() {
    let mut interview = by_ai();
    interview.fields.preparation_notes = Some("ask about the gap".into());
    interview.note_signals(vec![AntiCheatSignal { kind: SignalKind::Paste, at: at(1), detail: None }]);
    let shown = serde_json::to_string(&interview.candidate_view()).unwrap();
    for hidden in ["signal", "paste", "guide", "gap", "owner_ids", "metadata", "call", "cancelled_by"] {
        assert!(!shown.contains(hidden), "{hidden}");
    }
}

#[test]
fn it_reads_back_as_it_was_stored() {
    let text = serde_json::to_string(&by_ai()).unwrap();
    assert_eq!(serde_json::to_string(&serde_json::from_str::<Interview>(&text).unwrap()).unwrap(), text);
}

/// Spec 20 §2, typed again.
const TABLE: &[(&str, &[&str])] = &[
    ("invited", &["scheduled", "in_progress", "cancelled", "expired"]),
    ("scheduled", &["in_progress", "cancelled", "no_show", "expired"]),
    ("in_progress", &["completed", "cancelled"]),
    ("completed", &[]),
    ("cancelled", &[]),
    ("expired", &[]),
    ("no_show", &["scheduled"]),
];

proptest! {
    #[test]
    fn no_sequence_of_verbs_leaves_the_table(human in any::<bool>(), verbs in prop::collection::vec((0..7u8, 1..300i64), 0..25)) {
        let mut interview = if human {
            Interview::by_people(&application(), InterviewFields::default(), at(10), at(0), None).unwrap()
        } else {
            by_ai()
        };
        for (verb, minute) in verbs {
            let before = interview.status.to_string();
            let result = match verb {
                0 => interview.schedule(at(minute + 5), "u", None, at(minute)),
                1 => interview.start(FREE, at(minute)).map(drop),
                2 => interview.end(at(minute)).map(drop),
                3 => interview.cancel("u", "moved away", at(minute)),
                4 => { interview.expire(); Ok(()) }
                5 => interview.mark_no_show(),
                _ => { interview.note_no_show(at(minute)); Ok(()) }
            };
            let after = interview.status.to_string();
            machine::check(TABLE, &before, &after, &result);
            prop_assert!(!human || after != "expired");
            prop_assert_eq!(after == "completed", interview.scoring_status == ScoringStatus::Queued);
        }
    }
}
