//! Whether what the platform depends on answers: for readiness, for `talenti check`, and told once after a start.

use crate::azure::access::{Failure, Service};
use crate::config::Config;
use crate::context::Context;
use crate::error::Error;
use futures_util::future::join_all;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// How long a part may take to answer a readiness probe. Probes wait 10 seconds at most (spec 140 §4).
const READINESS_LIMIT: Duration = Duration::from_secs(5);
/// The same where nobody waits for a probe: first connections and tokens take their time.
const CHECK_LIMIT: Duration = Duration::from_secs(30);
/// Readiness is asked for anew at most this often, however many probes come.
const FRESH: Duration = Duration::from_secs(5);
/// A model that answers is asked anew at most this often: it costs tokens.
const MODEL_FRESH: Duration = Duration::from_secs(60);

/// What the platform depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Store,
    Queues,
    Files,
    /// Only where another service than ours gives the keys that sign links to files.
    Links,
    Ai,
    /// Only where scanned documents are read at all.
    Scans,
    Mail,
}

impl Part {
    const ALL: &'static [Self] =
        &[Self::Store, Self::Queues, Self::Files, Self::Links, Self::Ai, Self::Scans, Self::Mail];

    /// The parts that this configuration has.
    fn of(config: &Config) -> impl Iterator<Item = Self> {
        let is_there = |part: &Self| match part {
            Self::Links | Self::Scans => part.service(config).is_some(),
            Self::Store | Self::Queues | Self::Files | Self::Ai | Self::Mail => true,
        };
        Self::ALL.iter().copied().filter(is_there)
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Store => "store",
            Self::Queues => "queues",
            Self::Files => "files",
            Self::Links => "links",
            Self::Ai => "ai",
            Self::Scans => "scans",
            Self::Mail => "mail",
        }
    }

    /// Without it the platform is not ready (spec 00 §8): nothing works without the store, and its work is the AI's.
    /// Without the others something waits.
    pub const fn is_required(self) -> bool {
        matches!(self, Self::Store | Self::Ai)
    }

    /// What people notice while it is down.
    pub const fn meanwhile(self) -> &'static str {
        match self {
            Self::Store => "Nothing can be read or changed.",
            Self::Queues => "Letters, scores and resumes wait in the outbox and are sent when it is back.",
            Self::Files => "Uploads and downloads are refused; everything else works.",
            Self::Links => "Files cannot be opened; everything else works.",
            Self::Ai => "Interviews and scores wait; everything else works.",
            Self::Scans => "Scanned resumes are not read; those saved from a text program are.",
            Self::Mail => "Letters wait in the queue and are sent when it is back.",
        }
    }

    /// The service of Azure behind it, when it is one.
    fn service(self, config: &Config) -> Option<Service> {
        let service = match self {
            Self::Store => Service::Cosmos,
            Self::Queues => Service::Queues,
            Self::Files => Service::Blobs,
            Self::Links => Service::Delegation,
            Self::Ai => Service::OpenAi,
            Self::Scans => Service::Documents,
            Self::Mail => Service::Communication,
        };
        service.address(config).map(|_| service)
    }

    /// Whether asking it goes over a network.
    fn is_remote(self, config: &Config) -> bool {
        let is_elsewhere = match self {
            Self::Ai => config.ai.base_url.is_some(),
            Self::Mail => config.mail.smtp_url.is_some(),
            Self::Store | Self::Queues | Self::Files | Self::Links | Self::Scans => false,
        };
        is_elsewhere || self.service(config).is_some()
    }
}

/// What became of asking one part.
#[derive(Clone)]
pub struct Finding {
    pub part: Part,
    /// Which backend it is; names hosts.
    pub backend: String,
    pub took: Duration,
    pub trouble: Option<Trouble>,
}

/// Why it does not answer.
#[derive(Clone)]
pub struct Trouble {
    /// For the log and the operator. No personal data, no secret.
    pub cause: String,
    /// What to change; names hosts, roles, settings and the identity.
    pub advice: String,
}

/// What was found last, so that many probes cost no more than one.
#[derive(Default)]
pub(crate) struct Vitals {
    last: Mutex<Option<(Instant, Arc<[Finding]>)>>,
    model_answered: Mutex<Option<Instant>>,
}

/// For readiness probes: asked at most every five seconds, in parallel, each part with a short limit.
pub async fn readiness(ctx: &Context) -> Arc<[Finding]> {
    // Whoever comes while it is asked waits for the same answer.
    let mut last = ctx.vitals().last.lock().await;
    if let Some((at, findings)) = &*last
        && at.elapsed() < FRESH
    {
        return findings.clone();
    }
    let findings: Arc<[Finding]> =
        join_all(Part::of(ctx.config()).map(|part| look(ctx, part, READINESS_LIMIT))).await.into();
    for finding in findings.iter() {
        tell(finding, false);
    }
    *last = Some((Instant::now(), findings.clone()));
    findings
}

/// Every part, with time enough for a first connection.
pub async fn check(ctx: &Context) -> Vec<Finding> {
    join_all(Part::of(ctx.config()).map(|part| look(ctx, part, CHECK_LIMIT))).await
}

/// After a start under a host, beside the first requests: asks what is elsewhere and logs what it finds.
pub(crate) fn check_in_background(ctx: &Context) {
    let remote: Vec<Part> = Part::of(ctx.config()).filter(|part| part.is_remote(ctx.config())).collect();
    if remote.is_empty() {
        return;
    }
    let ctx = ctx.clone();
    tokio::spawn(async move {
        for finding in join_all(remote.into_iter().map(|part| look(&ctx, part, CHECK_LIMIT))).await {
            tell(&finding, true);
        }
    });
}

fn tell(finding: &Finding, also_good: bool) {
    let (part, took_ms) = (finding.part.as_str(), finding.took.as_millis());
    match &finding.trouble {
        Some(trouble) => tracing::error!(
            part,
            backend = finding.backend,
            took_ms,
            cause = trouble.cause,
            advice = trouble.advice,
            "part does not answer"
        ),
        None if also_good => tracing::info!(part, backend = finding.backend, took_ms, "part answers"),
        None => {}
    }
}

async fn look(ctx: &Context, part: Part, limit: Duration) -> Finding {
    let begun = Instant::now();
    let cause = match tokio::time::timeout(limit, ask(ctx, part)).await {
        Ok(outcome) => outcome.err(),
        Err(_) => Some(format!("no answer within {} seconds", limit.as_secs())),
    };
    let took = begun.elapsed();
    let trouble = match cause {
        Some(cause) => Some(Trouble { advice: advice(ctx.config(), part, &cause).await, cause }),
        None => None,
    };
    Finding { part, backend: ctx.backend(part), took, trouble }
}

/// The cheapest question that needs the right to read and a working connection.
async fn ask(ctx: &Context, part: Part) -> Result<(), String> {
    let cause = |error: Error| error.cause_chain().unwrap_or_else(|| error.to_string());
    match part {
        Part::Store => ctx.ping_store().await.map_err(cause),
        Part::Queues => {
            let some_queue = crate::domain::messages::QUEUES.first().copied().unwrap_or_default();
            ctx.queue().len(some_queue).await.map(drop).map_err(|error| cause(error.into()))
        }
        Part::Files => match ctx.blobs().info("health/none").await {
            Ok(_) | Err(crate::blobs::BlobError::NotFound) => Ok(()),
            Err(error) => Err(cause(error.into())),
        },
        // A key is asked for when there is none that lasts long enough.
        Part::Links => {
            let expires_at = ctx.now().plus(crate::files::LINK_LIFE).instant();
            let link = ctx.blobs().link("health/none", "none", expires_at).await;
            link.map(drop).map_err(|error| cause(error.into()))
        }
        Part::Ai => ask_model(ctx).await,
        Part::Scans => match ctx.ocr() {
            Some(ocr) => ocr.probe().await.map_err(|error| error.to_string()),
            None => Ok(()),
        },
        Part::Mail => ctx.mailer().probe().await.map_err(|error| error.to_string()),
    }
}

async fn ask_model(ctx: &Context) -> Result<(), String> {
    let mut answered = ctx.vitals().model_answered.lock().await;
    if answered.is_some_and(|at| at.elapsed() < MODEL_FRESH) {
        return Ok(());
    }
    *answered = None;
    ctx.model().probe().await?;
    *answered = Some(Instant::now());
    Ok(())
}

async fn advice(config: &Config, part: Part, cause: &str) -> String {
    if let Some(service) = part.service(config) {
        let mut failure = Failure::of(cause);
        if failure == Failure::Other && !resolves(service, config).await {
            failure = Failure::Unresolved;
        }
        return service.advice(config, failure);
    }
    let words = match part {
        Part::Ai => "check AI_BASE_URL, AI_MODEL and AI_API_KEY, and that the server runs",
        Part::Mail if config.mail.smtp_url.is_some() => {
            "check SMTP_URL (host, port, user, password), and that the server runs"
        }
        Part::Store | Part::Queues | Part::Files | Part::Links | Part::Scans | Part::Mail => {
            "check TALENTI_DATA: the folder must be there, writable, and its disk not full"
        }
    };
    words.to_owned()
}

async fn resolves(service: Service, config: &Config) -> bool {
    let Some(url) = service.address(config) else { return true };
    let (host, port) = (url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or(443));
    let looked_up = tokio::time::timeout(Duration::from_secs(3), tokio::net::lookup_host((host, port))).await;
    // A name server that does not answer says nothing about the name.
    looked_up.is_err() || looked_up.is_ok_and(|found| found.is_ok())
}
