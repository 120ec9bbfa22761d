//! What happened, by whom (spec 80 §2), and every call of a model (30 §3).

use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use shared::clock::Timestamp;
use shared::docs::{Listing, PageSize};
use shared::domain::ai_call::AiCall;
use shared::domain::audit::AuditEvent;
use shared::http::{Caller, Path, Query, RawPage};
use shared::store::Filter;
use shared::{Context, Error, Result};
use time::Duration;

/// The longest span a search may cover (spec 80 §7).
const LONGEST_SPAN: Duration = Duration::days(366);

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct AuditSearch {
    actor_id: Option<String>,
    action: Option<String>,
    entity_type: Option<String>,
    /// From this moment on.
    from: Option<Timestamp>,
    /// Up to this moment, without it.
    to: Option<Timestamp>,
    limit: PageSize,
    cursor: Option<String>,
}

/// Newest first.
pub(crate) async fn list(
    State(ctx): State<Context>,
    caller: Caller,
    Query(search): Query<AuditSearch>,
) -> Result<RawPage<AuditEvent>> {
    let at = caller.organisation()?;
    let listing = Listing::newest()
        .eq_if("actor_id", search.actor_id)
        .eq_if("action", search.action)
        .eq_if("entity_type", search.entity_type)
        .asked(search.limit, search.cursor);
    let listing = within(listing, search.from, search.to)?;
    Ok(ctx.events(&at, listing).await?.into())
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Newest {
    limit: PageSize<100>,
}

pub(crate) async fn of_entity(
    State(ctx): State<Context>,
    caller: Caller,
    Path((entity_type, entity_id)): Path<(String, String)>,
    Query(newest): Query<Newest>,
) -> Result<RawPage<AuditEvent>> {
    let at = caller.organisation()?;
    let listing =
        Listing::newest().eq("entity_id", entity_id).eq("entity_type", entity_type).asked(newest.limit, None);
    Ok(ctx.events(&at, listing).await?.into())
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct AiCallSearch {
    purpose: Option<String>,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    limit: PageSize,
    cursor: Option<String>,
}

pub(crate) async fn ai_calls(
    State(ctx): State<Context>,
    caller: Caller,
    Query(search): Query<AiCallSearch>,
) -> Result<RawPage<AiCall>> {
    let at = caller.organisation()?;
    let listing = Listing::newest().eq_if("purpose", search.purpose).asked(search.limit, search.cursor);
    let listing = within(listing, search.from, search.to)?;
    Ok(ctx.docs::<AiCall>(&at).list_raw(listing).await?.into())
}

fn within(listing: Listing, from: Option<Timestamp>, to: Option<Timestamp>) -> Result<Listing> {
    if from.is_none() && to.is_none() {
        return Ok(listing);
    }
    if let (Some(from), Some(to)) = (from, to) {
        if from > to {
            return Err(Error::invalid("from", "The span begins after it ends."));
        }
        if to.instant() - from.instant() > LONGEST_SPAN {
            return Err(Error::invalid("to", "The span may cover at most 366 days."));
        }
    }
    let text = |at: Timestamp| at.to_string().into();
    Ok(listing.filter(Filter::Range("occurred_at", from.map(text), to.map(text))))
}
