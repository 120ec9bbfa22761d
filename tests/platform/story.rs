//! The whole way, as the people on it go it: from a new account to a shortlist.

use crate::support::answer::id;
use crate::support::hiring::{self, ANSWERS, Conversation, pieces};
use crate::support::make;
use crate::support::platform::Platform;
use serde_json::{Value, json};
use std::collections::BTreeSet;

#[tokio::test]
async fn from_a_new_account_to_a_shortlist() {
    let platform = Platform::start().await;
    let acme = platform.organisation("Acme Steel").await;
    let rita = acme.recruiter().await;

    // The advert is read, the job made of it and published.
    let advert = json!({
        "job_title": "Boilermaker",
        "job_description": "We need a boilermaker with MIG welding and quality inspection experience. You will read \
            technical drawings, weld pressure vessels and train apprentices. Certificate III in Engineering required. \
            At least 3 years of experience in heavy fabrication.",
    });
    let requirements = rita.post("/jobs/extract", advert.clone()).await.ok();
    let lists = ["skills", "experience", "qualifications", "responsibilities", "interview_questions"];
    assert!(lists.iter().all(|list| requirements[list].is_array()), "{requirements}");
    assert_eq!(requirements.as_object().map(serde_json::Map::len), Some(lists.len()));
    assert!(!requirements["skills"].as_array().expect("a list").is_empty(), "{requirements}");
    let draft = make::with(
        make::draft("Boilermaker"),
        json!({ "description": advert["job_description"], "requirements": requirements }),
    );
    let job = rita.post("/jobs", draft).await.created();
    assert_eq!(job["status"], "draft");
    let job = rita.act(&format!("/jobs/{}/publish", id(&job))).await.ok();
    assert_eq!(job["status"], "active");

    // A person uploads a resume, lets it be read, and applies.
    let carl = platform.person("Carl").await;
    let file = ("my resume.pdf", "application/pdf", make::resume("Carl Marlowe", carl.email()));
    let uploaded = carl.upload("/resume/upload", file, &[]).await.ok();
    let members: BTreeSet<&str> =
        uploaded.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(members, BTreeSet::from(["document_id", "file_path", "filename", "url"]));
    let bytes = carl.get(uploaded["url"].as_str().expect("a link")).await;
    assert!(bytes.expect(200).body.starts_with(b"%PDF-"), "{}", bytes.story());
    let request = json!({ "file_path": uploaded["file_path"], "user_id": carl.user_id(), "apply": true });
    let resume = carl.post("/resume/parse", request).await.ok();
    assert_eq!(resume["personal_info"]["email"], carl.email());
    assert!(resume["skills"]["technical"].as_array().is_some_and(|skills| !skills.is_empty()), "{resume}");
    assert!(resume["employment"].as_array().is_some_and(|jobs| !jobs.is_empty()), "{resume}");
    let profile = carl.get("/candidates/me").await.ok();
    assert!(!profile["skills"].as_array().expect("skills").is_empty(), "what was read was to be added");
    let open = carl.get("/jobs/open?q=boiler").await.ok();
    assert_eq!(open["items"].as_array().expect("jobs").len(), 1, "{open}");
    assert_eq!(open["items"][0]["id"], job["id"]);
    let applying = json!({
        "job_id": job["id"], "source": "direct",
        "cover_letter": "I would like to weld for you.", "resume_document_id": uploaded["document_id"],
    });
    let application = carl.post("/applications", applying).await.created();
    let seen = rita.get(&format!("/applications/{}", id(&application))).await.ok();
    assert_eq!(seen["status"], "new");

    // The recruiter invites; the letter's link leads to the interview.
    let body = make::invitation(&application, carl.email(), &job, "Acme Steel");
    let invitation = rita.post("/invitations/send", body).await.created();
    let members: BTreeSet<&str> =
        invitation.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(members, BTreeSet::from(["expires_at", "id", "status"]));
    let letter = platform.letters().wait_for(&platform, carl.email(), "/invite/").await;
    assert!(letter.text.contains("Boilermaker") && letter.text.contains("Acme Steel"), "{}", letter.text);
    let token = json!({ "token": letter.token() });
    let offer = platform.anonymous().post("/invitations/validate", token.clone()).await.ok();
    assert_eq!((&offer["kind"], &offer["needs_sign_in"]), (&json!("interview"), &json!(true)));
    let other = platform.person("Olga").await;
    other.post("/invitations/accept", token.clone()).await.refused(403, "forbidden");
    let accepted = carl.post("/invitations/accept", token).await.ok();
    let interview = accepted["interview_id"].as_str().expect("an interview").to_owned();
    assert_eq!(accepted["interview_id"], offer["interview_id"]);

    // Nothing starts before the candidate knows what the AI does.
    let which = json!({ "interview_id": interview });
    carl.post("/interview/start", which.clone()).await.refused(409, "disclosure_required");
    let disclosure = carl.get(&format!("/interview/{interview}/disclosure")).await.ok();
    assert_eq!(disclosure["required"], true);
    carl.act(&format!("/interview/{interview}/disclosure/acknowledge")).await.ok();
    let started = carl.post("/interview/start", which.clone()).await.ok();
    assert_eq!(started["status"], "in_progress");
    assert_eq!(started["context"]["job_title"], "Boilermaker");
    let again = carl.act(&format!("/interview/start?interview_id={interview}")).await.ok();
    assert_eq!(again["started_at"], started["started_at"], "a reload starts nothing anew");
    other.post("/interview/start", which.clone()).await.refused(404, "not_found");

    // The conversation, in both forms, until it closes.
    let mut conversation = Conversation::new(&carl, &interview);
    let greeting = conversation.turn(None).await;
    assert_eq!(greeting["turn_number"], 1);
    assert!(greeting["detected_competencies"].is_array());
    let stream = conversation.stream(ANSWERS[0]).await;
    assert!(!pieces(&stream).concat().trim().is_empty());
    for (number, answer) in ANSWERS[1..].iter().enumerate() {
        let turn = conversation.turn(Some(answer)).await;
        assert_eq!(turn["turn_number"], number + 3);
    }
    let progress = carl.get(&format!("/interviews/{interview}")).await.ok();
    assert_eq!(progress["current_phase"], "closing", "{progress}");
    let transcript = carl.get(&format!("/interview/{interview}/transcript")).await.ok();
    let segments = transcript["segments"].as_array().expect("segments");
    assert_eq!(segments.len(), 1 + 2 * ANSWERS.len(), "greeting, then answer and question each turn");
    let spoken: Vec<&str> = segments
        .iter()
        .filter(|segment| segment["speaker"] == "candidate")
        .map(|segment| segment["content"].as_str().expect("text"))
        .collect();
    assert_eq!(spoken, ANSWERS);

    // The end queues one score; both sides read their view of it.
    let ended = carl.post("/interview/end", which.clone()).await.ok();
    assert_eq!(ended["status"], "completed");
    let twice = carl.post("/interview/end", which).await.ok();
    assert_eq!(twice["ended_at"], ended["ended_at"]);
    let score = hiring::score(&rita, &interview).await;
    check_score(&score, &spoken);
    let mine = carl.get(&format!("/scoring/{interview}/results")).await.ok();
    assert_eq!(mine["overall_score"], Value::Null);
    assert_eq!(mine["dimension_scores"], json!([]));
    assert!(mine["candidate_feedback"].as_str().is_some_and(|text| !text.is_empty()));
    other.get(&format!("/scoring/{interview}/results")).await.refused(404, "not_found");

    // The shortlist.
    let request = json!({
        "job_role_id": job["id"],
        "top_n": 5,
        "candidates": [{
            "application_id": application["id"], "name": "Carl Marlowe",
            "resume_summary": "Boilermaker, MIG welding, pressure vessels", "skills": ["MIG welding"],
            "experience_years": 6,
        }],
    });
    let shortlist = rita.post("/shortlist/generate", request).await.ok();
    assert_eq!(shortlist["job_role_id"], job["id"]);
    assert_eq!(shortlist["total_evaluated"], 1);
    let first = &shortlist["ranked_candidates"][0];
    assert_eq!((&first["application_id"], &first["rank"]), (&application["id"], &json!(1)));
    let match_score = first["match_score"].as_f64().expect("a number");
    assert!((0.0..=100.0).contains(&match_score));
}

/// Arithmetic and evidence of a score, checked from outside (spec 25 §1, §2; 30 §4).
fn check_score(score: &Value, spoken: &[&str]) {
    let dimensions = score["dimension_scores"].as_array().expect("dimensions");
    assert!(!dimensions.is_empty());
    let number = |value: &Value| value.as_f64().unwrap_or_else(|| panic!("no number in {score}"));
    let weights: f64 = dimensions.iter().map(|dimension| number(&dimension["weight"])).sum();
    assert!((weights - 1.0).abs() < 1e-6, "weights sum to {weights}");
    let effective: f64 = dimensions.iter().map(|dimension| number(&dimension["effective_weight"])).sum();
    if score["overall_score"].is_null() {
        assert!(effective.abs() < 1e-6, "no overall, though there is evidence: {score}");
        return;
    }
    assert!((effective - 1.0).abs() < 1e-6, "effective weights sum to {effective}");
    let overall: f64 = dimensions
        .iter()
        .map(|dimension| number(&dimension["effective_weight"]) * number(&dimension["score"]))
        .sum();
    assert!((overall - number(&score["overall_score"])).abs() <= 0.051, "{overall} of {score}");
    for dimension in dimensions {
        let quotes = dimension["cited_quotes"].as_array().expect("quotes");
        assert_eq!(quotes.is_empty(), dimension["insufficient_evidence"] == true, "{dimension}");
        for quote in quotes {
            let quote = quote.as_str().expect("text");
            assert!(spoken.iter().any(|said| said.contains(quote)), "nobody said {quote:?}");
        }
    }
}
