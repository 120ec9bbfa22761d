use crate::office::{Office, each, text};
use serde_json::{Value, json};
use shared::auth::Role;

fn candidate(application: &str, skills: &[&str], years: f64) -> Value {
    json!({
        "application_id": application,
        "name": "Zebedee Quince",
        "resume_summary": format!("Works with {}.", skills.join(" and ")),
        "skills": skills,
        "experience_years": years,
    })
}

#[tokio::test]
async fn the_best_fit_comes_first_and_its_score_goes_to_the_application() {
    let office = Office::open().await;
    let ada = office.admin().await;
    let job = office.job(&ada).await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(office.application(&ada, &job).await);
    }
    let body = json!({
        "job_role_id": job,
        "candidates": [
            candidate(&ids[0], &["baking"], 1.0),
            candidate(&ids[1], &["welding"], 8.0),
            candidate(&ids[2], &["cooking"], 1.0),
        ],
        "top_n": 2,
        "colour": "red",
    });
    let answer = ada.post("/shortlist/generate", body).await.expect(200);
    let ranked = answer["ranked_candidates"].as_array().unwrap();
    assert_eq!(
        (&answer["job_role_id"], &answer["total_evaluated"], ranked.len()),
        (&json!(job), &json!(3), 2)
    );
    assert_eq!((&ranked[0]["application_id"], &ranked[0]["rank"]), (&json!(ids[1]), &json!(1)));
    let scores: Vec<f64> = ranked.iter().map(|entry| entry["match_score"].as_f64().unwrap()).collect();
    assert!(scores[0] > scores[1], "{scores:?}");
    // Equal scores go by application id.
    assert_eq!((&ranked[1]["application_id"], &ranked[1]["rank"]), (&json!(ids[0]), &json!(2)));
    assert!(!answer.to_string().contains("Quince"));
    let page = ada.get(&format!("/jobs/{job}/applications?sort=-match_score")).await.expect(200);
    assert_eq!(page["items"][0]["id"], ids[1]);
    assert!(each(&page, "match_score").iter().all(Value::is_number));
    let stored = ada.get(&format!("/shortlists?job_id={job}")).await.expect(200);
    let one = ada.get(&format!("/shortlists/{}", text(&stored["items"][0]["id"]))).await.expect(200);
    assert_eq!(one["ranked_candidates"], answer["ranked_candidates"]);
}

#[tokio::test]
async fn a_shortlist_is_made_of_applications_to_the_job_each_once() {
    let office = Office::open().await;
    let (ada, rita) = (office.admin().await, office.member(Role::Recruiter).await);
    let (job, other) = (office.job(&ada).await, office.job(&ada).await);
    let (mine, strange) = (office.application(&ada, &job).await, office.application(&ada, &other).await);
    let one = candidate(&mine, &["welding"], 1.0);
    let with = |candidates: Value, top_n: i64| json!({ "job_role_id": job, "candidates": candidates, "top_n": top_n });
    for (body, pointer) in [
        (with(json!([one, one]), 10), "/candidates/1/application_id"),
        (with(json!([one, candidate(&strange, &[], 1.0)]), 10), "/candidates/1/application_id"),
        (with(json!([]), 10), "/candidates"),
        (with(json!(vec![one.clone(); 201]), 10), "/candidates"),
        (with(json!([one]), 0), "/top_n"),
        (with(json!([one]), 101), "/top_n"),
    ] {
        let problem = ada.post("/shortlist/generate", body).await.refused(422, "validation_failed");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem:#}");
    }
    let unknown = json!({ "job_role_id": office.organisation, "candidates": [one] });
    ada.post("/shortlist/generate", unknown).await.refused(404, "not_found");
    rita.post("/shortlist/generate", with(json!([one]), 1)).await.refused(404, "not_found");
    let viewer = office.member(Role::Viewer).await;
    viewer.post("/shortlist/generate", with(json!([one]), 1)).await.refused(403, "forbidden");
}
