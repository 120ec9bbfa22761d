//! A job's way from draft to its end (spec 50 §2).

use crate::job::{JobView, reached, view};
use crate::{deadlines, published};
use axum::extract::State;
use garde::Validate;
use schemars::JsonSchema;
use serde::Deserialize;
use shared::auth::Action;
use shared::docs::{At, Listing, Work};
use shared::domain::application::{Application, ApplicationStatus};
use shared::domain::human::Human;
use shared::domain::job::{CloseReason, Job, JobId};
use shared::domain::messages::{ApplicationMoved, JobChanged};
use shared::http::{Body, Caller, Created, MaybeIfMatch, OptionalBody, Path, Tagged};
use shared::store::Filter;
use shared::{Code, Context, Result};

#[derive(Default, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Nothing {}

#[derive(Default, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct PauseJob {
    #[garde(length(chars, max = 2000))]
    reason: Option<String>,
}

#[derive(Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub(crate) struct CloseJob {
    #[serde(default = "closed")]
    #[garde(skip)]
    reason: CloseReason,
    #[serde(default)]
    #[garde(length(chars, max = 2000))]
    note: Option<String>,
}

fn closed() -> CloseReason {
    CloseReason::Closed
}

#[derive(Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub(crate) struct CancelJob {
    /// Also the reason given for the rejections.
    #[garde(length(chars, min = 1, max = 2000))]
    reason: String,
}

#[derive(Default, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct DuplicateJob {
    #[garde(length(chars, min = 1, max = 255))]
    title: Option<String>,
}

pub(crate) async fn publish(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<JobId>,
    MaybeIfMatch(tag): MaybeIfMatch,
    OptionalBody(Nothing {}): OptionalBody<Nothing>,
) -> Result<Tagged<JobView>> {
    let (at, job) = reached(&ctx, &caller, id, Action::Execute).await?;
    Job::clone(&job).publish(ctx.now())?;
    deadlines::mark_active(&ctx, &at, &job).await?;
    change(&ctx, &at, id, tag, |job, work| {
        work.action("publish");
        job.publish(work.now())
    })
    .await
}

pub(crate) async fn pause(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<JobId>,
    MaybeIfMatch(tag): MaybeIfMatch,
    OptionalBody(body): OptionalBody<PauseJob>,
) -> Result<Tagged<JobView>> {
    let (at, _) = reached(&ctx, &caller, id, Action::Execute).await?;
    change(&ctx, &at, id, tag, |job, work| {
        work.action("pause");
        job.pause(body.reason.clone())
    })
    .await
}

pub(crate) async fn close(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<JobId>,
    MaybeIfMatch(tag): MaybeIfMatch,
    OptionalBody(body): OptionalBody<CloseJob>,
) -> Result<Tagged<JobView>> {
    let (at, _) = reached(&ctx, &caller, id, Action::Execute).await?;
    change(&ctx, &at, id, tag, |job, work| {
        work.action("close");
        job.close(body.reason, body.note.clone(), work.now())
    })
    .await
}

/// The applications go first: a crash in between leaves a job that can be cancelled again. Those that came in meanwhile
/// are taken along afterwards.
pub(crate) async fn cancel(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<JobId>,
    MaybeIfMatch(tag): MaybeIfMatch,
    Body(body): Body<CancelJob>,
) -> Result<Tagged<JobView>> {
    let (at, job) = reached(&ctx, &caller, id, Action::Execute).await?;
    let by = Human::of(caller.actor())?;
    Job::clone(&job).cancel(&body.reason, ctx.now())?;
    reject_open(&ctx, &at, id, by, &body.reason).await?;
    let cancelled = change(&ctx, &at, id, tag, |job, work| {
        work.action("cancel");
        job.cancel(&body.reason, work.now())
    })
    .await?;
    reject_open(&ctx, &at, id, by, &body.reason).await?;
    Ok(cancelled)
}

pub(crate) async fn duplicate(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<JobId>,
    OptionalBody(body): OptionalBody<DuplicateJob>,
) -> Result<Created<Job>> {
    let (at, job) = reached(&ctx, &caller, id, Action::Read).await?;
    let copy = job.duplicate(body.title, ctx.now(), caller.actor().id.clone());
    let copy = ctx.docs::<Job>(&at).create(copy).await?;
    Ok(Created::at(format!("/jobs/{}", copy.id), copy))
}

async fn change(
    ctx: &Context,
    at: &At,
    id: JobId,
    tag: Option<String>,
    how: impl Fn(&mut Job, &mut Work<'_>) -> Result<()>,
) -> Result<Tagged<JobView>> {
    let jobs = ctx.docs::<Job>(at);
    let changed = jobs.update(id, id, tag.as_deref(), |job, work| {
        how(job, work)?;
        work.send(&JobChanged { job_id: id })
    });
    let job = changed.await?;
    // Found at once; should this fail, the message does it.
    if let Err(error) = published::refresh(ctx, at, id).await {
        tracing::warn!(job_id = %id, %error, "the job is listed a little later");
    }
    view(ctx, at, job).await
}

async fn reject_open(ctx: &Context, at: &At, job: JobId, by: Human, reason: &str) -> Result<()> {
    let open: Vec<_> = ApplicationStatus::ALL.iter().filter(|status| status.is_open()).collect();
    let open: Vec<_> = open.into_iter().map(|status| status.as_str().into()).collect();
    let listing = Listing::oldest().eq("job_id", job).filter(Filter::In("status", open));
    let applications = ctx.docs::<Application>(at);
    for application in applications.all(listing).await? {
        let id = application.id;
        let rejected = applications
            .update(id, id, None, |application, work| {
                let from = application.status;
                application.reject(by, reason, work.now())?;
                work.action("reject");
                work.send(&ApplicationMoved::new(application, Some(from), true))
            })
            .await;
        match rejected {
            // Somebody else ended it at the same moment.
            Err(error) if matches!(error.code(), Code::InvalidTransition | Code::NotFound) => {}
            other => drop(other?),
        }
    }
    Ok(())
}
