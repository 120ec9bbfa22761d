//! What resumes are weighed against and what interviews are scored on (spec 30 §1, §3).

use crate::job::reached;
use axum::extract::State;
use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::auth::Action;
use shared::domain::ai_criteria::AiCriteria;
use shared::domain::job::{Job, JobId};
use shared::domain::rubric::{Dimension, MAX_DIMENSIONS, default_rubric};
use shared::http::{Body, Caller, IfMatch, Path, Tagged, with_etag};
use shared::{Context, Error, Result};

/// The job's own criteria, else those that follow from the skills it names. 404 when it names none.
pub(crate) async fn read(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<JobId>,
) -> Result<Tagged<AiCriteria>> {
    let (_, job) = reached(&ctx, &caller, id, Action::Read).await?;
    let criteria = job.criteria().ok_or_else(|| Error::not_found("set of criteria"))?;
    Ok(with_etag(&*job, criteria))
}

pub(crate) async fn replace(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<JobId>,
    IfMatch(tag): IfMatch,
    Body(criteria): Body<AiCriteria>,
) -> Result<Tagged<AiCriteria>> {
    let (at, _) = reached(&ctx, &caller, id, Action::Update).await?;
    let job =
        ctx.docs::<Job>(&at).update(id, id, Some(&tag), |job, _| job.set_criteria(criteria.clone())).await?;
    Ok(with_etag(&job, criteria))
}

#[derive(Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRubric {
    #[garde(length(min = 1, max = MAX_DIMENSIONS))]
    dimensions: Vec<Dimension>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Rubric {
    dimensions: Vec<Dimension>,
    /// 0 while the default rubric holds.
    rubric_version: u32,
    is_default: bool,
}

impl Rubric {
    fn of(job: &Job) -> Self {
        let is_default = job.scoring_rubric.is_empty();
        let dimensions = if is_default { default_rubric() } else { job.scoring_rubric.clone() };
        Self { dimensions, rubric_version: job.rubric_version, is_default }
    }
}

pub(crate) async fn read_rubric(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<JobId>,
) -> Result<Tagged<Rubric>> {
    let (_, job) = reached(&ctx, &caller, id, Action::Read).await?;
    Ok(with_etag(&*job, Rubric::of(&job)))
}

pub(crate) async fn replace_rubric(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<JobId>,
    IfMatch(tag): IfMatch,
    Body(NewRubric { dimensions }): Body<NewRubric>,
) -> Result<Tagged<Rubric>> {
    let (at, _) = reached(&ctx, &caller, id, Action::Update).await?;
    let job =
        ctx.docs::<Job>(&at).update(id, id, Some(&tag), |job, _| job.set_rubric(dimensions.clone())).await?;
    Ok(with_etag(&job, Rubric::of(&job)))
}
