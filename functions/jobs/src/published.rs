//! Keeps in step what people outside an organisation find its jobs by.

use shared::docs::At;
use shared::domain::job::{Job, JobId};
use shared::domain::messages::JobChanged;
use shared::domain::published_job::PublishedJob;
use shared::function::Failure;
use shared::message::Envelope;
use shared::store::{StoreError, Tenant};
use shared::{Context, Error, Result};

/// Times a refresh is tried again when another one got in between.
const TRIES: u32 = 8;

/// Handler of [`JobChanged`].
pub(crate) async fn changed(ctx: Context, envelope: Envelope<JobChanged>) -> Result<(), Failure> {
    Ok(refresh(&ctx, &envelope.at(), envelope.payload.job_id).await?)
}

/// The entry is read before the job: when another refresh writes in between, this one looks again, so that the last
/// one to write has seen the newest job.
pub(crate) async fn refresh(ctx: &Context, at: &At, id: JobId) -> Result<()> {
    let platform = At::system(Tenant::platform());
    for _ in 0..TRIES {
        let known = ctx.docs::<PublishedJob>(&platform).find(id).await?;
        let Some(job) = ctx.docs::<Job>(at).find(id).await? else { return Ok(()) };
        let Some(entry) = PublishedJob::of(&job, ctx.now()) else { return Ok(()) };
        let mut work = ctx.work(&platform, id);
        match &known {
            Some(known) => drop(work.update(known, entry)?),
            None => drop(work.create(entry)?),
        }
        match work.commit().await {
            Err(StoreError::Precondition { .. }) => {}
            done => return Ok(done?),
        }
    }
    Err(Error::conflict("Too many changes at once. Please try again."))
}
