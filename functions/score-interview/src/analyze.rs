//! POST /scoring/analyze (spec 30 §3, §4).

use axum::extract::State;
use garde::Validate;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use shared::auth::{Action, Resource};
use shared::docs::At;
use shared::domain::interview::{Interview, InterviewId, InterviewStatus};
use shared::domain::interview_score::InterviewScore;
use shared::domain::rubric::{Dimension, validate_rubric};
use shared::domain::transcript::{Speaker, Utterance};
use shared::domain::transcript_segment::MAX_CONTENT;
use shared::http::{Caller, ContractBody, Json};
use shared::{Context, Error, Result};

use crate::basis::{Basis, Rubric};
use crate::judging::judge;
use crate::results::Analysis;
use crate::store::{News, Over, store, tell};

#[derive(Deserialize, JsonSchema, Validate)]
#[garde(allow_unvalidated)]
pub(crate) struct Request {
    pub interview_id: InterviewId,
    /// The stored one is used when it is empty.
    #[serde(default)]
    #[garde(length(max = 2000), dive)]
    pub transcript: Vec<SentTurn>,
    /// The job's, else the default, when left out.
    #[serde(default)]
    #[garde(dive)]
    pub rubric: Option<Vec<SentDimension>>,
    #[serde(default)]
    #[garde(length(chars, max = 255))]
    pub job_title: Option<String>,
    #[serde(default)]
    #[garde(length(chars, max = 50_000))]
    pub job_description: Option<String>,
}

#[derive(Deserialize, JsonSchema, Validate)]
#[garde(allow_unvalidated)]
pub(crate) struct SentTurn {
    pub speaker: Speaker,
    #[garde(length(chars, max = MAX_CONTENT))]
    pub content: String,
    /// Seconds or milliseconds from the start, not negative; or a text. Not looked at: how somebody speaks is no
    /// evidence.
    #[serde(default)]
    #[garde(custom(not_negative))]
    pub timestamp: Value,
}

fn not_negative(timestamp: &Value, _: &()) -> garde::Result {
    match timestamp {
        Value::Null | Value::String(_) => Ok(()),
        Value::Number(number) if number.as_f64().is_some_and(|number| number >= 0.0) => Ok(()),
        _ => Err(garde::Error::new("must be a number from 0 up, or a text")),
    }
}

#[derive(Deserialize, JsonSchema, Validate)]
#[garde(allow_unvalidated)]
pub(crate) struct SentDimension {
    #[garde(length(chars, max = 255))]
    pub name: String,
    #[serde(default)]
    #[garde(length(chars, max = 2000))]
    pub description: String,
    pub weight: f64,
}

pub(crate) async fn analyze(
    State(ctx): State<Context>,
    caller: Caller,
    ContractBody(request): ContractBody<Request>,
) -> Result<Json<Analysis>> {
    let id = request.interview_id;
    let reached = ctx.reach_interview(&caller, id, Resource::Score, Action::Execute).await?;
    let analysis = if reached.is_candidate {
        for_candidate(&ctx, &reached.at, &reached.interview).await?
    } else {
        for_staff(&ctx, &reached.at, &reached.interview, request).await?
    };
    Ok(Json(analysis))
}

async fn for_staff(ctx: &Context, at: &At, interview: &Interview, request: Request) -> Result<Analysis> {
    if interview.status == InterviewStatus::Cancelled {
        return Err(Error::conflict("The interview was cancelled."));
    }
    let rubric = request.rubric.map(checked).transpose()?;
    let mut basis = Basis::of(ctx, at, interview).await?;
    let given = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
    basis.rubric = rubric.unwrap_or(basis.rubric);
    basis.job_title = given(request.job_title).unwrap_or(basis.job_title);
    basis.job_description = given(request.job_description).unwrap_or(basis.job_description);
    let sent = sent_transcript(request.transcript);
    // The same words as stored: then quotes lead to the stored segments.
    if !sent.is_empty() && !same_words(&sent, &basis.transcript) {
        basis.set_transcript(sent);
    }
    let judged = judge(ctx, at, interview, &basis, ctx.model()).await?;
    let score =
        store(ctx, at, interview.id, &judged, Over::Earlier(Some("analyzed on request".into()))).await?;
    tell(ctx, at, interview, &basis.job, News::Scored).await;
    Ok(Analysis::for_staff(&score))
}

/// Once, after the end, from what is stored; later calls read the score that is there.
async fn for_candidate(ctx: &Context, at: &At, interview: &Interview) -> Result<Analysis> {
    if interview.status != InterviewStatus::Completed {
        return Err(interview.status.refuse());
    }
    if let Some(score) = ctx.docs::<InterviewScore>(at).find_in(interview.id, interview.id).await? {
        return Ok(Analysis::for_candidate(&score));
    }
    let basis = Basis::of(ctx, at, interview).await?;
    let judged = judge(ctx, at, interview, &basis, ctx.model()).await?;
    let score = store(ctx, at, interview.id, &judged, Over::Nothing).await?;
    tell(ctx, at, interview, &basis.job, News::Scored).await;
    Ok(Analysis::for_candidate(&score))
}

/// 422 for what no score can be made with.
fn checked(sent: Vec<SentDimension>) -> Result<Rubric> {
    let dimensions: Vec<_> = sent
        .into_iter()
        .map(|one| Dimension {
            name: one.name,
            description: one.description,
            weight: one.weight,
            anchors: Vec::new(),
        })
        .collect();
    validate_rubric(&dimensions).map_err(|wrong| Error::invalid("/rubric", wrong.to_string()))?;
    Ok(Rubric { dimensions, version: "request".into() })
}

fn sent_transcript(turns: Vec<SentTurn>) -> Vec<Utterance> {
    let said = turns.into_iter().filter(|turn| !turn.content.trim().is_empty());
    said.enumerate()
        .map(|(at, turn)| Utterance { id: at.to_string(), speaker: turn.speaker, content: turn.content })
        .collect()
}

fn same_words(sent: &[Utterance], stored: &[Utterance]) -> bool {
    sent.len() == stored.len()
        && sent
            .iter()
            .zip(stored)
            .all(|(a, b)| a.speaker == b.speaker && a.content.trim() == b.content.trim())
}
