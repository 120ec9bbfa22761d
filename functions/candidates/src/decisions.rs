//! GET /candidates/me/decisions: what an AI contributed to decisions about me (spec 25 §5). No numbers: kind, time, the
//! elements that were looked at, my own words that were quoted, and the versions that made it.

use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::clock::Timestamp;
use shared::docs::{Listing, PageSize};
use shared::domain::application::ApplicationId;
use shared::domain::application_score::ApplicationScore;
use shared::domain::interview::InterviewId;
use shared::domain::interview_score::InterviewScore;
use shared::domain::job::JobId;
use shared::domain::person_link::{LinkKind, PersonLink};
use shared::domain::score::{Band, CitedQuote};
use shared::http::{Caller, Page, Query};
use shared::{Context, Result};

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Paging {
    /// Applications and interviews looked at, 1-100; 20 when left out. Those an AI did nothing with give no item.
    limit: PageSize,
    cursor: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Contribution {
    kind: Kind,
    at: Timestamp,
    application_id: ApplicationId,
    job_id: JobId,
    interview_id: Option<InterviewId>,
    /// What was looked at.
    elements: Vec<String>,
    band: Option<Band>,
    feedback: Option<String>,
    cited_quotes: Vec<CitedQuote>,
    /// Whether a person changed what the AI gave.
    reviewed_by_person: bool,
    model_version: String,
    prompt_version: Option<String>,
    rubric_version: Option<String>,
}

#[derive(Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Kind {
    InterviewScore,
    ApplicationScore,
}

pub(crate) async fn list(
    State(ctx): State<Context>,
    caller: Caller,
    Query(paging): Query<Paging>,
) -> Result<Page<Contribution>> {
    let mine = Listing::newest().within(&caller.user_id).asked(paging.limit, paging.cursor);
    let links = ctx.docs::<PersonLink>(&caller.person()).list(mine).await?;
    let mut items = Vec::new();
    for link in links.items {
        items.extend(contribution(&ctx, &caller, &link).await?);
    }
    Ok(Page { items, next_cursor: links.next })
}

async fn contribution(ctx: &Context, caller: &Caller, link: &PersonLink) -> Result<Option<Contribution>> {
    let at = caller.within(link.tenant());
    match (link.kind, link.interview_id) {
        (LinkKind::Interview, Some(id)) => {
            let score = ctx.docs::<InterviewScore>(&at).find_in(id, id).await?;
            Ok(score.map(|score| of_interview(link, &score)))
        }
        (LinkKind::Interview, None) => Ok(None),
        (LinkKind::Application, _) => {
            let newest = Listing::newest().within(link.application_id).page(1, None);
            let score = ctx.docs::<ApplicationScore>(&at).list(newest).await?.items.pop();
            Ok(score.map(|score| of_application(link, score)))
        }
    }
}

fn of_interview(link: &PersonLink, score: &InterviewScore) -> Contribution {
    let view = score.candidate_view();
    Contribution {
        kind: Kind::InterviewScore,
        at: view.scored_at,
        application_id: link.application_id,
        job_id: link.job_id,
        interview_id: link.interview_id,
        elements: score.sheet.dimensions.iter().map(|scored| scored.dimension.clone()).collect(),
        band: view.band,
        feedback: Some(view.candidate_feedback),
        cited_quotes: view.cited_quotes,
        reviewed_by_person: view.reviewed_by_person,
        model_version: view.model_version,
        prompt_version: Some(view.prompt_version),
        rubric_version: Some(score.rubric_version.clone()),
    }
}

fn of_application(link: &PersonLink, score: ApplicationScore) -> Contribution {
    Contribution {
        kind: Kind::ApplicationScore,
        at: score.meta.created_at,
        application_id: link.application_id,
        job_id: link.job_id,
        interview_id: None,
        elements: ["skills", "experience", "education", "location"].map(str::to_owned).to_vec(),
        band: None,
        feedback: None,
        cited_quotes: Vec::new(),
        reviewed_by_person: false,
        model_version: score.model_version,
        prompt_version: None,
        rubric_version: None,
    }
}
