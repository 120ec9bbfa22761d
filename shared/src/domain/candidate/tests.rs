use super::*;
use crate::domain::job::SkillLevel;
use crate::domain::resume::{Employment, ParsedResume};

fn now() -> Timestamp {
    Timestamp::from_unix(0)
}

fn fields() -> CandidateFields {
    serde_json::from_str(r#"{"email":"Ann@Example.com","first_name":"Ann","last_name":"Lee"}"#).unwrap()
}

fn held() -> Candidate {
    Candidate::new(OrganisationId::new(), fields(), now(), None)
}

fn skill(name: &str) -> SkillFields {
    SkillFields {
        skill_name: name.into(),
        skill_type: SkillType::Technical,
        proficiency_level: None,
        years_experience: None,
    }
}

fn resume() -> ParsedResume {
    let mut parsed = ParsedResume::default();
    parsed.skills.technical = vec!["Rust".into(), "rust ".into(), " ".into(), "SQL".into()];
    parsed.personal_info.phone = Some("0400 000 000".into());
    parsed.personal_info.linkedin = Some("not an address".into());
    parsed.employment = vec![
        Employment {
            company: Some("Acme".into()),
            title: Some("Engineer".into()),
            start_date: Some("Nov 2022".into()),
            end_date: Some("Present".into()),
            achievements: vec!["Shipped it".into()],
            ..Employment::default()
        },
        Employment { company: Some("No title".into()), ..Employment::default() },
    ];
    parsed
}

#[test]
fn a_skill_is_listed_once_case_aside() {
    let mut ann = held();
    let id = ann.add::<Skill>(skill("Rust"), ExtractedFrom::Manual).unwrap();
    assert_eq!(
        ann.add::<Skill>(skill(" rust"), ExtractedFrom::Manual).err().unwrap().code(),
        Code::Duplicate
    );
    let other = ann.add::<Skill>(skill("SQL"), ExtractedFrom::Manual).unwrap();
    assert!(ann.change::<Skill>(other, skill("RUST")).is_err());
    ann.change::<Skill>(id, skill("RUST")).unwrap();
    ann.verify(id, true).unwrap();
    ann.change::<Skill>(id, skill("RUST")).unwrap();
    assert!(ann.entry::<Skill>(id).unwrap().is_verified);
    let claimed = SkillFields { proficiency_level: Some(SkillLevel::Expert), ..skill("RUST") };
    ann.change::<Skill>(id, claimed).unwrap();
    assert!(!ann.entry::<Skill>(id).unwrap().is_verified, "another claim");
    ann.remove::<Skill>(id).unwrap();
    assert!(ann.remove::<Skill>(id).is_err());
}

#[test]
fn lists_end_at_their_limits() {
    let mut ann = held();
    let added = (0..MAX_SKILLS + 5)
        .filter(|n| ann.add::<Skill>(skill(&format!("s{n}")), ExtractedFrom::Manual).is_ok())
        .count();
    assert_eq!(added, MAX_SKILLS);
}

#[test]
fn dates_must_make_sense() {
    let valid = |body: &str| serde_json::from_str::<ExperienceFields>(body).unwrap().validate().is_ok();
    assert!(valid(
        r#"{"company_name":"A","job_title":"B","start_date":"2020-01-01","end_date":"2020-01-01"}"#
    ));
    assert!(!valid(
        r#"{"company_name":"A","job_title":"B","start_date":"2020-01-02","end_date":"2020-01-01"}"#
    ));
    assert!(!valid(
        r#"{"company_name":"A","job_title":"B","start_date":"2020-01-01","end_date":"2021-01-01","is_current":true}"#
    ));
    let gpa = |gpa: &str| {
        let body = format!(r#"{{"institution":"A","gpa":{gpa}}}"#);
        serde_json::from_str::<EducationFields>(&body).unwrap().validate().is_ok()
    };
    assert_eq!(["3.85", "9.99", "10", "3.855", "-1"].map(gpa), [true, true, false, false, false]);
    let by_hand =
        serde_json::from_str::<ExperienceFields>(r#"{"company_name":"A","job_title":"B"}"#).unwrap();
    assert!(held().add::<Experience>(by_hand, ExtractedFrom::Manual).is_err());
}

#[test]
fn a_resume_adds_and_changes_nothing_and_twice_is_once() {
    let mut ann = held();
    ann.add::<Skill>(skill("sql"), ExtractedFrom::Manual).unwrap();
    ann.fields.current_title = Some("Principal".into());
    let added = ann.apply_resume(&resume());
    assert_eq!((added.skills, added.experience), (1, 1));
    assert_eq!(ann.fields.current_title.as_deref(), Some("Principal"));
    assert_eq!(ann.fields.phone.as_deref(), Some("0400 000 000"));
    assert!(ann.fields.linkedin_url.is_none() && ann.fields.validate().is_ok());
    let job = &ann.experience[0];
    assert!(
        job.fields.is_current && job.fields.end_date.is_none() && job.extracted_from == ExtractedFrom::Resume
    );
    assert_eq!(ann.skill_named("SQL").unwrap().extracted_from, ExtractedFrom::Manual);
    assert_eq!(ann.apply_resume(&resume()), Added::default());
}

#[test]
fn blacklisting_needs_a_reason_and_is_not_shown_to_the_person() {
    let mut ann = held();
    assert!(ann.blacklist(" ").is_err() && !ann.is_blacklisted);
    ann.blacklist("forged papers").unwrap();
    assert_eq!(ann.check_not_blacklisted().unwrap_err().code(), Code::CandidateBlacklisted);
    let shown = serde_json::to_string(&ann.candidate_view()).unwrap();
    assert!(!shown.contains("blacklist") && !shown.contains("forged"));
    assert!(Candidate::person_held(UserId::new(), fields(), now()).blacklist("x").is_err());
}

#[test]
fn an_organisation_gets_what_the_person_shares() {
    let mut ann = Candidate::person_held(UserId::new(), fields(), now());
    ann.fields.phone = Some("0400".into());
    ann.fields.summary = Some("Welds".into());
    ann.fields.visibility_settings = [("phone".to_owned(), false), ("skills".to_owned(), false)].into();
    ann.add::<Skill>(skill("MIG"), ExtractedFrom::Manual).unwrap();
    let copy = ann.for_organisation(OrganisationId::new(), now());
    assert!(copy.fields.phone.is_none() && copy.skills.is_empty() && copy.fields.summary.is_some());
    assert!(copy.user_id == ann.user_id && copy.id != ann.id && copy.fields.visibility_settings.is_empty());
    assert!(!ann.searchable() && ann.visible_to_organisations(true) && !ann.visible_to_organisations(false));
    ann.fields.profile_visibility = Visibility::Public;
    assert!(ann.searchable());
    ann.pause(now());
    assert!(!ann.searchable());
}

#[test]
fn merging_fills_what_is_empty_and_leaves_one() {
    let organisation = OrganisationId::new();
    let new = || Candidate::new(organisation, fields(), now(), None);
    let (mut kept, mut gone) = (new(), new());
    kept.fields.phone = Some("1".into());
    gone.fields.phone = Some("2".into());
    gone.fields.suburb = Some("Glebe".into());
    gone.add::<Skill>(skill("Rust"), ExtractedFrom::Manual).unwrap();
    kept.absorb(&mut gone).unwrap();
    assert_eq!((kept.fields.phone.as_deref(), kept.shown_location.as_deref()), (Some("1"), Some("Glebe")));
    assert_eq!(kept.skills.len(), 1);
    assert_eq!(gone.check_present().unwrap_err().code(), Code::Gone);
    assert!(kept.absorb(&mut gone).is_err() && kept.absorb(&mut held()).is_err());
}

#[test]
fn every_word_must_fit() {
    let mut ann = held();
    ann.add::<Skill>(skill("C++"), ExtractedFrom::Manual).unwrap();
    let score = |text: &str| ann.relevance(&search_words(text));
    assert!(score("ann c++") > score("an c++"));
    assert!(score("ann python").is_none());
    assert_eq!(search_words("C++, .NET and node.js."), ["c++", ".net", "and", "node.js"]);
}

#[test]
fn it_reads_back_as_it_was_stored() {
    let mut ann = held();
    ann.apply_resume(&resume());
    let text = serde_json::to_string(&ann).unwrap();
    assert_eq!(serde_json::to_string(&serde_json::from_str::<Candidate>(&text).unwrap()).unwrap(), text);
    assert_eq!(ann.fields.email, "ann@example.com");
}
