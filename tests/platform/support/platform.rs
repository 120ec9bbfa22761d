//! A platform of its own for a test: the whole product in this process on a free port, or the one at `BASE_URL`.

use super::actor::{Actor, Session};
use super::answer::{Answer, id};
use super::letters::Letters;
use super::make;
use reqwest::Method;
use serde_json::json;
use shared::clock::Clock;
use shared::config::Config;
use shared::docs::At;
use shared::domain::user::User;
use shared::function::PREFIX;
use shared::serve::{Running, backends, launch};
use shared::store::Tenant;
use shared::{Backends, Context};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

/// Links that the platform makes begin with this; actors follow them on the real address.
pub(crate) const PUBLIC: &str = "http://api.talenti.test";
/// Browsers may call from here.
pub(crate) const ORIGIN: &str = "https://jobs.talenti.test";

/// Cheap to clone; the platform runs as long as the test.
#[derive(Clone)]
pub(crate) struct Platform {
    inner: Arc<Inner>,
}

struct Inner {
    base: String,
    http: reqwest::Client,
    letters: Letters,
    /// `None` when it runs elsewhere.
    running: Option<Running>,
    data: Option<TempDir>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        if self.running.is_some() && !std::thread::panicking() {
            super::queries::check();
        }
    }
}

impl Platform {
    pub(crate) async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// As [`Self::start`] with some settings changed; always in this process.
    pub(crate) async fn start_with(changed: &[(&str, &str)]) -> Self {
        #[expect(clippy::disallowed_methods, reason = "the suite itself is configured by the environment")]
        let elsewhere = std::env::var("BASE_URL").ok().filter(|_| changed.is_empty());
        if let Some(base) = elsewhere {
            let base = base.trim_end_matches('/').to_owned();
            return Self::around(base, Letters::Listing, None, None);
        }
        Self::start_over(changed, |backends| backends).await
    }

    /// As [`Self::start_with`], with something put before its backends.
    pub(crate) async fn start_over(
        changed: &[(&str, &str)],
        change: impl FnOnce(Backends) -> Backends,
    ) -> Self {
        let data = tempfile::tempdir().expect("a temporary directory");
        let place = data.path().join("data");
        let mut settings: HashMap<String, String> = HashMap::from(
            [
                ("PORT", "0"),
                ("BIND", "127.0.0.1"),
                ("RATE_LIMITS", "off"),
                ("LOG_LEVEL", "warn"),
                ("API_BASE_URL", PUBLIC),
                ("FRONTEND_URL", ORIGIN),
                ("ALLOWED_ORIGINS", ORIGIN),
                ("TALENTI_DATA", place.to_str().expect("a path of plain text")),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned())),
        );
        settings.extend(super::backends::settings().map(|(name, value)| (name.to_owned(), value)));
        settings.extend(changed.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let config = Config::read(&|name| settings.get(name).cloned()).expect("the settings are right");
        super::queries::watch();
        let (functions, clock) = (all::functions(), Arc::new(Clock::default()));
        let backends = change(backends(&config, &clock).expect("the backends open"));
        let ctx = Context::new(config, clock, backends, &functions);
        let running = launch(ctx, functions).await.expect("the platform starts");
        let base = format!("http://{}", running.address());
        Self::around(base, Letters::Folder(place.join("outbox")), Some(running), Some(data))
    }

    /// A platform in another process that writes its letters into this folder.
    pub(crate) fn elsewhere(base: String, outbox: PathBuf) -> Self {
        Self::with_letters(base, Letters::Folder(outbox))
    }

    /// A platform in another process whose letters are found here.
    pub(crate) fn with_letters(base: String, letters: Letters) -> Self {
        Self::around(base, letters, None, None)
    }

    fn around(base: String, letters: Letters, running: Option<Running>, data: Option<TempDir>) -> Self {
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(60))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .expect("a client");
        Self { inner: Arc::new(Inner { base, http, letters, running, data }) }
    }

    pub(crate) fn http(&self) -> &reqwest::Client {
        &self.inner.http
    }
    /// `host:port`.
    pub(crate) fn authority(&self) -> &str {
        self.inner.base.trim_start_matches("http://")
    }
    /// The inside of a platform in this process: for the clock and for what no endpoint may do.
    pub(crate) fn context(&self) -> &Context {
        self.inner.running.as_ref().expect("a platform in this process").context()
    }
    /// Moves time on. Access tokens may run out: [`Actor::sign_in_again`].
    pub(crate) fn advance(&self, by: ::time::Duration) {
        self.context().clock().advance(by);
    }
    /// The data directory of a platform in this process.
    pub(crate) fn data(&self) -> PathBuf {
        self.inner.data.as_ref().expect("a platform in this process").path().join("data")
    }
    /// Lets a timer pass by now.
    pub(crate) async fn run_timer(&self, name: &str) {
        let functions = all::functions();
        let mut timers = functions.iter().flat_map(|function| &function.timers);
        let timer = timers.find(|timer| timer.name == name).expect("a timer of this name");
        (timer.run)(self.context().clone()).await.expect("the timer runs");
    }
    pub(crate) fn letters(&self) -> &Letters {
        &self.inner.letters
    }

    /// `/jobs` stands below `/api/v1`; `/api/…` and links the platform made are taken as they are.
    pub(crate) fn address(&self, path: &str) -> String {
        if let Some(path) = path.strip_prefix(PUBLIC) {
            return self.root_address(path);
        }
        match path.starts_with("/api/") {
            true => self.root_address(path),
            false => format!("{}{PREFIX}{path}", self.inner.base),
        }
    }

    /// Outside `/api/v1`.
    pub(crate) fn root_address(&self, path: &str) -> String {
        format!("{}{path}", self.inner.base)
    }

    /// A request at the root, outside `/api/v1`, by nobody.
    pub(crate) async fn at_root(&self, method: Method, path: &str) -> Answer {
        let request = self.http().request(method.clone(), format!("{}{path}", self.inner.base));
        let response = request.send().await.unwrap_or_else(|error| panic!("{method} {path}: {error}"));
        Answer::read(method, path.to_owned(), response).await
    }

    /// Nobody: no token.
    pub(crate) fn anonymous(&self) -> Actor {
        Actor::new(self.clone(), Session::default())
    }

    /// Somebody with a fresh account and nothing else: a candidate.
    pub(crate) async fn person(&self, first_name: &str) -> Actor {
        self.register(&make::email(first_name), first_name).await
    }

    pub(crate) async fn register(&self, email: &str, first_name: &str) -> Actor {
        let account = json!({
            "email": email, "password": make::PASSWORD, "first_name": first_name, "last_name": make::LAST_NAME,
        });
        let signed_in = self.anonymous().post("/auth/register", account).await.created();
        Actor::new(self.clone(), Session::of(&signed_in, email))
    }

    /// Platform staff. Only the operator makes them, so this works inside the process.
    pub(crate) async fn staff(&self) -> Actor {
        let actor = self.person("Stella").await;
        let at = At::system(Tenant::person(actor.user_id()));
        let (ctx, id) = (self.context(), actor.user_id());
        let promote = |user: &mut User, _: &mut shared::docs::Work<'_>| {
            user.is_super_admin = true;
            Ok(())
        };
        ctx.docs::<User>(&at).update(id, id, None, promote).await.expect("the user is there");
        ctx.sign_in().forget(id);
        actor
    }

    /// A new organisation with its administrator.
    pub(crate) async fn organisation(&self, name: &str) -> Organisation {
        let admin = self.person("Ada").await;
        let organisation = admin.post("/organisations", make::organisation(name)).await.created();
        Organisation { platform: self.clone(), id: id(&organisation), name: name.to_owned(), admin }
    }
}

/// An organisation and who runs it.
pub(crate) struct Organisation {
    pub(crate) platform: Platform,
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) admin: Actor,
}

impl Organisation {
    pub(crate) async fn recruiter(&self) -> Actor {
        self.member("Rita", "recruiter").await
    }
    pub(crate) async fn manager(&self) -> Actor {
        self.member("Mona", "manager").await
    }
    pub(crate) async fn viewer(&self) -> Actor {
        self.member("Vera", "viewer").await
    }

    /// Somebody with an account, invited by the administrator; joins through the letter.
    pub(crate) async fn member(&self, first_name: &str, role: &str) -> Actor {
        let mut actor = self.platform.person(first_name).await;
        let user = json!({
            "email": actor.email(), "first_name": first_name, "last_name": make::LAST_NAME, "role": role,
        });
        self.admin.post("/users", user).await.created();
        let letter = self.platform.letters().wait_for(&self.platform, actor.email(), "").await;
        actor.post("/invitations/accept", json!({ "token": letter.token() })).await.ok();
        actor.sign_in_again().await;
        actor
    }
}
