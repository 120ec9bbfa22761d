//! Jobs end with the day of their deadline (spec 50 §9).

use shared::clock::Day;
use shared::docs::{At, Listing};
use shared::domain::job::{Job, JobStatus};
use shared::domain::job_deadline::JobDeadline;
use shared::domain::messages::JobChanged;
use shared::store::{Filter, Tenant};
use shared::{Code, Context, Result};

/// Notes the day of a job that takes applications or may again.
pub(crate) async fn mark(ctx: &Context, at: &At, job: &Job) -> Result<()> {
    match job.status {
        JobStatus::Active | JobStatus::Paused => mark_active(ctx, at, job).await,
        JobStatus::Draft | JobStatus::Closed | JobStatus::Filled | JobStatus::Cancelled => Ok(()),
    }
}

/// Before the commit that publishes the job: a mark too many is harmless, a missing one is not.
pub(crate) async fn mark_active(ctx: &Context, at: &At, job: &Job) -> Result<()> {
    let Some(deadline) = JobDeadline::of(job, &at.tenant, ctx.now()) else { return Ok(()) };
    let platform = At::system(Tenant::platform());
    let mut work = ctx.work(&platform, deadline.day);
    work.overwrite(deadline)?;
    Ok(work.commit().await?)
}

/// Timer `job-deadlines`: closes what is past its deadline. Reads what is due and nothing else; one job that cannot be
/// closed keeps no other from being closed, and is tried again the next day.
pub(crate) async fn close_overdue(ctx: Context) -> Result<()> {
    let platform = At::system(Tenant::platform());
    let today = serde_json::Value::from(Day::of(ctx.now()).to_string());
    let due = Listing::oldest().order("day", false).filter(Filter::Range("day", None, Some(today)));
    let mut outcome = Ok(());
    for deadline in ctx.docs::<JobDeadline>(&platform).all(due).await? {
        if let Err(error) = settle(&ctx, &platform, &deadline).await {
            tracing::warn!(job_id = %deadline.id, %error, "overdue job could not be closed");
            outcome = Err(error);
        }
    }
    outcome
}

async fn settle(ctx: &Context, platform: &At, deadline: &JobDeadline) -> Result<()> {
    close(ctx, &At::system(Tenant::parse(&deadline.tenant)), deadline).await?;
    let mut work = ctx.work(platform, deadline.day);
    work.erase(deadline)?;
    Ok(work.commit().await?)
}

/// The job may have got another deadline, have ended, or be gone.
async fn close(ctx: &Context, at: &At, deadline: &JobDeadline) -> Result<()> {
    let jobs = ctx.docs::<Job>(at);
    let overdue = |job: &Job| Job::clone(job).close_overdue(ctx.now());
    match jobs.find(deadline.id).await? {
        Some(job) if overdue(&job) => {}
        _ => return Ok(()),
    }
    let closed = jobs
        .update(deadline.id, deadline.id, None, |job, work| {
            work.action("close");
            job.close_overdue(work.now());
            work.send(&JobChanged { job_id: job.id })
        })
        .await;
    match closed {
        Err(error) if error.code() != Code::NotFound => Err(error),
        _ => Ok(()),
    }
}
