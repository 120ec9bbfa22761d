//! POST /scoring/{interview_id}/contest: its candidate wants a person to look (spec 25 §5).

use axum::extract::State;
use shared::docs::Listing;
use shared::domain::interview::InterviewId;
use shared::domain::interview_score::InterviewScore;
use shared::domain::score_contest::{ContestFields, ContestStatus, ScoreContest};
use shared::domain::setting::whole;
use shared::http::{Body, Caller, Created, Path};
use shared::{Code, Context, Error, Result};

use crate::basis::settings;
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
    let contest_id = contest.id;
    Ok(Created::at(format_args!("/scoring/{id}/contest/{contest_id}"), contest))
}
