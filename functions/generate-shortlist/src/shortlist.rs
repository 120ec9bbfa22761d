//! Shortlists made before.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use shared::auth::{Action, Resource};
use shared::docs::{Listing, PageSize};
use shared::domain::job::JobId;
use shared::domain::shortlist::{Shortlist, ShortlistId};
use shared::http::{Caller, Path, Query, RawPage, Tagged};
use shared::{Context, Result};

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ShortlistSearch {
    job_id: Option<JobId>,
    limit: PageSize,
    cursor: Option<String>,
}

pub(crate) async fn list(
    State(ctx): State<Context>,
    caller: Caller,
    Query(search): Query<ShortlistSearch>,
) -> Result<RawPage<Shortlist>> {
    let at = caller.organisation()?;
    let mut listing = Listing::newest().eq_if("job_id", search.job_id).asked(search.limit, search.cursor);
    if let Some(mine) = ctx.narrowed::<Shortlist>(&caller, &at, Resource::Shortlist, Action::Read).await? {
        listing = listing.filter(mine);
    }
    Ok(ctx.docs::<Shortlist>(&at).list_raw(listing).await?.into())
}

pub(crate) async fn read(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<ShortlistId>,
) -> Result<Tagged<Shortlist>> {
    let at = caller.organisation()?;
    let shortlist = ctx.docs::<Shortlist>(&at).get(id).await?;
    ctx.admit(&caller, &at, Resource::Shortlist, Action::Read, &*shortlist).await?;
    Ok(Tagged::stored(shortlist))
}
