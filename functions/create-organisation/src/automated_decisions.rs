//! The register of automated decisions (spec 25 §5; Privacy Act APP 1.7-1.9; EU AI Act Art. 26, 86), generated from what
//! is configured now.

use crate::organisations::own_place;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;
use shared::Context;
use shared::ai::Prompt;
use shared::clock::Timestamp;
use shared::docs::{At, Stored};
use shared::domain::organisation::{Organisation, OrganisationId};
use shared::domain::setting::{Effective, Settings, effective};
use shared::error::Result;
use shared::http::{Caller, Json, Path};
use shared::prompts::{ExtractRequirements, InterviewTurn, ParseResume, RankCandidates, ScoreInterview};
use std::collections::BTreeMap;

#[derive(Serialize, JsonSchema)]
pub(crate) struct Register {
    organisation_id: OrganisationId,
    generated_at: Timestamp,
    decisions: Vec<AutomatedDecision>,
    /// Nothing here rejects anybody.
    rejections: &'static str,
    /// What candidates can do about it.
    candidates_can: &'static [&'static str],
    /// Whether an interview waits until its candidate has read what the AI does.
    require_ai_disclosure: bool,
    /// Settings that bear on it, as they count for the organisation.
    settings: BTreeMap<&'static str, Effective>,
}

/// One thing an AI contributes.
#[derive(Serialize, JsonSchema)]
pub(crate) struct AutomatedDecision {
    /// As in the register of AI calls.
    purpose: &'static str,
    /// What comes of it.
    kind: &'static str,
    personal_information: &'static [&'static str],
    kept_from_it: &'static [&'static str],
    model: String,
    /// Where the model runs; `null` when it runs at an address of the operator's own.
    region: Option<String>,
    /// Hash of the instructions.
    prompt_version: String,
    /// Judgements that make one result.
    samples: u8,
    human_role: &'static str,
}

const REJECTIONS: &str =
    "No path leads from an AI's output to a rejection: rejecting takes a person and a reason.";
const CANDIDATES_CAN: &[&str] = &[
    "Read what the AI does before the interview: GET /interview/{id}/disclosure",
    "See every contribution to a decision about them: GET /candidates/me/decisions",
    "Correct the transcript: POST /interview/{id}/transcript/corrections",
    "Contest a score, which a person then reviews: POST /scoring/{id}/contest",
];
const IDENTITY: &[&str] =
    &["name", "contact data", "photo", "age", "address", "prestige of schools", "demographic answers"];

pub(crate) async fn read(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<OrganisationId>,
) -> Result<Json<Register>> {
    let at = own_place(&caller, id)?;
    let organisation = ctx.docs::<Organisation>(&at).get(id).await?;
    let mut settings = settings(&ctx, &caller, &at, id).await?;
    settings.retain(|key, _| {
        matches!(*key, "auto_decisions" | "contest_days" | "score_spread_limit" | "show_integrity_signals")
    });
    Ok(Json(Register {
        organisation_id: id,
        generated_at: ctx.now(),
        decisions: decisions(&ctx),
        rejections: REJECTIONS,
        candidates_can: CANDIDATES_CAN,
        require_ai_disclosure: organisation.fields.require_ai_disclosure,
        settings,
    }))
}

async fn settings(
    ctx: &Context,
    caller: &Caller,
    at: &At,
    id: OrganisationId,
) -> Result<BTreeMap<&'static str, Effective>> {
    let (platform, own) = (
        ctx.docs::<Settings>(&caller.platform()).find("platform").await?,
        ctx.docs::<Settings>(at).find(id).await?,
    );
    let layers: Vec<Settings> = platform.into_iter().chain(own).map(Stored::into_inner).collect();
    Ok(effective(&layers.iter().collect::<Vec<_>>()))
}

fn decisions(ctx: &Context) -> Vec<AutomatedDecision> {
    vec![
        AutomatedDecision {
            kind: "Reads a resume into fields. A value that does not stand in the visible text is dropped.",
            personal_information: &["everything visible in the resume"],
            kept_from_it: &["hidden text, metadata and annotations", "demographic answers"],
            human_role: "The candidate and staff see and change what was read.",
            ..of::<ParseResume>(ctx)
        },
        AutomatedDecision {
            kind: "Asks the questions of an interview.",
            personal_information: &["name", "summary of the resume", "what is said in the interview"],
            kept_from_it: &["contact data", "demographic answers", "voice, accent and face"],
            human_role: "Staff set requirements, phases and questions, and read the transcript.",
            ..of::<InterviewTurn>(ctx)
        },
        AutomatedDecision {
            kind: "Judges a transcript on each dimension of the rubric; quotes are verified, sums and bands are computed by rules.",
            personal_information: &["the transcript of the interview"],
            kept_from_it: IDENTITY,
            samples: ctx.model().scoring_samples(),
            human_role: "A person reads the judgement with its quotes, can override it, and decides.",
            ..of::<ScoreInterview>(ctx)
        },
        AutomatedDecision {
            kind: "Ranks applications to a job by how they meet its requirements.",
            personal_information: &["skills", "years of experience", "summary of the resume"],
            kept_from_it: IDENTITY,
            human_role: "A person chooses whom to rank, reads strengths and gaps, and decides who goes on.",
            ..of::<RankCandidates>(ctx)
        },
        AutomatedDecision {
            kind: "Reads a job advert into requirements.",
            human_role: "Staff change what was read before it is used.",
            ..of::<ExtractRequirements>(ctx)
        },
    ]
}

/// What the configuration says of a prompt.
fn of<P: Prompt>(ctx: &Context) -> AutomatedDecision {
    let ai = &ctx.config().ai;
    let (model, region) = match (ctx.model().is_offline(), &ai.azure_endpoint) {
        (true, _) => ("rules and statistics of the platform itself, no language model".to_owned(), None),
        (false, Some(_)) => (ctx.model().model_name(P::LANE).to_owned(), Some(ai.region.clone())),
        (false, None) => (ctx.model().model_name(P::LANE).to_owned(), None),
    };
    AutomatedDecision {
        purpose: P::NAME,
        kind: "",
        personal_information: &[],
        kept_from_it: &[],
        model,
        region,
        prompt_version: P::version(),
        samples: 1,
        human_role: "",
    }
}
