//! A platform in memory with one organisation, one job, one candidate and their interview; spoken to over HTTP.
#![expect(
    unreachable_pub,
    dead_code,
    unused_imports,
    reason = "shared by several test binaries, each of which uses a part"
)]

mod gate;
mod model;
pub use gate::{Gate, Turns};
pub use model::{ScriptedModel, said, sse};

use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};
use shared::Context;
use shared::auth::Role;
use shared::clock::Clock;
use shared::config::Config;
use shared::docs::{At, Listing};
use shared::domain::application::{Application, Submission};
use shared::domain::candidate::Candidate;
use shared::domain::interview::{Interview, InterviewFields, InterviewId};
use shared::domain::job::Job;
use shared::domain::login_session::LoginSession;
use shared::domain::membership::{Membership, MembershipStatus, RoleRef};
use shared::domain::organisation::Organisation;
use shared::domain::person_link::PersonLink;
use shared::domain::pipeline::Pipeline;
use shared::domain::transcript_segment::TranscriptSegment;
use shared::domain::user::User;
use shared::function::Function;
use shared::serve::{Running, backends, launch};
use shared::store::Tenant;
use std::sync::Arc;

pub struct Stage {
    pub running: Running,
    pub at: At,
    pub organisation: Organisation,
    pub job: Job,
    pub candidate: Candidate,
    pub application: Application,
    pub interview: Interview,
    pub clock: Arc<Clock>,
    http: reqwest::Client,
}

/// Somebody signed in.
pub struct Person {
    pub user: User,
    token: String,
    base: String,
    http: reqwest::Client,
}

pub struct Play {
    pub model: Option<String>,
    pub require_disclosure: bool,
    pub limits: bool,
    pub samples: &'static str,
    pub gate: Gate,
}

impl Default for Play {
    fn default() -> Self {
        Self { model: None, require_disclosure: false, limits: false, samples: "1", gate: Gate::default() }
    }
}

impl Stage {
    pub async fn offline(functions: Vec<Function>) -> (Self, Person) {
        Self::set(functions, Play::default()).await
    }

    /// The stage, and the candidate signed in.
    pub async fn set(functions: Vec<Function>, play: Play) -> (Self, Person) {
        let source = |name: &str| match name {
            "TALENTI_DATA" => Some(":memory:".to_owned()),
            "RATE_LIMITS" if !play.limits => Some("off".to_owned()),
            "PORT" => Some("0".to_owned()),
            "AI_BASE_URL" => play.model.clone(),
            "AI_MODEL" => play.model.as_ref().map(|_| "test-model".to_owned()),
            "SCORING_SAMPLES" => Some(play.samples.to_owned()),
            _ => None,
        };
        let config = Config::read(&source).expect("a valid configuration");
        let clock = Arc::new(Clock::default());
        let backends = play.gate.before(backends(&config, &clock).expect("the backends open"));
        let ctx = Context::new(config, clock.clone(), backends, &functions);
        let now = ctx.now();

        let fields = json!({ "name": "Acme", "require_ai_disclosure": play.require_disclosure,
            "values_framework": { "Candour": "We say what we see" } });
        let organisation = Organisation::new(read(fields), "acme".into(), now, None);
        let at = At::system(Tenant::organisation(&organisation.id.to_string()));
        ctx.docs(&at).create(organisation.clone()).await.unwrap();

        let job = Job::new(
            organisation.id,
            read(json!({
                "title": "Welder",
                "description": "Welds pressure vessels in a workshop team.",
                "requirements": { "skills": ["TIG welding", "reading drawings"], "interview_questions": ["How do you weld aluminium?"] },
            })),
            now,
            None,
        );
        ctx.docs(&at).create(job.clone()).await.unwrap();

        let user = user(&ctx, "jane@example.org", "Jane", "Quill", None).await;
        let mut candidate = Candidate::new(
            organisation.id,
            read(json!({
                "email": "jane@example.org", "first_name": "Jane", "last_name": "Quill",
                "summary": "Ten years of welding.",
            })),
            now,
            None,
        );
        candidate.user_id = Some(user.id);
        ctx.docs(&at).create(candidate.clone()).await.unwrap();

        let pipeline = Pipeline::default_of(organisation.id, now, None);
        let from = Submission {
            organisation: organisation.id,
            candidate: candidate.id,
            candidate_user: Some(user.id),
            submitted_by: None,
            created_by: None,
        };
        let application = Application::new(read(json!({ "job_id": job.id })), from, &pipeline, now).unwrap();
        ctx.docs(&at).create(application.clone()).await.unwrap();
        let interview = Interview::by_ai(&application, InterviewFields::default(), now, None);
        ctx.docs(&at).create(interview.clone()).await.unwrap();

        let running = launch(ctx, functions).await.expect("a free port");
        let http = reqwest::Client::builder().build().unwrap();
        let stage = Self { running, at, organisation, job, candidate, application, interview, clock, http };
        stage.link(&user, stage.interview.id).await;
        let jane = stage.person(user).await;
        (stage, jane)
    }

    pub fn ctx(&self) -> &Context {
        self.running.context()
    }

    pub fn id(&self) -> InterviewId {
        self.interview.id
    }

    /// Makes it the user's own interview.
    pub async fn link(&self, user: &User, interview: InterviewId) {
        let (application, job) = (self.application.id, self.job.id);
        let link = PersonLink::interview(
            user.id,
            self.organisation.id,
            application,
            job,
            interview,
            self.ctx().now(),
        );
        let person = At::system(Tenant::person(&user.id.to_string()));
        self.ctx().docs(&person).create(link).await.unwrap();
        let link = PersonLink::application(user.id, self.organisation.id, application, job, self.ctx().now());
        self.ctx().docs(&person).create(link).await.unwrap();
    }

    /// A signed-in person without an organisation.
    pub async fn stranger(&self, email: &str) -> Person {
        let user = user(self.ctx(), email, "Sam", "Stranger", None).await;
        self.person(user).await
    }

    /// A signed-in member of the organisation.
    pub async fn member(&self, role: Role) -> Person {
        let email = format!("{}@acme.example", role.as_str());
        let user = user(self.ctx(), &email, "Rita", "Staff", Some(&self.organisation)).await;
        let now = self.ctx().now();
        let mut member = Membership::new(self.organisation.id, &user, MembershipStatus::Active, now, None);
        member.assign(RoleRef::BuiltIn(role), None, None, now).unwrap();
        self.ctx().docs(&self.at).create(member).await.unwrap();
        self.person(user).await
    }

    /// The same person with a new sign-in.
    pub async fn again(&self, person: &Person) -> Person {
        self.person(person.user.clone()).await
    }

    async fn person(&self, user: User) -> Person {
        let ctx = self.ctx();
        let session = LoginSession::new(user.id, "00".into(), ctx.now(), None, None);
        let token =
            ctx.sign_in().access_token(&user.id.to_string(), &session.family_id.to_string(), ctx.now());
        let person = At::system(Tenant::person(&user.id.to_string()));
        ctx.docs(&person).create(session).await.unwrap();
        let base = format!("http://{}/api/v1", self.running.address());
        Person { user, token: token.expose().to_owned(), base, http: self.http.clone() }
    }

    /// Turns kept of a person's practice interview.
    pub async fn practice_turns(&self, who: &Person, practice: &str) -> usize {
        let at = At::system(Tenant::person(&who.user.id.to_string()));
        let listing = Listing::oldest().within(practice);
        self.ctx().docs::<TranscriptSegment>(&at).list(listing).await.unwrap().items.len()
    }

    pub async fn interview(&self) -> Interview {
        self.ctx().docs::<Interview>(&self.at).get(self.id()).await.unwrap().into_inner()
    }
}

async fn user(ctx: &Context, email: &str, first: &str, last: &str, of: Option<&Organisation>) -> User {
    let fields = read(json!({ "first_name": first, "last_name": last }));
    let mut user = User::new(fields, email, ctx.now(), None);
    if let Some(organisation) = of {
        user.joined(organisation.id);
    }
    let person = At::system(Tenant::person(&user.id.to_string()));
    ctx.docs(&person).create(user.clone()).await.unwrap();
    user
}

pub fn read<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).expect("the test's own document")
}

impl Person {
    pub fn ask(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base)).bearer_auth(&self.token)
    }
    pub async fn get(&self, path: &str) -> Answer {
        Answer::of(self.ask(Method::GET, path).send().await.unwrap()).await
    }
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        Answer::of(self.ask(Method::POST, path).json(&body).send().await.unwrap()).await
    }
    pub async fn put(&self, path: &str, body: Value) -> Answer {
        Answer::of(self.ask(Method::PUT, path).json(&body).send().await.unwrap()).await
    }
    pub async fn delete(&self, path: &str) -> Answer {
        Answer::of(self.ask(Method::DELETE, path).send().await.unwrap()).await
    }
}

pub struct Answer {
    pub status: u16,
    pub content_type: String,
    pub text: String,
}

impl Answer {
    pub async fn of(response: Response) -> Self {
        let status = response.status().as_u16();
        let content_type = response
            .headers()
            .get("content-type")
            .map(|value| value.to_str().unwrap().to_owned())
            .unwrap_or_default();
        Self { status, content_type, text: response.text().await.unwrap() }
    }
    /// The body, when the status is this one; else the test ends and shows what came.
    #[track_caller]
    pub fn is(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }
    /// The problem's code, when the status is this one.
    #[track_caller]
    pub fn refused(&self, status: u16) -> String {
        self.is(status)["code"].as_str().unwrap_or_default().to_owned()
    }
}
