//! The bad-input tables of the specification (10 §8, 20 §9, 30 §8, 40 §7, 50 §10, 60 §8), row by row.

use crate::support::actor::Actor;
use crate::support::answer::{Answer, id};
use crate::support::hiring::{self, Applicant};
use crate::support::make;
use crate::support::platform::{Organisation, Platform};
use crate::surface::NOBODYS_ID;
use reqwest::Method;
use serde_json::{Value, json};

/// A published job of one organisation, somebody who applied, and their interview, which runs.
struct Scene {
    platform: Platform,
    acme: Organisation,
    ada: Actor,
    job: Value,
    applicant: Applicant,
    interview: String,
}

impl Scene {
    async fn new() -> Self {
        let platform = Platform::start().await;
        let acme = platform.organisation("Acme").await;
        let ada = acme.admin.clone();
        let job = hiring::open_job(&ada, "Welder").await;
        let applicant = hiring::applicant(&platform, &ada, &job, "Cora").await;
        let interview = hiring::invite(&platform, &ada, &acme.name, &job, &applicant).await;
        hiring::begin(&applicant.person, &interview).await;
        Self { platform, acme, ada, job, applicant, interview }
    }
    fn cora(&self) -> &Actor {
        &self.applicant.person
    }
}

/// Refused with 422, naming this member.
#[track_caller]
fn names(answer: &Answer, pointer: &str) {
    let problem = answer.refused(422, "validation_failed");
    let errors = problem["errors"].as_array().unwrap_or_else(|| panic!("{}", answer.story()));
    let named =
        errors.iter().any(|error| error["pointer"].as_str().is_some_and(|at| at.starts_with(pointer)));
    assert!(named, "nothing about {pointer}: {}", answer.story());
}

#[tokio::test]
async fn identity() {
    let Scene { platform, ada, applicant, .. } = Scene::new().await;
    let anybody = platform.anonymous();
    for header in ["Token abc", "Bearer", "Bearer a b c", "Basic YTpi"] {
        anybody.with("authorization", header).get("/auth/me").await.refused(401, "unauthenticated");
    }
    let somebody = |changes: Value| {
        let whole = json!({ "email": make::email("Tim"), "first_name": "Tim", "last_name": "Lee" });
        make::with(whole, changes)
    };
    names(&ada.post("/users", somebody(json!({ "role": "boss" }))).await, "/role");
    for wrong in ["nobody", "@", &format!("{}@example.org", "x".repeat(255))] {
        let account = somebody(json!({ "email": wrong, "password": make::PASSWORD }));
        names(&anybody.post("/auth/register", account).await, "/email");
        names(&ada.post("/users", somebody(json!({ "email": wrong }))).await, "/email");
    }
    let account = somebody(json!({ "first_name": "   ", "password": make::PASSWORD }));
    names(&anybody.post("/auth/register", account).await, "/first_name");
    let role = json!({ "name": "viewer", "expires_at": "2020-01-01T00:00:00Z" });
    names(&ada.post(&format!("/users/{}/roles", ada.user_id()), role).await, "/expires_at");
    let change = |request: reqwest::RequestBuilder| request.json(&json!({ "first_name": "Ida" }));
    let path = format!("/users/{}", ada.user_id());
    ada.send(Method::PATCH, &path, change).await.refused(428, "precondition_required");
    let huge = json!({ "email": "a@example.org", "password": "x".repeat(64 * 1024) });
    anybody.post("/auth/login", huge).await.refused(413, "too_large");
    applicant.person.post("/users", somebody(json!({}))).await.refused(403, "forbidden");
}

#[tokio::test]
async fn interviews() {
    let scene = Scene::new().await;
    let (cora, interview) = (scene.cora(), scene.interview.as_str());
    let said = |content: &str| json!({ "role": "user", "content": content });
    let chat = |changes: Value| {
        let body = make::with(json!({ "interview_id": interview }), changes);
        async move { cora.post("/interview/chat", body).await }
    };
    names(&chat(json!({ "messages": vec![said("Yes."); 201] })).await, "/messages");
    names(&chat(json!({ "messages": [said(&"x".repeat(8001))] })).await, "/messages/0/content");
    names(&chat(json!({ "messages": vec![said(&"x".repeat(8000)); 13] })).await, "/messages");
    names(&chat(json!({ "messages": [said("  ")] })).await, "/messages/0/content");
    let strange = json!({ "messages": [{ "role": "narrator", "content": "Once." }] });
    names(&chat(strange).await, "/messages/0/role");
    let strange = json!({ "context": { "interview_progress": { "current_phase": "small_talk" } } });
    names(&chat(strange).await, "/context/interview_progress/current_phase");
    names(&chat(json!({ "interview_id": "int_7" })).await, "/interview_id");
    let page = |request: reqwest::RequestBuilder| {
        request.header("accept", "text/html").json(&json!({ "interview_id": interview }))
    };
    cora.send(Method::POST, "/interview/chat", page).await.refused(406, "not_acceptable");

    let twice = format!("/interview/start?interview_id={interview}");
    cora.post(&twice, json!({ "interview_id": NOBODYS_ID })).await.refused(400, "bad_request");
    cora.post("/interview/end?interview_id=int_7", json!({})).await.refused(422, "validation_failed");
    cora.post("/interview/start", json!({})).await.refused(422, "validation_failed");
    let other = scene.platform.person("Olga").await;
    let which = json!({ "interview_id": interview });
    for path in ["/interview/start", "/interview/end", "/interview/chat"] {
        other.post(path, which.clone()).await.refused(404, "not_found");
    }
    other.get(&format!("/interview/{interview}/transcript")).await.refused(404, "not_found");
    let path = format!("/interview/{interview}/transcript");
    let turn = |changes: Value| json!({ "segments": [make::with(json!({ "speaker": "candidate", "content": "Yes." }), changes)] });
    names(&cora.post(&path, turn(json!({ "speaker": "narrator" }))).await, "/segments/0/speaker");
    names(&cora.post(&path, turn(json!({ "confidence": 1.5 }))).await, "/segments/0/confidence");
    let backwards = turn(json!({ "start_time_ms": 9, "end_time_ms": 8 }));
    names(&cora.post(&path, backwards).await, "/segments/0/end_time_ms");
    cora.post(&path, json!({ "segments": [] })).await.refused(422, "validation_failed");
}

#[tokio::test]
async fn scoring_and_shortlists() {
    let scene = Scene::new().await;
    let (ada, interview) = (&scene.ada, scene.interview.as_str());
    let turn = json!({ "speaker": "candidate", "content": "I welded vessels.", "timestamp": 1 });
    let analyze = |changes: Value| {
        let whole = json!({ "interview_id": interview, "transcript": [turn], "job_title": "Welder" });
        let body = make::with(whole, changes);
        async move { ada.post("/scoring/analyze", body).await }
    };
    let with = |changes: Value| json!({ "transcript": [make::with(turn.clone(), changes)] });
    names(&analyze(with(json!({ "speaker": "narrator" }))).await, "/transcript/0/speaker");
    names(&analyze(with(json!({ "timestamp": -1 }))).await, "/transcript/0/timestamp");
    names(&analyze(with(json!({ "content": "x".repeat(8001) }))).await, "/transcript/0/content");
    names(&analyze(json!({ "transcript": vec![turn.clone(); 2001] })).await, "/transcript");
    let dimension = |name: &str, weight: f64| json!({ "name": name, "description": "d", "weight": weight });
    let thirteen: Vec<_> = (0..13).map(|n| dimension(&format!("D{n}"), 1.0)).collect();
    for rubric in [
        json!([dimension("Skill", 1.0), dimension("Skill", 2.0)]),
        json!(thirteen),
        json!([dimension("Skill", -1.0), dimension("Care", 2.0)]),
        json!([dimension("Skill", 0.0), dimension("Care", 0.0)]),
    ] {
        names(&analyze(json!({ "rubric": rubric })).await, "/rubric");
    }
    analyze(json!({ "transcript": [] })).await.refused(422, "empty_transcript");
    analyze(json!({ "interview_id": NOBODYS_ID })).await.refused(404, "not_found");

    let criteria = |changes: Value| make::with(json!({ "required_skills": ["welding"] }), changes);
    let path = format!("/jobs/{}/ai-criteria", id(&scene.job));
    let etag = ada.get(&path).await.etag();
    for wrong in [
        json!({ "skills_weight": 41 }),
        json!({ "auto_reject_threshold": 85 }),
        json!({ "required_skills": [] }),
    ] {
        let body = criteria(wrong);
        let put = |request: reqwest::RequestBuilder| request.header("if-match", &etag).json(&body);
        ada.send(Method::PUT, &path, put).await.refused(422, "validation_failed");
    }

    let application = id(&scene.applicant.application);
    let rank = |candidates: Value, top: u32| {
        let body = json!({ "job_role_id": scene.job["id"], "candidates": candidates, "top_n": top });
        async move { ada.post("/shortlist/generate", body).await }
    };
    let candidate = json!({ "application_id": application, "skills": ["welding"] });
    names(&rank(json!([candidate, candidate]), 5).await, "/candidates/1/application_id");
    names(&rank(json!([{ "application_id": NOBODYS_ID }]), 5).await, "/candidates/0/application_id");
    let second = hiring::open_job(ada, "Rigger").await;
    let elsewhere =
        ada.post("/applications", make::application(&second, &scene.applicant.candidate)).await.created();
    names(&rank(json!([{ "application_id": elsewhere["id"] }]), 5).await, "/candidates/0/application_id");
    names(&rank(json!([]), 5).await, "/candidates");
    names(&rank(json!([candidate]), 0).await, "/top_n");
    names(&rank(json!([candidate]), 101).await, "/top_n");

    let bolt = scene.platform.organisation("Bolt").await;
    let body = json!({ "job_role_id": scene.job["id"], "candidates": [candidate] });
    bolt.admin.post("/shortlist/generate", body).await.refused(404, "not_found");
    let body =
        json!({ "interview_id": interview, "transcript": [turn], "job_title": "", "job_description": "" });
    bolt.admin.post("/scoring/analyze", body).await.refused(404, "not_found");
    bolt.admin.get(&format!("/scoring/{interview}/results")).await.refused(404, "not_found");
    bolt.admin.get(&path).await.refused(404, "not_found");
}

#[tokio::test]
async fn resumes_and_candidates() {
    let scene = Scene::new().await;
    let cora = scene.cora();
    let file = |name: &'static str, bytes: Vec<u8>| (name, "application/pdf", bytes);
    let resume = make::resume("Cora Marlowe", cora.email());
    let empty = cora.upload("/resume/upload", file("cv.pdf", Vec::new()), &[]).await;
    empty.refused(400, "bad_request");
    let kind = [("document_type", "other")];
    cora.upload("/documents", file("cv.pdf", Vec::new()), &kind).await.refused(422, "validation_failed");
    let form = |body: &'static str| {
        move |request: reqwest::RequestBuilder| {
            request.header("content-type", "multipart/form-data; boundary=b").body(body)
        }
    };
    let part = "--b\r\ncontent-disposition: form-data; name=\"document_type\"\r\n\r\nother\r\n--b--\r\n";
    cora.send(Method::POST, "/resume/upload", form(part)).await.refused(400, "bad_request");
    cora.send(Method::POST, "/documents", form(part)).await.refused(422, "validation_failed");
    let two = "--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\n\r\n%PDF-1\r\n\
               --b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"b.pdf\"\r\n\r\n%PDF-1\r\n--b--\r\n";
    cora.send(Method::POST, "/resume/upload", form(two)).await.refused(400, "bad_request");
    cora.send(Method::POST, "/documents", form(two)).await.refused(422, "validation_failed");

    let uploaded = cora.upload("/resume/upload", file("../../etc/cv.pdf", resume), &[]).await.ok();
    let path = uploaded["file_path"].as_str().expect("a path");
    assert!(path.starts_with("resumes/") && !path.contains("..") && path.ends_with("cv.pdf"), "{path}");
    for wrong in ["../secrets.pdf", "/etc/passwd", &path.replace("cv.pdf", "../cv.pdf"), &format!("/{path}")]
    {
        let parse = json!({ "file_path": wrong, "user_id": cora.user_id() });
        cora.post("/resume/parse", parse).await.refused(404, "not_found");
    }
    let parse = json!({ "file_path": path, "user_id": scene.ada.user_id() });
    cora.post("/resume/parse", parse).await.refused(404, "not_found");
    let noise = file("scan.pdf", make::pdf(&[""]));
    let blank = cora.upload("/resume/upload", noise, &[]).await.ok();
    let parse = json!({ "file_path": blank["file_path"], "user_id": cora.user_id() });
    cora.post("/resume/parse", parse).await.refused(400, "no_text");

    let profile = json!({ "email": cora.email(), "first_name": "Cora", "last_name": "Marlowe" });
    cora.post("/candidates", profile).await.refused(409, "duplicate");
    let taken = make::candidate_at("Cora", cora.email());
    let problem = scene.ada.post("/candidates", taken).await.refused(409, "duplicate");
    assert_eq!(problem["existing_id"], scene.applicant.candidate["id"]);
    let job = json!({ "company_name": "Harbour Steel", "job_title": "Welder", "start_date": "2022-03-01" });
    let experience = |changes: Value| {
        let body = make::with(job.clone(), changes);
        async move { cora.post("/candidates/me/experience", body).await }
    };
    names(&experience(json!({ "end_date": "2022-02-28" })).await, "/end_date");
    names(&experience(json!({ "end_date": "2023-02-28", "is_current": true })).await, "/");
    names(&experience(json!({ "start_date": null })).await, "/start_date");
    let course = |gpa: f64| json!({ "institution": "TAFE", "degree": "Certificate III", "gpa": gpa });
    names(&cora.post("/candidates/me/education", course(10.0)).await, "/gpa");
    names(&cora.post("/candidates/me/education", course(-0.1)).await, "/gpa");
    let skill =
        |changes: Value| make::with(json!({ "skill_name": "Welding", "skill_type": "technical" }), changes);
    names(&cora.post("/candidates/me/skills", skill(json!({ "skill_type": "magic" }))).await, "/skill_type");
    names(
        &cora.post("/candidates/me/skills", skill(json!({ "years_experience": 61 }))).await,
        "/years_experience",
    );
    cora.post("/candidates/me/skills", skill(json!({}))).await.created();
    let again = skill(json!({ "skill_name": "WELDING" }));
    cora.post("/candidates/me/skills", again).await.refused(409, "duplicate");
}

#[tokio::test]
async fn jobs_and_applications() {
    let scene = Scene::new().await;
    let ada = &scene.ada;
    let draft = |changes: Value| make::with(make::draft("Rigger"), changes);
    names(&ada.post("/jobs", draft(json!({ "salary_min": 9, "salary_max": 8 }))).await, "/salary_m");
    names(&ada.post("/jobs", draft(json!({ "job_type": "full-time" }))).await, "/job_type");
    let late = ada.post("/jobs", draft(json!({ "deadline": "2020-01-31" }))).await;
    names(&late, "/deadline");
    let asleep = ada.post("/jobs", draft(json!({}))).await.created();
    let candidate = &scene.applicant.candidate;
    ada.post("/applications", make::application(&asleep, candidate)).await.refused(409, "job_not_open");
    let twice = ada.post("/applications", make::application(&scene.job, candidate)).await;
    let problem = twice.refused(409, "duplicate");
    assert_eq!(problem["existing_id"], scene.applicant.application["id"], "{}", twice.story());

    let path = "/pipeline/stages";
    let read = ada.get(path).await;
    let stages = read.ok()["items"].as_array().expect("stages").clone();
    let replace = |stages: Vec<Value>| {
        let (body, etag) = (json!(stages), read.etag());
        async move {
            let put = |request: reqwest::RequestBuilder| request.header("if-match", etag).json(&body);
            ada.send(Method::PUT, path, put).await
        }
    };
    let application = format!("/applications/{}", id(&scene.applicant.application));
    for _ in 0..2 {
        ada.act(&format!("{application}/advance-stage")).await.ok();
    }
    let application = ada.get(&application).await.ok();
    let fields = |stage: &Value| {
        let mut stage = stage.clone();
        for derived in ["created_at", "updated_at"] {
            stage.as_object_mut().expect("a stage").remove(derived);
        }
        stage
    };
    let without: Vec<_> =
        stages.iter().filter(|stage| stage["id"] != application["current_stage_id"]).map(fields).collect();
    let renumbered = without.iter().enumerate();
    let renumbered: Vec<_> =
        renumbered.map(|(n, stage)| make::with(stage.clone(), json!({ "stage_order": n + 1 }))).collect();
    replace(renumbered).await.refused(409, "stage_in_use");
    let mut doubled: Vec<_> = stages.iter().map(fields).collect();
    doubled[1]["stage_order"] = doubled[0]["stage_order"].clone();
    replace(doubled).await.refused(422, "validation_failed");

    let bulk = |ids: Vec<String>| {
        let body = json!({ "action": "add_note", "application_ids": ids, "params": { "body": "Call her." } });
        async move { ada.post("/applications/bulk-action", body).await }
    };
    names(&bulk(Vec::new()).await, "/application_ids");
    names(&bulk(vec![id(&application); 101]).await, "/application_ids");
    let bolt = scene.platform.organisation("Bolt").await;
    let job = hiring::open_job(&bolt.admin, "Rigger").await;
    let theirs = hiring::applicant(&scene.platform, &bolt.admin, &job, "Dora").await;
    let mixed = bulk(vec![id(&application), id(&theirs.application)]).await.ok();
    let results = mixed["results"].as_array().expect("results");
    assert_eq!(results[0]["ok"], true, "{mixed}");
    assert_eq!((&results[1]["ok"], &results[1]["problem"]["code"]), (&json!(false), &json!("not_found")));
    for rating in [json!(0), json!(6), json!(4.5)] {
        let body = json!({ "feedback_type": "phone", "rating": rating, "comments": "Good." });
        names(&ada.post(&format!("/applications/{}/feedback", id(&application)), body).await, "/rating");
    }
}

#[tokio::test]
async fn invitations() {
    let scene = Scene::new().await;
    let ada = &scene.ada;
    let body =
        make::invitation(&scene.applicant.application, scene.cora().email(), &scene.job, &scene.acme.name);
    let send = |changes: Value| {
        let body = make::with(body.clone(), changes);
        async move { ada.post("/invitations/send", body).await }
    };
    names(&send(json!({ "expires_in_days": 0 })).await, "/expires_in_days");
    names(&send(json!({ "expires_in_days": 91 })).await, "/expires_in_days");
    names(&send(json!({ "candidate_email": "nobody" })).await, "/candidate_email");
    let other = send(json!({ "candidate_email": "else@example.org" })).await;
    assert_eq!(other.refused(422, "email_mismatch")["errors"][0]["pointer"], "/candidate_email");
    send(json!({})).await.refused(409, "conflict");
    send(json!({ "application_id": NOBODYS_ID })).await.refused(404, "not_found");
    let anybody = scene.platform.anonymous();
    for token in ["", "short", &"A".repeat(43), &"x".repeat(500)] {
        let body = json!({ "token": token });
        anybody.post("/invitations/validate", body.clone()).await.refused(404, "not_found");
        scene.cora().post("/invitations/accept", body).await.refused(404, "not_found");
    }
    let path = format!("/applications/{}", id(&scene.applicant.application));
    ada.post(&format!("{path}/reject"), json!({ "reason": "No licence." })).await.ok();
    send(json!({})).await.refused(409, "invalid_transition");
}
