//! From a basis to a score: the model judges each dimension, code does the rest (spec 30 §4, 25 §2).

use futures_util::future::join_all;
use serde_json::{Map, Value};
use shared::ai::{CallRecord, Model, Prompt as _};
use shared::docs::At;
use shared::domain::interview::Interview;
use shared::domain::interview_score::ScoreRecord;
use shared::domain::score::{ScoreSettings, ScoreSheet, assemble, raise_risk};
use shared::prompts::{Judgements, ScoreInterview};
use shared::{Code, Context, Error, Result};

use crate::basis::Basis;

/// A score that is not stored yet.
pub(crate) struct Judged {
    pub(crate) sheet: ScoreSheet,
    pub(crate) record: ScoreRecord,
}

/// Asks as often as the settings say, all at once; every call is recorded, whatever became of it.
pub(crate) async fn judge(
    ctx: &Context,
    at: &At,
    interview: &Interview,
    basis: &Basis,
    model: &Model,
) -> Result<Judged> {
    if basis.transcript.is_empty() {
        return Err(Error::new(Code::EmptyTranscript, "There is no transcript to score."));
    }
    let prompt = basis.prompt();
    let samples = usize::from(model.scoring_samples());
    let answers = join_all((0..samples).map(|_| model.ask(&prompt))).await;
    let mut judgements = Vec::with_capacity(samples);
    let mut first_call = None;
    let mut failure = None;
    for answer in answers {
        let output = Some(format!("interview_score/{}", interview.id));
        match answer {
            Ok(answer) => {
                ctx.note_ai_call(at, &answer.call, output).await?;
                judgements.push(answer.value);
                first_call.get_or_insert(answer.call);
            }
            Err(error) => {
                ctx.note_ai_call(at, error.call(), None).await?;
                failure.get_or_insert(error);
            }
        }
    }
    // Fewer samples than asked for would be another kind of score.
    if let Some(error) = failure {
        return Err(error.into());
    }
    let call = first_call.ok_or_else(|| Error::internal("no samples were asked for"))?;
    let sheet = sheet(basis, interview, &judgements)?;
    Ok(Judged { sheet, record: record(basis, &call, judgements)? })
}

/// The sheet that these judgements lead to. Signals of the browser raise the risk that stands beside the score, by one
/// step at most, and touch no figure.
pub(crate) fn sheet(basis: &Basis, interview: &Interview, judgements: &[Judgements]) -> Result<ScoreSheet> {
    let mut sheet = assemble(&basis.rubric.dimensions, judgements, &basis.transcript, basis.settings)
        .map_err(|wrong| {
            Error::new(Code::UpstreamFailed, "The AI service gave no usable answer. Please try again.")
                .because(wrong)
        })?;
    sheet.anti_cheat_risk = raise_risk(sheet.anti_cheat_risk, interview.anti_cheat_signals.len());
    Ok(sheet)
}

fn record(basis: &Basis, call: &CallRecord, samples: Vec<Judgements>) -> Result<ScoreRecord> {
    Ok(ScoreRecord {
        prompt_hash: ScoreInterview::hash(),
        prompt_version: call.prompt_version.clone(),
        model: call.model.clone(),
        parameters: parameters(call, samples.len(), basis.settings),
        rubric_version: basis.rubric.version.clone(),
        rubric_hash: basis.rubric_hash(),
        input_hashes: basis.input_hashes()?,
        samples,
        code_version: shared::serve::VERSION.to_owned(),
    })
}

fn parameters(call: &CallRecord, samples: usize, settings: ScoreSettings) -> Map<String, Value> {
    let pairs = [
        ("provider", Value::from(call.provider)),
        ("temperature", Value::from(f64::from(call.parameters.temperature))),
        ("max_tokens", Value::from(call.parameters.max_tokens)),
        ("samples", Value::from(samples)),
        ("spread_limit", Value::from(settings.spread_limit)),
    ];
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
