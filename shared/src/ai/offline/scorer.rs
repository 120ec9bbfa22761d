//! Judging an interview without a model.
//!
//! Every sentence of the candidate is weighed for what it shows: an action of their own, a figure, a named tool, a
//! reason, an outcome. Every dimension has a vocabulary: its name, description and anchors, the job's requirements, and
//! for known ideas (leadership, problem solving, sales …) the words people use when they speak of them. Each word of
//! that vocabulary is credited **once**, at the weight of the best sentence holding it, and the credits fill a curve.
//! Therefore repetition adds nothing, order does not matter, further evidence cannot lower a score, and neither names nor
//! the interviewer's words enter. Sentences that praise without a fact, ask, command or speak to the evaluation weigh
//! nothing. A statement that takes back one's own part in something lowers that dimension by a bounded amount.

pub(super) mod feedback;
pub(super) mod sentence;
mod signs;
mod vocabulary;

use crate::{
    domain::{
        evidence::Verifier,
        language::sentences,
        transcript::{Speaker, Utterance},
    },
    prompts::{Judgement, Judgements, Risk, ScoreInterview},
};
use sentence::{Kind, Statement};
use std::collections::{BTreeMap, HashSet};
use vocabulary::Vocabulary;

/// Quotes shown for one dimension.
const QUOTES: usize = 3;
/// Credit at which a dimension has reached 63 points.
const CREDIT_SCALE: f64 = 1.25;
/// Above 1: the curve starts slowly, so that a word in common by chance is worth next to nothing.
const CREDIT_ONSET: f64 = 1.4;
/// Most that statements taking back one's own part can cost, in points.
const MOST_CONCEDED: f64 = 8.0;
/// Weight of a dimension's words that a concession must hold to concern it.
const CONCEDED_ABOUT: f64 = 0.35;

/// Judges each dimension of the rubric from the candidate's own words. Deterministic; see the module's text for how.
#[must_use]
pub fn score_interview(prompt: &ScoreInterview) -> Judgements {
    let vocabularies = vocabulary::for_rubric(prompt);
    let tools = vocabulary::tools(prompt);
    let answers = answers(&prompt.transcript, &tools);
    let statements: Vec<&Statement<'_>> = answers.iter().flatten().collect();
    let verifier = Verifier::new(&prompt.transcript);
    let findings: Vec<_> = vocabularies.iter().map(|vocabulary| find(vocabulary, &statements)).collect();
    let dimensions = prompt.rubric.iter().zip(&findings).map(|(dimension, finding)| Judgement {
        dimension: dimension.name.clone(),
        score: finding.score,
        evidence: feedback::evidence(finding),
        quotes: quotes(finding, &verifier),
    });
    Judgements {
        dimensions: dimensions.collect(),
        narrative_summary: feedback::narrative(prompt, &findings, &statements),
        candidate_feedback: feedback::for_candidate(&answers),
        anti_cheat_risk: risk(&answers),
    }
}

/// Stems of the tools known in general, for transcripts without a job.
pub(super) fn known_tools() -> HashSet<String> {
    vocabulary::known_tools().collect()
}

/// What was found for one dimension.
struct Finding<'s, 'a> {
    score: f64,
    /// Statements that carry credit, strongest first.
    supporting: Vec<(f64, &'s Statement<'a>)>,
    conceded: bool,
}

/// The candidate's turns cut into statements; a turn directly after another candidate's turn continues the same answer.
pub(super) fn answers<'a>(transcript: &'a [Utterance], tools: &HashSet<String>) -> Vec<Vec<Statement<'a>>> {
    let mut answers: Vec<Vec<Statement<'a>>> = Vec::new();
    let mut question = HashSet::new();
    let mut continues = false;
    for turn in transcript {
        if turn.speaker == Speaker::Interviewer {
            question = sentence::stems_of(&turn.content);
            continues = false;
            continue;
        }
        let mut said: Vec<_> = sentences(&turn.content)
            .into_iter()
            .map(|text| Statement::read(text, &question, tools))
            .collect();
        sentence::set_aside_pasted(&mut said);
        match answers.last_mut() {
            Some(answer) if continues => answer.extend(said),
            _ => answers.push(said),
        }
        continues = true;
    }
    for answer in &mut answers {
        sentence::round_off(answer);
    }
    answers
}

fn find<'s, 'a>(vocabulary: &Vocabulary, statements: &[&'s Statement<'a>]) -> Finding<'s, 'a> {
    // Ordered by word, so that the sum is the same to the last bit on every run.
    let mut best: BTreeMap<&str, f64> = BTreeMap::new();
    let mut supporting: Vec<(f64, &Statement<'_>)> = Vec::new();
    let mut conceded: HashSet<&str> = HashSet::new();
    for statement in statements {
        let mut credit = 0.0;
        for stem in &statement.stems {
            if let Some((word, weight)) = vocabulary.get(stem) {
                let worth = weight * statement.strength;
                credit += worth;
                let entry = best.entry(word).or_insert(0.0);
                *entry = entry.max(worth);
            }
        }
        if credit > 0.0 {
            supporting.push((credit, *statement));
        }
        if statement.kind == Kind::Concession {
            let about: f64 = statement
                .stems
                .iter()
                .filter_map(|stem| vocabulary.get(stem))
                .map(|(_, weight)| weight)
                .sum();
            if about >= CONCEDED_ABOUT {
                conceded.insert(statement.text);
            }
        }
    }
    supporting.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.text.cmp(b.1.text)));
    supporting.dedup_by(|a, b| a.1.text == b.1.text);
    let credit: f64 = best.values().sum();
    let reached = 100.0 * (1.0 - (-(credit / CREDIT_SCALE).powf(CREDIT_ONSET)).exp());
    let lost = (conceded.len() as f64 * MOST_CONCEDED / 2.0).min(MOST_CONCEDED);
    let score = ((reached - lost).max(0.0) * 10.0).round() / 10.0;
    Finding { score, supporting, conceded: !conceded.is_empty() }
}

/// The strongest statements that the evidence check will find again.
fn quotes(finding: &Finding<'_, '_>, verifier: &Verifier<'_>) -> Vec<String> {
    let strongest =
        finding.supporting.iter().filter(|(_, statement)| verifier.verify(statement.text).is_some());
    strongest.take(QUOTES).map(|(_, statement)| statement.text.to_owned()).collect()
}

/// Medium when an interview of some length brings no example at all (spec 30 §4.7); wording alone never says more.
fn risk(answers: &[Vec<Statement<'_>>]) -> Risk {
    let telling = answers.iter().filter(|answer| answer.iter().any(|s| s.facts.any())).count();
    if answers.len() >= 4 && telling == 0 { Risk::Medium } else { Risk::Low }
}

#[cfg(test)]
pub(super) mod tests;
