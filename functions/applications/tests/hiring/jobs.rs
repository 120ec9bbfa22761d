use crate::office::{Office, each, text};
use reqwest::Method;
use serde_json::{Value, json};
use shared::auth::Role;

const STATUSES: [&str; 6] = ["draft", "active", "paused", "closed", "filled", "cancelled"];

/// Verb, body, where it leads, from where (spec 50 §2).
fn verbs() -> Vec<(&'static str, Value, &'static str, &'static [&'static str])> {
    vec![
        ("publish", json!({}), "active", &["draft", "paused"]),
        ("pause", json!({ "reason": "budget" }), "paused", &["active"]),
        ("close", json!({ "reason": "closed" }), "closed", &["active", "paused"]),
        ("close", json!({ "reason": "filled" }), "filled", &["active", "paused"]),
        ("cancel", json!({ "reason": "no need" }), "cancelled", &["draft", "active", "paused"]),
    ]
}

#[tokio::test]
async fn a_job_moves_as_the_table_says_and_not_otherwise() {
    let office = Office::open().await;
    let ada = office.admin().await;
    for from in STATUSES {
        for (verb, body, to, allowed_from) in verbs() {
            let id = text(&ada.post("/jobs", office.advert("Welder")).await.expect(201)["id"]);
            let act = async |verb: &str, body| ada.post(&format!("/jobs/{id}/{verb}"), body).await;
            if from != "draft" {
                act("publish", json!({})).await.expect(200);
            }
            match from {
                "paused" => drop(act("pause", json!({})).await.expect(200)),
                "closed" | "filled" => drop(act("close", json!({ "reason": from })).await.expect(200)),
                "cancelled" => drop(act("cancel", json!({ "reason": "x" })).await.expect(200)),
                _ => {}
            }
            let reply = act(verb, body).await;
            if allowed_from.contains(&from) {
                assert_eq!(reply.expect(200)["status"], to, "{from} {verb}");
            } else {
                assert_eq!(reply.refused(409, "invalid_transition")["current_status"], from);
                assert_eq!(ada.get(&format!("/jobs/{id}")).await.expect(200)["status"], from);
            }
        }
    }
}

#[tokio::test]
async fn publishing_names_everything_that_is_missing() {
    let office = Office::open().await;
    let ada = office.admin().await;
    let id = text(&ada.post("/jobs", json!({ "title": "Welder" })).await.expect(201)["id"]);
    let problem = ada.post(&format!("/jobs/{id}/publish"), json!({})).await.refused(422, "validation_failed");
    let pointers: Vec<_> =
        problem["errors"].as_array().unwrap().iter().map(|error| text(&error["pointer"])).collect();
    assert_eq!(pointers, ["/description", "/department", "/job_type", "/employment_type", "/deadline"]);
    let mut late = office.advert("Welder");
    late["deadline"] = office.day(-1).into();
    let problem = ada.post("/jobs", late).await.refused(422, "validation_failed");
    assert_eq!(problem["errors"][0]["pointer"], "/deadline");
}

#[tokio::test]
async fn wrong_fields_are_refused_with_their_place() {
    let office = Office::open().await;
    let ada = office.admin().await;
    for (member, value, pointer) in [
        ("salary_min", json!(90_000), "/salary_max"),
        ("job_type", json!("full-time"), "/job_type"),
        ("team_id", json!(office.organisation), "/team_id"),
        ("hiring_manager_id", json!(office.organisation), "/hiring_manager_id"),
        ("title", json!(" "), "/title"),
    ] {
        let mut advert = office.advert("Welder");
        advert["salary_max"] = 80_000.into();
        advert[member] = value;
        let problem = ada.post("/jobs", advert).await.refused(422, "validation_failed");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem:#}");
    }
}

#[tokio::test]
async fn a_change_needs_the_version_it_is_meant_for_and_a_job_that_goes_on() {
    let office = Office::open().await;
    let ada = office.admin().await;
    let path = format!("/jobs/{}", office.job(&ada).await);
    let etag = ada.get(&path).await.etag.unwrap();
    let changed = ada.patch(&path, &etag, json!({ "title": "Senior welder", "location": null })).await;
    assert_eq!(changed.expect(200)["title"], "Senior welder");
    ada.patch(&path, &etag, json!({ "title": "Foreman" })).await.refused(412, "stale_etag");
    ada.change(Method::PATCH, &path, json!({ "status": "closed" })).await.expect(422);
    ada.change(Method::PATCH, &path, json!({ "description": null })).await.expect(422);
    ada.delete(&path).await.refused(409, "invalid_transition");
    ada.post(&format!("{path}/close"), json!({})).await.expect(200);
    ada.change(Method::PATCH, &path, json!({ "title": "Foreman" })).await.refused(409, "invalid_transition");
    let copy = ada.post(&format!("{path}/duplicate"), json!({ "title": "Foreman" })).await.expect(201);
    assert_eq!((&copy["status"], &copy["title"]), (&json!("draft"), &json!("Foreman")));
    assert_eq!(copy["deadline"], Value::Null);
    ada.delete(&format!("/jobs/{}", text(&copy["id"]))).await.expect(204);
    ada.get(&format!("/jobs/{}", text(&copy["id"]))).await.refused(404, "not_found");
}

#[tokio::test]
async fn lists_are_filtered_sorted_and_paged() {
    let office = Office::open().await;
    let ada = office.admin().await;
    for title in ["Welder", "Fitter", "Web developer"] {
        ada.post("/jobs", office.advert(title)).await.expect(201);
    }
    let active = office.job(&ada).await;
    let titles = async |query: &str| each(&ada.get(&format!("/jobs?{query}")).await.expect(200), "title");
    assert_eq!(titles("q=we&status=draft&sort=title").await, ["Web developer", "Welder"]);
    assert_eq!(titles("status=draft&sort=-title&limit=2").await, ["Welder", "Web developer"]);
    assert_eq!(titles("department=Kitchen").await.len(), 0);
    ada.put(&format!("/recruiters/{}/jobs/{active}", ada.id)).await.expect(200);
    assert_eq!(titles(&format!("recruiter_id={}", ada.id)).await, ["Welder"]);
    let first = ada.get("/jobs?limit=3").await.expect(200);
    let rest = ada.get(&format!("/jobs?limit=3&cursor={}", text(&first["next_cursor"]))).await.expect(200);
    assert_eq!((each(&first, "id").len(), each(&rest, "id").len()), (3, 1));
    assert_eq!(rest["next_cursor"], Value::Null);
    for wrong in ["limit=0", "limit=101", "sort=salary", "status=open"] {
        ada.get(&format!("/jobs?{wrong}")).await.refused(422, "validation_failed");
    }
    ada.get("/jobs?colour=red").await.refused(422, "unknown_parameter");
}

#[tokio::test]
async fn people_outside_see_open_jobs_and_no_more_of_them_than_is_public() {
    let office = Office::open().await;
    let (ada, kim) = (office.admin().await, office.person().await);
    let open = office.job(&ada).await;
    let draft = text(&ada.post("/jobs", office.advert("Draft")).await.expect(201)["id"]);
    let whose = format!("organisation_id={}", office.organisation);
    let page = kim.get(&format!("/jobs/open?{whose}&job_type=full_time")).await.expect(200);
    assert_eq!(each(&page, "id"), [json!(open)]);
    assert_eq!(page["items"][0]["owner_ids"], Value::Null);
    assert!(
        each(&kim.get(&format!("/jobs/open?{whose}&work_type=remote")).await.expect(200), "id").is_empty()
    );
    assert_eq!(each(&kim.get("/jobs/open?q=weld").await.expect(200), "id"), [json!(open)]);
    assert!(each(&kim.get("/jobs/open?q=bake").await.expect(200), "id").is_empty());
    assert_eq!(each(&ada.get("/jobs/open").await.expect(200), "id"), [json!(open)]);
    let job = kim.get(&format!("/jobs/{open}?{whose}")).await.expect(200);
    assert_eq!((&job["title"], &job["hiring_metrics"]), (&json!("Welder"), &Value::Null));
    kim.get(&format!("/jobs/{draft}?{whose}")).await.refused(404, "not_found");
    kim.get(&format!("/jobs/{draft}")).await.refused(404, "not_found");
    assert_eq!(kim.get(&format!("/jobs/{open}")).await.expect(200), job);
    kim.get("/jobs").await.refused(403, "forbidden");
    kim.post(&format!("/jobs/{open}/close"), json!({})).await.refused(403, "forbidden");

    ada.post(&format!("/jobs/{open}/pause"), json!({})).await.expect(200);
    assert!(each(&kim.get("/jobs/open").await.expect(200), "id").is_empty());
    kim.get(&format!("/jobs/{open}")).await.refused(404, "not_found");
    kim.post("/applications", json!({ "job_id": open })).await.refused(409, "job_not_open");
    kim.post("/applications", json!({ "job_id": draft })).await.refused(404, "not_found");
    ada.post(&format!("/jobs/{open}/publish"), json!({})).await.expect(200);
    kim.post("/applications", json!({ "job_id": open })).await.expect(201);
}

#[tokio::test]
async fn a_recruiter_reaches_own_jobs_only_and_reads_others_as_the_public_does() {
    let office = Office::open().await;
    let (ada, rita) = (office.admin().await, office.member(Role::Recruiter).await);
    let path = format!("/jobs/{}", office.job(&ada).await);
    assert!(each(&rita.get("/jobs").await.expect(200), "id").is_empty());
    assert_eq!(rita.get(&path).await.expect(200)["owner_ids"], Value::Null);
    rita.post(&format!("{path}/pause"), json!({})).await.refused(404, "not_found");
    ada.change(Method::PATCH, &path, json!({ "hiring_manager_id": rita.id })).await.expect(200);
    assert_eq!(each(&rita.get("/jobs").await.expect(200), "id").len(), 1);
    rita.post(&format!("{path}/pause"), json!({})).await.expect(200);
}

#[tokio::test]
async fn criteria_and_rubric_hold_what_can_be_scored_with() {
    let office = Office::open().await;
    let ada = office.admin().await;
    let job = office.job(&ada).await;
    let (criteria, rubric) = (format!("/jobs/{job}/ai-criteria"), format!("/jobs/{job}/rubric"));
    assert_eq!(ada.get(&criteria).await.expect(200)["required_skills"], json!(["welding"]));
    let put = async |path: &str, body| ada.change(Method::PUT, path, body).await;
    put(&criteria, json!({ "required_skills": ["tig"], "skills_weight": 41 })).await.expect(422);
    let wrong = json!({ "required_skills": ["tig"], "auto_reject_threshold": 85 });
    put(&criteria, wrong).await.expect(422);
    put(&criteria, json!({ "required_skills": ["tig"], "minimum_experience": 3 })).await.expect(200);
    assert_eq!(ada.get(&criteria).await.expect(200)["minimum_experience"], 3);
    let default = ada.get(&rubric).await.expect(200);
    assert_eq!((&default["is_default"], default["dimensions"].as_array().unwrap().len()), (&json!(true), 6));
    let dimension = |name: &str, weight: f64| json!({ "name": name, "weight": weight });
    for wrong in [
        json!([]),
        json!([dimension("Care", 1.0), dimension("care", 1.0)]),
        json!([dimension("Care", -1.0)]),
        json!([dimension("Care", 0.0)]),
    ] {
        put(&rubric, json!({ "dimensions": wrong })).await.refused(422, "validation_failed");
    }
    let saved = put(&rubric, json!({ "dimensions": [dimension("Care", 2.0)] })).await.expect(200);
    assert_eq!((&saved["rubric_version"], &saved["is_default"]), (&json!(1), &json!(false)));
}

#[tokio::test]
async fn the_day_after_its_deadline_a_job_is_closed() {
    let office = Office::open().await;
    let ada = office.admin().await;
    let (due, paused, moved) = (office.job(&ada).await, office.job(&ada).await, office.job(&ada).await);
    ada.post(&format!("/jobs/{paused}/pause"), json!({})).await.expect(200);
    let later = json!({ "deadline": office.day(60) });
    ada.change(Method::PATCH, &format!("/jobs/{moved}"), later).await.expect(200);
    let timer = jobs::function().timers.remove(0);
    let status = async |id: &str| {
        office.ctx.docs::<shared::domain::job::Job>(&office.at()).get(id).await.unwrap().status
    };
    office.ctx.clock().advance(time::Duration::days(30));
    (timer.run)(office.ctx.clone()).await.unwrap();
    assert_eq!(status(&due).await.as_str(), "active", "the last day counts");
    office.ctx.clock().advance(time::Duration::days(1));
    for _ in 0..2 {
        (timer.run)(office.ctx.clone()).await.unwrap();
        assert_eq!(status(&due).await.as_str(), "closed");
        assert_eq!(status(&paused).await.as_str(), "closed");
        assert_eq!(status(&moved).await.as_str(), "active");
    }
    office.ctx.clock().advance(time::Duration::days(30));
    (timer.run)(office.ctx.clone()).await.unwrap();
    assert_eq!(status(&moved).await.as_str(), "closed");
}

#[tokio::test]
async fn a_real_advert_gives_five_lists() {
    let office = Office::open().await;
    let rita = office.member(Role::Recruiter).await;
    let body = json!({ "job_title": "Rust developer", "job_description": ADVERT, "colour": "red" });
    let found = rita.post("/jobs/extract", body).await.expect(200);
    for list in ["skills", "experience", "qualifications", "responsibilities", "interview_questions"] {
        let entries = found[list].as_array().unwrap_or_else(|| panic!("no {list} in {found:#}"));
        assert!(entries.len() <= 30);
        assert!(!entries.is_empty(), "no {list} in {found:#}");
    }
    for (title, advert) in [
        ("Welder", String::new()),
        ("Welder", "x".repeat(19)),
        ("", "x".repeat(20)),
        ("Welder", "x".repeat(50_001)),
    ] {
        let body = json!({ "job_title": title, "job_description": advert });
        rita.post("/jobs/extract", body).await.refused(422, "validation_failed");
    }
    let viewer = office.member(Role::Viewer).await;
    let body = json!({ "job_title": "Welder", "job_description": ADVERT });
    viewer.post("/jobs/extract", body).await.refused(403, "forbidden");
    use shared::domain::ai_call::AiCall;
    let calls = office.ctx.docs::<AiCall>(&office.at()).all(shared::docs::Listing::newest()).await.unwrap();
    assert_eq!(calls.len(), 1, "one question was asked, one record is kept");
}

/// Public adverts of several authorities, when they are at hand beside the checkout.
#[tokio::test]
async fn adverts_as_they_are_published_are_read_too() {
    let folder =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/jobs/cds-canada");
    let Ok(files) = std::fs::read_dir(&folder) else {
        println!("skipped: {} is not there", folder.display());
        return;
    };
    let office = Office::open().await;
    let rita = office.member(Role::Recruiter).await;
    let mut read = 0;
    for file in files.map(|file| file.unwrap().path()) {
        if !file.to_string_lossy().ends_with(".en.md") {
            continue;
        }
        let advert: String = std::fs::read_to_string(&file).unwrap().chars().take(50_000).collect();
        let body = json!({ "job_title": "Advertised role", "job_description": advert });
        let found = rita.post("/jobs/extract", body).await.expect(200);
        let questions = found["interview_questions"].as_array().unwrap();
        assert!((1..=30).contains(&questions.len()), "{}: {found:#}", file.display());
        read += 1;
    }
    println!("{read} adverts read");
}

/// Written for this test in the manner of public adverts.
const ADVERT: &str = "Senior Rust developer, Brisbane (hybrid)

About the role
We are looking for a senior back-end developer to join our payments team. You will design, build and run the services \
that move money for more than two thousand Australian shops.

What you will do
- Design and build services in Rust and PostgreSQL
- Operate what you build on Kubernetes and AWS, including on-call duty one week in six
- Review code and mentor two junior developers
- Work with product managers to turn business needs into small, safe releases

What you bring
- 5+ years of experience in back-end development
- At least 2 years of experience with Rust in production
- Strong knowledge of SQL, Docker and REST APIs
- Bachelor's degree in Computer Science, or equivalent practical experience
- Excellent communication skills

Nice to have
- Experience with Kafka or another message queue
- Knowledge of the PCI DSS standard
- AWS Certified Solutions Architect

What we offer
A salary of 150,000 to 175,000 dollars plus superannuation, five weeks of leave, and a yearly training budget. We are \
an equal opportunity employer and welcome applications from everybody.";
