//! Work that goes on after the answer, and what became of messages that failed.

use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::auth::Role;
use shared::docs::{At, Listing, PageSize};
use shared::domain::background_job::{BackgroundJob, BackgroundJobId, BackgroundJobStatus};
use shared::domain::organisation::OrganisationId;
use shared::http::{Accepted, Caller, Page, Path, Query, RawPage, Tagged};
use shared::serve::FailedMessage;
use shared::store::Tenant;
use shared::{Context, Error, Result, poison};

/// Who asked for it may follow it.
pub(crate) async fn job(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<BackgroundJobId>,
) -> Result<Tagged<BackgroundJob>> {
    let at = caller.organisation()?;
    let job = ctx.docs::<BackgroundJob>(&at).get(id).await?;
    if job.requested_by.as_deref() != Some(&*caller.user_id) && !caller.is(Role::OrgAdmin) {
        return Err(Error::not_found("background job"));
    }
    Ok(Tagged::stored(job))
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct JobSearch {
    status: Option<BackgroundJobStatus>,
    /// Whose; the caller's own when left out. Another one is for platform staff.
    organisation_id: Option<OrganisationId>,
    limit: PageSize,
    cursor: Option<String>,
}

/// Newest first.
pub(crate) async fn list(
    State(ctx): State<Context>,
    caller: Caller,
    Query(search): Query<JobSearch>,
) -> Result<RawPage<BackgroundJob>> {
    let at = place(&caller, search.organisation_id)?;
    let listing = Listing::newest().eq_if("status", search.status).asked(search.limit, search.cursor);
    Ok(ctx.docs::<BackgroundJob>(&at).list_raw(listing).await?.into())
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Whose {
    /// The caller's own when left out. Another one is for platform staff.
    organisation_id: Option<OrganisationId>,
}

/// Sends its message again, when the queue has given it up.
pub(crate) async fn retry(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<BackgroundJobId>,
    Query(whose): Query<Whose>,
) -> Result<Accepted<BackgroundJob>> {
    let at = place(&caller, whose.organisation_id)?;
    let jobs = ctx.docs::<BackgroundJob>(&at);
    let job = jobs.get(id).await?;
    job.status.check(BackgroundJobStatus::Queued)?;
    if !poison::requeue_job(&ctx, &at, &job.queue, id).await? {
        return Err(Error::conflict(
            "The queue is still trying it, or its message is gone. Wait, or ask for the work anew.",
        ));
    }
    Ok(Accepted(jobs.get(id).await?.into_inner()))
}

/// The organisation whose work is looked at: an administrator's own, any one for platform staff.
fn place(caller: &Caller, organisation: Option<OrganisationId>) -> Result<At> {
    let is_own = |id: &OrganisationId| caller.organisation_id.as_deref() == Some(id.to_string().as_str());
    match organisation {
        Some(id) if caller.is_super_admin() => Ok(caller.within(Tenant::organisation(&id.to_string()))),
        _ if !caller.is(Role::OrgAdmin) && !caller.is_super_admin() => {
            Err(Error::forbidden("Only administrators see the work of the whole organisation."))
        }
        Some(id) if !is_own(&id) => Err(Error::not_found("organisation")),
        None if caller.organisation_id.is_none() => {
            Err(Error::invalid("organisation_id", "Say whose work: you act in no organisation."))
        }
        _ => caller.organisation(),
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FailedSearch {
    queue: String,
    #[serde(default)]
    limit: PageSize,
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
    let listing = Listing::newest().within(search.queue).asked(search.limit, search.cursor);
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
