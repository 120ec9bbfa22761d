use axum::extract::State;
use garde::Validate;
use schemars::JsonSchema;
use serde::Deserialize;
use shared::domain::requirements::Requirements;
use shared::http::{Caller, ContractBody, Json};
use shared::prompts::ExtractRequirements;
use shared::{Context, Result};
use std::collections::HashSet;

/// Entries a list has at most (spec 50 §3).
const MOST: usize = 30;

#[derive(Deserialize, JsonSchema, Validate)]
pub(crate) struct Advert {
    #[garde(length(chars, min = 20, max = 50_000))]
    job_description: String,
    #[garde(length(chars, min = 1, max = 255))]
    job_title: String,
}

/// Five lists; nothing is stored but the record of the call.
pub(crate) async fn extract(
    State(ctx): State<Context>,
    caller: Caller,
    ContractBody(advert): ContractBody<Advert>,
) -> Result<Json<Requirements>> {
    let at = caller.organisation()?;
    let Advert { job_title, job_description } = advert;
    let answer = ctx.ask(&at, &ExtractRequirements { job_title, job_description }).await?;
    Ok(Json(tidy(answer.value)))
}

fn tidy(found: Requirements) -> Requirements {
    let Requirements { skills, experience, qualifications, responsibilities, interview_questions } = found;
    Requirements {
        skills: distinct(skills),
        experience: distinct(experience),
        qualifications: distinct(qualifications),
        responsibilities: distinct(responsibilities),
        interview_questions: distinct(interview_questions),
    }
}

/// Without empty entries and repeats (case and spacing aside), in the order given.
fn distinct(entries: Vec<String>) -> Vec<String> {
    let mut seen = HashSet::new();
    let folded = |entry: &str| entry.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    entries
        .into_iter()
        .map(|entry| entry.trim().to_owned())
        .filter(|entry| !entry.is_empty() && seen.insert(folded(entry)))
        .take(MOST)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::distinct;

    #[test]
    fn lists_hold_nothing_twice_and_at_most_thirty() {
        let given = ["Rust", " rust ", "", "Rust  Web", "rust web"].map(str::to_owned).to_vec();
        assert_eq!(distinct(given), ["Rust", "Rust  Web"]);
        assert_eq!(distinct((0..40).map(|n| n.to_string()).collect()).len(), 30);
    }
}
