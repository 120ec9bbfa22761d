use crate::harness::{Person, Platform};
use serde_json::json;
use shared::docs::At;
use shared::domain::organisation::OrganisationId;
use shared::domain::user::User;
use shared::store::Tenant;

#[tokio::test]
async fn a_new_organisation_can_be_used_at_once() {
    let platform = Platform::start();
    let ada = platform.person("Ada").await;
    let body = json!({"name": "Acme & Söhne", "website": "https://acme.example"});
    let founded = platform.post(&ada, "/organisations", body).await.expect(201);
    let mut members: Vec<_> = founded.body.as_object().unwrap().keys().cloned().collect();
    members.sort();
    assert_eq!(members, ["created_at", "description", "id", "industry", "name", "website"]);
    let path = format!("/organisations/{}", founded.text("id"));
    let acme = platform.get(&ada, &path).await.expect(200);
    assert_eq!(
        (acme.text("slug").as_str(), acme.body["recording_retention_days"].as_u64()),
        ("acme-sohne", Some(60))
    );
    assert_eq!(
        platform.get(&ada, "/settings?keys=invitation_days").await.expect(200).body["invitation_days"]["value"],
        json!(7)
    );
    assert_eq!(
        platform.get(&ada, &format!("{path}/members?role=org_admin")).await.expect(200).items().len(),
        1
    );
    let changed = platform.patch(&ada, &path, json!({"recording_retention_days": 30})).await.expect(200);
    assert_eq!(changed.body["recording_retention_days"], json!(30));
    for wrong in [
        json!({"recording_retention_days": 0}),
        json!({"website": "ftp://a"}),
        json!({"status": "closed"}),
        json!({"name": null}),
    ] {
        platform.patch(&ada, &path, wrong).await.refused(422, "validation_failed");
    }
    for wrong in [
        json!({"name": "  "}),
        json!({"name": "x".repeat(256)}),
        json!({"name": "A", "website": "acme"}),
        json!({}),
    ] {
        platform.post(&ada, "/organisations", wrong).await.refused(422, "validation_failed");
    }
}

#[tokio::test]
async fn nobody_founds_a_sixth_organisation_however_fast() {
    let platform = Platform::start();
    let ada = platform.person("Ada").await;
    let found = || platform.post(&ada, "/organisations", json!({"name": "Acme"}));
    let (a, b, c, d) = tokio::join!(found(), found(), found(), found());
    let (e, f, g, h) = tokio::join!(found(), found(), found(), found());
    let made = [a, b, c, d, e, f, g, h].iter().filter(|answer| answer.status == 201).count();
    assert!(made <= 5, "{made}");
    for _ in made..5 {
        found().await.expect(201);
    }
    found().await.refused(409, "conflict");
    let own = platform.get(&ada, "/organisations?limit=3").await.expect(200);
    assert_eq!(own.items().len(), 3);
    let rest = format!("/organisations?cursor={}", own.text("next_cursor"));
    let rest = platform.get(&ada, &rest).await.expect(200);
    assert_eq!((rest.items().len(), rest.body["next_cursor"].is_null()), (2, true));
}

#[tokio::test]
async fn the_register_of_automated_decisions_says_what_is_configured() {
    let platform = Platform::start();
    let (ada, acme) = platform.founder("Acme").await;
    let path = format!("/organisations/{acme}/automated-decisions");
    platform.put(&ada, "/settings", json!({"contest_days": 21})).await.expect(200);
    let register = platform.get(&ada, &path).await.expect(200).body;
    let decisions = register["decisions"].as_array().unwrap();
    let purposes: Vec<_> = decisions.iter().map(|one| one["purpose"].as_str().unwrap()).collect();
    let expected =
        ["parse_resume", "interview_turn", "score_interview", "rank_candidates", "extract_requirements"];
    assert_eq!(purposes, expected);
    for one in decisions {
        assert!(one["model"].as_str().unwrap().contains("no language model"), "{one}");
        assert!(!one["human_role"].as_str().unwrap().is_empty() && !one["kind"].as_str().unwrap().is_empty());
        assert_eq!((&one["region"], one["prompt_version"].as_str().unwrap().len()), (&json!(null), 12));
    }
    assert!(decisions[2]["kept_from_it"].as_array().unwrap().contains(&json!("name")));
    assert_eq!(register["settings"]["contest_days"]["value"], 21);
    assert_eq!(register["require_ai_disclosure"], true);
    let (bob, _) = platform.founder("Bolt").await;
    platform.get(&bob, &path).await.refused(404, "not_found");
}

async fn staff(platform: &Platform) -> Person {
    let root = platform.person("Root").await;
    identity::make_super_admin(&platform.ctx, &root.email).await.unwrap();
    root
}

#[tokio::test]
async fn platform_staff_suspend_and_close() {
    let platform = Platform::start();
    let (ada, acme) = platform.founder("Acme").await;
    let root = staff(&platform).await;
    let path = format!("/organisations/{acme}");
    let why = || json!({"reason": "unpaid"});
    platform.post(&ada, &format!("{path}/suspend"), why()).await.refused(403, "forbidden");
    platform.post(&root, &format!("{path}/suspend"), json!({})).await.refused(422, "validation_failed");
    platform.post(&root, &format!("{path}/suspend"), why()).await.expect(200);
    platform.get(&ada, "/users").await.expect(200);
    platform
        .put(&ada, "/settings", json!({"invitation_days": 9}))
        .await
        .refused(403, "organisation_suspended");
    let suspended = platform.get(&root, "/organisations?status=suspended").await.expect(200);
    assert_eq!(suspended.items()[0]["id"], json!(acme));
    platform.post(&root, &format!("{path}/reactivate"), why()).await.expect(200);
    platform.put(&ada, "/settings", json!({"invitation_days": 9})).await.expect(200);
    platform.post(&root, &format!("{path}/close"), why()).await.expect(200);
    platform.post(&root, &format!("{path}/close"), why()).await.refused(409, "invalid_transition");
    platform.get(&ada, "/users").await.refused(403, "forbidden");
    platform.get(&ada, &path).await.refused(404, "not_found");
    assert!(platform.get(&ada, "/organisations").await.expect(200).items().is_empty());
}

#[tokio::test]
async fn settings_of_team_and_organisation_are_kept_apart() {
    let platform = Platform::start();
    let (ada, acme) = platform.founder("Acme").await;
    let max = platform.member(&ada, "Max", "manager").await;
    let vic = platform.member(&ada, "Vic", "viewer").await;
    platform.put(&max, "/settings", json!({"invitation_days": 9})).await.refused(403, "forbidden");
    let team = json!({"name": "North", "manager_ids": [max.id]});
    let team = platform.post(&ada, "/teams", team).await.expect(201).text("id");
    let other = platform.post(&ada, "/teams", json!({"name": "South"})).await.expect(201).text("id");
    platform
        .put(&ada, "/settings", json!({"invitation_days": 20, "brand_accent_colour": "#112233"}))
        .await
        .expect(200);
    let values = platform.put(&max, "/settings", json!({"invitation_days": 9})).await.expect(200);
    assert_eq!(values.body["invitation_days"], json!({"value": 9, "source": "team"}));
    platform
        .put(&max, &format!("/settings?team_id={other}"), json!({"invitation_days": 9}))
        .await
        .refused(403, "forbidden");
    platform
        .put(&max, &format!("/settings?team_id={team}"), json!({"invitation_days": null}))
        .await
        .expect(200);
    let values = platform.get(&max, "/settings").await.expect(200);
    assert_eq!(values.body["invitation_days"], json!({"value": 20, "source": "organisation"}));
    platform.get(&vic, "/settings").await.refused(403, "forbidden");
    platform.put(&ada, "/settings", json!({"colour": 1})).await.refused(422, "validation_failed");
    platform.put(&ada, "/settings", json!({"invitation_days": "9"})).await.refused(422, "validation_failed");
    platform.get(&ada, "/settings?keys=colour").await.refused(422, "validation_failed");
    let public = format!("/settings/public?organisation_id={acme}");
    let public = platform.send(axum::http::Method::GET, &public, None, &[], None).await.expect(200);
    assert_eq!(public.body["brand_accent_colour"], json!("#112233"));
    assert!(public.body.get("invitation_days").is_none());
}

#[tokio::test]
async fn a_founding_that_broke_off_is_forgotten() {
    let platform = Platform::start();
    let ada = platform.person("Ada").await;
    let at = At::system(Tenant::person(&ada.id));
    // What is left when the process dies before the organisation itself is written: its id on the founder's list.
    for _ in 0..5 {
        platform
            .ctx
            .docs::<User>(&at)
            .update(&ada.id, &ada.id, None, |user, _| {
                user.joined(OrganisationId::new());
                Ok(())
            })
            .await
            .unwrap();
    }
    let me = platform.get(&ada, "/auth/me").await.expect(200);
    assert_eq!((me.body["roles"].clone(), me.body["memberships"].clone()), (json!(["candidate"]), json!([])));
    let found = || platform.post(&ada, "/organisations", json!({"name": "Acme"}));
    // It may still be under way.
    found().await.refused(409, "conflict");
    platform.wait(time::Duration::seconds(61));
    let ada_again = Person::of(&platform.login(&ada.email, crate::harness::PASSWORD).await.expect(200));
    found().await.expect(201);
    let me = platform.get(&ada_again, "/auth/me").await.expect(200);
    assert_eq!(me.body["user"]["organisation_ids"].as_array().unwrap().len(), 1);
}
