use super::*;

fn six() -> Pipeline {
    Pipeline::default_of(OrganisationId::new(), Timestamp::from_unix(0), None)
}

fn list(body: &str) -> Vec<StageFields> {
    serde_json::from_str(body).unwrap()
}

#[test]
fn a_new_organisation_has_the_six_stages_in_order() {
    let pipeline = six();
    let names: Vec<_> = pipeline.stages.iter().map(|stage| stage.name.as_str()).collect();
    assert_eq!(
        names,
        ["Applied", "AI Screening", "Phone Screen", "Technical Interview", "Final Interview", "Offer"]
    );
    assert!(pipeline.stages.iter().map(|stage| stage.stage_order).eq(1..=6));
    assert!(check_course(&pipeline.stages).is_ok());
}

#[test]
fn stages_that_go_are_named() {
    let mut pipeline = six();
    let (first, second, third) = (pipeline.stages[0].id, pipeline.stages[1].id, pipeline.stages[2].id);
    let body = format!(
        r#"[{{"id":"{first}","name":"In","stage_type":"screening","status":"new"}},
            {{"id":"{second}","name":"Look","stage_type":"screening","status":"reviewing"}},
            {{"id":"{third}","name":"Call","stage_type":"interview","status":"phone_screen","is_active":false}},
            {{"name":"Offer","stage_type":"offer","status":"offer"}}]"#
    );
    let gone = pipeline.replace(list(&body)).unwrap();
    assert_eq!(gone.len(), 4);
    assert!(gone.contains(&third) && !gone.contains(&first));
    assert_eq!(pipeline.after(second).unwrap().name, "Offer");
}

#[test]
fn a_course_nobody_could_follow_is_refused() {
    let stranger = StageId::new();
    let wrong_id = format!(r#"[{{"id":"{stranger}","name":"In","stage_type":"screening","status":"new"}}]"#);
    for wrong in [
        "[]",
        r#"[{"name":"In","stage_type":"screening","status":"reviewing"}]"#,
        r#"[{"name":"In","stage_type":"screening","status":"new"},{"name":"Call","stage_type":"interview","status":"phone_screen"}]"#,
        r#"[{"name":"In","stage_type":"screening","status":"new"},{"name":"Out","stage_type":"final","status":"rejected"}]"#,
        r#"[{"name":"In","stage_type":"screening","status":"new"},{"name":"IN","stage_type":"screening","status":"new"}]"#,
        r#"[{"name":"In","stage_type":"screening","status":"new","stage_order":2}]"#,
        &wrong_id,
    ] {
        let mut pipeline = six();
        assert!(pipeline.replace(list(wrong)).is_err(), "{wrong}");
        assert_eq!(pipeline.stages.len(), 6);
    }
}

#[test]
fn conditions_need_everything_they_name_and_nothing_never_advances() {
    let standing =
        Standing { overall_score: Some(80.0), assessment_passed: Some(true), interview_score: None };
    let conditions = |body: &str| serde_json::from_str::<AutoAdvance>(body).unwrap();
    assert!(!conditions("{}").met(standing));
    assert!(conditions(r#"{"min_overall_score":80}"#).met(standing));
    assert!(!conditions(r#"{"min_overall_score":80.5}"#).met(standing));
    assert!(!conditions(r#"{"min_overall_score":80,"min_interview_score":1}"#).met(standing));
    assert!(conditions(r#"{"assessment_passed":true}"#).met(standing));
}
