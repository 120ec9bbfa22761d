use crate::harness::{PASSWORD, Person, Platform};
use serde_json::json;
use shared::docs::{At, Listing};
use shared::domain::credential::Credential;
use shared::domain::email_message::EmailMessage;
use shared::store::Tenant;
use time::Duration;

const NEW: &str = "another good password";

#[tokio::test]
async fn a_forgotten_password_is_set_anew_once_and_ends_all_sessions() {
    let platform = Platform::start();
    let ada = platform.person("Ada").await;
    platform.open("/auth/forgot-password", json!({"email": ada.email})).await.expect(202);
    let token = platform.mailed_token(Tenant::person(&ada.id)).await;
    let reset = |password: &str| {
        platform.open("/auth/reset-password", json!({"token": token, "new_password": password}))
    };
    // A refused password does not use the link up.
    reset("short").await.refused(422, "validation_failed");
    reset(NEW).await.expect(204);
    reset(NEW).await.refused(410, "gone");
    platform.get(&ada, "/auth/me").await.refused(401, "unauthenticated");
    platform.login(&ada.email, PASSWORD).await.refused(401, "unauthenticated");
    platform.login(&ada.email, NEW).await.expect(200);
}

#[tokio::test]
async fn a_reset_link_ends_after_an_hour_and_with_the_next_one() {
    let platform = Platform::start();
    let ada = platform.person("Ada").await;
    let forgot = || platform.open("/auth/forgot-password", json!({"email": ada.email}));
    let reset =
        |token: String| platform.open("/auth/reset-password", json!({"token": token, "new_password": NEW}));
    forgot().await.expect(202);
    let first = platform.mailed_token(Tenant::person(&ada.id)).await;
    forgot().await.expect(202);
    let second = platform.mailed_token(Tenant::person(&ada.id)).await;
    reset(first).await.refused(410, "gone");
    platform.wait(Duration::minutes(60));
    reset(second).await.refused(410, "gone");
    reset("nonsense".into()).await.refused(410, "gone");
}

#[tokio::test]
async fn asking_for_a_link_tells_nothing_and_stores_no_token() {
    let platform = Platform::start();
    let ada = platform.person("Ada").await;
    let known = platform.open("/auth/forgot-password", json!({"email": ada.email})).await.expect(202);
    let unknown =
        platform.open("/auth/forgot-password", json!({"email": "nobody@b.example"})).await.expect(202);
    assert_eq!(known.body, unknown.body);
    let token = platform.mailed_token(Tenant::person(&ada.id)).await;
    let at = At::system(Tenant::person(&ada.id));
    let letters = platform.ctx.docs::<EmailMessage>(&at).list_raw(Listing::newest()).await.unwrap();
    let credentials = platform.ctx.docs::<Credential>(&at).list_raw(Listing::newest()).await.unwrap();
    let secret = token.split_once('.').unwrap().1;
    assert_eq!((letters.count, credentials.count), (1, 1));
    assert!(!letters.text.contains(secret) && !credentials.text.contains(secret));
}

#[tokio::test]
async fn changing_the_password_keeps_this_session_and_ends_the_others() {
    let platform = Platform::start();
    let ada = platform.person("Ada").await;
    let other = Person::of(&platform.login(&ada.email, PASSWORD).await.expect(200));
    let change = |current: &str| {
        platform.put(&ada, "/auth/password", json!({"current_password": current, "new_password": NEW}))
    };
    change("wrong password 1").await.refused(401, "unauthenticated");
    change(PASSWORD).await.expect(204);
    platform.get(&ada, "/auth/me").await.expect(200);
    platform.get(&other, "/auth/me").await.refused(401, "unauthenticated");
}

#[tokio::test]
async fn an_invited_person_sets_the_first_password_with_the_letters_token() {
    let platform = Platform::start();
    let (ada, acme) = platform.founder("Acme").await;
    let added = platform.invite(&ada, "new@people.example", "viewer").await.expect(201);
    let token = platform.mailed_token(Tenant::organisation(&acme)).await;
    let account = |token: serde_json::Value| {
        let body = json!({"email": "new@people.example", "password": PASSWORD, "first_name": "N", "last_name": "W", "invitation_token": token});
        platform.open("/auth/register", body)
    };
    account(json!(null)).await.refused(409, "duplicate");
    account(json!("guess")).await.refused(409, "duplicate");
    let person = Person::of(&account(json!(token)).await.expect(201));
    assert_eq!(person.id, added.text("id"));
    // Once: afterwards there is a password.
    account(json!(token)).await.refused(409, "duplicate");
}
