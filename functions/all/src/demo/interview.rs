//! The candidate's side of the interview, answered from the sample file.

use super::client::Client;
use serde::Deserialize;
use serde_json::json;

const ANSWERS: &str = include_str!("../../samples/answers.json");
/// The plan has ten questions; follow-ups come on top.
const MOST_TURNS: usize = 16;

#[derive(Deserialize)]
struct Prepared {
    /// Words of a question that this answers.
    about: Vec<String>,
    answer: String,
}

/// Holds the whole interview; gives the number of answers.
pub(super) async fn hold(
    priya: &Client,
    interview: &str,
) -> Result<usize, Box<dyn std::error::Error + Send + Sync>> {
    let mut prepared: Vec<Prepared> = serde_json::from_str(ANSWERS)?;
    priya.get(&format!("/interview/{interview}/disclosure")).await?;
    priya.post(&format!("/interview/{interview}/disclosure/acknowledge"), json!({})).await?;
    priya.post("/interview/start", json!({ "interview_id": interview })).await?;
    let mut question =
        priya.stream("/interview/chat", json!({ "interview_id": interview, "messages": [] })).await?;
    let mut turns = 0;
    while let Some(answer) = best(&mut prepared, &question) {
        let closing = is_closing(&answer);
        let body = json!({
            "interview_id": interview,
            "messages": [{ "role": "assistant", "content": question }, { "role": "user", "content": answer.answer }],
        });
        question = priya.stream("/interview/chat", body).await?;
        turns += 1;
        if closing || turns == MOST_TURNS {
            break;
        }
    }
    priya.post("/interview/end", json!({ "interview_id": interview })).await?;
    Ok(turns)
}

/// The prepared answer that shares most words with the question, each given once; the closing one when the interviewer asks
/// what the candidate would like to know, or nothing else is left.
fn best(prepared: &mut Vec<Prepared>, question: &str) -> Option<Prepared> {
    let words: Vec<String> = question
        .split(|c: char| !c.is_alphanumeric() && c != '-')
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    // A greeting announces the candidate's turn; only the last sentence gives it.
    let asked = question.rsplit(". ").next().unwrap_or_default().to_lowercase();
    let invites_questions =
        ["questions", "like to ask", "like to know"].iter().any(|words| asked.contains(words));
    let fits = |one: &Prepared| match is_closing(one) {
        true if invites_questions => usize::MAX,
        true => 0,
        false => 1 + one.about.iter().filter(|word| words.contains(word)).count(),
    };
    let best = (0..prepared.len()).max_by_key(|index| (fits(&prepared[*index]), prepared.len() - index))?;
    Some(prepared.remove(best))
}

fn is_closing(prepared: &Prepared) -> bool {
    prepared.about.iter().any(|word| word == "closing")
}
