//! What people outside an organisation see of its jobs.

use crate::job;
use axum::extract::State;
use futures_util::future::try_join_all;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::auth::{Action, Resource};
use shared::docs::{At, Listing, PageSize};
use shared::domain::job::{ExperienceLevel, Job, JobId, JobStatus, JobType, PublicJob, WorkType};
use shared::domain::organisation::{Organisation, OrganisationId, OrganisationStatus};
use shared::domain::person_link::{LinkKind, PersonLink};
use shared::domain::published_job::PublishedJob;
use shared::http::{Caller, Page, Path, Query, Tagged};
use shared::store::{Filter, Tenant};
use shared::{Code, Context, Error, Result};

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct OpenSearch {
    /// Whose jobs. Left out: those of the caller's organisation, or of all by who has none.
    organisation_id: Option<OrganisationId>,
    /// The beginning of the title.
    q: Option<String>,
    /// The beginning of the location.
    location: Option<String>,
    job_type: Option<JobType>,
    work_type: Option<WorkType>,
    experience_level: Option<ExperienceLevel>,
    limit: PageSize,
    cursor: Option<String>,
}

pub(crate) async fn list(
    State(ctx): State<Context>,
    caller: Caller,
    Query(search): Query<OpenSearch>,
) -> Result<Page<PublicJob>> {
    let at = match (search.organisation_id, caller.organisation()) {
        (Some(id), _) => Some(of_organisation(&ctx, &caller, id).await?),
        (None, own) => own.ok(),
    };
    let mut listing = Listing::newest()
        .eq("status", JobStatus::Active)
        .eq_if("job_type", search.job_type)
        .eq_if("work_type", search.work_type)
        .eq_if("experience_level", search.experience_level);
    for (field, beginning) in [("title", search.q), ("location", search.location)] {
        if let Some(beginning) = beginning.filter(|text| !text.trim().is_empty()) {
            listing = listing.filter(Filter::Prefix(field, beginning.trim().to_owned()));
        }
    }
    let listing = listing.asked(search.limit, search.cursor);
    let Some(at) = at else { return everywhere(&ctx, &caller, listing).await };
    let jobs = ctx.docs::<Job>(&at).list(listing).await?;
    Ok(Page::from(jobs).map(|job| job.candidate_view()))
}

/// Of all organisations. Each job is looked at where it stands; one that closed a moment ago is left out of the page.
async fn everywhere(ctx: &Context, caller: &Caller, listing: Listing) -> Result<Page<PublicJob>> {
    let platform = At::system(Tenant::platform());
    let found = ctx.docs::<PublishedJob>(&platform).list(listing).await?;
    let seen = found.items.iter().map(async |entry| {
        let at = match of_organisation(ctx, caller, entry.holder_id).await {
            Err(error) if error.code() == Code::NotFound => return Ok(None),
            at => at?,
        };
        let job = ctx.docs::<Job>(&at).find(entry.id).await?;
        Ok::<_, Error>(job.and_then(|job| job.public_view().ok()))
    });
    let items = try_join_all(seen).await?.into_iter().flatten().collect();
    Ok(Page { items, next_cursor: found.next })
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Whose {
    /// Whose job it is; need not be said.
    organisation_id: Option<OrganisationId>,
}

/// A job, as far as the caller may see it.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum SeenJob {
    Whole(Box<job::JobView>),
    Public(Box<PublicJob>),
}

pub(crate) async fn read(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<JobId>,
    Query(whose): Query<Whose>,
) -> Result<Tagged<SeenJob>> {
    let member_of = caller.organisation().ok();
    let own = member_of.filter(|at| match whose.organisation_id {
        Some(asked) => at.tenant.organisation_id() == Some(asked),
        None => true,
    });
    if let Some(at) = own {
        let stored = ctx.docs::<Job>(&at).find(id).await?;
        if let Some(stored) = stored {
            if caller.scope(Resource::Job, Action::Read).is_some()
                && ctx.admit(&caller, &at, Resource::Job, Action::Read, &*stored).await.is_ok()
            {
                let Tagged { etag, value } = job::view(&ctx, &at, stored.into_inner()).await?;
                return Ok(Tagged { etag, value: SeenJob::Whole(Box::new(value)) });
            }
            return public(&stored);
        }
    }
    let holder = match whose.organisation_id {
        None => ctx.holder_of(id).await?,
        asked => asked,
    };
    if let Some(organisation) = holder {
        let at = of_organisation(&ctx, &caller, organisation).await?;
        match public(&*ctx.docs::<Job>(&at).get(id).await?) {
            Err(error) if error.code() == Code::NotFound && whose.organisation_id.is_none() => {}
            seen => return seen,
        }
    }
    applied_to(&ctx, &caller, id).await
}

fn public(job: &Job) -> Result<Tagged<SeenJob>> {
    Ok(Tagged { etag: job.meta.etag.clone(), value: SeenJob::Public(Box::new(job.public_view()?)) })
}

/// Who applied goes on seeing the job, whatever became of it.
async fn applied_to(ctx: &Context, caller: &Caller, id: JobId) -> Result<Tagged<SeenJob>> {
    let listing = Listing::newest().within(&caller.user_id).eq("kind", LinkKind::Application);
    let links = ctx.docs::<PersonLink>(&caller.person()).all(listing).await?;
    let link = links.iter().find(|link| link.job_id == id).ok_or_else(|| Error::not_found("job"))?;
    let at = caller.within(link.tenant());
    let job = ctx.docs::<Job>(&at).get(id).await?;
    Ok(Tagged { etag: job.meta.etag.clone(), value: SeenJob::Public(Box::new(job.candidate_view())) })
}

/// The tenant of an organisation that is not closed; 404 otherwise.
async fn of_organisation(ctx: &Context, caller: &Caller, id: OrganisationId) -> Result<At> {
    let at = caller.within(Tenant::organisation(&id.to_string()));
    let organisation = ctx.docs::<Organisation>(&at).get(id).await?;
    if organisation.status == OrganisationStatus::Closed {
        return Err(Error::not_found("organisation"));
    }
    Ok(at)
}
