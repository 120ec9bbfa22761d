//! A function is declared once, as a plain value. Router, access checks, function.json, OpenAPI, the endpoint inventory
//! and the authorisation sweeps all derive from it.

use crate::BoxFuture;
use crate::auth::{Action, Resource};
use crate::context::Context;
use crate::error::Error;
use crate::http::{Describe, Operation, RateClass};
use crate::message::{Envelope, Message};
use axum::extract::Request;
use axum::handler::Handler;
use axum::http::Method;
use axum::response::Response;
use std::sync::Arc;

/// Who may call an endpoint at all. What of an organisation's data they see is decided per document (scope).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anybody; a valid token is used, a bad one is still refused.
    Open,
    /// Anybody signed in.
    SignedIn,
    /// Needs the permission, in any scope.
    Can(Resource, Action),
    /// Needs one of them, in any scope.
    Any(&'static [(Resource, Action)]),
    /// Needs the permission, or is the person the data is about: the handler checks which.
    CanOrSubject(Resource, Action),
    /// Platform staff.
    SuperAdmin,
    /// Carries its own proof in the address (a signed link).
    SignedLink,
}

impl std::fmt::Display for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Open => write!(f, "open"),
            Self::SignedIn => write!(f, "signed in"),
            Self::Can(resource, action) => write!(f, "{}:{}", resource.as_str(), action.as_str()),
            Self::Any(all) => {
                let names: Vec<_> = all
                    .iter()
                    .map(|(resource, action)| format!("{}:{}", resource.as_str(), action.as_str()))
                    .collect();
                write!(f, "{}", names.join(" or "))
            }
            Self::CanOrSubject(resource, action) => {
                write!(f, "{}:{} or its subject", resource.as_str(), action.as_str())
            }
            Self::SuperAdmin => write!(f, "super_admin"),
            Self::SignedLink => write!(f, "signed link"),
        }
    }
}

/// Bodies above this are refused with 413 unless the endpoint takes files (spec 10 §8).
pub const BODY_LIMIT: usize = 64 * 1024;

/// One method on one path.
#[derive(Clone)]
pub struct Endpoint {
    pub method: Method,
    /// Full path, with `{name}` for parameters.
    pub path: String,
    pub access: Access,
    /// One line for the API documentation.
    pub summary: &'static str,
    /// Contract paths ignore unknown members and parameters; our own refuse them (15).
    pub contract: bool,
    pub rate: RateClass,
    pub body_limit: usize,
    pub(crate) describe: fn() -> Operation,
    pub(crate) handle: Handle,
}

/// A handler with its extractors.
pub(crate) type Handle = Arc<dyn Fn(Request, Context) -> BoxFuture<'static, Response> + Send + Sync>;

impl Endpoint {
    /// Serves the former contract: exact path, tolerant input.
    pub fn contract(mut self) -> Self {
        self.contract = true;
        self
    }
    /// Counts against a tighter limit than ordinary requests.
    pub fn rate(mut self, rate: RateClass) -> Self {
        self.rate = rate;
        self
    }
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }
    /// Stands at the root, outside `/api/v1`.
    pub fn at_root(mut self) -> Self {
        if let Some(path) = self.path.strip_prefix(PREFIX) {
            self.path = path.to_owned();
        }
        self
    }
    /// What its handler takes and answers.
    pub fn operation(&self) -> Operation {
        (self.describe)()
    }
}

/// Stands before every path of the specification (00 §4).
pub const PREFIX: &str = "/api/v1";

macro_rules! verbs {
    ($($verb:ident $method:ident;)*) => {$(
        /// An endpoint; `path` is below `/api/v1`. There is none without an access.
        pub fn $verb<H, T, D>(path: &str, access: Access, summary: &'static str, handler: H) -> Endpoint
        where
            H: Handler<T, Context> + Describe<D>,
            T: 'static,
        {
            endpoint(Method::$method, path, access, summary, handler)
        }
    )*};
}
verbs! { get GET; post POST; put PUT; patch PATCH; delete DELETE; }

fn endpoint<H, T, D>(
    method: Method,
    path: &str,
    access: Access,
    summary: &'static str,
    handler: H,
) -> Endpoint
where
    H: Handler<T, Context> + Describe<D>,
    T: 'static,
{
    Endpoint {
        method,
        path: format!("{PREFIX}{path}"),
        access,
        summary,
        contract: false,
        rate: RateClass::Ordinary,
        body_limit: BODY_LIMIT,
        describe: H::operation,
        handle: Arc::new(move |request, ctx| Box::pin(handler.clone().call(request, ctx))),
    }
}

/// What a message handler says when it could not do its work.
#[derive(Debug)]
pub enum Failure {
    /// Try again later: 5 attempts in all, then the poison queue.
    Retry(Error),
    /// Trying again cannot help: to the poison queue at once.
    GiveUp(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Retry(error)
    }
}

type RunMessage = Arc<dyn Fn(Context, Envelope) -> BoxFuture<'static, Result<(), Failure>> + Send + Sync>;
type RunTimer = Arc<dyn Fn(Context) -> BoxFuture<'static, crate::error::Result<()>> + Send + Sync>;

/// Handles one message type of one queue.
#[derive(Clone)]
pub struct Consumer {
    pub queue: &'static str,
    pub kind: &'static str,
    pub run: RunMessage,
}

/// Runs on a schedule (NCRONTAB, six fields, UTC).
#[derive(Clone)]
pub struct Timer {
    pub name: &'static str,
    pub schedule: &'static str,
    pub run: RunTimer,
}

/// One deployable function: what it serves, consumes and runs.
#[derive(Clone)]
pub struct Function {
    /// Crate, folder and binary carry the same name.
    pub name: &'static str,
    pub about: &'static str,
    pub endpoints: Vec<Endpoint>,
    pub consumers: Vec<Consumer>,
    pub timers: Vec<Timer>,
}

impl Function {
    pub fn new(name: &'static str, about: &'static str) -> Self {
        Self { name, about, endpoints: Vec::new(), consumers: Vec::new(), timers: Vec::new() }
    }

    pub fn serve(mut self, endpoints: impl IntoIterator<Item = Endpoint>) -> Self {
        self.endpoints.extend(endpoints);
        self
    }

    /// The queue belongs to the message type.
    pub fn on_message<M, F, Fut>(mut self, handle: F) -> Self
    where
        M: Message,
        F: Fn(Context, Envelope<M>) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<(), Failure>> + Send + 'static,
    {
        let run: RunMessage = Arc::new(move |ctx, envelope| {
            let handle = handle.clone();
            Box::pin(async move {
                let payload = serde_json::from_value(envelope.payload.clone()).map_err(|error| {
                    let what = format!("payload of {} is malformed", M::TYPE);
                    Failure::GiveUp(Error::new(crate::error::Code::BadRequest, what).because(error))
                })?;
                handle(ctx, envelope.with(payload)).await
            })
        });
        self.consumers.push(Consumer { queue: M::QUEUE, kind: M::TYPE, run });
        self
    }

    pub fn on_schedule<F, Fut>(mut self, name: &'static str, schedule: &'static str, run: F) -> Self
    where
        F: Fn(Context) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = crate::error::Result<()>> + Send + 'static,
    {
        let run: RunTimer = Arc::new(move |ctx| Box::pin(run.clone()(ctx)));
        self.timers.push(Timer { name, schedule, run });
        self
    }

    /// Queues it consumes, each once.
    pub fn queues(&self) -> Vec<&'static str> {
        let mut queues: Vec<_> = self.consumers.iter().map(|consumer| consumer.queue).collect();
        queues.sort_unstable();
        queues.dedup();
        queues
    }

    /// First segments below `/api/v1` (or the root) that its endpoints stand under: one HTTP trigger each.
    pub fn prefixes(&self) -> Vec<String> {
        let mut prefixes: Vec<_> = self.endpoints.iter().map(|endpoint| prefix_of(&endpoint.path)).collect();
        prefixes.sort_unstable();
        prefixes.dedup();
        prefixes
    }
}

/// `api/v1/jobs` for `/api/v1/jobs/{id}/publish`; deeper when the path has a fixed second segment of its own function
/// (`/api/v1/jobs/extract`), so that the longest prefix decides (spec 00 §3).
fn prefix_of(path: &str) -> String {
    let mut segments =
        path.trim_start_matches('/').split('/').take_while(|segment| !segment.starts_with('{'));
    let depth = match path {
        _ if path.starts_with(PREFIX) => 3,
        _ if path.starts_with("/api/") => 2,
        _ => 1,
    };
    let mut prefix: Vec<_> = segments.by_ref().take(depth).collect();
    if path.starts_with(&format!("{PREFIX}/jobs/extract")) {
        prefix.push("extract");
    }
    prefix.join("/")
}
