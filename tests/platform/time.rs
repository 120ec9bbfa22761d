//! What runs out, is repeated or taken back as time goes on.

use crate::support::answer::id;
use crate::support::hiring;
use crate::support::make;
use crate::support::platform::Platform;
use ::time::Duration;
use reqwest::Method;
use serde_json::json;

/// A platform of this process, whose clock can be moved.
async fn platform() -> Platform {
    Platform::start_with(&[("LOG_LEVEL", "error")]).await
}

#[tokio::test]
async fn an_invitation_runs_out_and_is_sent_again() {
    let platform = platform().await;
    let acme = platform.organisation("Acme").await;
    let job = hiring::open_job(&acme.admin, "Welder").await;
    let applicant = hiring::applicant(&platform, &acme.admin, &job, "Cora").await;
    let (mut ada, mut cora) = (acme.admin.clone(), applicant.person.clone());
    let body = make::invitation(&applicant.application, cora.email(), &job, "Acme");
    let invitation = ada.post("/invitations/send", body).await.created();
    let mut token = platform.letters().wait_for(&platform, cora.email(), "/invite/").await.token();
    platform.anonymous().post("/invitations/validate", json!({ "token": token })).await.ok();

    // Whether the timer has passed by in between or not, the new link leads to an interview that can be held.
    for timer_passes in [false, true] {
        platform.advance(Duration::days(8));
        if timer_passes {
            platform.run_timer("invitation-expiry").await;
        }
        platform
            .anonymous()
            .post("/invitations/validate", json!({ "token": token }))
            .await
            .refused(410, "gone");
        tokio::join!(ada.sign_in_again(), cora.sign_in_again());
        let resent = ada.act(&format!("/invitations/{}/resend", id(&invitation))).await.ok();
        assert_eq!(resent["status"], "pending");
        let old = std::mem::take(&mut token);
        while token.is_empty() || token == old {
            token = platform.letters().wait_for(&platform, cora.email(), "/invite/").await.token();
        }
        cora.post("/invitations/validate", json!({ "token": old })).await.refused(410, "gone");
        let accepted = cora.post("/invitations/accept", json!({ "token": token })).await.ok();
        let interview = accepted["interview_id"].as_str().expect("an interview");
        assert_eq!(cora.get(&format!("/interviews/{interview}")).await.ok()["status"], "invited");
    }
}

#[tokio::test]
async fn an_access_token_runs_out_and_a_refresh_token_works_once() {
    let platform = platform().await;
    let sam = platform.person("Sam").await;
    platform.advance(Duration::minutes(17));
    sam.get("/auth/me").await.refused(401, "unauthenticated");
    let used = json!({ "refresh_token": sam.session.refresh_token });
    let renewed = platform.anonymous().post("/auth/refresh", used.clone()).await.ok();
    let again = sam.bearing(renewed["access_token"].as_str().expect("a token"));
    again.get("/auth/me").await.ok();
    // Used twice, it was stolen: the whole family ends.
    platform.anonymous().post("/auth/refresh", used).await.refused(401, "unauthenticated");
    let successor = json!({ "refresh_token": renewed["refresh_token"] });
    platform.anonymous().post("/auth/refresh", successor).await.refused(401, "unauthenticated");
}

#[tokio::test]
async fn a_draft_can_be_taken_back_and_a_score_made_again() {
    let platform = platform().await;
    let acme = platform.organisation("Acme").await;
    let draft = acme.admin.post("/jobs", make::draft("Rigger")).await.created();
    let path = format!("/jobs/{}", id(&draft));
    acme.admin.delete(&path).await.no_content();
    acme.admin.get(&path).await.refused(404, "not_found");

    let (_, _, interview) = acme.interviewed(&acme.admin, "Welder").await;
    let reason = json!({ "reason": "a second look" });
    let again = acme.admin.post(&format!("/scoring/{interview}/rescore"), reason).await.accepted();
    finished(&acme.admin, &id(&again)).await;
    let change = json!({ "overall_score": 71.5, "reason": "The second answer was misread." });
    acme.admin.put(&format!("/scoring/{interview}/override"), change).await.ok();
    let score = hiring::score(&acme.admin, &interview).await;
    assert_eq!((&score["overall_score"], &score["human_override"]), (&json!(71.5), &json!(true)));
}

#[tokio::test]
async fn a_platform_says_that_it_lives() {
    let platform = platform().await;
    let health = platform.at_root(Method::GET, "/health").await.ok();
    assert_eq!(health["status"], "healthy");
    platform.at_root(Method::GET, "/health/ready").await.ok();
    let page = platform.at_root(Method::GET, "/").await;
    assert!(page.expect(200).text().contains("Talenti"));
}

/// Waits until the background job has done its work.
async fn finished(actor: &crate::support::actor::Actor, job: &str) {
    for _ in 0..400 {
        let seen = actor.get(&format!("/background-jobs/{job}")).await.ok();
        if seen["status"] == "succeeded" {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("background job {job} did not succeed in 10 s");
}
