//! Work that goes on after the answer, and what became of messages that failed.

use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::docs::Listing;
use shared::domain::background_job::{BackgroundJob, BackgroundJobId};
use shared::http::{Caller, Page, Path, Query, Tagged, page_limit};
use shared::serve::FailedMessage;
use shared::{Context, Error, Result};

/// Who asked for it may follow it.
pub(crate) async fn job(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<BackgroundJobId>,
) -> Result<Tagged<BackgroundJob>> {
    let at = caller.organisation()?;
    let job = ctx.docs::<BackgroundJob>(&at).get(id).await?;
    if job.requested_by.as_deref() != Some(&*caller.user_id) && !caller.is(shared::auth::Role::OrgAdmin) {
        return Err(Error::not_found("background job"));
    }
    Ok(Tagged::stored(job))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FailedSearch {
    queue: String,
    /// 1 to 100, default 20.
    limit: Option<u32>,
    cursor: Option<String>,
}

/// Why a message failed; the message itself is on the queue or on `<queue>-poison`.
#[derive(Serialize, JsonSchema)]
pub(crate) struct FailedMessageView {
    message_id: String,
    queue: String,
    attempts: u32,
    code: String,
    detail: String,
    cause: Option<String>,
    last_failed_at: shared::clock::Timestamp,
}

pub(crate) async fn failed(
    State(ctx): State<Context>,
    caller: Caller,
    Query(search): Query<FailedSearch>,
) -> Result<Page<FailedMessageView>> {
    let listing = Listing::newest().within(search.queue).page(page_limit(search.limit)?, search.cursor);
    let found = ctx.docs::<FailedMessage>(&caller.platform()).list(listing).await?;
    Ok(Page::from(found).map(|failed| FailedMessageView {
        message_id: failed.id,
        queue: failed.queue,
        attempts: failed.attempts,
        code: failed.code,
        detail: failed.detail,
        cause: failed.cause,
        last_failed_at: failed.meta.updated_at,
    }))
}

/// Sends what a killed process left in the outbox.
pub(crate) async fn sweep(ctx: Context) -> Result<()> {
    let sent = ctx.outbox().sweep().await?;
    if sent > 0 {
        tracing::info!(sent, "messages left behind were sent");
    }
    Ok(())
}
