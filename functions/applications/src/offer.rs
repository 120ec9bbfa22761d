//! Offers and hires.

use crate::application::{as_staff, step};
use crate::{events, pipeline};
use axum::extract::State;
use garde::Validate;
use schemars::JsonSchema;
use serde::Deserialize;
use shared::auth::Action;
use shared::clock::Day;
use shared::domain::application::{Application, ApplicationId, OfferTerms};
use shared::domain::human::Human;
use shared::domain::messages::ApplicationMoved;
use shared::http::{Body, Caller, MaybeIfMatch, OptionalBody, Path, Tagged};
use shared::{Context, Error, Result};
use std::sync::Mutex;

pub(crate) async fn make(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<ApplicationId>,
    MaybeIfMatch(tag): MaybeIfMatch,
    Body(terms): Body<OfferTerms>,
) -> Result<Tagged<Application>> {
    let (at, _) = as_staff(&ctx, &caller, id, Action::Execute).await?;
    let by = Human::of(caller.actor())?;
    let pipeline = pipeline::of(&ctx, &at).await?;
    let offered = step(&ctx, &at, id, tag.as_deref(), true, |application, work| {
        application.make_offer(terms.clone(), &pipeline, by, work.now())
    });
    offered.await.map(Tagged::of)
}

#[derive(Default, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Hire {
    /// First day of work; the offer's when left out.
    #[garde(skip)]
    start_date: Option<Day>,
}

/// The filled position is counted at once; if a crash prevents that, the message of the same commit does it.
pub(crate) async fn hire(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<ApplicationId>,
    MaybeIfMatch(tag): MaybeIfMatch,
    OptionalBody(body): OptionalBody<Hire>,
) -> Result<Tagged<Application>> {
    let (at, application) = as_staff(&ctx, &caller, id, Action::Execute).await?;
    let by = Human::of(caller.actor())?;
    if body.start_date.is_some_and(|day| day < Day::of(ctx.now())) {
        return Err(Error::invalid("/start_date", "The day must not have passed."));
    }
    Application::clone(&application).hire(by, ctx.now())?;
    events::hold(&ctx, &at, &application).await?;
    let sent = Mutex::new(None);
    let hired = ctx
        .docs::<Application>(&at)
        .update(id, id, tag.as_deref(), |application, work| {
            let from = application.status;
            work.action("hire");
            application.hire(by, work.now())?;
            if let (Some(offer), Some(day)) = (&mut application.offer, body.start_date) {
                offer.terms.start_date = Some(day);
            }
            let moved = ApplicationMoved::new(application, Some(from), true);
            work.send(&moved)?;
            *sent.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(moved);
            Ok(())
        })
        .await;
    if hired.is_err() {
        events::release(&ctx, &at, &application).await?;
    }
    if let Some(moved) = sent.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner) {
        events::count(&ctx, &at, &moved).await?;
    }
    Ok(Tagged::of(hired?))
}
