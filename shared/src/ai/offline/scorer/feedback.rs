//! What the scorer says in words: to the reviewer about each dimension and the whole, to the candidate about answering.

use super::{
    Finding,
    sentence::{Facts, Kind, Statement},
};
use crate::prompts::ScoreInterview;

/// Why a dimension has its score, in one or two sentences, from what the supporting statements show.
pub(super) fn evidence(finding: &Finding<'_, '_>) -> String {
    let count = finding.supporting.len();
    if count == 0 {
        return "No statement of the candidate speaks to this.".to_owned();
    }
    let shown = finding.supporting.iter().map(|(_, statement)| statement.facts);
    let parts: Vec<_> = PARTS
        .iter()
        .filter_map(|(part, present)| {
            let times = shown.clone().filter(present).count();
            (times > 0).then(|| format!("{part} in {times}"))
        })
        .collect();
    let statements =
        if count == 1 { "One statement speaks".to_owned() } else { format!("{count} statements speak") };
    let mut text = if parts.is_empty() {
        format!("{statements} to this, without an action, figure or outcome of the candidate's own.")
    } else {
        format!("{statements} to this: {}.", list(&parts))
    };
    if finding.conceded {
        text.push_str(" The candidate also narrowed their own part or the regularity of what was described.");
    }
    text
}

type Part = (&'static str, fn(&Facts) -> bool);

const PARTS: &[Part] = &[
    ("an action of their own", |facts| facts.own_act),
    ("a joint action", |facts| facts.shared_act && !facts.own_act),
    ("a way of working", |facts| facts.method && !facts.own_act),
    ("a figure", |facts| facts.figure),
    ("a named tool", |facts| facts.tool),
    ("reasons", |facts| facts.reason),
    ("an outcome", |facts| facts.outcome),
];

/// For the people who decide: where the evidence is strong, where it is thin, what to ask next.
pub(super) fn narrative(
    prompt: &ScoreInterview,
    findings: &[Finding<'_, '_>],
    statements: &[&Statement<'_>],
) -> String {
    let mut ordered: Vec<_> = prompt.rubric.iter().zip(findings).collect();
    ordered.sort_by(|a, b| b.1.score.total_cmp(&a.1.score));
    let named = |wanted: &dyn Fn(f64) -> bool| -> Vec<String> {
        ordered
            .iter()
            .filter(|(_, finding)| wanted(finding.score))
            .map(|(d, _)| d.name.replace('_', " "))
            .collect()
    };
    let accounts = statements.iter().filter(|statement| statement.kind == Kind::Account).count();
    let concrete = statements.iter().filter(|s| s.kind == Kind::Account && s.facts.any()).count();
    let mut text = match (statements.len(), accounts) {
        (0, _) => "The candidate said nothing that could be judged.".to_owned(),
        (_, 0) => "The candidate spoke, but gave no account of their own work.".to_owned(),
        _ => format!(
            "{accounts} of the candidate's {} statements give an account of their work, {concrete} of them with figures, named \
             tools or outcomes.",
            statements.len()
        ),
    };
    let (strong, thin, absent) =
        (named(&|s| s >= 70.0), named(&|s| s > 0.0 && s < 50.0), named(&|s| s == 0.0));
    if !strong.is_empty() {
        text.push_str(&format!(" The evidence is strongest for {}.", list(&strong)));
    }
    if !thin.is_empty() {
        text.push_str(&format!(" It is thin for {}.", list(&thin)));
    }
    if !absent.is_empty() {
        text.push_str(&format!(
            " Nothing was said on {}; a further conversation could ask for it.",
            list(&absent)
        ));
    }
    if statements.iter().any(|statement| statement.kind == Kind::Instruction) {
        text.push_str(" Some passages speak to the evaluation instead of the question; they were not counted either way.");
    }
    text
}

/// For the candidate: what came across and what would make answers tell more. No score, no criteria.
pub(super) fn for_candidate(answers: &[Vec<Statement<'_>>]) -> String {
    let told: Vec<_> =
        answers.iter().filter(|answer| answer.iter().any(|s| s.kind == Kind::Account)).collect();
    if told.is_empty() {
        return "Thank you for taking part. Next time, tell about one or two situations from your own work: what was going on, what \
                you did, and what came of it."
            .to_owned();
    }
    let share = |present: fn(&Facts) -> bool| {
        told.iter()
            .filter(|answer| answer.iter().any(|s| s.kind == Kind::Account && present(&s.facts)))
            .count() as f64
            / told.len() as f64
    };
    let habits = [
        (
            share(|f| f.own_act || f.method),
            "you said plainly what you did yourself",
            "say what you did yourself, step by step, rather than what was done",
        ),
        (share(|f| f.outcome), "you told what came of your work", "end each story with what came of it"),
        (
            share(|f| f.figure),
            "you gave figures that make the size of your work easy to grasp",
            "add a figure or two, such as how many, how long or by how much",
        ),
        (
            share(|f| f.reason),
            "you gave the reasons behind your choices",
            "say why you chose one way over another",
        ),
        (
            share(|f| f.tool),
            "you named the tools and methods you used",
            "name the tools and methods you used",
        ),
    ];
    let good: Vec<_> = habits
        .iter()
        .filter(|(share, ..)| *share >= 0.5)
        .map(|(_, good, _)| (*good).to_owned())
        .take(2)
        .collect();
    let next: Vec<_> = habits
        .iter()
        .filter(|(share, ..)| *share < 0.5)
        .map(|(.., next)| (*next).to_owned())
        .take(2)
        .collect();
    let mut text = "Thank you for a thoughtful conversation.".to_owned();
    if !good.is_empty() {
        text.push_str(&format!(" It helped that {}.", list(&good)));
    }
    if next.is_empty() {
        text.push_str(" To build on this, choose the examples nearest to the position you apply for and keep each to its essentials.");
    } else {
        text.push_str(&format!(" To make your examples stronger, {}.", list(&next)));
    }
    text
}

/// `a`, `a and b`, `a, b and c`.
pub(in crate::ai::offline) fn list(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
