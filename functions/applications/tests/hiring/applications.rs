use crate::office::{Office, each, text};
use reqwest::Method;
use serde_json::{Value, json};
use shared::auth::Role;
use shared::docs::Listing;
use shared::domain::email_message::EmailMessage;

#[tokio::test]
async fn of_two_applications_at_once_one_counts() {
    let office = Office::open().await;
    let ada = office.admin().await;
    let job = office.job(&ada).await;
    for _ in 0..5 {
        let body = json!({ "job_id": job, "candidate_id": office.candidate(&ada).await });
        let (one, other) =
            tokio::join!(ada.post("/applications", body.clone()), ada.post("/applications", body));
        let (made, refused) = if one.status == 201 { (one, other) } else { (other, one) };
        let made = made.expect(201);
        assert_eq!(refused.refused(409, "duplicate")["existing_id"], made["id"]);
    }
    let page = ada.get(&format!("/jobs/{job}/applications?limit=100")).await.expect(200);
    assert_eq!(each(&page, "id").len(), 5);
}

#[tokio::test]
async fn only_open_jobs_take_applications_and_only_of_people_who_are_welcome() {
    let office = Office::open().await;
    let ada = office.admin().await;
    let apply = async |job: &str, candidate: Value| {
        ada.post("/applications", json!({ "job_id": job, "candidate_id": candidate })).await
    };
    let draft = text(&ada.post("/jobs", office.advert("Draft")).await.expect(201)["id"]);
    apply(&draft, office.candidate(&ada).await).await.refused(409, "job_not_open");
    let job = office.job(&ada).await;
    let bad = office.candidate_with(&ada, "bad@example.org", |bad| bad.blacklist("theft").unwrap()).await;
    apply(&job, bad).await.refused(409, "candidate_blacklisted");
    apply(&job, json!(office.organisation)).await.refused(404, "not_found");
    apply(&text(&json!(office.organisation)), office.candidate(&ada).await).await.refused(404, "not_found");
    ada.post("/applications", json!({ "job_id": job })).await.refused(422, "validation_failed");
    ada.post(&format!("/jobs/{job}/pause"), json!({})).await.expect(200);
    apply(&job, office.candidate(&ada).await).await.refused(409, "job_not_open");
}

#[tokio::test]
async fn a_person_applies_follows_and_withdraws() {
    let office = Office::open().await;
    let (ada, kim, eve) = (office.admin().await, office.person().await, office.person().await);
    let job = office.job(&ada).await;
    let body = json!({ "job_id": job, "cover_letter": "Hello" });
    let made = kim.post("/applications", body.clone()).await.expect(201);
    assert_eq!((&made["stage"], &made["match_score"]), (&json!("Applied"), &Value::Null));
    assert_eq!(kim.post("/applications", body).await.refused(409, "duplicate")["existing_id"], made["id"]);
    let path = format!("/applications/{}", text(&made["id"]));
    assert_eq!(each(&kim.get("/applications").await.expect(200), "id"), [made["id"].clone()]);
    assert!(each(&eve.get("/applications").await.expect(200), "id").is_empty());
    eve.get(&path).await.refused(404, "not_found");
    eve.post(&format!("{path}/withdraw"), json!({})).await.refused(404, "not_found");
    kim.post(&format!("{path}/advance-stage"), json!({})).await.refused(403, "forbidden");
    // Staff see the whole, and the person as a candidate of the organisation.
    let whole = ada.get(&path).await.expect(200);
    assert_eq!(whole["candidate_user_id"], json!(kim.id));
    ada.post(&format!("{path}/advance-stage"), json!({ "notes": "secret" })).await.expect(200);
    let seen = kim.get(&path).await.expect(200);
    assert_eq!(seen["stage"], "AI Screening");
    assert!(!seen.to_string().contains("secret") && !seen.to_string().contains(&ada.id.to_string()));
    assert_eq!(kim.get(&format!("/jobs/{job}")).await.expect(200)["title"], "Welder");
    let withdrawn = kim.post(&format!("{path}/withdraw"), json!({ "reason": "moving" })).await.expect(200);
    assert_eq!(withdrawn["status"], "withdrawn");
    office.counted(&job, 3).await;
    for _ in 0..100 {
        let letters = letters(&office).await;
        if letters.len() == 2 {
            assert!(letters.iter().all(|letter| letter.to == kim.email));
            let names: Vec<_> = letters.iter().map(|letter| letter.template_name.as_str()).collect();
            assert!(names.contains(&"application_received") && names.contains(&"stage_changed"), "{names:?}");
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("two letters were due");
}

async fn letters(office: &Office) -> Vec<EmailMessage> {
    office.ctx.docs::<EmailMessage>(&office.at()).all(Listing::oldest()).await.unwrap()
}

#[tokio::test]
async fn who_applies_is_found_by_the_address_of_the_account() {
    let office = Office::open().await;
    let (ada, kim) = (office.admin().await, office.person().await);
    let known = office.candidate_with(&ada, &kim.email, |_| {}).await;
    let job = office.job(&ada).await;
    let body = json!({ "job_id": job, "organisation_id": office.organisation });
    assert_eq!(kim.post("/applications", body).await.expect(201)["candidate_id"], known);
    let eve = office.person().await;
    office.candidate_with(&ada, &eve.email, |bad| bad.blacklist("theft").unwrap()).await;
    let body = json!({ "job_id": job, "organisation_id": office.organisation });
    let problem = eve.post("/applications", body).await.refused(409, "conflict");
    assert!(!problem.to_string().contains("blacklist"));
}

#[tokio::test]
async fn a_recruiter_sees_the_applications_of_assigned_jobs() {
    let office = Office::open().await;
    let (ada, rita) = (office.admin().await, office.member(Role::Recruiter).await);
    let job = office.job(&ada).await;
    let id = office.application(&ada, &job).await;
    let (of_job, one) = (format!("/jobs/{job}/applications"), format!("/applications/{id}"));
    rita.get(&of_job).await.refused(404, "not_found");
    rita.get(&one).await.refused(404, "not_found");
    rita.post(&format!("{one}/advance-stage"), json!({})).await.refused(404, "not_found");
    assert!(each(&rita.get("/applications").await.expect(200), "id").is_empty());
    ada.put(&format!("/recruiters/{}/jobs/{job}", rita.id)).await.expect(200);
    assert_eq!(each(&rita.get(&of_job).await.expect(200), "id"), [json!(id)]);
    assert_eq!(each(&rita.get("/applications").await.expect(200), "id"), [json!(id)]);
    rita.get(&one).await.expect(200);
    rita.post(&format!("{one}/advance-stage"), json!({})).await.expect(200);
    ada.delete(&format!("/recruiters/{}/jobs/{job}", rita.id)).await.expect(200);
    rita.get(&one).await.refused(404, "not_found");
}

#[tokio::test]
async fn the_last_hire_fills_the_job_and_leaves_the_others_open() {
    let office = Office::open().await;
    let ada = office.admin().await;
    let job = office.job_for(&ada, 1).await;
    let (hired, waiting) = (office.application(&ada, &job).await, office.application(&ada, &job).await);
    for id in [&hired, &waiting] {
        ada.post(&format!("/applications/{id}/advance-stage"), json!({})).await.expect(200);
        let terms = json!({ "amount": 90_000, "expires_on": office.day(7) });
        let offered = ada.post(&format!("/applications/{id}/offer"), terms).await.expect(200);
        assert_eq!((&offered["status"], &offered["offer"]["currency"]), (&json!("offer"), &json!("AUD")));
    }
    let late = json!({ "amount": 90_000, "expires_on": office.day(-1) });
    ada.post(&format!("/applications/{hired}/offer"), late).await.refused(422, "validation_failed");
    ada.post(&format!("/applications/{hired}/hire"), json!({ "start_date": office.day(14) }))
        .await
        .expect(200);
    let filled = ada.get(&format!("/jobs/{job}")).await.expect(200);
    assert_eq!((&filled["status"], &filled["positions_filled"]), (&json!("filled"), &json!(1)));
    assert_eq!(ada.get(&format!("/applications/{waiting}")).await.expect(200)["status"], "offer");
    ada.post(&format!("/applications/{waiting}/hire"), json!({})).await.refused(409, "job_not_open");
    office.counted(&job, 7).await;
    let job = ada.get(&format!("/jobs/{job}")).await.expect(200);
    let metrics = &job["hiring_metrics"];
    assert_eq!(
        (&metrics["applications"], &metrics["by_status"]),
        (&json!(2), &json!({ "offer": 1, "hired": 1 }))
    );
    assert_eq!(job["positions_filled"], 1, "the message counts no hire twice");
}

#[tokio::test]
async fn of_two_hires_into_the_last_position_one_succeeds() {
    let office = Office::open().await;
    let ada = office.admin().await;
    let job = office.job_for(&ada, 2).await;
    let mut hires = Vec::new();
    for _ in 0..4 {
        let id = office.application(&ada, &job).await;
        ada.post(&format!("/applications/{id}/advance-stage"), json!({})).await.expect(200);
        ada.post(&format!("/applications/{id}/offer"), json!({ "amount": 90_000 })).await.expect(200);
        hires.push(format!("/applications/{id}/hire"));
    }
    let hire = |path| ada.post(path, json!({}));
    let (a, b, c, d) = tokio::join!(hire(&hires[0]), hire(&hires[1]), hire(&hires[2]), hire(&hires[3]));
    let mut answers = [a, b, c, d].map(|answer| answer.status.as_u16());
    answers.sort_unstable();
    assert_eq!(answers, [200, 200, 409, 409]);
    let filled = ada.get(&format!("/jobs/{job}")).await.expect(200);
    assert_eq!((&filled["status"], &filled["positions_filled"]), (&json!("filled"), &json!(2)));
}

#[tokio::test]
async fn a_hire_that_was_refused_gives_its_position_back() {
    let office = Office::open().await;
    let ada = office.admin().await;
    let job = office.job_for(&ada, 1).await;
    let (early, ready) = (office.application(&ada, &job).await, office.application(&ada, &job).await);
    ada.post(&format!("/applications/{early}/hire"), json!({})).await.refused(409, "invalid_transition");
    ada.post(&format!("/applications/{ready}/advance-stage"), json!({})).await.expect(200);
    ada.post(&format!("/applications/{ready}/offer"), json!({ "amount": 90_000 })).await.expect(200);
    ada.post_if(&format!("/applications/{ready}/hire"), "\"old\"", json!({}))
        .await
        .refused(412, "stale_etag");
    ada.post(&format!("/applications/{ready}/hire"), json!({})).await.expect(200);
}

#[tokio::test]
async fn cancelling_a_job_rejects_who_is_still_waiting() {
    let office = Office::open().await;
    let ada = office.admin().await;
    let job = office.job(&ada).await;
    let (open, gone) = (office.application(&ada, &job).await, office.application(&ada, &job).await);
    ada.post(&format!("/applications/{gone}/withdraw"), json!({})).await.expect(200);
    ada.post(&format!("/jobs/{job}/cancel"), json!({})).await.refused(422, "validation_failed");
    ada.post(&format!("/jobs/{job}/cancel"), json!({ "reason": "no budget" })).await.expect(200);
    let rejected = ada.get(&format!("/applications/{open}")).await.expect(200);
    assert_eq!((&rejected["status"], &rejected["rejected_by"]), (&json!("rejected"), &json!(ada.id)));
    assert_eq!(ada.get(&format!("/applications/{gone}")).await.expect(200)["status"], "withdrawn");
}

#[tokio::test]
async fn rejecting_needs_a_reason_and_reopening_a_manager() {
    let office = Office::open().await;
    let (ada, rita) = (office.admin().await, office.member(Role::Recruiter).await);
    let job = office.job(&rita).await;
    let path = format!("/applications/{}", office.application(&rita, &job).await);
    for wrong in [json!({}), json!({ "reason": "  " })] {
        rita.post(&format!("{path}/reject"), wrong).await.refused(422, "validation_failed");
    }
    rita.post(&format!("{path}/reject"), json!({ "reason": "no licence", "send_email": false }))
        .await
        .expect(200);
    rita.post(&format!("{path}/reopen"), json!({ "reason": "mistake" })).await.refused(403, "forbidden");
    ada.post(&format!("{path}/reopen"), json!({ "reason": "mistake" })).await.expect(200);
    office.counted(&job, 3).await;
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    assert!(letters(&office).await.iter().all(|letter| letter.template_name != "application_rejected"));
}

#[tokio::test]
async fn fields_change_while_the_application_is_open() {
    let office = Office::open().await;
    let ada = office.admin().await;
    let id = office.application(&ada, &office.job(&ada).await).await;
    let path = format!("/applications/{id}");
    let patch = async |body: Value| ada.change(Method::PATCH, &path, body).await;
    let changed = patch(json!({ "availability": "now", "recruiter_id": ada.id })).await.expect(200);
    assert_eq!((&changed["availability"], &changed["recruiter_id"]), (&json!("now"), &json!(ada.id)));
    patch(json!({ "recruiter_id": office.organisation })).await.refused(422, "validation_failed");
    patch(json!({ "status": "hired" })).await.refused(422, "validation_failed");
    ada.post(&format!("{path}/withdraw"), json!({})).await.expect(200);
    patch(json!({ "availability": "later" })).await.refused(409, "invalid_transition");
    ada.delete(&path).await.expect(204);
    ada.get(&path).await.refused(404, "not_found");
}

#[tokio::test]
async fn private_notes_are_their_authors_and_ratings_are_whole() {
    let office = Office::open().await;
    let (ada, rita, bob) =
        (office.admin().await, office.member(Role::Recruiter).await, office.member(Role::Recruiter).await);
    let job = office.job(&rita).await;
    ada.put(&format!("/recruiters/{}/jobs/{job}", bob.id)).await.expect(200);
    let path = format!("/applications/{}", office.application(&rita, &job).await);
    let notes = format!("{path}/notes");
    let private = rita.post(&notes, json!({ "body": "Mine", "is_private": true })).await.expect(201);
    rita.post(&notes, json!({ "body": "Ours", "note_type": "red_flag" })).await.expect(201);
    rita.post(&notes, json!({ "body": " " })).await.refused(422, "validation_failed");
    let bodies = async |who: &crate::office::Person| each(&who.get(&notes).await.expect(200), "body");
    assert_eq!(bodies(&rita).await, ["Ours", "Mine"]);
    assert_eq!(bodies(&ada).await, ["Ours", "Mine"]);
    assert_eq!(bodies(&bob).await, ["Ours"]);
    let one = format!("{notes}/{}", text(&private["id"]));
    let etag = text(&private["etag"]);
    bob.patch(&one, &etag, json!({ "body": "x" })).await.refused(404, "not_found");
    ada.patch(&one, &etag, json!({ "body": "x" })).await.refused(403, "forbidden");
    assert_eq!(rita.patch(&one, &etag, json!({ "body": "Changed" })).await.expect(200)["body"], "Changed");
    rita.delete(&one).await.expect(204);
    assert_eq!(bodies(&ada).await, ["Ours"]);
    let feedback = format!("{path}/feedback");
    for wrong in [json!(0), json!(6), json!(4.5)] {
        let body = json!({ "feedback_type": "screening", "rating": wrong });
        rita.post(&feedback, body).await.refused(422, "validation_failed");
    }
    for rating in [4, 5] {
        rita.post(&feedback, json!({ "feedback_type": "screening", "rating": rating })).await.expect(201);
    }
    assert_eq!(each(&bob.get(&feedback).await.expect(200), "rating"), [4, 5]);
}

#[tokio::test]
async fn a_bulk_action_answers_for_each_application() {
    let office = Office::open().await;
    let ada = office.admin().await;
    let job = office.job(&ada).await;
    let (one, gone) = (office.application(&ada, &job).await, office.application(&ada, &job).await);
    ada.post(&format!("/applications/{gone}/withdraw"), json!({})).await.expect(200);
    let act = async |action: &str, params: Value, ids: Value| {
        let body = json!({ "action": action, "params": params, "application_ids": ids });
        ada.post("/applications/bulk-action", body).await
    };
    let done = act("advance", json!({}), json!([one, gone, office.organisation])).await.expect(200);
    let codes: Vec<_> =
        done["results"].as_array().unwrap().iter().map(|result| result["problem"]["code"].clone()).collect();
    assert_eq!(codes, [Value::Null, json!("invalid_transition"), json!("not_found")]);
    act("add_note", json!({ "body": "Seen" }), json!([one])).await.expect(200);
    act("assign", json!({ "recruiter_id": ada.id }), json!([one])).await.expect(200);
    let stage = office.stage(&ada, "Phone Screen").await;
    act("move", json!({ "stage_id": stage }), json!([one])).await.expect(200);
    act("reject", json!({ "reason": "no licence" }), json!([one])).await.expect(200);
    let after = ada.get(&format!("/applications/{one}")).await.expect(200);
    assert_eq!((&after["status"], &after["recruiter_id"]), (&json!("rejected"), &json!(ada.id)));
    act("advance", json!({}), json!([])).await.refused(422, "validation_failed");
    act("advance", json!({}), json!(vec![one.clone(); 101])).await.refused(422, "validation_failed");
    let problem = act("reject", json!({}), json!([one])).await.refused(422, "validation_failed");
    assert_eq!(problem["errors"][0]["pointer"], "/params/reason");
    act("advance", json!({ "colour": "red" }), json!([one])).await.refused(422, "validation_failed");
    let bare = json!({ "action": "advance", "application_ids": [one] });
    ada.post("/applications/bulk-action", bare).await.expect(200);
    act("promote", json!({}), json!([one])).await.refused(422, "validation_failed");
}

#[tokio::test]
async fn a_message_that_comes_twice_counts_once_and_writes_one_letter() {
    let office = Office::open().await;
    let ada = office.admin().await;
    let job = office.job(&ada).await;
    let id = office.application(&ada, &job).await;
    office.counted(&job, 1).await;
    let consumer = ::applications::function().consumers.remove(0);
    let event = json!({
        "event_id": office.organisation, "application_id": id, "job_id": job,
        "from": "offer", "to": "hired", "letter": true,
    });
    let envelope: shared::message::Envelope = serde_json::from_value(json!({
        "message_id": "1", "type": consumer.kind, "tenant": office.at().tenant.as_str(),
        "organisation_id": office.organisation, "entity_id": id, "requested_by": null,
        "enqueued_at": "2026-03-01T09:00:00Z", "trace_id": null, "payload": event,
    }))
    .unwrap();
    for _ in 0..3 {
        (consumer.run)(office.ctx.clone(), envelope.clone()).await.unwrap();
    }
    assert_eq!(ada.get(&format!("/jobs/{job}")).await.expect(200)["positions_filled"], 1);
    let hired = letters(&office).await.into_iter().filter(|letter| letter.template_name == "stage_changed");
    assert_eq!(hired.count(), 1);
}
