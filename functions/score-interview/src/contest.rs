//! A candidate contests a score, and a person answers (spec 25 §5).

use axum::extract::State;
use garde::Validate;
use schemars::JsonSchema;
use serde::Deserialize;
use shared::auth::{Action, Resource};
use shared::docs::{At, Listing};
use shared::domain::human::Human;
use shared::domain::interview::InterviewId;
use shared::domain::interview_score::InterviewScore;
use shared::domain::score_contest::{ContestFields, ContestOutcome, ContestStatus, ScoreContest};
use shared::domain::setting::whole;
use shared::http::{Body, Caller, Created, Path, Tagged};
use shared::{Code, Context, Error, Result};

use crate::basis::settings;
use crate::human::for_staff;
use crate::results::not_ready;

const REASON: &str = "The candidate contests the score";

/// Contest, and the score's mark that a person must look, are one commit. One contest is open at a time.
pub(crate) async fn contest(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<InterviewId>,
    Body(fields): Body<ContestFields>,
) -> Result<Created<ScoreContest>> {
    let (at, interview) =
        ctx.own_interview(&caller, id).await?.ok_or_else(|| Error::not_found("interview"))?;
    let score =
        ctx.docs::<InterviewScore>(&at).find_in(id, id).await?.ok_or_else(|| not_ready(&interview))?;
    let open = Listing::newest().within(id).eq("status", ContestStatus::Open).page(1, None);
    if let Some(open) = ctx.docs::<ScoreContest>(&at).list(open).await?.items.first() {
        let error = Error::new(Code::Duplicate, "The score is contested already; a person will answer.");
        return Err(error.with("existing_id", open.id.to_string()).with("due_at", open.due_at.to_string()));
    }
    let layers = settings(&ctx, &at).await?;
    let days = u32::try_from(whole(&layers.iter().collect::<Vec<_>>(), "contest_days")).unwrap_or(14);
    let by = caller.user_id.parse().map_err(Error::internal)?;
    let contest = ScoreContest::new(&interview, fields, by, days, ctx.now());
    let mut work = ctx.work(&at, id);
    let contest = work.create(contest)?;
    let mut marked = (*score).clone();
    marked.sheet.needs_review = true;
    if !marked.sheet.review_reasons.iter().any(|reason| reason == REASON) {
        marked.sheet.review_reasons.push(REASON.into());
    }
    work.action("contest");
    work.update(&score, marked)?;
    work.commit().await?;
    Ok(Created::at(format_args!("/scoring/{id}/contest"), contest))
}

/// The newest contest of a score, for its candidate and for staff.
pub(crate) async fn read(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<InterviewId>,
) -> Result<Tagged<ScoreContest>> {
    let reached = ctx.reach_interview(&caller, id, Resource::Score, Action::Read).await?;
    Ok(Tagged::of(newest(&ctx, &reached.at, id).await?))
}

async fn newest(ctx: &Context, at: &At, id: InterviewId) -> Result<ScoreContest> {
    let newest = Listing::newest().within(id).page(1, None);
    let found = ctx.docs::<ScoreContest>(at).list(newest).await?.items.pop();
    found.ok_or_else(|| Error::not_found("contest"))
}

#[derive(Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub(crate) struct ContestAnswer {
    outcome: ContestOutcome,
    /// Read by the candidate.
    #[garde(length(chars, min = 1, max = 2000))]
    answer: String,
}

/// A person answers. A changed score is overridden first, one to be made again rescored first: this only says so.
pub(crate) async fn answer(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<InterviewId>,
    Body(body): Body<ContestAnswer>,
) -> Result<Tagged<ScoreContest>> {
    let by = Human::of(caller.actor())?;
    let (at, _) = for_staff(&ctx, &caller, id, Action::Update).await?;
    let contest = newest(&ctx, &at, id).await?;
    let answered = ctx
        .docs::<ScoreContest>(&at)
        .update(id, contest.id, None, |contest, work| {
            work.action("answer");
            contest.answer(body.outcome, &body.answer, by, work.now())
        })
        .await?;
    Ok(Tagged::of(answered))
}
