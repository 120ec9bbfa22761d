use axum::body::Body;
use axum::http::{Method, Request};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use shared::Context;
use shared::clock::Clock;
use shared::config::Config;
use shared::docs::{At, Listing};
use shared::domain::email_message::EmailMessage;
use shared::domain::membership::Membership;
use shared::domain::user::User;
use shared::http::Edge;
use shared::letters::DerivedToken;
use shared::store::Tenant;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use time::Duration;
use tower::ServiceExt as _;

pub(crate) const PASSWORD: &str = "correct horse battery";

pub(crate) struct Platform {
    pub(crate) ctx: Context,
    router: Edge,
    clock: Arc<Clock>,
    people: AtomicU32,
}

/// Somebody with a token.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) id: String,
    pub(crate) email: String,
    pub(crate) token: String,
    pub(crate) refresh_token: String,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) etag: Option<String>,
    pub(crate) body: Value,
}

impl Platform {
    pub(crate) fn start() -> Self {
        let settings = |name: &str| match name {
            "TALENTI_DATA" => Some(":memory:".to_owned()),
            "RATE_LIMITS" => Some("off".to_owned()),
            _ => None,
        };
        let clock = Arc::new(Clock::default());
        let functions = [identity::function(), create_organisation::function()];
        let ctx =
            shared::serve::context(Config::read(&settings).unwrap(), clock.clone(), &functions).unwrap();
        let router = shared::serve::router(&ctx, &functions);
        Self { ctx, router, clock, people: AtomicU32::new(0) }
    }

    pub(crate) fn wait(&self, time: Duration) {
        self.clock.advance(time);
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(format!("/api/v1{path}"));
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = match body {
            Some(body) => {
                request = request.header("content-type", "application/json");
                Body::from(body.to_string())
            }
            None => Body::empty(),
        };
        let response = self.router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let status = response.status().as_u16();
        let etag = response.headers().get("etag").map(|tag| tag.to_str().unwrap().to_owned());
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        Answer { status, etag, body: serde_json::from_slice(&bytes).unwrap_or(Value::Null) }
    }

    pub(crate) async fn open(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, None, &[], Some(body)).await
    }

    pub(crate) async fn login(&self, email: &str, password: &str) -> Answer {
        self.open("/auth/login", json!({"email": email, "password": password})).await
    }

    /// A new account.
    pub(crate) async fn person(&self, name: &str) -> Person {
        let number = self.people.fetch_add(1, Ordering::Relaxed);
        let email = format!("{}{number}@people.example", name.to_lowercase());
        let body = json!({"email": email, "password": PASSWORD, "first_name": name, "last_name": "Test"});
        let answer = self.open("/auth/register", body).await.expect(201);
        Person::of(&answer)
    }

    /// A new account that founded an organisation; and the organisation's id.
    pub(crate) async fn founder(&self, organisation: &str) -> (Person, String) {
        let founder = self.person("Ada").await;
        let answer = self.post(&founder, "/organisations", json!({"name": organisation})).await.expect(201);
        (founder, answer.text("id"))
    }

    pub(crate) async fn get(&self, who: &Person, path: &str) -> Answer {
        self.send(Method::GET, path, Some(&who.token), &[], None).await
    }
    pub(crate) async fn post(&self, who: &Person, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, Some(&who.token), &[], Some(body)).await
    }
    pub(crate) async fn put(&self, who: &Person, path: &str, body: Value) -> Answer {
        self.send(Method::PUT, path, Some(&who.token), &[], Some(body)).await
    }
    pub(crate) async fn delete(&self, who: &Person, path: &str) -> Answer {
        self.send(Method::DELETE, path, Some(&who.token), &[], None).await
    }
    /// Reads for the ETag, then patches.
    pub(crate) async fn patch(&self, who: &Person, path: &str, body: Value) -> Answer {
        let tag = self.get(who, path).await.expect(200).etag.expect("an ETag");
        self.send(Method::PATCH, path, Some(&who.token), &[("if-match", &tag)], Some(body)).await
    }
}

impl Person {
    pub(crate) fn of(answer: &Answer) -> Self {
        Self {
            id: answer.body["user"]["id"].as_str().unwrap().to_owned(),
            email: answer.body["user"]["email"].as_str().unwrap().to_owned(),
            token: answer.text("access_token"),
            refresh_token: answer.text("refresh_token"),
        }
    }
}

impl Answer {
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.body);
        self
    }
    #[track_caller]
    pub(crate) fn refused(self, status: u16, code: &str) -> Self {
        assert_eq!((self.status, self.body["code"].as_str()), (status, Some(code)), "{}", self.body);
        self
    }
    #[track_caller]
    pub(crate) fn text(&self, member: &str) -> String {
        self.body[member].as_str().unwrap_or_else(|| panic!("no {member} in {}", self.body)).to_owned()
    }
    #[track_caller]
    pub(crate) fn items(&self) -> &Vec<Value> {
        self.body["items"].as_array().unwrap()
    }
}

impl Platform {
    /// Invites a new person to the founder's organisation and has them accept, as the link in the mail would.
    pub(crate) async fn member(&self, founder: &Person, name: &str, role: &str) -> Person {
        let person = self.person(name).await;
        self.invite(founder, &person.email, role).await.expect(201);
        self.accept(founder, &person).await;
        person
    }

    pub(crate) async fn invite(&self, founder: &Person, email: &str, role: &str) -> Answer {
        let body = json!({"email": email, "first_name": "In", "last_name": "Vited", "role": role});
        self.post(founder, "/users", body).await
    }

    /// What POST /invitations/accept does, which is another function's.
    async fn accept(&self, founder: &Person, person: &Person) {
        let organisation = self.get(founder, "/auth/me").await.text("organisation_id");
        let at = At::system(Tenant::organisation(&organisation));
        let (id, organisation) = (&person.id, organisation.parse().unwrap());
        let own = At::system(Tenant::person(id));
        let docs = self.ctx.docs::<User>(&own);
        docs.update(id, id, None, |user, _| {
            user.joined(organisation);
            Ok(())
        })
        .await
        .unwrap();
        self.ctx.docs::<Membership>(&at).update(id, id, None, |member, _| member.accept()).await.unwrap();
        self.ctx.sign_in().forget(id);
    }

    /// The audit events of a tenant, newest first.
    pub(crate) async fn audit(&self, tenant: Tenant) -> Vec<Value> {
        let events = self.ctx.events(&At::system(tenant), Listing::newest()).await.unwrap();
        let mut page: Value = serde_json::from_str(&events.text).unwrap();
        serde_json::from_value(page["items"].take()).unwrap()
    }

    /// The token of the newest letter in a tenant: derived as it will be when the letter leaves.
    pub(crate) async fn mailed_token(&self, tenant: Tenant) -> String {
        let at = At::system(tenant);
        let letters = self.ctx.docs::<EmailMessage>(&at).list(Listing::newest()).await.unwrap();
        let link = letters.items[0].variables["link"].clone();
        let token: DerivedToken = serde_json::from_value(link["token"].clone()).unwrap();
        let prefix = link["prefix"].as_str().unwrap();
        let link = format!("{prefix}{}", token.text(&self.ctx));
        link.rsplit(['=', '/']).next().unwrap().to_owned()
    }
}
