use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use shared::auth::{Action, Resource};
use shared::clock::Timestamp;
use shared::docs::{At, Listing, PageSize};
use shared::domain::application::{Application, ApplicationStatus};
use shared::domain::candidate::{Candidate, CandidateForStaff, CandidateSource};
use shared::http::{Caller, Page, Query};
use shared::store::Filter;
use shared::{Context, Result};

#[derive(Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct CandidateList {
    source: Option<CandidateSource>,
    is_blacklisted: Option<bool>,
    /// Only what changed at this time or later.
    updated_since: Option<Timestamp>,
    /// Only candidates with an application in this status; ordered by the newest such application, `sort` aside.
    application_status: Option<ApplicationStatus>,
    sort: Option<Sort>,
    limit: PageSize,
    cursor: Option<String>,
}

/// Newest first when left out.
#[derive(Deserialize, JsonSchema, Clone, Copy)]
enum Sort {
    #[serde(rename = "created_at")]
    Created,
    #[serde(rename = "-created_at")]
    CreatedDown,
    #[serde(rename = "updated_at")]
    Updated,
    #[serde(rename = "-updated_at")]
    UpdatedDown,
    #[serde(rename = "last_name")]
    Name,
    #[serde(rename = "-last_name")]
    NameDown,
}

impl Sort {
    fn order(self) -> (&'static str, bool) {
        match self {
            Self::Created => ("id", false),
            Self::CreatedDown => ("id", true),
            Self::Updated => ("updated_at", false),
            Self::UpdatedDown => ("updated_at", true),
            Self::Name => ("last_name", false),
            Self::NameDown => ("last_name", true),
        }
    }
}

pub(crate) async fn list(
    State(ctx): State<Context>,
    caller: Caller,
    Query(search): Query<CandidateList>,
) -> Result<Page<CandidateForStaff>> {
    let at = caller.organisation()?;
    let narrowed = ctx.narrowed::<Candidate>(&caller, &at, Resource::Candidate, Action::Read).await?;
    if let Some(status) = search.application_status {
        return by_application(&ctx, &caller, &at, status, search).await;
    }
    let (field, descending) = search.sort.unwrap_or(Sort::CreatedDown).order();
    let mut listing = Listing::newest().order(field, descending).asked(search.limit, search.cursor);
    listing.filters.extend(narrowed);
    listing.filters.extend(
        search.updated_since.map(|since| Filter::Range("updated_at", Some(since.to_string().into()), None)),
    );
    let listing = listing
        .eq_if("source", search.source)
        .eq_if("is_blacklisted", search.is_blacklisted)
        .eq("merged_into", Value::Null);
    let listed = ctx.docs::<Candidate>(&at).list(listing).await?;
    Ok(Page::from(listed).map(Candidate::staff_view))
}

/// Walks the applications in that status; a candidate stands where their newest one does. A page may be shorter than its
/// limit.
async fn by_application(
    ctx: &Context,
    caller: &Caller,
    at: &At,
    status: ApplicationStatus,
    search: CandidateList,
) -> Result<Page<CandidateForStaff>> {
    let scope = caller.needs(Resource::Candidate, Action::Read)?;
    let applications = ctx.docs::<Application>(at);
    let listing = Listing::newest().eq("status", status).asked(search.limit, search.cursor);
    let listed = applications.list(listing).await?;
    let mut items = Vec::new();
    for application in listed.items {
        let newest = Listing::newest().eq("candidate_id", application.candidate_id).eq("status", status);
        let newest = applications.list(newest.page(1, None)).await?;
        if newest.items.first().is_some_and(|newest| newest.id != application.id) {
            continue;
        }
        let Some(candidate) = ctx.docs::<Candidate>(at).find(application.candidate_id).await? else {
            continue;
        };
        let fits = candidate.merged_into.is_none()
            && search.source.is_none_or(|source| candidate.fields.source == source)
            && search.is_blacklisted.is_none_or(|listed| candidate.is_blacklisted == listed)
            && search.updated_since.is_none_or(|since| candidate.meta.updated_at >= since);
        if fits && ctx.reaches(caller, at, scope, &candidate.owner_ids, None).await? {
            items.push(candidate.into_inner().staff_view());
        }
    }
    Ok(Page { items, next_cursor: listed.next })
}
