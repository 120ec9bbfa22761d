use crate::harness::Platform;
use serde_json::json;
use time::Duration;

#[tokio::test]
async fn built_in_roles_refuse_change_and_deletion() {
    let platform = Platform::start();
    let (ada, _) = platform.founder("Acme").await;
    let roles = platform.get(&ada, "/security/roles").await.expect(200);
    assert_eq!(roles.items().len(), 9);
    for role in roles.items() {
        let path = format!("/security/roles/{}", role["id"].as_str().unwrap());
        platform.patch(&ada, &path, json!({"description": "x"})).await.refused(409, "system_role");
        platform.delete(&ada, &path).await.refused(409, "system_role");
    }
}

#[tokio::test]
async fn an_own_role_counts_at_once_and_is_kept_while_somebody_has_it() {
    let platform = Platform::start();
    let (ada, _) = platform.founder("Acme").await;
    let vic = platform.member(&ada, "Vic", "viewer").await;
    let role = json!({"name": "Campus lead", "permissions": ["team:read:all"]});
    let role = platform.post(&ada, "/security/roles", role).await.expect(201).text("id");
    platform.get(&vic, "/teams").await.refused(403, "forbidden");
    platform.post(&ada, &format!("/users/{}/roles", vic.id), json!({"role_id": role})).await.expect(200);
    platform.get(&vic, "/teams").await.expect(200);
    platform.delete(&ada, &format!("/security/roles/{role}")).await.refused(409, "role_in_use");
    platform.patch(&ada, &format!("/security/roles/{role}"), json!({"permissions": []})).await.expect(200);
    platform.get(&vic, "/teams").await.refused(403, "forbidden");
    platform.delete(&ada, &format!("/users/{}/roles/{role}", vic.id)).await.expect(204);
    platform.delete(&ada, &format!("/users/{}/roles/{role}", vic.id)).await.refused(404, "not_found");
    platform.delete(&ada, &format!("/security/roles/{role}")).await.expect(204);
    let again = json!({"name": "campus  LEAD", "permissions": []});
    platform.post(&ada, "/security/roles", again.clone()).await.expect(201);
    platform.post(&ada, "/security/roles", again).await.refused(409, "duplicate");
}

#[tokio::test]
async fn nobody_hands_out_what_they_do_not_hold() {
    let platform = Platform::start();
    let (ada, _) = platform.founder("Acme").await;
    let vic = platform.member(&ada, "Vic", "viewer").await;
    let role = |name: &str, permission: &str| json!({"name": name, "permissions": [permission]});
    platform
        .post(&ada, "/security/roles", role("A", "candidate_dei:read:all"))
        .await
        .refused(403, "escalation");
    platform.post(&ada, "/security/roles", role("A", "platform:read:all")).await.refused(403, "escalation");
    platform.post(&ada, "/security/roles", role("A", "job:fly:all")).await.refused(422, "validation_failed");
    platform
        .post(&ada, "/security/roles", role("Admin", "job:read:all"))
        .await
        .refused(422, "validation_failed");
    platform.invite(&ada, "x@people.example", "super_admin").await.refused(403, "escalation");
    platform.invite(&ada, "x@people.example", "boss").await.refused(422, "validation_failed");
    // Somebody who may give roles, and holds little else.
    let giver = json!({"name": "Giver", "permissions": ["role:update:all", "user:create:all"]});
    let giver = platform.post(&ada, "/security/roles", giver).await.expect(201).text("id");
    let roles = format!("/users/{}/roles", vic.id);
    platform.post(&ada, &roles, json!({"role_id": giver})).await.expect(200);
    platform.post(&vic, &roles, json!({"name": "org_admin"})).await.refused(403, "escalation");
    platform.post(&vic, &roles, json!({"name": "recruiter"})).await.refused(403, "escalation");
    platform.post(&vic, &roles, json!({"name": "viewer"})).await.expect(200);
    platform.invite(&vic, "x@people.example", "manager").await.refused(403, "escalation");
}

#[tokio::test]
async fn a_role_with_an_end_stops_counting_then() {
    let platform = Platform::start();
    let (ada, _) = platform.founder("Acme").await;
    let vic = platform.member(&ada, "Vic", "viewer").await;
    let roles = format!("/users/{}/roles", vic.id);
    let at = |hours: i64| platform.ctx.now().plus(Duration::hours(hours));
    let past = json!({"name": "org_admin", "expires_at": at(-1)});
    platform.post(&ada, &roles, past).await.refused(422, "validation_failed");
    platform.post(&ada, &roles, json!({"name": "org_admin", "expires_at": at(1)})).await.expect(200);
    platform.get(&vic, "/users").await.expect(200);
    platform.wait(Duration::hours(1));
    let vic =
        crate::harness::Person::of(&platform.login(&vic.email, crate::harness::PASSWORD).await.expect(200));
    platform.get(&vic, "/users").await.refused(403, "forbidden");
}

#[tokio::test]
async fn grants_give_rights_beside_the_roles() {
    let platform = Platform::start();
    let (ada, _) = platform.founder("Acme").await;
    let vic = platform.member(&ada, "Vic", "viewer").await;
    let path = format!("/users/{}/permissions", vic.id);
    let put = async |grants: serde_json::Value| {
        let tag = platform.get(&ada, &path).await.expect(200).etag.unwrap();
        let headers = [("if-match", tag.as_str())];
        let body = Some(json!({ "grants": grants }));
        platform.send(axum::http::Method::PUT, &path, Some(&ada.token), &headers, body).await
    };
    put(json!([{"permission": "read", "resource_type": "user"}])).await.expect(200);
    platform.get(&vic, "/users").await.expect(200);
    put(json!([{"permission": "read", "resource_type": "platform"}])).await.refused(403, "escalation");
    put(json!([{"permission": "read", "resource_type": "jobs"}])).await.refused(422, "validation_failed");
    put(json!([{"permission": "read", "resource_id": "x"}])).await.refused(422, "validation_failed");
    put(json!([])).await.expect(200);
    platform.get(&vic, "/users").await.refused(403, "forbidden");
    platform
        .send(axum::http::Method::PUT, &path, Some(&ada.token), &[], Some(json!({"grants": []})))
        .await
        .refused(428, "precondition_required");
}

#[tokio::test]
async fn everybody_asks_about_themselves_and_administrators_about_all() {
    let platform = Platform::start();
    let (ada, _) = platform.founder("Acme").await;
    let rita = platform.member(&ada, "Rita", "recruiter").await;
    let ask = |question: String| format!("/security/permissions/check?permission={question}");
    let own = platform.get(&rita, &ask("job:update".into())).await.expect(200);
    assert_eq!(own.body["allowed"], json!(true));
    let wide = platform.get(&rita, &ask("job:update:all".into())).await.expect(200);
    assert_eq!(wide.body["allowed"], json!(false));
    let of_rita = ask(format!("audit_event:read&user_id={}", rita.id));
    assert_eq!(platform.get(&ada, &of_rita).await.expect(200).body["allowed"], json!(false));
    let of_ada = ask(format!("job:read&user_id={}", ada.id));
    platform.get(&rita, &of_ada).await.refused(403, "forbidden");
    platform.get(&rita, &ask("job:fly".into())).await.refused(422, "validation_failed");
    let mut cursor = String::new();
    let mut all = 0;
    loop {
        let page = platform.get(&ada, &format!("/security/permissions?limit=100{cursor}")).await.expect(200);
        all += page.items().len();
        match page.body["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(all, shared::auth::Resource::ALL.len() * 21);
}

#[tokio::test]
async fn a_grant_on_one_document_reaches_that_document_only() {
    let platform = Platform::start();
    let (ada, _) = platform.founder("Acme").await;
    let ian = platform.member(&ada, "Ian", "interviewer").await;
    let (job, other) = (platform.person("A").await.id, platform.person("B").await.id);
    let path = format!("/users/{}/permissions", ian.id);
    let tag = platform.get(&ada, &path).await.expect(200).etag.unwrap();
    let body = json!({"grants": [{"permission": "write", "resource_type": "job", "resource_id": job}]});
    let headers = [("if-match", tag.as_str())];
    platform.send(axum::http::Method::PUT, &path, Some(&ada.token), &headers, Some(body)).await.expect(200);
    for (id, allowed) in [(job, true), (other, false)] {
        let question =
            format!("/security/permissions/check?permission=job:update&resource_type=job&resource_id={id}");
        let verdict = platform.get(&ian, &question).await.expect(200);
        assert_eq!(verdict.body["allowed"], json!(allowed), "{}", verdict.body["reason"]);
    }
}
