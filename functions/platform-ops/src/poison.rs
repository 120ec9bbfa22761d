//! Messages that were given up: seen, sent again, thrown away. For platform staff.

use axum::extract::State;
use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::http::{Accepted, Body, Caller, Json, NoContent, Path};
use shared::poison::{self, PoisonContent, PoisonMessage, QueueLengths};
use shared::{Context, Result};

#[derive(Serialize, JsonSchema)]
pub(crate) struct QueuesView {
    items: Vec<QueueLengths>,
}

pub(crate) async fn queues(State(ctx): State<Context>) -> Result<Json<QueuesView>> {
    Ok(Json(QueuesView { items: poison::lengths(&ctx).await? }))
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct PoisonView {
    /// Oldest first, at most 32; the others come forward as these are dealt with.
    items: Vec<PoisonMessage>,
}

pub(crate) async fn list(State(ctx): State<Context>, Path(queue): Path<String>) -> Result<Json<PoisonView>> {
    Ok(Json(PoisonView { items: poison::list(&ctx, &queue).await? }))
}

pub(crate) async fn show(
    State(ctx): State<Context>,
    Path((queue, id)): Path<(String, String)>,
) -> Result<Json<PoisonContent>> {
    Ok(Json(poison::show(&ctx, &queue, &id).await?))
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Requeued {
    /// Messages that were sent again.
    requeued: usize,
}

pub(crate) async fn requeue(
    State(ctx): State<Context>,
    caller: Caller,
    Path((queue, id)): Path<(String, String)>,
) -> Result<Accepted<Requeued>> {
    poison::requeue(&ctx, &caller.platform(), &queue, &id).await?;
    Ok(Accepted(Requeued { requeued: 1 }))
}

pub(crate) async fn requeue_all(
    State(ctx): State<Context>,
    caller: Caller,
    Path(queue): Path<String>,
) -> Result<Accepted<Requeued>> {
    let requeued = poison::requeue_all(&ctx, &caller.platform(), &queue).await?;
    Ok(Accepted(Requeued { requeued }))
}

#[derive(Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub(crate) struct Discard {
    /// Kept in the audit.
    #[garde(length(chars, min = 1, max = 2000))]
    reason: String,
}

pub(crate) async fn discard(
    State(ctx): State<Context>,
    caller: Caller,
    Path((queue, id)): Path<(String, String)>,
    Body(body): Body<Discard>,
) -> Result<NoContent> {
    poison::discard(&ctx, &caller.platform(), &queue, &id, &body.reason).await?;
    Ok(NoContent)
}
