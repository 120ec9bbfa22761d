use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;
use shared::clock::Timestamp;
use shared::http::{Answer, Answers, Json, Operation};
use shared::{Context, Result};
use std::sync::Mutex;
use time::Duration;

/// The AI is asked at most this often: each probe costs tokens.
const PROBE_EVERY: Duration = Duration::seconds(60);

#[derive(Serialize, JsonSchema)]
pub(crate) struct Health {
    status: &'static str,
    version: &'static str,
}

pub(crate) async fn health() -> Json<Health> {
    Json(Health { status: "healthy", version: shared::serve::VERSION })
}

/// Each part with `ok` or `failing`; 503 when one fails.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Readiness {
    status: &'static str,
    store: &'static str,
    ai: &'static str,
}

impl IntoResponse for Readiness {
    fn into_response(self) -> Response {
        let status = if self.status == "ready" { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
        (status, axum::Json(self)).into_response()
    }
}

impl Answers for Readiness {
    fn describe(operation: &mut Operation) {
        operation.answers.extend([Answer::json::<Self>(200), Answer::json::<Self>(503)]);
    }
}

pub(crate) async fn ready(State(ctx): State<Context>) -> Result<Readiness> {
    let store = ctx.ping_store().await;
    if let Err(error) = &store {
        tracing::error!(cause = error.cause_chain(), "store is not ready");
    }
    let ai = ai_answers(&ctx).await;
    let word = |ok: bool| if ok { "ok" } else { "failing" };
    let all = store.is_ok() && ai;
    Ok(Readiness {
        status: if all { "ready" } else { "not_ready" },
        store: word(store.is_ok()),
        ai: word(ai),
    })
}

async fn ai_answers(ctx: &Context) -> bool {
    static LAST: Mutex<Option<(Timestamp, bool)>> = Mutex::new(None);
    if ctx.model().is_offline() {
        return true;
    }
    let now = ctx.now();
    let last = *LAST.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some((at, answer)) = last
        && now < at.plus(PROBE_EVERY)
    {
        return answer;
    }
    let answer = match ctx.model().probe().await {
        Ok(()) => true,
        Err(error) => {
            tracing::error!(%error, "AI is not ready");
            false
        }
    };
    *LAST.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some((now, answer));
    answer
}
