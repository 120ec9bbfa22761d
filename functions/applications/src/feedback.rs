//! Ratings of an application: written once, never changed.

use crate::application::as_staff;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use shared::auth::{Action, Resource};
use shared::docs::{Listing, PageSize};
use shared::domain::application::ApplicationId;
use shared::domain::application_feedback::{ApplicationFeedback, ApplicationFeedbackFields};
use shared::domain::human::Human;
use shared::http::{Body, Caller, Created, Path, Query, RawPage};
use shared::{Context, Result};

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Paging {
    limit: PageSize,
    cursor: Option<String>,
}

pub(crate) async fn create(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<ApplicationId>,
    Body(fields): Body<ApplicationFeedbackFields>,
) -> Result<Created<ApplicationFeedback>> {
    let (at, application) = as_staff(&ctx, &caller, id, Action::Read).await?;
    ctx.admit(&caller, &at, Resource::ApplicationFeedback, Action::Create, &*application).await?;
    let by = Human::of(caller.actor())?.id();
    let feedback = ApplicationFeedback::new(&application, fields, by, ctx.now());
    let feedback = ctx.docs::<ApplicationFeedback>(&at).create(feedback).await?;
    Ok(Created::at(format!("/applications/{id}/feedback/{}", feedback.id), feedback))
}

pub(crate) async fn list(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<ApplicationId>,
    Query(paging): Query<Paging>,
) -> Result<RawPage<ApplicationFeedback>> {
    let (at, application) = as_staff(&ctx, &caller, id, Action::Read).await?;
    ctx.admit(&caller, &at, Resource::ApplicationFeedback, Action::Read, &*application).await?;
    let listing = Listing::oldest().within(id).asked(paging.limit, paging.cursor);
    Ok(ctx.docs::<ApplicationFeedback>(&at).list_raw(listing).await?.into())
}
