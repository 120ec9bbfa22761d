use crate::harness::Platform;
use serde_json::json;

#[tokio::test]
async fn a_manager_sees_the_team_a_recruiter_only_themselves() {
    let platform = Platform::start();
    let (ada, _) = platform.founder("Acme").await;
    let max = platform.member(&ada, "Max", "manager").await;
    let rita = platform.member(&ada, "Rita", "recruiter").await;
    let vic = platform.member(&ada, "Vic", "viewer").await;
    let team = json!({"name": "North", "manager_ids": [max.id], "member_ids": [rita.id]});
    platform.post(&ada, "/teams", team).await.expect(201);
    assert_eq!(platform.get(&ada, "/users").await.expect(200).items().len(), 4);
    assert_eq!(platform.get(&max, "/users").await.expect(200).items().len(), 2);
    platform.get(&max, &format!("/users/{}", rita.id)).await.expect(200);
    platform.get(&max, &format!("/users/{}", vic.id)).await.refused(404, "not_found");
    platform.get(&rita, "/users").await.refused(403, "forbidden");
    platform.get(&rita, &format!("/users/{}", max.id)).await.refused(404, "not_found");
    platform.get(&rita, &format!("/users/{}", rita.id)).await.expect(200);
    let found = platform.get(&ada, "/users?role=viewer&is_active=true").await.expect(200);
    assert_eq!(found.items()[0]["id"], json!(vic.id));
    let found =
        platform.get(&ada, &format!("/users?q={}", &rita.email[..4].to_uppercase())).await.expect(200);
    assert_eq!(found.items().len(), 1);
    platform.get(&ada, "/users?colour=red").await.refused(422, "unknown_parameter");
}

#[tokio::test]
async fn people_change_their_own_name_and_administrators_the_organisations_copy() {
    let platform = Platform::start();
    let (ada, _) = platform.founder("Acme").await;
    let rita = platform.member(&ada, "Rita", "recruiter").await;
    let path = format!("/users/{}", rita.id);
    platform.patch(&ada, &path, json!({"department": "Sales"})).await.expect(200);
    let own = platform.patch(&rita, &path, json!({"last_name": "Ng"})).await.expect(200);
    assert_eq!((own.text("last_name").as_str(), own.body["department"].as_str()), ("Ng", None));
    let seen = platform.get(&ada, &path).await.expect(200);
    assert_eq!((seen.text("last_name").as_str(), seen.text("department").as_str()), ("Ng", "Sales"));
    platform.patch(&rita, &path, json!({"is_active": false})).await.refused(403, "forbidden");
    platform.patch(&rita, &path, json!({"email": "x@y.example"})).await.refused(422, "validation_failed");
    platform.patch(&rita, &path, json!({"first_name": "  "})).await.refused(422, "validation_failed");
    let blind = platform.send(axum::http::Method::PATCH, &path, Some(&rita.token), &[], Some(json!({})));
    blind.await.refused(428, "precondition_required");
    let stale = platform.send(
        axum::http::Method::PATCH,
        &path,
        Some(&rita.token),
        &[("if-match", "\"old\"")],
        Some(json!({})),
    );
    stale.await.refused(412, "stale_etag");
}

#[tokio::test]
async fn who_is_suspended_or_removed_is_out_at_once_and_can_come_back() {
    let platform = Platform::start();
    let (ada, _) = platform.founder("Acme").await;
    let rita = platform.member(&ada, "Rita", "recruiter").await;
    let path = format!("/users/{}", rita.id);
    platform.get(&rita, "/settings/public").await.expect(200);
    platform.patch(&ada, &path, json!({"is_active": false})).await.expect(200);
    assert_eq!(platform.get(&rita, "/auth/me").await.expect(200).body["roles"], json!(["candidate"]));
    platform.patch(&ada, &path, json!({"is_active": true})).await.expect(200);
    assert_eq!(platform.get(&rita, "/auth/me").await.expect(200).body["roles"], json!(["recruiter"]));
    platform.delete(&ada, &path).await.expect(204);
    platform.get(&rita, "/auth/me").await.refused(401, "unauthenticated");
    platform.get(&ada, &path).await.refused(404, "not_found");
    platform.invite(&ada, &rita.email, "viewer").await.expect(201);
    platform.invite(&ada, &rita.email, "viewer").await.refused(409, "duplicate");
}

#[tokio::test]
async fn somebody_always_runs_the_organisation() {
    let platform = Platform::start();
    let (ada, acme) = platform.founder("Acme").await;
    let own = format!("/users/{}", ada.id);
    platform.delete(&ada, &own).await.refused(409, "last_admin");
    platform.delete(&ada, &format!("{own}/roles/org_admin")).await.refused(409, "last_admin");
    platform
        .delete(&ada, &format!("/organisations/{acme}/members/{}", ada.id))
        .await
        .refused(409, "last_admin");
    let ends = json!({"name": "org_admin", "expires_at": "2999-01-01T00:00:00Z"});
    platform.post(&ada, &format!("{own}/roles"), ends).await.refused(409, "last_admin");
    // An invited administrator does not run anything yet.
    let invited = platform.invite(&ada, "bob@people.example", "org_admin").await.expect(201);
    platform.delete(&ada, &own).await.refused(409, "last_admin");
    platform.delete(&ada, &format!("/users/{}", invited.text("id"))).await.expect(204);
    platform.member(&ada, "Cho", "org_admin").await;
    platform.delete(&ada, &format!("{own}/roles/org_admin")).await.expect(204);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_administrators_who_remove_each_other_at_once_do_not_both_succeed() {
    let platform = Platform::start();
    for _ in 0..5 {
        let (ada, _) = platform.founder("Acme").await;
        let bob = platform.member(&ada, "Bob", "org_admin").await;
        let (of_bob, of_ada) =
            (format!("/users/{}/roles/org_admin", bob.id), format!("/users/{}/roles/org_admin", ada.id));
        let (one, two) = tokio::join!(platform.delete(&ada, &of_bob), platform.delete(&bob, &of_ada));
        let done = [one.status, two.status].iter().filter(|status| **status == 204).count();
        assert!(done <= 1, "{} {}", one.body, two.body);
        let admins = [&ada, &bob];
        let mut left = 0;
        for admin in admins {
            let me = platform.get(admin, "/auth/me").await.expect(200);
            left += usize::from(me.body["roles"] == json!(["org_admin"]));
        }
        assert!(left >= 1);
    }
}

#[tokio::test]
async fn an_organisation_sees_nobody_of_another() {
    let platform = Platform::start();
    let (ada, acme) = platform.founder("Acme").await;
    let (zoe, zeta) = platform.founder("Zeta").await;
    let rita = platform.member(&ada, "Rita", "recruiter").await;
    let user = format!("/users/{}", rita.id);
    assert_eq!(platform.get(&zoe, "/users").await.expect(200).items().len(), 1);
    platform.get(&zoe, &user).await.refused(404, "not_found");
    platform.delete(&zoe, &user).await.refused(404, "not_found");
    platform.get(&zoe, &format!("{user}/permissions")).await.refused(404, "not_found");
    platform.post(&zoe, &format!("{user}/roles"), json!({"name": "viewer"})).await.refused(404, "not_found");
    let match_any = [("if-match", "*")];
    let put = axum::http::Method::PUT;
    let grants = Some(json!({"grants": []}));
    let grants =
        platform.send(put, &format!("{user}/permissions"), Some(&zoe.token), &match_any, grants).await;
    grants.refused(404, "not_found");
    let check = format!("/security/permissions/check?permission=job:read&user_id={}", rita.id);
    platform.get(&zoe, &check).await.refused(404, "not_found");
    platform.get(&zoe, &format!("/organisations/{acme}")).await.refused(404, "not_found");
    platform.get(&zoe, &format!("/organisations/{acme}/members")).await.refused(404, "not_found");
    platform
        .delete(&zoe, &format!("/organisations/{acme}/members/{}", ada.id))
        .await
        .refused(404, "not_found");
    let elsewhere = [("x-organisation-id", acme.as_str())];
    let get = axum::http::Method::GET;
    platform.send(get, "/users", Some(&zoe.token), &elsewhere, None).await.refused(403, "forbidden");
    let team = json!({"name": "North", "member_ids": [rita.id]});
    platform.post(&zoe, "/teams", team).await.refused(422, "validation_failed");
    let role = json!({"name": "Lead", "permissions": ["job:read:all"]});
    let role = platform.post(&ada, "/security/roles", role).await.expect(201).text("id");
    platform.get(&zoe, &format!("/security/roles/{role}")).await.refused(404, "not_found");
    platform.delete(&zoe, &format!("/security/roles/{role}")).await.refused(404, "not_found");
    platform.invite(&zoe, "x@people.example", &role).await.refused(422, "validation_failed");
    // The same person in both: what one organisation takes away stays in the other.
    platform.invite(&zoe, &rita.email, "viewer").await.expect(201);
    platform.delete(&zoe, &user).await.expect(204);
    platform.get(&ada, &user).await.expect(200);
    assert_ne!(acme, zeta);
}
