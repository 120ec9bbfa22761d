use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::auth::{Action, Resource};
use shared::candidates::{CandidateRef, Reach};
use shared::docs::{Listing, PageSize};
use shared::domain::application::{Application, ApplicationForCandidate, ApplicationStatus};
use shared::http::{Caller, Page, Path, Query};
use shared::{Context, Result};

#[derive(Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ApplicationList {
    status: Option<ApplicationStatus>,
    limit: PageSize,
    cursor: Option<String>,
}

/// An application as the caller may see it.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum ApplicationSeen {
    Staff(Box<Application>),
    Person(Box<ApplicationForCandidate>),
}

pub(crate) async fn list(
    State(ctx): State<Context>,
    caller: Caller,
    Path(which): Path<CandidateRef>,
    Query(search): Query<ApplicationList>,
) -> Result<Page<ApplicationSeen>> {
    // A person without a profile may have been put forward by others.
    if which == CandidateRef::Me {
        return own(&ctx, &caller, search).await;
    }
    let reached = ctx.candidate(&caller, which, Resource::Candidate, Action::Read).await?;
    if reached.reach == Reach::Own {
        return own(&ctx, &caller, search).await;
    }
    let at = caller.organisation()?;
    let narrowed = ctx.narrowed::<Application>(&caller, &at, Resource::Application, Action::Read).await?;
    let mut listing = Listing::newest()
        .eq("candidate_id", reached.candidate.id)
        .eq_if("status", search.status)
        .asked(search.limit, search.cursor);
    listing.filters.extend(narrowed);
    let listed = ctx.docs::<Application>(&at).list(listing).await?;
    Ok(Page::from(listed).map(|application| ApplicationSeen::Staff(Box::new(application))))
}

async fn own(ctx: &Context, caller: &Caller, search: ApplicationList) -> Result<Page<ApplicationSeen>> {
    let wanted = |application: &Application| search.status.is_none_or(|status| application.status == status);
    let own = ctx.own_applications(caller, search.limit, search.cursor, wanted).await?;
    Ok(own.map(|application| ApplicationSeen::Person(Box::new(application))))
}
