//! The applications to one job.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use shared::auth::{Action, Resource, Scope};
use shared::docs::PageSize;
use shared::domain::application::{Application, ApplicationSort, ApplicationStatus};
use shared::domain::job::{Job, JobId};
use shared::domain::pipeline::StageId;
use shared::http::{Caller, Path, Query, RawPage};
use shared::store::Filter;
use shared::{Belongs as _, Context, Error, Result};

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ApplicationSearch {
    status: Option<ApplicationStatus>,
    stage_id: Option<StageId>,
    /// Applications without a score are left out.
    min_score: Option<f64>,
    sort: ApplicationSort,
    limit: PageSize,
    cursor: Option<String>,
}

/// 404 for who is not assigned to the job; who is sees all of it. Bodies pass through as they are stored.
pub(crate) async fn list(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<JobId>,
    Query(search): Query<ApplicationSearch>,
) -> Result<RawPage<Application>> {
    let at = caller.organisation()?;
    let scope = caller.needs(Resource::Application, Action::Read)?;
    let job = ctx.docs::<Job>(&at).get(id).await?;
    if scope != Scope::All && !ctx.reaches(&caller, &at, scope, &job.people(), Some(id)).await? {
        return Err(Error::not_found("job"));
    }
    let mut listing = search
        .sort
        .listing()
        .eq("job_id", id)
        .eq_if("current_stage_id", search.stage_id)
        .eq_if("status", search.status)
        .asked(search.limit, search.cursor);
    if let Some(least) = search.min_score {
        listing = listing.filter(Filter::Range("match_score", Some(least.into()), None));
    }
    Ok(ctx.docs::<Application>(&at).list_raw(listing).await?.into())
}
