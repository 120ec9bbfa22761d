//! An organisation with people in it, on a platform of its own.

use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use shared::Context;
use shared::auth::Role;
use shared::config::Config;
use shared::docs::{At, Claim};
use shared::domain::candidate::Candidate;
use shared::domain::job_metrics::JobMetrics;
use shared::domain::login_session::LoginSession;
use shared::domain::membership::{Membership, MembershipStatus, RoleRef};
use shared::domain::organisation::{Organisation, OrganisationId};
use shared::domain::user::{User, UserId};
use shared::serve::{Running, launch};
use shared::store::Tenant;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

pub(crate) struct Office {
    pub(crate) ctx: Context,
    pub(crate) organisation: OrganisationId,
    base: String,
    http: Client,
    people: AtomicUsize,
    _running: Running,
}

/// Somebody with a token.
pub(crate) struct Person {
    pub(crate) id: UserId,
    pub(crate) email: String,
    token: String,
    base: String,
    http: Client,
}

pub(crate) struct Reply {
    what: String,
    pub(crate) status: StatusCode,
    pub(crate) etag: Option<String>,
    pub(crate) body: Value,
}

impl Office {
    pub(crate) async fn open() -> Self {
        let setting = |name: &str| match name {
            "TALENTI_DATA" => Some(":memory:".into()),
            "RATE_LIMITS" => Some("off".into()),
            "PORT" => Some("0".into()),
            _ => None,
        };
        let functions = vec![
            jobs::function(),
            applications::function(),
            extract_requirements::function(),
            generate_shortlist::function(),
        ];
        let config = Config::read(&setting).unwrap();
        let ctx = shared::serve::context(config, Arc::default(), &functions).unwrap();
        let running = launch(ctx.clone(), functions).await.unwrap();
        let base = format!("http://127.0.0.1:{}/api/v1", running.address().port());
        let fields = serde_json::from_value(json!({ "name": "Acme" })).unwrap();
        let organisation = Organisation::new(fields, "acme".into(), ctx.now(), None);
        let id = organisation.id;
        let at = At::system(Tenant::organisation(&id.to_string()));
        ctx.docs::<Organisation>(&at).create(organisation).await.unwrap();
        let http = Client::builder().build().unwrap();
        let people = AtomicUsize::new(0);
        Self { ctx, organisation: id, base, http, people, _running: running }
    }

    pub(crate) fn at(&self) -> At {
        At::system(Tenant::organisation(&self.organisation.to_string()))
    }

    /// Somebody without an organisation.
    pub(crate) async fn person(&self) -> Person {
        self.somebody(None).await
    }

    pub(crate) async fn member(&self, role: Role) -> Person {
        self.somebody(Some(role)).await
    }

    pub(crate) async fn admin(&self) -> Person {
        self.member(Role::OrgAdmin).await
    }

    async fn somebody(&self, role: Option<Role>) -> Person {
        let number = self.people.fetch_add(1, Ordering::Relaxed);
        let email = format!("person{number}@example.org");
        let now = self.ctx.now();
        let fields = serde_json::from_value(json!({ "first_name": "Kim", "last_name": "Ng" })).unwrap();
        let mut user = User::new(fields, &email, now, None);
        if let Some(role) = role {
            user.joined(self.organisation);
            let mut member = Membership::new(self.organisation, &user, MembershipStatus::Active, now, None);
            member.assign(RoleRef::BuiltIn(role), None, None, now).unwrap();
            self.ctx.docs::<Membership>(&self.at()).create(member).await.unwrap();
        }
        let at = At::system(Tenant::person(&user.id.to_string()));
        let session = LoginSession::new(user.id, "hash".into(), now, None, None);
        let (id, family) = (user.id, session.family_id);
        self.ctx.docs::<User>(&at).create(user).await.unwrap();
        self.ctx.docs::<LoginSession>(&at).create(session).await.unwrap();
        let token = self.ctx.sign_in().access_token(&id.to_string(), &family.to_string(), now);
        Person {
            id,
            email,
            token: token.expose().to_owned(),
            base: self.base.clone(),
            http: self.http.clone(),
        }
    }

    /// A record of the organisation, made by `by`.
    pub(crate) async fn candidate(&self, by: &Person) -> Value {
        let email = format!("candidate{}@example.org", self.people.fetch_add(1, Ordering::Relaxed));
        self.candidate_with(by, &email, |_| {}).await
    }

    pub(crate) async fn candidate_with(
        &self,
        by: &Person,
        email: &str,
        change: impl FnOnce(&mut Candidate),
    ) -> Value {
        let fields = json!({ "email": email, "first_name": "Sam", "last_name": "Lee" });
        let fields = serde_json::from_value(fields).unwrap();
        let mut candidate =
            Candidate::new(self.organisation, fields, self.ctx.now(), Some(by.id.to_string()));
        change(&mut candidate);
        let at = self.at();
        let claim = Claim::new(&at.tenant, "candidate-email", &[email]);
        let candidate = self.ctx.docs::<Candidate>(&at).create_unique(candidate, &[claim]).await.unwrap();
        json!(candidate.id)
    }

    /// Today and some days, as `YYYY-MM-DD`.
    pub(crate) fn day(&self, days: i64) -> String {
        shared::clock::Day::of(self.ctx.now().plus(time::Duration::days(days))).to_string()
    }

    pub(crate) fn advert(&self, title: &str) -> Value {
        json!({
            "title": title,
            "description": "You weld steel frames.",
            "department": "Workshop",
            "job_type": "full_time",
            "employment_type": "permanent",
            "deadline": self.day(30),
            "required_skills": { "welding": "advanced" },
        })
    }

    /// Active; its id.
    pub(crate) async fn job(&self, by: &Person) -> String {
        self.job_for(by, 1).await
    }

    pub(crate) async fn job_for(&self, by: &Person, positions: u32) -> String {
        let mut advert = self.advert("Welder");
        advert["positions_available"] = positions.into();
        let id = text(&by.post("/jobs", advert).await.expect(201)["id"]);
        by.post(&format!("/jobs/{id}/publish"), json!({})).await.expect(200);
        id
    }

    /// To the job, of a new candidate; its id.
    pub(crate) async fn application(&self, by: &Person, job: &str) -> String {
        let body = json!({ "job_id": job, "candidate_id": self.candidate(by).await });
        text(&by.post("/applications", body).await.expect(201)["id"])
    }

    /// The stage of the default pipeline with this name.
    pub(crate) async fn stage(&self, by: &Person, name: &str) -> Value {
        let stages = by.get("/pipeline/stages").await.expect(200);
        let stages = stages["items"].as_array().unwrap();
        stages.iter().find(|stage| stage["name"] == name).unwrap_or_else(|| panic!("no stage {name}"))["id"]
            .clone()
    }

    /// Waits until the messages of so many moves of applications to this job were handled.
    pub(crate) async fn counted(&self, job: &str, moves: usize) {
        for _ in 0..400 {
            let metrics = self.ctx.docs::<JobMetrics>(&self.at()).find(job).await.unwrap();
            if metrics.is_some_and(|metrics| metrics.counted.len() >= moves) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("the moves of job {job} were not counted");
    }
}

impl Person {
    async fn send(&self, method: Method, path: &str, etag: Option<&str>, body: Option<Value>) -> Reply {
        let what = format!("{method} {path}");
        let mut request = self.http.request(method, format!("{}{path}", self.base)).bearer_auth(&self.token);
        if let Some(etag) = etag {
            request = request.header("if-match", etag);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await.unwrap();
        let etag = response.headers().get("etag").map(|tag| tag.to_str().unwrap().to_owned());
        let status = response.status();
        let body = response.json().await.unwrap_or_default();
        Reply { what, status, etag, body }
    }
    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, path, None, None).await
    }
    pub(crate) async fn post(&self, path: &str, body: Value) -> Reply {
        self.send(Method::POST, path, None, Some(body)).await
    }
    pub(crate) async fn post_if(&self, path: &str, etag: &str, body: Value) -> Reply {
        self.send(Method::POST, path, Some(etag), Some(body)).await
    }
    pub(crate) async fn patch(&self, path: &str, etag: &str, body: Value) -> Reply {
        self.send(Method::PATCH, path, Some(etag), Some(body)).await
    }
    /// PATCH or PUT of what was read just now.
    pub(crate) async fn change(&self, method: Method, path: &str, body: Value) -> Reply {
        let etag = self.get(path).await.etag.expect("an ETag");
        self.send(method, path, Some(&etag), Some(body)).await
    }
    pub(crate) async fn put(&self, path: &str) -> Reply {
        self.send(Method::PUT, path, None, None).await
    }
    pub(crate) async fn delete(&self, path: &str) -> Reply {
        self.send(Method::DELETE, path, None, None).await
    }
}

impl Reply {
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{} answered {:#}", self.what, self.body);
        self.body
    }
    /// A problem of this status and code.
    #[track_caller]
    pub(crate) fn refused(self, status: u16, code: &str) -> Value {
        let what = self.what.clone();
        let body = self.expect(status);
        assert_eq!(body["code"], code, "{what} answered {body:#}");
        body
    }
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

/// Values of one member of a page's items.
pub(crate) fn each(page: &Value, member: &str) -> Vec<Value> {
    page["items"].as_array().unwrap().iter().map(|item| item[member].clone()).collect()
}
