//! Create, read, change, delete.

use crate::deadlines;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::auth::{Action, Resource};
use shared::docs::{At, Listing, PageSize, Stored};
use shared::domain::application::Application;
use shared::domain::job::{Job, JobFields, JobId, JobStatus};
use shared::domain::job_metrics::{HiringMetrics, JobMetrics};
use shared::domain::membership::Membership;
use shared::domain::messages::JobChanged;
use shared::domain::team::Team;
use shared::domain::user::UserId;
use shared::http::{
    Body, Caller, Created, IfMatch, MaybeIfMatch, NoContent, Patch, Path, Query, RawPage, Tagged,
};
use shared::store::Filter;
use shared::{Context, Error, Result};

/// A job as its organisation's staff see it.
#[derive(Serialize, JsonSchema)]
pub(crate) struct JobView {
    #[serde(flatten)]
    job: Job,
    hiring_metrics: HiringMetrics,
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct JobSearch {
    status: Option<JobStatus>,
    department: Option<String>,
    /// A recruiter assigned to the job.
    recruiter_id: Option<UserId>,
    /// The beginning of the title.
    q: Option<String>,
    sort: JobSort,
    limit: PageSize,
    cursor: Option<String>,
}

#[derive(Default, Clone, Copy, Deserialize, JsonSchema)]
pub(crate) enum JobSort {
    #[default]
    #[serde(rename = "-created_at")]
    Newest,
    #[serde(rename = "created_at")]
    Oldest,
    #[serde(rename = "title")]
    Title,
    #[serde(rename = "-title")]
    TitleBackwards,
    #[serde(rename = "deadline")]
    Deadline,
    #[serde(rename = "-deadline")]
    LatestDeadline,
}

impl JobSort {
    fn listing(self) -> Listing {
        let newest = Listing::newest();
        match self {
            Self::Newest => newest,
            Self::Oldest => Listing::oldest(),
            Self::Title => newest.order("title", false),
            Self::TitleBackwards => newest.order("title", true),
            Self::Deadline => newest.order("deadline", false),
            Self::LatestDeadline => newest.order("deadline", true),
        }
    }
}

pub(crate) async fn list(
    State(ctx): State<Context>,
    caller: Caller,
    Query(search): Query<JobSearch>,
) -> Result<RawPage<Job>> {
    let at = caller.organisation()?;
    let mut listing = search.sort.listing().asked(search.limit, search.cursor);
    if let Some(recruiter) = search.recruiter_id {
        listing = listing.filter(Filter::Has("recruiter_ids", recruiter.to_string()));
    }
    listing = listing.eq_if("status", search.status).eq_if("department", search.department);
    if let Some(beginning) = search.q.filter(|text| !text.trim().is_empty()) {
        listing = listing.filter(Filter::Prefix("title", beginning.trim().to_owned()));
    }
    if let Some(mine) = ctx.narrowed::<Job>(&caller, &at, Resource::Job, Action::Read).await? {
        listing = listing.filter(mine);
    }
    Ok(ctx.docs::<Job>(&at).list_raw(listing).await?.into())
}

pub(crate) async fn create(
    State(ctx): State<Context>,
    caller: Caller,
    Body(fields): Body<JobFields>,
) -> Result<Created<Job>> {
    let at = caller.organisation()?;
    let organisation = at.tenant.organisation_id().ok_or_else(|| Error::not_found("organisation"))?;
    fields.check_deadline(ctx.now())?;
    check_references(&ctx, &at, None, &fields).await?;
    let job = Job::new(organisation, fields, ctx.now(), caller.actor().id.clone());
    let job = ctx.docs::<Job>(&at).create(job).await?;
    Ok(Created::at(format!("/jobs/{}", job.id), job))
}

pub(crate) async fn update(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<JobId>,
    IfMatch(tag): IfMatch,
    patch: Patch<JobFields>,
) -> Result<Tagged<JobView>> {
    let (at, job) = reached(&ctx, &caller, id, Action::Update).await?;
    let fields = patch.apply(&job.fields)?;
    check_references(&ctx, &at, Some(&job.fields), &fields).await?;
    let mut changed = Job::clone(&job);
    changed.set_fields(fields, ctx.now())?;
    deadlines::mark(&ctx, &at, &changed).await?;
    let fields = changed.fields;
    let job = ctx
        .docs::<Job>(&at)
        .update(id, id, Some(&tag), |job, work| {
            job.set_fields(fields.clone(), work.now())?;
            work.send(&JobChanged { job_id: id })
        })
        .await?;
    view(&ctx, &at, job).await
}

pub(crate) async fn remove(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<JobId>,
    MaybeIfMatch(tag): MaybeIfMatch,
) -> Result<NoContent> {
    let (at, _) = reached(&ctx, &caller, id, Action::Delete).await?;
    let applications = Listing::newest().eq("job_id", id).page(1, None);
    if ctx.docs::<Application>(&at).list_raw(applications).await?.count > 0 {
        return Err(Error::conflict("The job has applications. Close or cancel it instead."));
    }
    ctx.docs::<Job>(&at)
        .update(id, id, tag.as_deref(), |job, work| {
            if job.status != JobStatus::Draft {
                return Err(job.status.refuse());
            }
            job.meta.is_active = false;
            work.action("delete");
            Ok(())
        })
        .await?;
    Ok(NoContent)
}

/// The job, when the caller's right reaches it; 404 otherwise.
pub(crate) async fn reached(
    ctx: &Context,
    caller: &Caller,
    id: JobId,
    action: Action,
) -> Result<(At, Stored<Job>)> {
    let at = caller.organisation()?;
    let job = ctx.docs::<Job>(&at).get(id).await?;
    ctx.admit(caller, &at, Resource::Job, action, &*job).await?;
    Ok((at, job))
}

/// With its counts.
pub(crate) async fn view(ctx: &Context, at: &At, job: Job) -> Result<Tagged<JobView>> {
    let now = ctx.now();
    let counted = ctx.docs::<JobMetrics>(at).find(job.id).await?;
    let hiring_metrics = match (counted, job.meta.organisation_id) {
        (Some(counted), _) => counted.view(&job, now),
        (None, Some(organisation)) => JobMetrics::new(organisation, job.id, now).view(&job, now),
        (None, None) => return Err(Error::not_found("job")),
    };
    Ok(Tagged { etag: job.meta.etag.clone(), value: JobView { job, hiring_metrics } })
}

/// Whom and what a job names must be of its organisation; what it named before is not asked again.
async fn check_references(
    ctx: &Context,
    at: &At,
    before: Option<&JobFields>,
    fields: &JobFields,
) -> Result<()> {
    let known = before.map(|before| (before.hiring_manager_id, before.team_id)).unwrap_or_default();
    if let Some(manager) = fields.hiring_manager_id.filter(|id| Some(*id) != known.0)
        && ctx.docs::<Membership>(at).find(manager).await?.is_none()
    {
        return Err(Error::invalid("/hiring_manager_id", "There is no such member."));
    }
    if let Some(team) = fields.team_id.filter(|id| Some(*id) != known.1)
        && ctx.docs::<Team>(at).find(team).await?.is_none()
    {
        return Err(Error::invalid("/team_id", "There is no such team."));
    }
    Ok(())
}
