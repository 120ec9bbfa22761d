use crate::harness::{PASSWORD, Person, Platform};
use serde_json::json;
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
