//! Scoring from the queue: idempotent, five tries, then the interview says that it failed (spec 30 §7).

use axum::extract::State;
use garde::Validate;
use schemars::JsonSchema;
use serde::Deserialize;
use shared::auth::{Action, Resource};
use shared::docs::At;
use shared::domain::background_job::{BackgroundJob, BackgroundJobId, BackgroundJobStatus};
use shared::domain::email_message::RelatedEntity;
use shared::domain::interview::{Interview, InterviewId, InterviewStatus, ScoringStatus};
use shared::domain::interview_score::InterviewScore;
use shared::domain::messages::{RescoreInterview, ScoreInterview};
use shared::function::Failure;
use shared::http::{Accepted, Body, Caller, Path};
use shared::message::{Envelope, Message as _};
use shared::{Code, Context, Error, Result};

use crate::basis::Basis;
use crate::judging::judge;
use crate::store::{News, Over, store, tell};

/// Handles [`ScoreInterview`]: a second message finds the score and does nothing.
pub(crate) async fn score(ctx: Context, message: Envelope<ScoreInterview>) -> Result<(), Failure> {
    let (at, id) = (message.at(), message.payload.interview_id);
    if ctx.docs::<InterviewScore>(&at).find_in(id, id).await?.is_some() {
        return settle(&ctx, &at, id).await;
    }
    run(&ctx, &at, id, Over::Nothing).await
}

/// Handles [`RescoreInterview`]; its background job says whether it was done already.
pub(crate) async fn score_again(ctx: Context, message: Envelope<RescoreInterview>) -> Result<(), Failure> {
    let at = message.at();
    let RescoreInterview { interview_id, reason, background_job_id } = message.payload;
    let jobs = ctx.docs::<BackgroundJob>(&at);
    let job = jobs.find(background_job_id).await?;
    if job.is_some_and(|job| job.status == BackgroundJobStatus::Succeeded) {
        return Ok(());
    }
    follow(&ctx, &at, background_job_id, BackgroundJob::begin).await?;
    let outcome = run(&ctx, &at, interview_id, Over::Earlier(Some(reason))).await;
    match &outcome {
        Ok(()) => follow(&ctx, &at, background_job_id, |job, now| job.succeed(None, now)).await?,
        Err(Failure::Retry(error) | Failure::GiveUp(error)) => {
            let detail = error.detail().to_owned();
            follow(&ctx, &at, background_job_id, |job, now| job.fail(&detail, now)).await?;
        }
    }
    outcome
}

/// The job may be gone (kept 30 days): the work is done all the same.
async fn follow(
    ctx: &Context,
    at: &At,
    id: BackgroundJobId,
    step: impl Fn(&mut BackgroundJob, shared::clock::Timestamp) -> Result<()>,
) -> Result<()> {
    match ctx.docs::<BackgroundJob>(at).update(id, id, None, |job, work| step(job, work.now())).await {
        Err(error) if error.code() == Code::NotFound => Ok(()),
        result => result.map(drop),
    }
}

/// There is a score; the interview says so too (it was scored on request while the message waited).
async fn settle(ctx: &Context, at: &At, id: InterviewId) -> Result<(), Failure> {
    let interview = ctx.docs::<Interview>(at).get(id).await?;
    if interview.scoring_status == ScoringStatus::Queued {
        ctx.docs::<Interview>(at)
            .update(id, id, None, |interview, _| {
                interview.scored();
                Ok(())
            })
            .await?;
    }
    Ok(())
}

async fn run(ctx: &Context, at: &At, id: InterviewId, over: Over) -> Result<(), Failure> {
    let Some(found) = ctx.docs::<Interview>(at).find(id).await? else {
        return Err(Failure::GiveUp(Error::not_found("interview")));
    };
    if found.status == InterviewStatus::Cancelled {
        return Ok(());
    }
    let interview =
        ctx.docs::<Interview>(at).update(id, id, None, |interview, _| interview.begin_scoring()).await?;
    let basis = Basis::of(ctx, at, &interview).await?;
    // Nobody waits: the model may take its time.
    let judged = judge(ctx, at, &interview, &basis, &ctx.model().patient()).await;
    let stored = match judged {
        Ok(judged) => store(ctx, at, id, &judged, over).await,
        Err(error) => Err(error),
    };
    match stored {
        Ok(_) => {
            tell(ctx, at, &interview, &basis.job, News::Scored).await;
            Ok(())
        }
        Err(error) => Err(failed(ctx, at, &interview, &basis, error).await?),
    }
}

/// Notes the failed try: queued again, or failed for good and the recruiter told.
async fn failed(
    ctx: &Context,
    at: &At,
    interview: &Interview,
    basis: &Basis,
    error: Error,
) -> Result<Failure, Failure> {
    let is_hopeless = error.code() == Code::EmptyTranscript;
    let noted = ctx
        .docs::<Interview>(at)
        .update(interview.id, interview.id, None, |interview, _| {
            interview.scoring_failed(is_hopeless);
            Ok(())
        })
        .await?;
    if noted.scoring_status == ScoringStatus::Failed {
        tell(ctx, at, interview, &basis.job, News::Failed).await;
    }
    Ok(if is_hopeless { Failure::GiveUp(error) } else { Failure::Retry(error) })
}

#[derive(Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rescore {
    #[garde(length(chars, min = 1, max = 2000))]
    reason: String,
}

/// POST /scoring/{interview_id}/rescore.
pub(crate) async fn rescore(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<InterviewId>,
    Body(body): Body<Rescore>,
) -> Result<Accepted<BackgroundJob>> {
    let at = caller.organisation()?;
    let interview = ctx.docs::<Interview>(&at).get(id).await?;
    ctx.admit(&caller, &at, Resource::Score, Action::Execute, &*interview).await?;
    check_rescorable(&interview)?;
    let about = RelatedEntity { entity_type: "interview".into(), entity_id: id.to_string() };
    let (kind, queue) = (RescoreInterview::TYPE, RescoreInterview::QUEUE);
    let by = caller.actor().id.clone();
    let job = BackgroundJob::new(at.tenant.organisation_id(), kind, queue, Some(about), by, ctx.now());
    let job = ctx.docs::<BackgroundJob>(&at).create(job).await?;
    let message = RescoreInterview { interview_id: id, reason: body.reason, background_job_id: job.id };
    ctx.docs::<Interview>(&at)
        .update(id, id, None, |interview, work| {
            check_rescorable(interview)?;
            interview.queue_scoring()?;
            work.action("rescore");
            work.send(&message)
        })
        .await?;
    Ok(Accepted(job))
}

fn check_rescorable(interview: &Interview) -> Result<()> {
    if interview.status != InterviewStatus::Completed {
        return Err(Error::conflict("Only an interview that has ended can be scored."));
    }
    match interview.scoring_status {
        ScoringStatus::Queued | ScoringStatus::Running => {
            Err(Error::conflict("The interview is being scored already."))
        }
        ScoringStatus::None | ScoringStatus::Done | ScoringStatus::Failed => Ok(()),
    }
}
