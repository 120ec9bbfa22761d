//! Who works on which job (spec 50 §8).

use axum::extract::State;
use shared::auth::{Action, Resource};
use shared::docs::At;
use shared::domain::job::{Job, JobId};
use shared::domain::membership::Membership;
use shared::domain::user::UserId;
use shared::http::{Caller, MaybeIfMatch, Path, Tagged};
use shared::{Context, Error, Result};

pub(crate) async fn assign(
    State(ctx): State<Context>,
    caller: Caller,
    Path((recruiter, job)): Path<(UserId, JobId)>,
    MaybeIfMatch(tag): MaybeIfMatch,
) -> Result<Tagged<Job>> {
    let at = reached(&ctx, &caller, job).await?;
    if ctx.docs::<Membership>(&at).find(recruiter).await?.is_none() {
        return Err(Error::not_found("member"));
    }
    let job = ctx
        .docs::<Job>(&at)
        .update(job, job, tag.as_deref(), |job, work| {
            work.action("assign");
            job.assign(recruiter);
            Ok(())
        })
        .await?;
    Ok(Tagged::of(job))
}

pub(crate) async fn unassign(
    State(ctx): State<Context>,
    caller: Caller,
    Path((recruiter, job)): Path<(UserId, JobId)>,
    MaybeIfMatch(tag): MaybeIfMatch,
) -> Result<Tagged<Job>> {
    let at = reached(&ctx, &caller, job).await?;
    let job = ctx
        .docs::<Job>(&at)
        .update(job, job, tag.as_deref(), |job, work| {
            work.action("unassign");
            job.unassign(recruiter);
            Ok(())
        })
        .await?;
    Ok(Tagged::of(job))
}

async fn reached(ctx: &Context, caller: &Caller, job: JobId) -> Result<At> {
    let at = caller.organisation()?;
    let job = ctx.docs::<Job>(&at).get(job).await?;
    ctx.admit(caller, &at, Resource::Job, Action::Update, &*job).await?;
    Ok(at)
}
