use crate::harness::{PASSWORD, Person, Platform};
use serde_json::json;
use shared::store::Tenant;
use time::Duration;

#[tokio::test]
async fn a_new_account_is_signed_in_and_a_founder_runs_the_organisation_at_once() {
    let platform = Platform::start();
    let ada = platform.person("Ada").await;
    let me = platform.get(&ada, "/auth/me").await.expect(200);
    assert_eq!(me.body["roles"], json!(["candidate"]));
    let founded =
        platform.post(&ada, "/organisations/", json!({"name": "Acme", "extra": 1})).await.expect(201);
    let me = platform.get(&ada, "/auth/me").await.expect(200);
    assert_eq!(me.body["roles"], json!(["org_admin"]));
    assert_eq!(me.body["memberships"][0]["organisation_id"], founded.body["id"]);
    let held = me.body["permissions"].as_array().unwrap();
    assert!(held.contains(&json!("user:create:all")));
}

#[tokio::test]
async fn what_cannot_be_registered_is_refused() {
    let platform = Platform::start();
    let ada = platform.person("Ada").await;
    let account = |email: &str, password: &str, name: &str| json!({"email": email, "password": password, "first_name": name, "last_name": "B"});
    let taken = account(&ada.email.to_uppercase(), PASSWORD, "A");
    let taken = platform.open("/auth/register", taken).await.refused(409, "duplicate");
    assert!(taken.body.get("existing_id").is_none());
    let long = format!("{}@b.example", "a".repeat(260));
    for (email, password, name) in [
        ("nobody", PASSWORD, "A"),
        (&long, PASSWORD, "A"),
        ("a@b.example", "short", "A"),
        ("a@b.example", "q1w2e3r4t5y6", "A"),
        ("somebody.long@b.example", "Somebody.Long@b.example", "A"),
        ("a@b.example", PASSWORD, "   "),
    ] {
        platform
            .open("/auth/register", account(email, password, name))
            .await
            .refused(422, "validation_failed");
    }
}

#[tokio::test]
async fn a_wrong_address_and_a_wrong_password_get_the_same_answer() {
    let platform = Platform::start();
    let ada = platform.person("Ada").await;
    let one = platform.login("nobody@people.example", PASSWORD).await.refused(401, "unauthenticated");
    let other = platform.login(&ada.email, "wrong password 1").await.refused(401, "unauthenticated");
    assert_eq!(one.body["detail"], other.body["detail"]);
    platform.login(&ada.email.to_uppercase(), PASSWORD).await.expect(200);
}

#[tokio::test]
async fn the_sixth_attempt_is_locked_out_even_with_the_right_password() {
    let platform = Platform::start();
    let ada = platform.person("Ada").await;
    for _ in 0..5 {
        platform.login(&ada.email, "wrong password 1").await.refused(401, "unauthenticated");
    }
    platform.login(&ada.email, PASSWORD).await.refused(423, "locked");
    platform.wait(Duration::minutes(15));
    platform.login(&ada.email, PASSWORD).await.expect(200);
}

#[tokio::test]
async fn a_refresh_token_used_twice_ends_the_family() {
    let platform = Platform::start();
    let ada = platform.person("Ada").await;
    let refresh = |token: &str| platform.open("/auth/refresh", json!({"refresh_token": token}));
    let second = Person::of(&refresh(&ada.refresh_token).await.expect(200));
    platform.get(&second, "/auth/me").await.expect(200);
    let other = Person::of(&platform.login(&ada.email, PASSWORD).await.expect(200));
    refresh(&ada.refresh_token).await.refused(401, "unauthenticated");
    refresh(&second.refresh_token).await.refused(401, "unauthenticated");
    platform.get(&second, "/auth/me").await.refused(401, "unauthenticated");
    // The family, not the person.
    platform.get(&other, "/auth/me").await.expect(200);
}

#[tokio::test]
async fn of_two_refreshes_at_once_none_survives() {
    let platform = Platform::start();
    let ada = platform.person("Ada").await;
    let refresh = || platform.open("/auth/refresh", json!({"refresh_token": ada.refresh_token}));
    let (one, two) = tokio::join!(refresh(), refresh());
    assert!(one.status == 401 || two.status == 401);
    platform.get(&ada, "/auth/me").await.refused(401, "unauthenticated");
}

#[tokio::test]
async fn sessions_are_listed_and_ended_one_by_one_or_all() {
    let platform = Platform::start();
    let ada = platform.person("Ada").await;
    let phone = Person::of(&platform.login(&ada.email, PASSWORD).await.expect(200));
    let tablet = Person::of(&platform.login(&ada.email, PASSWORD).await.expect(200));
    let sessions = platform.get(&ada, "/auth/sessions").await.expect(200);
    let current = |current: bool| {
        let mut ids = sessions.items().iter().filter(|one| one["current"] == json!(current));
        ids.next().unwrap()["id"].as_str().unwrap().to_owned()
    };
    assert_eq!(sessions.items().len(), 3);
    // The newest comes first: the tablet's.
    platform.delete(&ada, &format!("/auth/sessions/{}", current(false))).await.expect(204);
    platform.get(&tablet, "/auth/me").await.refused(401, "unauthenticated");
    let stranger = platform.person("Eve").await;
    let own = format!("/auth/sessions/{}", current(true));
    platform.delete(&stranger, &own).await.refused(404, "not_found");
    platform.post(&ada, "/auth/logout", json!({"refresh_token": phone.refresh_token})).await.expect(204);
    platform.get(&phone, "/auth/me").await.refused(401, "unauthenticated");
    let other = Person::of(&platform.login(&ada.email, PASSWORD).await.expect(200));
    platform.send(axum::http::Method::POST, "/auth/logout", Some(&ada.token), &[], None).await.expect(204);
    platform.get(&ada, "/auth/me").await.refused(401, "unauthenticated");
    platform.post(&other, "/auth/logout", json!({"all": true})).await.expect(204);
    platform
        .open("/auth/refresh", json!({"refresh_token": other.refresh_token}))
        .await
        .refused(401, "unauthenticated");
}

#[tokio::test]
async fn bad_headers_and_bodies_are_refused() {
    let platform = Platform::start();
    let ada = platform.person("Ada").await;
    let get = axum::http::Method::GET;
    for header in ["Basic abc", "Bearer", "Bearer nonsense"] {
        let answer = platform.send(get.clone(), "/auth/me", None, &[("authorization", header)], None).await;
        answer.refused(401, "unauthenticated");
    }
    platform.get(&ada, "/auth/sessions").await.expect(200);
    platform.send(get, "/users", None, &[], None).await.refused(401, "unauthenticated");
    let large = json!({"email": "a@b.example", "password": "x".repeat(70_000)});
    platform.open("/auth/login", large).await.refused(413, "too_large");
    let unknown = json!({"email": "a@b.example", "password": PASSWORD, "remember": true});
    platform.open("/auth/login", unknown).await.refused(422, "validation_failed");
}

#[tokio::test]
async fn signing_in_is_audited_without_a_name_or_a_password() {
    let platform = Platform::start();
    let ada = platform.person("Ada").await;
    platform.login(&ada.email, "wrong password 1").await.refused(401, "unauthenticated");
    platform.login(&ada.email, PASSWORD).await.expect(200);
    let events = platform.audit(Tenant::person(&ada.id)).await;
    let logins = events.iter().filter(|event| event["action"] == json!("login")).count();
    assert_eq!(logins, 2);
    let text = serde_json::to_string(&events).unwrap();
    assert!(!text.contains(&ada.email) && !text.contains("argon2"));
}
