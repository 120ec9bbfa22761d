use axum::body::Body;
use axum::http::{Method, Request};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use shared::Context;
use shared::auth::Role;
use shared::clock::Clock;
use shared::config::Config;
use shared::docs::At;
use shared::domain::login_session::LoginSession;
use shared::domain::membership::{Membership, MembershipStatus, RoleRef};
use shared::domain::organisation::{Organisation, OrganisationId};
use shared::domain::user::User;
use shared::http::Edge;
use shared::store::Tenant;
use std::sync::Arc;
use time::Duration;
use tower::ServiceExt as _;

pub(crate) struct Platform {
    pub(crate) ctx: Context,
    router: Edge,
    clock: Arc<Clock>,
}

/// Somebody signed in.
pub(crate) struct Person {
    pub(crate) id: String,
    pub(crate) email: String,
    token: String,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: axum::http::HeaderMap,
    pub(crate) bytes: Vec<u8>,
    pub(crate) body: Value,
}

/// A part of a form: name, file name, content.
pub(crate) type Part<'a> = (&'a str, Option<&'a str>, &'a [u8]);

impl Platform {
    pub(crate) fn start() -> Self {
        Self::with_limits("off")
    }

    pub(crate) fn with_limits(limits: &'static str) -> Self {
        let settings = |name: &str| match name {
            "TALENTI_DATA" => Some(":memory:".to_owned()),
            "RATE_LIMITS" => Some(limits.to_owned()),
            _ => None,
        };
        let clock = Arc::new(Clock::default());
        let functions = [candidates::function(), parse_resume::function()];
        let ctx =
            shared::serve::context(Config::read(&settings).unwrap(), clock.clone(), &functions).unwrap();
        let router = shared::serve::router(&ctx, &functions);
        Self { ctx, router, clock }
    }

    pub(crate) fn wait(&self, time: Duration) {
        self.clock.advance(time);
    }

    /// An account without an organisation: a candidate.
    pub(crate) async fn person(&self, name: &str) -> Person {
        self.account(name, None).await
    }

    pub(crate) async fn organisation(&self) -> OrganisationId {
        let fields = serde_json::from_value(json!({"name": "Acme"})).unwrap();
        let organisation = Organisation::new(fields, "acme".into(), self.ctx.now(), None);
        let at = At::system(Tenant::organisation(&organisation.id.to_string()));
        self.ctx.docs(&at).create(organisation).await.unwrap().id
    }

    pub(crate) async fn staff(&self, organisation: OrganisationId, role: Role) -> Person {
        self.account(role.as_str(), Some((organisation, role))).await
    }

    async fn account(&self, name: &str, member: Option<(OrganisationId, Role)>) -> Person {
        let (ctx, now) = (&self.ctx, self.ctx.now());
        let fields = serde_json::from_value(json!({"first_name": name, "last_name": "Test"})).unwrap();
        let mut user = User::new(fields, "", now, None);
        user.email = format!("{name}.{}@people.example", user.id);
        if let Some((organisation, role)) = member {
            user.joined(organisation);
            let mut member = Membership::new(organisation, &user, MembershipStatus::Active, now, None);
            member.assign(RoleRef::BuiltIn(role), None, None, now).unwrap();
            let at = At::system(Tenant::organisation(&organisation.to_string()));
            ctx.docs(&at).create(member).await.unwrap();
        }
        let at = At::system(Tenant::person(&user.id.to_string()));
        let session = LoginSession::new(user.id, "hash".into(), now, None, None);
        let id = user.id.to_string();
        let token = ctx.sign_in().access_token(&id, &session.family_id.to_string(), now);
        let person = Person { id, email: user.email.clone(), token: token.expose().to_owned() };
        ctx.docs(&at).create(user).await.unwrap();
        ctx.docs(&at).create(session).await.unwrap();
        person
    }

    /// `path` is below /api/v1, or whole when it begins with http.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        who: Option<&Person>,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Answer {
        let uri = match path.strip_prefix("http") {
            Some(rest) => rest.splitn(4, '/').nth(3).map(|path| format!("/{path}")).unwrap(),
            None => format!("/api/v1{path}"),
        };
        let mut request = Request::builder().method(method).uri(uri);
        if let Some(who) = who {
            request = request.header("authorization", format!("Bearer {}", who.token));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.header("content-length", body.len()).body(Body::from(body)).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = response.into_body().collect().await.unwrap().to_bytes().to_vec();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Answer { status, headers, bytes, body }
    }

    pub(crate) async fn get(&self, who: &Person, path: &str) -> Answer {
        self.send(Method::GET, path, Some(who), &[], vec![]).await
    }
    pub(crate) async fn open(&self, url: &str) -> Answer {
        self.send(Method::GET, url, None, &[], vec![]).await
    }
    pub(crate) async fn delete(&self, who: &Person, path: &str) -> Answer {
        self.send(Method::DELETE, path, Some(who), &[], vec![]).await
    }
    pub(crate) async fn post(&self, who: &Person, path: &str, body: Value) -> Answer {
        self.json(Method::POST, who, path, &[], body).await
    }
    pub(crate) async fn put(&self, who: &Person, path: &str, body: Value) -> Answer {
        self.json(Method::PUT, who, path, &[], body).await
    }
    /// Whatever the version.
    pub(crate) async fn patch(&self, who: &Person, path: &str, body: Value) -> Answer {
        self.json(Method::PATCH, who, path, &[("if-match", "*")], body).await
    }
    pub(crate) async fn json(
        &self,
        method: Method,
        who: &Person,
        path: &str,
        headers: &[(&str, &str)],
        body: Value,
    ) -> Answer {
        let mut headers = headers.to_vec();
        headers.push(("content-type", "application/json"));
        self.send(method, path, Some(who), &headers, body.to_string().into_bytes()).await
    }

    pub(crate) async fn form(&self, who: &Person, path: &str, parts: &[Part<'_>]) -> Answer {
        let mut body = Vec::new();
        for (name, file_name, content) in parts {
            let file = file_name.map(|file| format!("; filename=\"{file}\"")).unwrap_or_default();
            body.extend_from_slice(
                format!("--frontier\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n")
                    .as_bytes(),
            );
            body.extend_from_slice(content);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b"--frontier--\r\n");
        let media = [("content-type", "multipart/form-data; boundary=frontier")];
        self.send(Method::POST, path, Some(who), &media, body).await
    }

    pub(crate) async fn upload(&self, who: &Person, name: &str, content: &[u8]) -> Answer {
        self.form(who, "/resume/upload", &[("file", Some(name), content)]).await
    }

    /// A candidate of the caller's organisation; its id.
    pub(crate) async fn candidate(&self, who: &Person, email: &str) -> String {
        let body = json!({"email": email, "first_name": "Cara", "last_name": "Date"});
        self.post(who, "/candidates", body).await.expect(201).text("id")
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
        self.body["items"].as_array().unwrap_or_else(|| panic!("no items in {}", self.body))
    }
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}
