use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;
use shared::http::{Answer, Answers, Json, Operation};
use shared::vitals::{self, Finding};
use shared::{Context, Result};

#[derive(Serialize, JsonSchema)]
pub(crate) struct Health {
    status: &'static str,
    version: &'static str,
}

pub(crate) async fn health() -> Json<Health> {
    Json(Health { status: "healthy", version: shared::serve::VERSION })
}

/// 200 `ready`, or `degraded` when a part fails without which something waits. 503 `not_ready` when the store or the AI
/// fails: other requests may be served all the same, see each part.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Readiness {
    status: &'static str,
    parts: Vec<PartView>,
}

/// Anybody may read it: no hosts, no causes. Those are in the log and in `talenti check`.
#[derive(Serialize, JsonSchema)]
pub(crate) struct PartView {
    /// store, queues, files, links, ai, scans or mail.
    part: &'static str,
    /// `ok` or `failing`.
    status: &'static str,
    /// Whether the platform is not ready without it.
    required: bool,
    latency_ms: u64,
    /// What people notice while it fails.
    meanwhile: Option<&'static str>,
    /// What the operator does about it.
    advice: Option<&'static str>,
}

impl PartView {
    fn of(finding: &Finding) -> Self {
        let is_failing = finding.trouble.is_some();
        Self {
            part: finding.part.as_str(),
            status: if is_failing { "failing" } else { "ok" },
            required: finding.part.is_required(),
            latency_ms: u64::try_from(finding.took.as_millis()).unwrap_or(u64::MAX),
            meanwhile: is_failing.then(|| finding.part.meanwhile()),
            advice: is_failing.then_some("The log says why and what to change; `talenti check` asks again."),
        }
    }
}

impl IntoResponse for Readiness {
    fn into_response(self) -> Response {
        let is_ready = self.status != "not_ready";
        let status = if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
        (status, axum::Json(self)).into_response()
    }
}

impl Answers for Readiness {
    fn describe(operation: &mut Operation) {
        operation.answers.extend([Answer::json::<Self>(200), Answer::json::<Self>(503)]);
    }
}

pub(crate) async fn ready(State(ctx): State<Context>) -> Result<Readiness> {
    let findings = vitals::readiness(&ctx).await;
    let failing = |required: bool| {
        findings.iter().any(|finding| finding.trouble.is_some() && finding.part.is_required() == required)
    };
    let status = match (failing(true), failing(false)) {
        (true, _) => "not_ready",
        (false, true) => "degraded",
        (false, false) => "ready",
    };
    Ok(Readiness { status, parts: findings.iter().map(PartView::of).collect() })
}
