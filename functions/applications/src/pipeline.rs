//! The organisation's stages, and what stands in them.

use axum::extract::State;
use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::auth::{Action, Resource};
use shared::clock::Timestamp;
use shared::docs::{At, Listing};
use shared::domain::application::{Application, ApplicationId, ApplicationStatus, StageOutcome};
use shared::domain::candidate::CandidateId;
use shared::domain::job::JobId;
use shared::domain::pipeline::{MAX_STAGES, Pipeline, PipelineStage, StageFields, StageId};
use shared::http::{Body, Caller, IfMatch, Json, Page, Query, Tagged, with_etag};
use shared::store::Filter;
use shared::{Code, Context, Error, Result};
use std::collections::BTreeMap;

/// The pipeline of an organisation; the default one is made for an organisation that has none yet.
pub(crate) async fn of(ctx: &Context, at: &At) -> Result<Pipeline> {
    let id = at.tenant.organisation_id().ok_or_else(|| Error::not_found("pipeline"))?;
    let pipelines = ctx.docs::<Pipeline>(at);
    if let Some(pipeline) = pipelines.find(id).await? {
        return Ok(pipeline.into_inner());
    }
    match pipelines.create(Pipeline::default_of(id, ctx.now(), at.actor.id.clone())).await {
        Err(error) if error.code() == Code::Conflict => Ok(pipelines.get(id).await?.into_inner()),
        made => made,
    }
}

pub(crate) async fn stages(
    State(ctx): State<Context>,
    caller: Caller,
) -> Result<Tagged<Page<PipelineStage>>> {
    Ok(answer(&of(&ctx, &caller.organisation()?).await?))
}

fn answer(pipeline: &Pipeline) -> Tagged<Page<PipelineStage>> {
    let page = Page { items: pipeline.stages.clone(), next_cursor: None };
    with_etag(pipeline, page)
}

/// The whole list, in its order.
#[derive(Deserialize, JsonSchema, Validate)]
#[serde(transparent)]
#[garde(transparent)]
pub(crate) struct Stages(#[garde(length(min = 1, max = MAX_STAGES), dive)] Vec<StageFields>);

pub(crate) async fn replace(
    State(ctx): State<Context>,
    caller: Caller,
    IfMatch(tag): IfMatch,
    Body(Stages(stages)): Body<Stages>,
) -> Result<Tagged<Page<PipelineStage>>> {
    let at = caller.organisation()?;
    let mut next = of(&ctx, &at).await?;
    for stage in next.replace(stages)? {
        refuse_in_use(&ctx, &at, stage).await?;
    }
    let (id, stages) = (next.id, next.stages);
    let saved = ctx
        .docs::<Pipeline>(&at)
        .update(id, id, Some(&tag), |pipeline, _| {
            pipeline.stages.clone_from(&stages);
            Ok(())
        })
        .await?;
    Ok(answer(&saved))
}

async fn refuse_in_use(ctx: &Context, at: &At, stage: StageId) -> Result<()> {
    let standing = in_stage(stage).page(1, None);
    if ctx.docs::<Application>(at).list_raw(standing).await?.count == 0 {
        return Ok(());
    }
    Err(Error::new(Code::StageInUse, "Open applications stand in a stage that would go. Move them first.")
        .with("stage_id", stage.to_string()))
}

/// Open applications in a stage, longest there first.
fn in_stage(stage: StageId) -> Listing {
    let open = ApplicationStatus::ALL.iter().filter(|status| status.is_open());
    let open = open.map(|status| status.as_str().into()).collect();
    Listing::oldest().eq("current_stage_id", stage).filter(Filter::In("status", open))
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct OfJob {
    job_id: Option<JobId>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Overview {
    stages: Vec<StageOverview>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct StageOverview {
    stage_id: StageId,
    name: String,
    stage_order: u32,
    status: ApplicationStatus,
    /// Open applications in the stage.
    count: usize,
    /// When the oldest of them came in.
    oldest: Option<Timestamp>,
    /// The ten oldest.
    first: Vec<Standing>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Standing {
    application_id: ApplicationId,
    job_id: JobId,
    candidate_id: CandidateId,
    match_score: Option<f64>,
    applied_at: Timestamp,
    /// When it came into this stage.
    entered_at: Option<Timestamp>,
}

pub(crate) async fn overview(
    State(ctx): State<Context>,
    caller: Caller,
    Query(of_job): Query<OfJob>,
) -> Result<Json<Overview>> {
    let at = caller.organisation()?;
    let mine = ctx.narrowed::<Application>(&caller, &at, Resource::Pipeline, Action::Read).await?;
    let mut stages = Vec::new();
    for stage in of(&ctx, &at).await?.active() {
        let listing = || {
            let listing = in_stage(stage.id).eq_if("job_id", of_job.job_id);
            mine.iter().cloned().fold(listing, Listing::filter)
        };
        let first = ctx.docs::<Application>(&at).list(listing().page(10, None)).await?;
        let count = match first.next {
            None => first.items.len(),
            Some(_) => count(&ctx, &at, &listing).await?,
        };
        stages.push(StageOverview {
            stage_id: stage.id,
            name: stage.name.clone(),
            stage_order: stage.stage_order,
            status: stage.status,
            count,
            oldest: first.items.first().map(|application| application.applied_at),
            first: first.items.iter().map(Standing::of).collect(),
        });
    }
    Ok(Json(Overview { stages }))
}

impl Standing {
    fn of(application: &Application) -> Self {
        Self {
            application_id: application.id,
            job_id: application.job_id,
            candidate_id: application.candidate_id,
            match_score: application.match_score,
            applied_at: application.applied_at,
            entered_at: application.stage_history.last().map(|visit| visit.entered_at),
        }
    }
}

/// Without reading what is counted: bodies stay text.
async fn count(ctx: &Context, at: &At, listing: &impl Fn() -> Listing) -> Result<usize> {
    let (mut count, mut after) = (0, None);
    loop {
        let page = ctx.docs::<Application>(at).list_raw(listing().page(1000, after)).await?;
        count += page.count;
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(count),
        }
    }
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Span {
    job_id: Option<JobId>,
    /// Stays that began at or after this.
    from: Option<Timestamp>,
    /// Stays that began before this.
    to: Option<Timestamp>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Figures {
    stages: Vec<StageFigures>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct StageFigures {
    stage_id: StageId,
    name: String,
    entered: u32,
    advanced: u32,
    rejected: u32,
    /// Of the stays that have ended.
    median_minutes: Option<i64>,
}

#[derive(Default)]
struct Tally {
    entered: u32,
    advanced: u32,
    rejected: u32,
    minutes: Vec<i64>,
}

pub(crate) async fn analytics(
    State(ctx): State<Context>,
    caller: Caller,
    Query(span): Query<Span>,
) -> Result<Json<Figures>> {
    let at = caller.organisation()?;
    if span.from.zip(span.to).is_some_and(|(from, to)| from >= to) {
        return Err(Error::invalid("to", "must lie after from"));
    }
    let mine = ctx.narrowed::<Application>(&caller, &at, Resource::Pipeline, Action::Read).await?;
    let mut tallies: BTreeMap<StageId, Tally> = BTreeMap::new();
    let mut after = None;
    loop {
        let listing = Listing::oldest().eq_if("job_id", span.job_id).page(500, after);
        let listing = mine.iter().cloned().fold(listing, Listing::filter);
        let page = ctx.docs::<Application>(&at).list(listing).await?;
        page.items.iter().for_each(|application| tally(&mut tallies, application, &span));
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    let pipeline = of(&ctx, &at).await?;
    let stages = pipeline.stages.iter().map(|stage| {
        let mut tally = tallies.remove(&stage.id).unwrap_or_default();
        StageFigures {
            stage_id: stage.id,
            name: stage.name.clone(),
            entered: tally.entered,
            advanced: tally.advanced,
            rejected: tally.rejected,
            median_minutes: median(&mut tally.minutes),
        }
    });
    Ok(Json(Figures { stages: stages.collect() }))
}

fn tally(tallies: &mut BTreeMap<StageId, Tally>, application: &Application, span: &Span) {
    for visit in &application.stage_history {
        let since = span.from.is_none_or(|from| visit.entered_at >= from);
        if !since || span.to.is_some_and(|to| visit.entered_at >= to) {
            continue;
        }
        let tally = tallies.entry(visit.stage_id).or_default();
        tally.entered += 1;
        tally.advanced += u32::from(visit.outcome == Some(StageOutcome::Advanced));
        tally.rejected += u32::from(visit.outcome == Some(StageOutcome::Rejected));
        tally.minutes.extend(visit.duration_minutes);
    }
}

/// The lower of the two in the middle when there is an even number of them.
fn median(minutes: &mut [i64]) -> Option<i64> {
    minutes.sort_unstable();
    minutes.get(minutes.len().saturating_sub(1) / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::median;

    #[test]
    fn the_median_is_one_of_the_values() {
        assert_eq!(median(&mut []), None);
        assert_eq!(median(&mut [7]), Some(7));
        assert_eq!(median(&mut [9, 1, 4]), Some(4));
        assert_eq!(median(&mut [9, 1, 4, 5]), Some(4));
    }
}
