use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::auth::{Action, Resource};
use shared::candidates::{CandidateRef, Reach};
use shared::docs::{At, Listing};
use shared::domain::application::{Application, ApplicationForCandidate, ApplicationStatus};
use shared::domain::person_link::{LinkKind, PersonLink};
use shared::domain::pipeline::Pipeline;
use shared::http::{Caller, Page, Path, Query, page_limit};
use shared::{Context, Result};

#[derive(Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ApplicationList {
    status: Option<ApplicationStatus>,
    limit: Option<u32>,
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
    let limit = page_limit(search.limit)?;
    // A person without a profile may have been put forward by others.
    if which == CandidateRef::Me {
        return own(&ctx, &caller, search, limit).await;
    }
    let reached = ctx.candidate(&caller, which, Resource::Candidate, Action::Read).await?;
    if reached.reach == Reach::Own {
        return own(&ctx, &caller, search, limit).await;
    }
    let at = caller.organisation()?;
    let narrowed = ctx.narrowed::<Application>(&caller, &at, Resource::Application, Action::Read).await?;
    let mut listing = Listing::newest()
        .eq("candidate_id", reached.candidate.id)
        .eq_if("status", search.status)
        .page(limit, search.cursor);
    listing.filters.extend(narrowed);
    let listed = ctx.docs::<Application>(&at).list(listing).await?;
    Ok(Page::from(listed).map(|application| ApplicationSeen::Staff(Box::new(application))))
}

/// With whatever organisation they are, in the person's view. With a status a page may be shorter than its limit.
async fn own(
    ctx: &Context,
    caller: &Caller,
    search: ApplicationList,
    limit: u32,
) -> Result<Page<ApplicationSeen>> {
    let person = caller.person();
    let links = Listing::newest()
        .within(&caller.user_id)
        .eq("kind", LinkKind::Application)
        .page(limit, search.cursor);
    let links = ctx.docs::<PersonLink>(&person).list(links).await?;
    let mut items = Vec::new();
    for link in links.items {
        let at = caller.within(link.tenant());
        let Some(application) = ctx.docs::<Application>(&at).find(link.application_id).await? else {
            continue;
        };
        if search.status.is_none_or(|status| application.status == status) {
            let pipeline = pipeline(ctx, &at, &link).await?;
            items.push(ApplicationSeen::Person(Box::new(application.candidate_view(&pipeline))));
        }
    }
    Ok(Page { items, next_cursor: links.next })
}

async fn pipeline(ctx: &Context, at: &At, link: &PersonLink) -> Result<Pipeline> {
    let stored = ctx.docs::<Pipeline>(at).find(link.holder_id).await?;
    Ok(match stored {
        Some(pipeline) => pipeline.into_inner(),
        None => Pipeline::default_of(link.holder_id, ctx.now(), None),
    })
}
