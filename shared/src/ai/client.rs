//! One address that speaks chat completions: asks, tries again while it makes sense, gives up in time.

use super::{
    address::Address,
    circuit::{Circuit, Permit},
    error::{Kind, Trouble},
    prompt::Lane,
    settings::{AiSettings, Secret, SettingsError, Timeouts, is_loopback, same_region},
    stream::Decoder,
    wire::{Completion, Dialect, ErrorBody, Question, Said, WireError},
};
use crate::azure::TokenSource;
use crate::http::retry_after;
use crate::outbound::Outbound;
use reqwest::{StatusCode, header::HeaderMap};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// Largest whole answer that is read.
const MAX_ANSWER_BYTES: usize = 4 * 1024 * 1024;
const LONGEST_PAUSE: Duration = Duration::from_secs(8);

pub(super) struct Client {
    http: Outbound,
    pub(super) address: Address,
    credential: Credential,
    /// What each lane's model turned out to accept.
    dialects: [Mutex<Dialect>; 2],
    circuit: Circuit,
    timeouts: Timeouts,
    /// Where the address may run; what it says of itself is compared.
    regions: Vec<String>,
    /// The last region an answer named (`x-ms-region`) that is not among them.
    stray: Mutex<Option<String>>,
}

enum Credential {
    Key(Secret),
    Source(Arc<dyn TokenSource>),
    None,
}

/// What one question led to.
pub(super) enum Reply {
    Whole(Said),
    /// The first piece is here; the rest follows.
    Streaming {
        first: String,
        decoder: Decoder,
    },
}

impl Reply {
    /// `None` for a stream, whose answer is not known yet.
    pub(super) fn whole(self) -> Option<Said> {
        match self {
            Self::Whole(said) => Some(said),
            Self::Streaming { .. } => None,
        }
    }
}

/// A failed attempt, and what may be done about it.
struct Failed {
    trouble: Trouble,
    then: Then,
}

enum Then {
    GiveUp,
    /// Again after a pause, at least this long when the address says so.
    Wait(Option<Duration>),
    /// Again at once, in the dialect just learned.
    Rephrase,
}

impl Client {
    /// `None` when the settings name no address.
    pub(super) fn new(
        settings: &AiSettings,
        tokens: Option<Arc<dyn TokenSource>>,
    ) -> Result<Option<Self>, SettingsError> {
        let Some(address) = Address::of(settings) else { return Ok(None) };
        let credential = match (&settings.api_key, tokens) {
            (Some(key), _) => Credential::Key(key.clone()),
            (None, Some(source)) => Credential::Source(source),
            (None, None) => Credential::None,
        };
        if address.is_azure() && matches!(credential, Credential::None) && !is_loopback(address.url()) {
            return Err(SettingsError(
                "AI: Azure OpenAI needs AZURE_OPENAI_API_KEY or a managed identity".into(),
            ));
        }
        let timeouts = settings.timeouts;
        let http = Outbound::new(timeouts.connect).local(is_loopback(address.url()));
        let circuit = Circuit::new(timeouts.circuit_failures, timeouts.circuit_pause);
        let regions = settings.allowed_regions.clone();
        let dialect = match &address {
            Address::AzureDeployments { api_version, .. } => Dialect::of_azure(api_version),
            Address::Versioned { .. } => Dialect::default(),
        };
        let dialects = [Mutex::new(dialect), Mutex::new(dialect)];
        let stray = Mutex::default();
        Ok(Some(Self { http, address, credential, dialects, circuit, timeouts, regions, stray }))
    }

    pub(super) fn provider(&self) -> &'static str {
        if self.address.is_azure() { "azure_openai" } else { "openai_compatible" }
    }

    /// Asks until there is an answer, nothing more can be hoped for, or `deadline`. A stream counts as answered with its
    /// first piece: what was heard cannot be taken back.
    pub(super) async fn ask(
        &self,
        question: &Question,
        lane: Lane,
        stream: bool,
        deadline: Instant,
    ) -> Result<Reply, Trouble> {
        let mut pause = self.timeouts.retry_base;
        loop {
            let Failed { mut trouble, then } = match self.attempt(question, lane, stream, deadline).await {
                Ok(reply) => return Ok(reply),
                Err(failed) => failed,
            };
            let wait = match then {
                Then::GiveUp => return Err(trouble),
                Then::Rephrase => continue,
                Then::Wait(None) => pause.mul_f64(rand::random_range(0.5..=1.0)),
                // Whoever was told the same second should not come back in the same instant.
                Then::Wait(Some(least)) => least + pause.mul_f64(rand::random_range(0.0..=0.1)),
            };
            if Instant::now() + wait >= deadline {
                trouble.retry_after = trouble.retry_after.or(Some(wait));
                return Err(trouble);
            }
            tracing::debug!(cause = trouble.cause, wait_ms = wait.as_millis(), "asking the model again");
            tokio::time::sleep(wait).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn attempt(
        &self,
        question: &Question,
        lane: Lane,
        stream: bool,
        deadline: Instant,
    ) -> Result<Reply, Failed> {
        let permit = self.circuit.enter().map_err(|pause| {
            let mut trouble = Trouble::new(Kind::Unavailable, "the circuit is open after repeated failures");
            trouble.retry_after = Some(pause);
            Failed { trouble, then: Then::GiveUp }
        })?;
        let dialect = self.dialect(lane);
        let until = if stream { deadline.min(Instant::now() + self.timeouts.first_byte) } else { deadline };
        let outcome = tokio::time::timeout_at(until, self.exchange(question, dialect, stream)).await;
        let failed = match outcome {
            Ok(Ok(reply)) => {
                permit.succeeded();
                return Ok(reply);
            }
            Ok(Err(failed)) => failed,
            Err(_) => Exchange::Broken(Trouble::new(Kind::TimedOut, "no answer in time")),
        };
        match failed {
            Exchange::Broken(trouble) => Err(broken(permit, trouble, None)),
            Exchange::Unusable(trouble) => {
                permit.succeeded();
                Err(Failed { trouble, then: Then::GiveUp })
            }
            Exchange::Refused { status, error, retry_after } => {
                let mut trouble = error.trouble(status.as_u16());
                trouble.retry_after = retry_after;
                if status == StatusCode::TOO_MANY_REQUESTS {
                    // Throttled is alive: no verdict for the circuit.
                    drop(permit);
                    let then = if error.is_quota() { Then::GiveUp } else { Then::Wait(retry_after) };
                    return Err(Failed { trouble, then });
                }
                if status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT {
                    return Err(broken(permit, trouble, retry_after));
                }
                permit.succeeded();
                let next = match status {
                    StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY if !error.is_filter() => {
                        dialect.after(&error)
                    }
                    _ => None,
                };
                let then = match next {
                    Some(next) => {
                        self.learn(lane, next);
                        Then::Rephrase
                    }
                    None => Then::GiveUp,
                };
                Err(Failed { trouble, then })
            }
        }
    }

    /// One request and its answer; for a stream, up to its first piece.
    async fn exchange(&self, question: &Question, dialect: Dialect, stream: bool) -> Result<Reply, Exchange> {
        let http = self.http.client().map_err(|error| {
            tracing::error!(%error, "no HTTPS client");
            Exchange::Broken(Trouble::new(Kind::Unavailable, "no HTTPS client"))
        })?;
        let body = question.request(dialect, stream);
        let mut request = http.post(self.address.chat(&question.model)).json(&body);
        request = match &self.credential {
            Credential::Key(key) if self.address.is_azure() => request.header("api-key", key.expose()),
            Credential::Key(key) => request.bearer_auth(key.expose()),
            Credential::Source(source) => {
                let token = source.token().await.map_err(|error| {
                    tracing::warn!(%error, "no token for the AI address");
                    Exchange::Broken(Trouble::new(Kind::Unavailable, "no token"))
                })?;
                request.bearer_auth(token.expose())
            }
            Credential::None => request,
        };
        let mut response = request.send().await.map_err(|error| Exchange::Broken(send_trouble(&error)))?;
        self.note_region(response.headers());
        let status = response.status();
        if !status.is_success() {
            let retry_after = retry_after(response.headers());
            let body = read(&mut response).await.unwrap_or_default();
            let error = serde_json::from_slice(&body).map(|ErrorBody { error }| error).unwrap_or_default();
            return Err(Exchange::Refused { status, error, retry_after });
        }
        if stream && !is_json(response.headers()) {
            let mut decoder = Decoder::new(response, self.timeouts.idle, self.timeouts.background);
            return match std::future::poll_fn(|cx| decoder.poll_piece(cx)).await {
                Some(Ok(first)) => Ok(Reply::Streaming { first, decoder }),
                Some(Err(trouble)) => Err(Exchange::of(trouble)),
                None => Err(Exchange::Unusable(Trouble::new(Kind::Invalid, "the answer is empty"))),
            };
        }
        let body = read(&mut response).await.map_err(Exchange::Broken)?;
        let completion: Completion = serde_json::from_slice(&body).map_err(|_| {
            Exchange::Unusable(Trouble::new(Kind::Upstream, "the answer is no chat completion"))
        })?;
        completion.said().map(Reply::Whole).map_err(Exchange::of)
    }

    /// A region outside the allowed ones that an answer came from, whatever was declared.
    pub(super) fn stray_region(&self) -> Option<String> {
        self.stray.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note_region(&self, headers: &HeaderMap) {
        let Some(region) = text(headers, "x-ms-region") else { return };
        let mut stray = self.stray.lock().unwrap_or_else(PoisonError::into_inner);
        let allowed = self.regions.iter().any(|one| same_region(one, region));
        if !allowed && stray.as_deref() != Some(region) {
            tracing::error!(region, "the AI address answers from a region that is not allowed");
        }
        *stray = (!allowed).then(|| region.to_owned());
    }

    fn dialect(&self, lane: Lane) -> Dialect {
        *self.dialects[lane as usize].lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn learn(&self, lane: Lane, next: Dialect) {
        tracing::info!(?next, ?lane, "the AI address does not take all we ask for; adapting");
        *self.dialects[lane as usize].lock().unwrap_or_else(PoisonError::into_inner) = next;
    }
}

/// Counts as a failure of the address. The one that opens the circuit is the last.
fn broken(permit: Permit<'_>, mut trouble: Trouble, retry_after: Option<Duration>) -> Failed {
    match permit.failed() {
        Some(pause) => {
            trouble.retry_after = Some(pause);
            Failed { trouble, then: Then::GiveUp }
        }
        None => Failed { trouble, then: Then::Wait(retry_after) },
    }
}

/// How an exchange can fail.
enum Exchange {
    /// The address is down, slow, or cut us off.
    Broken(Trouble),
    /// It is up and said something we cannot use; asking the same again would not help.
    Unusable(Trouble),
    Refused {
        status: StatusCode,
        error: WireError,
        retry_after: Option<Duration>,
    },
}

impl Exchange {
    fn of(trouble: Trouble) -> Self {
        match trouble.kind {
            Kind::Filtered | Kind::Invalid => Self::Unusable(trouble),
            Kind::Unavailable | Kind::TimedOut | Kind::Upstream => Self::Broken(trouble),
        }
    }
}

async fn read(response: &mut reqwest::Response) -> Result<Vec<u8>, Trouble> {
    let mut body = Vec::new();
    while let Some(bytes) =
        response.chunk().await.map_err(|_| Trouble::new(Kind::Upstream, "the answer was cut"))?
    {
        body.extend_from_slice(&bytes);
        if body.len() > MAX_ANSWER_BYTES {
            return Err(Trouble::new(
                Kind::Upstream,
                format!("the answer is above {MAX_ANSWER_BYTES} bytes"),
            ));
        }
    }
    Ok(body)
}

/// Error texts of the HTTP client name the address; only the kind is kept.
fn send_trouble(error: &reqwest::Error) -> Trouble {
    match error {
        error if error.is_connect() => Trouble::new(Kind::Unavailable, "no connection"),
        error if error.is_timeout() => Trouble::new(Kind::TimedOut, "no answer in time"),
        _ => Trouble::new(Kind::Unavailable, "the connection broke"),
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    text(headers, "content-type").is_some_and(|value| value.starts_with("application/json"))
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim)
}
