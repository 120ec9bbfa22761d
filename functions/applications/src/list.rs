//! Lists of applications: as they are stored for staff, in the candidate's view for candidates.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Deserialize;
use shared::auth::{Action, Resource};
use shared::docs::PageSize;
use shared::domain::application::{
    Application, ApplicationForCandidate, ApplicationSort, ApplicationSource, ApplicationStatus,
};
use shared::domain::job::JobId;
use shared::domain::pipeline::StageId;
use shared::domain::user::UserId;
use shared::http::{Answers, Caller, Operation, Page, Query, RawPage};
use shared::{Context, Result};

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ApplicationSearch {
    job_id: Option<JobId>,
    status: Option<ApplicationStatus>,
    stage_id: Option<StageId>,
    recruiter_id: Option<UserId>,
    source: Option<ApplicationSource>,
    sort: ApplicationSort,
    limit: PageSize,
    cursor: Option<String>,
}

/// A page of either view.
pub(crate) enum Applications {
    Whole(RawPage<Application>),
    Own(Page<ApplicationForCandidate>),
}

impl IntoResponse for Applications {
    fn into_response(self) -> Response {
        match self {
            Self::Whole(page) => page.into_response(),
            Self::Own(page) => page.into_response(),
        }
    }
}

impl Answers for Applications {
    fn describe(operation: &mut Operation) {
        RawPage::<Application>::describe(operation);
    }
}

pub(crate) async fn all(
    State(ctx): State<Context>,
    caller: Caller,
    Query(search): Query<ApplicationSearch>,
) -> Result<Applications> {
    let Ok(at) = caller.organisation() else { return own(&ctx, &caller, search).await };
    let mut listing = search
        .sort
        .listing()
        .eq_if("job_id", search.job_id)
        .eq_if("recruiter_id", search.recruiter_id)
        .eq_if("current_stage_id", search.stage_id)
        .eq_if("status", search.status)
        .eq_if("source", search.source)
        .asked(search.limit, search.cursor);
    if let Some(mine) = ctx.narrowed::<Application>(&caller, &at, Resource::Application, Action::Read).await?
    {
        listing = listing.filter(mine);
    }
    Ok(Applications::Whole(ctx.docs::<Application>(&at).list_raw(listing).await?.into()))
}

async fn own(ctx: &Context, caller: &Caller, search: ApplicationSearch) -> Result<Applications> {
    let wanted = |application: &Application| {
        search.job_id.is_none_or(|job| job == application.job_id)
            && search.status.is_none_or(|status| status == application.status)
            && search.stage_id.is_none_or(|stage| stage == application.current_stage_id)
            && search.source.is_none_or(|source| source == application.source)
    };
    Ok(Applications::Own(ctx.own_applications(caller, search.limit, search.cursor, wanted).await?))
}
