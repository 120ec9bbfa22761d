//! GET /interviews/{id}/report: the interview, its score and where the rest is, as JSON, as a page to
//! print, or as text for a terminal.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::ACCEPT;
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::auth::{Action, Resource};
use shared::docs::{At, Listing, Stored};
use shared::domain::candidate::CandidateId;
use shared::domain::interview::{Interview, InterviewId, InterviewStatus, RecordingState};
use shared::domain::interview_score::InterviewScore;
use shared::domain::job::JobId;
use shared::domain::transcript_segment::TranscriptSegment;
use shared::domain::user::{User, UserId};
use shared::function::PREFIX;
use shared::http::{Answer, Answers, Caller, Html, Json, Operation, Path, Query, Text};
use shared::report::ReportView;
use shared::store::Tenant;
use shared::{Code, Context, Error, Result};

use crate::material::Material;
use crate::report_page;

/// Columns of the text.
const TEXT_WIDTH: u16 = 100;

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Wanted {
    /// What Accept asks for when left out.
    format: Option<Format>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Format {
    Json,
    Html,
    Text,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Report {
    interview: Interview,
    job: JobSummary,
    candidate: Option<CandidateSummary>,
    /// `null` until it is scored.
    score: Option<InterviewScore>,
    transcript_url: String,
    recording_url: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct JobSummary {
    id: JobId,
    title: String,
    department: Option<String>,
    location: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct CandidateSummary {
    id: CandidateId,
    first_name: String,
    last_name: String,
    current_title: Option<String>,
    years_experience: Option<u8>,
    summary: Option<String>,
}

pub(crate) enum ReportAnswer {
    Data(Box<Report>),
    Page(String),
    Text(String),
}

impl IntoResponse for ReportAnswer {
    fn into_response(self) -> Response {
        match self {
            Self::Data(report) => Json(report).into_response(),
            Self::Page(page) => Html(page).into_response(),
            Self::Text(text) => Text(text).into_response(),
        }
    }
}

impl Answers for ReportAnswer {
    fn describe(operation: &mut Operation) {
        operation.answers.push(Answer::json::<Report>(200));
        operation.answers.push(Answer::media(200, "text/html"));
        operation.answers.push(Answer::media(200, "text/plain"));
    }
}

pub(crate) async fn read(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<InterviewId>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Result<ReportAnswer> {
    let at = caller.organisation()?;
    let interview = ctx.docs::<Interview>(&at).get(id).await?;
    ctx.admit(&caller, &at, Resource::Score, Action::Read, &*interview).await?;
    if interview.status != InterviewStatus::Completed {
        return Err(Error::conflict("There is a report once the interview has ended."));
    }
    let material = Material::of(&ctx, &at, &interview).await?;
    let score = ctx.docs::<InterviewScore>(&at).find_in(id, id).await?.map(Stored::into_inner);
    let interview = interview.into_inner();
    match wanted.format.unwrap_or_else(|| preferred(&headers)) {
        Format::Json => Ok(ReportAnswer::Data(Box::new(report(interview, material, score)))),
        Format::Html => {
            let view = view(&ctx, &at, &interview, &material, score).await?;
            Ok(ReportAnswer::Page(shared::report::html(&view).map_err(Error::internal)?))
        }
        Format::Text => {
            let view = view(&ctx, &at, &interview, &material, score).await?;
            Ok(ReportAnswer::Text(shared::report::terminal(&view, TEXT_WIDTH, false)))
        }
    }
}

/// The first of the three that Accept names; a browser names text/html before everything.
fn preferred(headers: &HeaderMap) -> Format {
    let accept = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let accept = accept.to_ascii_lowercase();
    let kinds =
        [("application/json", Format::Json), ("text/html", Format::Html), ("text/plain", Format::Text)];
    let named = kinds.into_iter().filter_map(|(name, format)| Some((accept.find(name)?, format)));
    named.min_by_key(|(place, _)| *place).map_or(Format::Json, |(_, format)| format)
}

fn report(interview: Interview, material: Material, score: Option<InterviewScore>) -> Report {
    let has_recording =
        interview.recording.as_ref().is_some_and(|known| known.state == RecordingState::Available);
    let candidate = material.candidate.map(|candidate| CandidateSummary {
        id: candidate.id,
        first_name: candidate.fields.first_name,
        last_name: candidate.fields.last_name,
        current_title: candidate.fields.current_title,
        years_experience: candidate.fields.years_experience,
        summary: candidate.fields.summary,
    });
    let job = JobSummary {
        id: material.job.id,
        title: material.job.fields.title,
        department: material.job.fields.department,
        location: material.job.fields.location,
    };
    Report {
        transcript_url: format!("{PREFIX}/interview/{}/transcript", interview.id),
        recording_url: has_recording.then(|| format!("{PREFIX}/interviews/{}/recording", interview.id)),
        interview,
        job,
        candidate,
        score,
    }
}

async fn view(
    ctx: &Context,
    at: &At,
    interview: &Interview,
    material: &Material,
    score: Option<InterviewScore>,
) -> Result<ReportView> {
    let score = score.ok_or_else(|| {
        Error::new(Code::ScoreNotReady, "There is no score of this interview yet.")
            .with("scoring_status", interview.scoring_status.as_str())
    })?;
    let all = Listing::oldest().within(interview.id);
    let transcript = ctx.docs::<TranscriptSegment>(at).all(all).await?;
    let by = match score.human_override_by {
        Some(user) => name_of(ctx, at, user).await?,
        None => None,
    };
    Ok(report_page::view(interview, material, &score, &transcript, by, ctx.now()))
}

async fn name_of(ctx: &Context, at: &At, user: UserId) -> Result<Option<String>> {
    let person = at.within(Tenant::person(&user.to_string()));
    Ok(ctx.docs::<User>(&person).find(user).await?.map(|user| user.display_name()))
}
