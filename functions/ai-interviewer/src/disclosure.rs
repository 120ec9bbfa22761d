//! What the AI does in an interview, in words for its candidate, and that they know it (spec 25 §5).

use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;
use sha2::{Digest, Sha256};
use shared::auth::{Action, Resource};
use shared::clock::Timestamp;
use shared::docs::At;
use shared::domain::interview::{ConductedBy, Interview, InterviewId};
use shared::http::{Caller, Json, Path};
use shared::{Context, Error, Result};

use crate::material::organisation;

#[derive(Serialize, JsonSchema)]
pub(crate) struct DisclosureView {
    interview_id: InterviewId,
    /// Changes when the text does.
    version: String,
    /// Whether the interview waits for the acknowledgement.
    required: bool,
    acknowledged_at: Option<Timestamp>,
    what_the_ai_does: Vec<&'static str>,
    what_the_ai_does_not: Vec<&'static str>,
    what_is_recorded: Vec<String>,
    who_decides: &'static str,
    your_rights: Vec<&'static str>,
}

const DOES: &[&str] = &[
    "Asks questions about the job and follows up on your answers.",
    "Judges the written transcript of what you said on each point of a published kind of rubric, and quotes your words for it.",
    "Writes a summary for the hiring team and feedback for you.",
];
const DOES_NOT: &[&str] = &[
    "Decide whether you go on: people do. Nothing it writes can reject you.",
    "See your name, contact data, age, address, school, photo or any demographic answer when it judges.",
    "Use your voice, accent, face or typing speed.",
    "Calculate your overall result: sums are computed by rules that can be checked.",
];
const DECIDES: &str = "A person of the hiring team reads the transcript and the judgement, and decides.";
const RIGHTS: &[&str] = &[
    "Read the transcript and propose corrections.",
    "Read the feedback and the quotes it rests on.",
    "Contest the judgement: a person then looks at it within a set time.",
];

impl DisclosureView {
    fn of(interview: &Interview, required: bool, model: &str) -> Self {
        let sound = if interview.recording_consent {
            "A recording, because you agreed to one."
        } else {
            "No recording: only with your consent."
        };
        let what_is_recorded = vec![
            "What is said, as text.".to_owned(),
            "Signals of your browser, such as a hidden tab; people see them beside the judgement, they are not part of it."
                .to_owned(),
            sound.to_owned(),
            format!("The AI used: {model}."),
        ];
        let version = version(&what_is_recorded);
        Self {
            interview_id: interview.id,
            required: required && interview.conducted_by == ConductedBy::Ai,
            acknowledged_at: interview
                .disclosure
                .as_ref()
                .filter(|known| known.version == version)
                .map(|known| known.acknowledged_at),
            version,
            what_the_ai_does: DOES.to_vec(),
            what_the_ai_does_not: DOES_NOT.to_vec(),
            what_is_recorded,
            who_decides: DECIDES,
            your_rights: RIGHTS.to_vec(),
        }
    }
}

/// Hash of all that is shown.
fn version(recorded: &[String]) -> String {
    let mut hash = Sha256::new();
    let fixed = DOES.iter().chain(DOES_NOT).chain([&DECIDES]).chain(RIGHTS).copied();
    for line in fixed.chain(recorded.iter().map(String::as_str)) {
        hash.update((line.len() as u64).to_be_bytes());
        hash.update(line);
    }
    hash.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

/// In words for a candidate; addresses and deployments are nobody's business.
fn engine(ctx: &Context) -> &'static str {
    if ctx.model().is_offline() { "rules and statistics, no language model" } else { "a language model" }
}

async fn view(ctx: &Context, at: &At, interview: &Interview) -> Result<DisclosureView> {
    let required = organisation(ctx, at).await?.is_none_or(|own| own.fields.require_ai_disclosure);
    Ok(DisclosureView::of(interview, required, engine(ctx)))
}

pub(crate) async fn read(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<InterviewId>,
) -> Result<Json<DisclosureView>> {
    let reached = ctx.reach_interview(&caller, id, Resource::Interview, Action::Read).await?;
    Ok(Json(view(&ctx, &reached.at, &reached.interview).await?))
}

/// Again is harmless: the first time stands while the text is the same.
pub(crate) async fn acknowledge(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<InterviewId>,
) -> Result<Json<DisclosureView>> {
    let (at, interview) =
        ctx.own_interview(&caller, id).await?.ok_or_else(|| Error::not_found("interview"))?;
    let shown = view(&ctx, &at, &interview).await?;
    let acknowledged = ctx
        .docs::<Interview>(&at)
        .update(id, id, None, |interview, work| {
            interview.acknowledge(&shown.version, &caller.user_id, work.now())
        })
        .await?;
    Ok(Json(view(&ctx, &at, &acknowledged).await?))
}
