use super::*;
use crate::domain::machine;
use proptest::prelude::*;

fn at(day: i64) -> Timestamp {
    Timestamp::from_unix(day * 86_400)
}

fn complete() -> JobFields {
    let body = r#"{"title":"Welder","description":"Weld.","department":"Yard","job_type":"full_time",
        "employment_type":"permanent","deadline":"1970-02-01","positions_available":2,
        "requirements":{"skills":["MIG"],"interview_questions":["Why?"]}}"#;
    serde_json::from_str(body).unwrap()
}

fn draft() -> Job {
    Job::new(OrganisationId::new(), complete(), at(0), Some(UserId::new().to_string()))
}

#[test]
fn a_title_is_enough_for_a_draft_and_publication_names_all_that_is_missing() {
    let fields: JobFields = serde_json::from_str(r#"{"title":"Welder"}"#).unwrap();
    assert!(fields.validate().is_ok());
    assert_eq!(fields.salary_currency, "AUD");
    assert_eq!(
        fields.interview_structure.phases.iter().map(|step| step.questions).collect::<Vec<_>>(),
        [2, 4, 3, 1]
    );
    let mut job = Job::new(OrganisationId::new(), fields, at(0), None);
    let error = job.publish(at(0)).unwrap_err();
    let named: Vec<_> = error.fields().iter().map(|field| field.pointer.as_str()).collect();
    assert_eq!(named, ["/description", "/department", "/job_type", "/employment_type", "/deadline"]);
    assert_eq!(job.status, JobStatus::Draft);
}

#[test]
fn a_passed_deadline_cannot_be_published_and_closes_what_was() {
    let mut job = draft();
    assert!(job.publish(at(32)).is_err());
    job.publish(at(31)).unwrap();
    assert!(!job.close_overdue(at(31)));
    assert!(job.close_overdue(at(32)));
    assert_eq!(job.status, JobStatus::Closed);
    assert!(job.check_open().is_err());
}

#[test]
fn the_last_position_fills_the_job() {
    let mut job = draft();
    assert!(job.hired(at(1)).is_err());
    job.publish(at(1)).unwrap();
    assert!(!job.hired(at(2)).unwrap());
    assert!(job.hired(at(3)).unwrap());
    assert_eq!((job.status, job.positions_filled), (JobStatus::Filled, 2));
}

#[test]
fn a_published_job_stays_publishable() {
    let mut job = draft();
    job.publish(at(1)).unwrap();
    assert!(job.set_fields(JobFields { description: None, ..complete() }, at(1)).is_err());
    assert!(job.set_fields(JobFields { salary_min: Some(1), ..complete() }, at(40)).is_ok());
    let moved = JobFields { deadline: Some(Day::of(at(39))), ..complete() };
    assert!(job.set_fields(moved, at(40)).is_err());
}

#[test]
fn the_public_sees_no_people_rubric_or_questions() {
    let mut job = draft();
    assert!(job.public_view().is_err());
    job.publish(at(1)).unwrap();
    let shown = serde_json::to_value(job.public_view().unwrap()).unwrap();
    let hidden = [
        "recruiter_ids",
        "owner_ids",
        "hiring_manager_id",
        "scoring_rubric",
        "ai_criteria",
        "interview_structure",
        "created_by",
    ];
    assert!(hidden.iter().all(|name| shown.get(name).is_none()));
    assert_eq!(shown["requirements"]["interview_questions"], serde_json::json!([]));
    assert_eq!(shown["requirements"]["skills"], serde_json::json!(["MIG"]));
}

#[test]
fn a_copy_is_a_fresh_draft() {
    let mut job = draft();
    job.publish(at(1)).unwrap();
    job.hired(at(2)).unwrap();
    let copy = job.duplicate(None, at(3), None);
    assert!(copy.id != job.id && copy.status == JobStatus::Draft && copy.positions_filled == 0);
    assert!(copy.posted_date.is_none() && copy.fields.deadline.is_none());
    assert_eq!(copy.fields.title, "Welder");
}

#[test]
fn who_is_assigned_owns_it() {
    let (mut job, rita) = (draft(), UserId::new());
    assert!(job.assign(rita) && !job.assign(rita));
    assert!(job.owner_ids.contains(&rita.to_string()) && job.owner_ids.len() == 2);
    assert!(job.unassign(rita) && !job.owner_ids.contains(&rita.to_string()));
}

#[test]
fn wrong_fields_are_refused() {
    for wrong in [
        r#"{"title":" "}"#,
        r#"{"title":"A","salary_min":2,"salary_max":1}"#,
        r#"{"title":"A","positions_available":0}"#,
        r#"{"title":"A","interview_structure":{"phases":[{"phase":"closing","questions":1},{"phase":"technical","questions":1}]}}"#,
    ] {
        assert!(serde_json::from_str::<JobFields>(wrong).unwrap().validate().is_err(), "{wrong}");
    }
    for unreadable in [r#"{"title":"A","status":"active"}"#, r#"{"title":"A","job_type":"full-time"}"#] {
        assert!(serde_json::from_str::<JobFields>(unreadable).is_err(), "{unreadable}");
    }
}

#[test]
fn it_reads_back_as_it_was_stored() {
    let text = serde_json::to_string(&draft()).unwrap();
    assert_eq!(serde_json::to_string(&serde_json::from_str::<Job>(&text).unwrap()).unwrap(), text);
}

/// Spec 50 §2, typed again.
const TABLE: &[(&str, &[&str])] = &[
    ("draft", &["active", "cancelled"]),
    ("active", &["paused", "closed", "filled", "cancelled"]),
    ("paused", &["active", "closed", "filled", "cancelled"]),
    ("closed", &[]),
    ("filled", &[]),
    ("cancelled", &[]),
];

proptest! {
    #[test]
    fn no_sequence_of_verbs_leaves_the_table(verbs in prop::collection::vec(0..8u8, 0..25)) {
        let mut job = draft();
        for verb in verbs {
            let before = job.status.to_string();
            let result = match verb {
                0 => job.publish(at(1)),
                1 => job.pause(None),
                2 => job.close(CloseReason::Closed, None, at(1)),
                3 => job.close(CloseReason::Filled, None, at(1)),
                4 => job.cancel("budget", at(1)),
                5 => job.hired(at(1)).map(drop),
                6 => job.set_fields(complete(), at(1)),
                _ => { job.close_overdue(at(40)); Ok(()) }
            };
            machine::check(TABLE, &before, &job.status.to_string(), &result);
        }
    }
}
