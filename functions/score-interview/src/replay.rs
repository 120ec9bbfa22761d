//! POST /scoring/{interview_id}/replay: the score is made again from what is stored, and compared (spec 25 §2).

use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;
use shared::auth::Action;
use shared::domain::interview::InterviewId;
use shared::domain::interview_score::{InterviewScore, ScoreRecord};
use shared::domain::score::ScoreSheet;
use shared::http::{Caller, Json, Path};
use shared::{Context, Result};

use crate::basis::Basis;
use crate::human::for_staff;
use crate::judging::{judge, sheet};
use crate::results::not_ready;

#[derive(Serialize, JsonSchema)]
pub(crate) struct Replay {
    interview_id: InterviewId,
    result: ReplayOutcome,
    /// What differs: `prompt`, `model`, `parameters`, `rubric`, `code`, an input's name, `arithmetic` (the stored answers
    /// lead to other figures now), `judgements` (the model answers otherwise), `score`.
    changed: Vec<String>,
    /// Of the AI, whatever a person put over it.
    stored_overall_score: Option<f64>,
    replayed_overall_score: Option<f64>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ReplayOutcome {
    Equal,
    Changed,
}

pub(crate) async fn replay(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<InterviewId>,
) -> Result<Json<Replay>> {
    let (at, interview) = for_staff(&ctx, &caller, id, Action::Execute).await?;
    let score =
        ctx.docs::<InterviewScore>(&at).find_in(id, id).await?.ok_or_else(|| not_ready(&interview))?;
    let stored = score.original.as_deref().unwrap_or(&score.sheet);
    let basis = Basis::of(&ctx, &at, &interview).await?;
    let again = judge(&ctx, &at, &interview, &basis, ctx.model()).await?;
    let mut changed = differences(&score.record, &again.record);
    let from_stored_answers = sheet(&basis, &interview, &score.record.samples).ok();
    let inputs_are_equal = changed.is_empty();
    if inputs_are_equal && from_stored_answers.is_none_or(|sheet| bare(sheet) != bare(stored.clone())) {
        changed.push("arithmetic".into());
    }
    if score.record.samples != again.record.samples {
        changed.push("judgements".into());
    }
    if !same_figures(stored, &again.sheet) {
        changed.push("score".into());
    }
    Ok(Json(Replay {
        interview_id: id,
        result: if changed.is_empty() { ReplayOutcome::Equal } else { ReplayOutcome::Changed },
        changed,
        stored_overall_score: stored.overall_score,
        replayed_overall_score: again.sheet.overall_score,
    }))
}

fn differences(then: &ScoreRecord, now: &ScoreRecord) -> Vec<String> {
    let facts = [
        ("prompt", then.prompt_hash == now.prompt_hash),
        ("model", then.model == now.model),
        ("parameters", then.parameters == now.parameters),
        ("rubric", then.rubric_hash == now.rubric_hash),
        ("code", then.code_version == now.code_version),
    ];
    let facts = facts.into_iter().filter(|(_, equal)| !equal).map(|(name, _)| name.to_owned());
    let inputs = then.input_hashes.iter().filter(|(name, hash)| now.input_hashes.get(*name) != Some(*hash));
    facts.chain(inputs.map(|(name, _)| name.clone())).collect()
}

/// Without the marks that people and contests set and clear.
fn bare(sheet: ScoreSheet) -> ScoreSheet {
    ScoreSheet { needs_review: false, review_reasons: Vec::new(), ..sheet }
}

fn same_figures(a: &ScoreSheet, b: &ScoreSheet) -> bool {
    a.overall_score == b.overall_score
        && a.dimensions.len() == b.dimensions.len()
        && a.dimensions.iter().zip(&b.dimensions).all(|(a, b)| {
            a.dimension == b.dimension
                && (a.score, a.insufficient_evidence) == (b.score, b.insufficient_evidence)
        })
}
