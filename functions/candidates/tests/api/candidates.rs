use crate::harness::Platform;
use axum::http::Method;
use serde_json::json;
use shared::auth::Role;
use shared::docs::At;
use shared::domain::application::{Application, Submission};
use shared::domain::job::JobId;
use shared::domain::organisation::OrganisationId;
use shared::domain::pipeline::Pipeline;
use shared::store::Tenant;
use time::Duration;

#[tokio::test]
async fn a_person_has_one_profile_under_their_own_address() {
    let platform = Platform::start();
    let jane = platform.person("Jane").await;
    platform.get(&jane, "/candidates/me").await.refused(404, "not_found");
    let profile = |email: &str| json!({"email": email, "first_name": "Jane", "last_name": "Citizen"});
    platform.post(&jane, "/candidates", profile("rich@example.com")).await.refused(422, "email_mismatch");
    let created = platform.post(&jane, "/candidates", profile(&jane.email)).await.expect(201);
    assert_eq!(created.text("id"), jane.id);
    assert!(created.body.get("is_blacklisted").is_none());
    platform.post(&jane, "/candidates", profile(&jane.email)).await.refused(409, "duplicate");
    platform
        .patch(&jane, "/candidates/me", json!({"email": "rich@example.com"}))
        .await
        .refused(422, "email_mismatch");
    let changed = platform.patch(&jane, "/candidates/me", json!({"suburb": "Perth"})).await.expect(200);
    assert_eq!(changed.text("shown_location"), "Perth");
    let paused = platform.post(&jane, "/candidates/me/pause", json!({})).await.expect(200);
    assert!(paused.body["paused_at"].is_string());
    let resumed = platform.post(&jane, "/candidates/me/resume-profile", json!({})).await.expect(200);
    assert!(resumed.body["paused_at"].is_null());
}

#[tokio::test]
async fn a_change_needs_the_version_it_is_meant_for() {
    let platform = Platform::start();
    let rita = platform.staff(platform.organisation().await, Role::Recruiter).await;
    let cara = platform.candidate(&rita, "cara@example.com").await;
    let path = format!("/candidates/{cara}");
    let read = platform.get(&rita, &path).await.expect(200);
    let tag = read.header("etag").to_owned();
    let body = json!({"current_title": "Welder"});
    platform.json(Method::PATCH, &rita, &path, &[], body.clone()).await.refused(428, "precondition_required");
    let first =
        platform.json(Method::PATCH, &rita, &path, &[("if-match", &tag)], body.clone()).await.expect(200);
    assert_ne!(first.header("etag"), tag);
    platform.json(Method::PATCH, &rita, &path, &[("if-match", &tag)], body).await.refused(412, "stale_etag");
}

#[tokio::test]
async fn an_address_belongs_to_one_candidate_of_an_organisation() {
    let platform = Platform::start();
    let rita = platform.staff(platform.organisation().await, Role::OrgAdmin).await;
    let other = platform.staff(platform.organisation().await, Role::OrgAdmin).await;
    let cara = platform.candidate(&rita, "cara@example.com").await;
    let again = json!({"email": "CARA@example.com", "first_name": "C", "last_name": "D"});
    let refused = platform.post(&rita, "/candidates", again).await.refused(409, "duplicate");
    assert_eq!(refused.text("existing_id"), cara);
    platform.candidate(&other, "cara@example.com").await;

    // The old address becomes free, the new one is taken.
    let path = format!("/candidates/{cara}");
    platform.patch(&rita, &path, json!({"email": "cara.date@example.com"})).await.expect(200);
    let second = platform.candidate(&rita, "cara@example.com").await;
    platform
        .patch(&rita, &format!("/candidates/{second}"), json!({"email": "cara.date@example.com"}))
        .await
        .refused(409, "duplicate");

    platform.delete(&rita, &path).await.expect(204);
    platform.get(&rita, &path).await.refused(404, "not_found");
    let restored = platform.post(&rita, &format!("{path}/restore"), json!({})).await.expect(200);
    assert_eq!(restored.text("id"), cara);
    platform.delete(&rita, &path).await.expect(204);
    platform.wait(Duration::days(31));
}

#[tokio::test]
async fn organisations_and_strangers_reach_no_candidate_of_others() {
    let platform = Platform::start();
    let acme = platform.organisation().await;
    let rita = platform.staff(acme, Role::Recruiter).await;
    let cara = platform.candidate(&rita, "cara@example.com").await;
    let path = format!("/candidates/{cara}");
    let outsider = platform.staff(platform.organisation().await, Role::OrgAdmin).await;
    let colleague = platform.staff(acme, Role::Recruiter).await;
    let eve = platform.person("Eve").await;
    for who in [&outsider, &colleague, &eve] {
        platform.get(who, &path).await.refused(404, "not_found");
        platform.patch(who, &path, json!({"suburb": "Perth"})).await.refused(404, "not_found");
        platform.get(who, &format!("{path}/skills")).await.refused(404, "not_found");
        platform.get(who, &format!("{path}/applications")).await.refused(404, "not_found");
    }
    platform.get(&eve, "/candidates").await.refused(403, "forbidden");
    for who in [&outsider, &colleague] {
        assert!(platform.get(who, "/candidates").await.expect(200).items().is_empty());
        assert!(platform.get(who, "/candidates/search?q=cara").await.expect(200).items().is_empty());
    }
    assert_eq!(platform.get(&rita, "/candidates").await.items().len(), 1);
    assert_eq!(platform.get(&rita, "/candidates/search?q=cara").await.items().len(), 1);
    let viewer = platform.staff(acme, Role::Viewer).await;
    platform.get(&viewer, &path).await.expect(200);
    platform.patch(&viewer, &path, json!({"suburb": "Perth"})).await.refused(403, "forbidden");
    platform.delete(&rita, &path).await.refused(403, "forbidden");
}

#[tokio::test]
async fn a_profile_is_shown_as_its_person_wants() {
    let platform = Platform::start();
    let viewer = platform.staff(platform.organisation().await, Role::Viewer).await;
    let jane = platform.person("Jane").await;
    let profile = json!({"email": jane.email, "first_name": "Jane", "last_name": "C", "phone": "0400",
        "suburb": "Perth", "visibility_settings": {"phone": false}});
    platform.post(&jane, "/candidates", profile).await.expect(201);
    let path = format!("/candidates/{}", jane.id);
    platform.get(&viewer, &path).await.refused(404, "not_found");
    platform.patch(&jane, "/candidates/me", json!({"profile_visibility": "public"})).await.expect(200);
    let shown = platform.get(&viewer, &path).await.expect(200);
    assert_eq!((&shown.body["phone"], &shown.body["suburb"]), (&json!(null), &json!("Perth")));
    platform.get(&viewer, &format!("{path}/skills")).await.expect(200);
}

#[tokio::test]
async fn blacklisting_needs_a_reason_and_is_never_shown_to_the_person() {
    let platform = Platform::start();
    let rita = platform.staff(platform.organisation().await, Role::Recruiter).await;
    let path = format!("/candidates/{}", platform.candidate(&rita, "cara@example.com").await);
    platform.patch(&rita, &path, json!({"is_blacklisted": true})).await.refused(422, "validation_failed");
    let listed = json!({"is_blacklisted": true, "blacklist_reason": "Forged references"});
    let answer = platform.patch(&rita, &path, listed.clone()).await.expect(200);
    assert_eq!(answer.body["is_blacklisted"], true);
    assert_eq!(platform.get(&rita, "/candidates?is_blacklisted=true").await.items().len(), 1);
    let cleared = platform.patch(&rita, &path, json!({"is_blacklisted": false})).await.expect(200);
    assert!(cleared.body["blacklist_reason"].is_null());

    let jane = platform.person("Jane").await;
    let profile = json!({"email": jane.email, "first_name": "Jane", "last_name": "C"});
    platform.post(&jane, "/candidates", profile).await.expect(201);
    platform.patch(&jane, "/candidates/me", listed).await.refused(422, "validation_failed");
}

#[tokio::test]
async fn search_finds_by_the_beginnings_of_words_best_first() {
    let platform = Platform::start();
    let rita = platform.staff(platform.organisation().await, Role::OrgAdmin).await;
    for (name, title, years, suburb) in
        [("Ana", "Welder", 2, "Perth"), ("Bo", "Welding inspector", 9, "Sydney"), ("Cy", "Baker", 5, "Perth")]
    {
        let body = json!({"email": format!("{name}@example.com"), "first_name": name, "last_name": "Test",
            "current_title": title, "years_experience": years, "suburb": suburb});
        let id = platform.post(&rita, "/candidates", body).await.expect(201).text("id");
        let skill = json!({"skill_name": if name == "Cy" { "Sour dough" } else { "MIG" }});
        platform.post(&rita, &format!("/candidates/{id}/skills"), skill).await.expect(201);
    }
    let found = async |query: &str| -> Vec<String> {
        let answer = platform.get(&rita, &format!("/candidates/search?{query}")).await.expect(200);
        answer.items().iter().map(|item| item["first_name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(found("q=welder").await, ["Ana"]);
    assert_eq!(found("q=weld").await, ["Bo", "Ana"]);
    assert_eq!(found("q=weld%20test").await, ["Bo", "Ana"]);
    assert_eq!(found("q=weld&min_years=3").await, ["Bo"]);
    assert_eq!(found("q=weld&max_years=2").await, ["Ana"]);
    assert_eq!(found("q=test&location=per").await, ["Cy", "Ana"]);
    assert_eq!(found("q=test&skills=mig").await, ["Bo", "Ana"]);
    assert_eq!(found("q=elder").await, [""; 0]);
    let page = platform.get(&rita, "/candidates/search?q=test&limit=2").await.expect(200);
    let next = page.text("next_cursor");
    assert_eq!(found(&format!("q=test&limit=2&cursor={next}")).await, ["Ana"]);
    platform.get(&rita, "/candidates/search?q=").await.refused(422, "validation_failed");
    platform.get(&rita, "/candidates/search?q=a&colour=red").await.refused(422, "unknown_parameter");
    platform.get(&rita, "/candidates?limit=101").await.refused(422, "validation_failed");
}

#[tokio::test]
async fn entries_are_kept_within_their_rules() {
    let platform = Platform::start();
    let rita = platform.staff(platform.organisation().await, Role::Recruiter).await;
    let path = format!("/candidates/{}", platform.candidate(&rita, "cara@example.com").await);
    let skills = format!("{path}/skills");
    let rust = platform.post(&rita, &skills, json!({"skill_name": "Rust"})).await.expect(201);
    let rust_path = format!("{skills}/{}", rust.text("id"));
    assert_eq!(rust.header("location"), format!("/api/v1{rust_path}"));
    platform.post(&rita, &skills, json!({"skill_name": " rust "})).await.refused(409, "duplicate");
    let verified = platform.patch(&rita, &rust_path, json!({"is_verified": true})).await.expect(200);
    assert_eq!(verified.body["is_verified"], true);
    platform.delete(&rita, &rust_path).await.expect(204);
    platform.delete(&rita, &rust_path).await.refused(404, "not_found");

    let job = |from: &str, to: Option<&str>, current: bool| {
        json!({"company_name": "Acme", "job_title": "Welder", "start_date": from, "end_date": to,
            "is_current": current})
    };
    let experience = format!("{path}/experience");
    let kept = platform.post(&rita, &experience, job("2020-01-01", None, true)).await.expect(201);
    for (wrong, pointer) in [
        (job("2020-01-01", Some("2019-01-01"), false), "/end_date"),
        (job("2020-01-01", Some("2021-01-01"), true), "/is_current"),
        (json!({"company_name": "Acme", "job_title": "Welder"}), "/start_date"),
    ] {
        let refused = platform.post(&rita, &experience, wrong).await.refused(422, "validation_failed");
        assert_eq!(refused.body["errors"][0]["pointer"], pointer, "{}", refused.body);
    }
    let entry = format!("{experience}/{}", kept.text("id"));
    let ended = json!({"is_current": false, "end_date": "2022-01-01"});
    assert_eq!(platform.patch(&rita, &entry, ended).await.expect(200).text("end_date"), "2022-01-01");

    let education = format!("{path}/education");
    let gpa = platform.post(&rita, &education, json!({"institution": "Curtin", "gpa": 10.0})).await;
    assert_eq!(gpa.refused(422, "validation_failed").body["errors"][0]["pointer"], "/gpa");
    platform.post(&rita, &education, json!({"institution": "Curtin", "gpa": 6.25})).await.expect(201);
    assert_eq!(platform.get(&rita, &education).await.expect(200).items().len(), 1);

    let jane = platform.person("Jane").await;
    let profile = json!({"email": jane.email, "first_name": "Jane", "last_name": "C"});
    platform.post(&jane, "/candidates", profile).await.expect(201);
    let own = platform.post(&jane, "/candidates/me/skills", json!({"skill_name": "Go"})).await.expect(201);
    let own = format!("/candidates/me/skills/{}", own.text("id"));
    platform.patch(&jane, &own, json!({"is_verified": true})).await.refused(422, "validation_failed");
}

#[tokio::test]
async fn demographic_answers_stay_with_the_person() {
    let platform = Platform::start();
    let jane = platform.person("Jane").await;
    platform.get(&jane, "/candidates/me/dei").await.refused(404, "not_found");
    for gender in ["woman", "female"] {
        let answer = platform.put(&jane, "/candidates/me/dei", json!({"gender": gender})).await.expect(200);
        assert_eq!(answer.text("gender"), gender);
    }
    platform.delete(&jane, "/candidates/me/dei").await.expect(204);
    platform.get(&jane, "/candidates/me/dei").await.refused(404, "not_found");
    assert!(platform.get(&jane, "/candidates/me/applications").await.expect(200).items().is_empty());
}

async fn application(
    platform: &Platform,
    organisation: OrganisationId,
    candidate: &str,
    job: JobId,
) -> String {
    let from = Submission {
        organisation,
        candidate: candidate.parse().unwrap(),
        candidate_user: None,
        submitted_by: None,
        created_by: None,
    };
    let now = platform.ctx.now();
    let body = serde_json::from_value(json!({"job_id": job})).unwrap();
    let application =
        Application::new(body, from, &Pipeline::default_of(organisation, now, None), now).unwrap();
    let at = At::system(Tenant::organisation(&organisation.to_string()));
    platform.ctx.docs(&at).create(application).await.unwrap().id.to_string()
}

#[tokio::test]
async fn a_candidate_with_open_applications_is_not_deleted() {
    let platform = Platform::start();
    let acme = platform.organisation().await;
    let admin = platform.staff(acme, Role::OrgAdmin).await;
    let cara = platform.candidate(&admin, "cara@example.com").await;
    let path = format!("/candidates/{cara}");
    application(&platform, acme, &cara, JobId::new()).await;
    platform.delete(&admin, &path).await.refused(409, "conflict");
    assert_eq!(platform.get(&admin, &format!("{path}/applications")).await.expect(200).items().len(), 1);
    let list = "/candidates?application_status=new";
    assert_eq!(platform.get(&admin, list).await.expect(200).items()[0]["id"], cara.as_str());
    let list = "/candidates?application_status=hired";
    assert!(platform.get(&admin, list).await.expect(200).items().is_empty());
}

#[tokio::test]
async fn a_merge_keeps_every_application_and_leaves_one_record() {
    let platform = Platform::start();
    let acme = platform.organisation().await;
    let admin = platform.staff(acme, Role::OrgAdmin).await;
    let (kept, gone) = (
        platform.candidate(&admin, "cara@example.com").await,
        platform.candidate(&admin, "cara.date@example.com").await,
    );
    let twice = JobId::new();
    for (candidate, job) in [(&kept, twice), (&gone, twice), (&gone, JobId::new())] {
        application(&platform, acme, candidate, job).await;
    }
    let gone_path = format!("/candidates/{gone}");
    let more = json!({"phone": "0400", "suburb": "Perth", "first_name": "Carolina"});
    platform.patch(&admin, &gone_path, more).await.expect(200);
    platform.patch(&admin, &format!("/candidates/{kept}"), json!({"suburb": "Sydney"})).await.expect(200);

    let merge = format!("/candidates/{kept}/merge");
    let body = json!({"source_ids": [gone], "field_choices": {"first_name": gone}});
    let recruiter = platform.staff(acme, Role::Recruiter).await;
    platform.post(&recruiter, &merge, body.clone()).await.refused(403, "forbidden");
    let outside = platform.staff(platform.organisation().await, Role::OrgAdmin).await;
    platform.post(&outside, &merge, body.clone()).await.refused(404, "not_found");
    platform.post(&admin, &merge, json!({"source_ids": [kept]})).await.refused(409, "conflict");
    for _ in 0..2 {
        let merged = platform.post(&admin, &merge, json!({"source_ids": [gone]})).await.expect(200);
        assert_eq!((merged.text("phone"), merged.text("suburb")), ("0400".into(), "Sydney".into()));
    }
    platform.post(&admin, &merge, body).await.refused(422, "validation_failed");

    let refused = platform.get(&admin, &gone_path).await.refused(410, "gone");
    assert_eq!(refused.text("merged_into"), kept);
    for list in ["/candidates", "/candidates/search?q=date"] {
        let found = platform.get(&admin, list).await.expect(200);
        assert_eq!((found.items().len(), &found.items()[0]["id"]), (1, &json!(kept)), "{list}");
    }
    let applications = platform.get(&admin, &format!("/candidates/{kept}/applications")).await.expect(200);
    let reasons: Vec<_> =
        applications.items().iter().filter_map(|item| item["withdrawal_reason"].as_str()).collect();
    assert_eq!((applications.items().len(), reasons), (3, vec!["merged"]));
    // The address of the record that went leads to the one that stayed.
    let again = json!({"email": "cara.date@example.com", "first_name": "C", "last_name": "D"});
    assert_eq!(
        platform.post(&admin, "/candidates", again).await.refused(409, "duplicate").text("existing_id"),
        kept
    );
}

#[tokio::test]
async fn the_catalogue_of_skills_is_read_page_by_page() {
    let platform = Platform::start();
    let jane = platform.person("Jane").await;
    let found = platform.get(&jane, "/skills?q=pyth").await.expect(200);
    assert_eq!(
        (found.items()[0]["name"].as_str(), found.items()[0]["category"].as_str()),
        (Some("Python"), Some("technical"))
    );
    let first = platform.get(&jane, "/skills?limit=2").await.expect(200);
    let second = platform.get(&jane, &format!("/skills?limit=2&cursor={}", first.text("next_cursor"))).await;
    assert_ne!(first.items()[1], second.expect(200).items()[0]);
    platform.open("http://localhost/api/v1/skills").await.refused(401, "unauthenticated");
}
