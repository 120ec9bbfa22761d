//! The interviewer without a model: which question comes next, and how it is put.
//!
//! What the candidate says decides only among three things: go on, ask once for what an answer left out, or answer a
//! question of theirs in general words. Their text is never repeated except for the names of skills from a known list,
//! so nothing they write can change the course.

mod agenda;
mod answer;
mod wording;

use crate::{
    domain::language::{content_stems, fingerprint, overlap, sentences},
    prompts::{InterviewTurn, Phase, PlanStep, Turn, TurnRole},
};
use answer::{Asked, Reading};
use std::collections::HashSet;

/// Introduction 2, technical 4, behavioral 3, closing 1 (spec 20 §5).
#[must_use]
pub fn default_plan() -> Vec<PlanStep> {
    [(Phase::Introduction, 2), (Phase::Technical, 4), (Phase::Behavioral, 3), (Phase::Closing, 1)]
        .into_iter()
        .map(|(phase, questions)| PlanStep { phase, questions })
        .collect()
}

/// The phase of the next question after `questions_asked` of them. Steps count in the order of the phases whatever order
/// the plan has, so the phase never goes backwards; past the plan's end it is closing. An empty plan is the default one.
#[must_use]
pub fn phase_for(plan: &[PlanStep], questions_asked: u32) -> Phase {
    let default = default_plan();
    let mut steps: Vec<_> = if plan.is_empty() { default } else { plan.to_vec() };
    steps.sort_by_key(|step| step.phase);
    let mut ends = 0_u32;
    steps
        .iter()
        .find(|step| {
            ends = ends.saturating_add(step.questions);
            questions_asked < ends
        })
        .map_or(Phase::Closing, |step| step.phase)
}

/// The interviewer's next words: two to four sentences with one question, or the closing thanks with none.
#[must_use]
pub fn interview_turn(turn: &InterviewTurn) -> String {
    let said = Said::of(turn);
    let asked = turn.questions_asked.max(said.questions.len() as u32);
    let phase = turn.phase.max(phase_for(&turn.plan, asked));
    let pick = |bank: &'static [&'static str], salt: &str| -> &'static str {
        let seed = fingerprint([turn.job_title.as_str(), said.last_answer, salt]);
        let start = (seed % bank.len() as u64) as usize;
        // The first wording from there on that the conversation has not had yet.
        (0..bank.len())
            .map(|step| bank[(start + step) % bank.len()])
            .find(|w| !said.contains(w))
            .unwrap_or(bank[start])
    };
    let unopened = asked == 0 && !turn.messages.iter().any(|message| message.role == TurnRole::Assistant);
    if turn.messages.is_empty() || unopened {
        return greeting(turn, &said);
    }
    let reading = Reading::of(said.last_question, said.last_answer);
    let over = asked > plan_length(&turn.plan)
        || said.is_closed()
        || (phase == Phase::Closing && said.asked_for_questions());
    if over {
        return farewell(turn, &reading, pick);
    }
    let opener = match reading.asked {
        Some(asked) => wording::reply(asked, turn).to_owned(),
        None if said.last_answer.is_empty() => pick(wording::NO_ANSWER, "none").to_owned(),
        None => acknowledge(&reading, said.last_answer, pick),
    };
    if phase != Phase::Closing
        && reading.asked.is_none_or(|asked| asked == Asked::Clarify)
        && !said.last_was_follow_up()
    {
        let bank = if reading.asked == Some(Asked::Clarify) {
            Some(wording::REPHRASE)
        } else {
            reading.missing.map(wording::follow_ups)
        };
        if let Some(question) =
            bank.and_then(|bank| said.fresh(bank, fingerprint([said.last_answer, "follow"])))
        {
            return format!("{opener} {question}");
        }
    }
    let Some((phase, question)) = agenda::next(turn, phase, &said) else {
        return farewell(turn, &reading, pick);
    };
    let bridge = (phase > said.phase_before(turn, asked)).then(|| wording::bridge(phase));
    match bridge {
        Some(bridge) => format!("{opener} {bridge} {question}"),
        None => format!("{opener} {question}"),
    }
}

/// What the conversation holds so far.
struct Said<'a> {
    questions: Vec<&'a str>,
    question_stems: Vec<HashSet<String>>,
    /// Stems of all the candidate said.
    answered: HashSet<String>,
    interviewer: Vec<&'a str>,
    last_question: &'a str,
    last_answer: &'a str,
}

impl<'a> Said<'a> {
    fn of(turn: &'a InterviewTurn) -> Self {
        let by = |role| {
            turn.messages
                .iter()
                .filter(move |message: &&Turn| message.role == role)
                .map(|message| message.content.as_str())
        };
        let interviewer: Vec<&str> = by(TurnRole::Assistant).collect();
        let questions: Vec<&str> = interviewer
            .iter()
            .flat_map(|message| sentences(message))
            .filter(|sentence| sentence.ends_with('?'))
            .collect();
        let last = turn.messages.last();
        Self {
            question_stems: questions
                .iter()
                .map(|question| content_stems(question).into_iter().collect())
                .collect(),
            answered: by(TurnRole::User).flat_map(content_stems).collect(),
            last_question: questions.last().copied().unwrap_or_default(),
            last_answer: last
                .filter(|m| m.role == TurnRole::User)
                .map(|m| m.content.trim())
                .unwrap_or_default(),
            questions,
            interviewer,
        }
    }

    /// Whether the interviewer has used these words before.
    fn contains(&self, words: &str) -> bool {
        self.interviewer.iter().any(|message| message.contains(words))
    }

    /// Whether a question was asked before, in these or in nearly these words.
    fn has_asked(&self, question: &str) -> bool {
        let stems: HashSet<String> = content_stems(question).into_iter().collect();
        let known = |earlier: &&str| earlier.eq_ignore_ascii_case(question);
        self.questions.iter().any(known)
            || self
                .question_stems
                .iter()
                .any(|earlier| stems.len().min(earlier.len()) >= 3 && overlap(earlier, &stems) > 0.85)
    }

    /// The first question of a bank, from `seed` on, that was not asked yet.
    fn fresh<'b>(&self, bank: &'b [&'b str], seed: u64) -> Option<&'b str> {
        let start = (seed % bank.len().max(1) as u64) as usize;
        (0..bank.len())
            .map(|step| bank[(start + step) % bank.len()])
            .find(|question| !self.has_asked(question))
    }

    fn last_was_follow_up(&self) -> bool {
        wording::is_follow_up(self.last_question)
    }

    fn asked_for_questions(&self) -> bool {
        wording::CLOSING.contains(&self.last_question)
    }

    fn is_closed(&self) -> bool {
        self.interviewer
            .iter()
            .any(|message| wording::FAREWELL.iter().any(|farewell| message.contains(farewell)))
    }

    /// The phase in which the last question was asked.
    fn phase_before(&self, turn: &InterviewTurn, asked: u32) -> Phase {
        phase_for(&turn.plan, asked.saturating_sub(1))
    }
}

fn plan_length(plan: &[PlanStep]) -> u32 {
    let default = default_plan();
    let plan = if plan.is_empty() { &default } else { plan };
    plan.iter().fold(0, |sum, step| sum.saturating_add(step.questions))
}

fn greeting(turn: &InterviewTurn, said: &Said<'_>) -> String {
    let title = wording::title(&turn.job_title);
    let hello = match turn.candidate_name.as_deref().and_then(wording::given_name) {
        Some(name) => format!("Hello {name}, and welcome to this interview for the {title} position."),
        None => format!("Hello, and welcome to this interview for the {title} position."),
    };
    let seed = fingerprint([turn.job_title.as_str(), turn.job_description.as_str(), "greeting"]) as usize;
    let about = wording::OVERVIEW[seed % wording::OVERVIEW.len()];
    let first =
        said.fresh(wording::INTRODUCTION_FIRST, seed as u64).unwrap_or(wording::INTRODUCTION_FIRST[0]);
    format!("{hello} {about} {}", first.replace("{}", &title))
}

fn acknowledge(
    reading: &Reading,
    answer: &str,
    pick: impl Fn(&'static [&'static str], &str) -> &'static str,
) -> String {
    if reading.declined {
        return pick(wording::DECLINED, "declined").to_owned();
    }
    let named = super::requirements::skills_in(answer);
    if reading.missing.is_none()
        && !reading.hostile
        && let Some(skill) = named.iter().find(|skill| skill.len() > 2)
    {
        return pick(wording::ACKNOWLEDGE_NAMED, skill)
            .replace("{}", &super::requirements::in_sentence(skill));
    }
    pick(if reading.missing.is_some() { wording::ACKNOWLEDGE_SHORT } else { wording::ACKNOWLEDGE }, "thanks")
        .to_owned()
}

fn farewell(
    turn: &InterviewTurn,
    reading: &Reading,
    pick: impl Fn(&'static [&'static str], &str) -> &'static str,
) -> String {
    let reply =
        reading.asked.filter(|asked| *asked != Asked::Clarify).map(|asked| wording::reply(asked, turn));
    let thanks = pick(wording::FAREWELL, "farewell");
    let next = wording::NEXT_STEPS;
    match reply {
        Some(reply) => format!("{reply} {thanks} {next}"),
        None => format!("{thanks} {next}"),
    }
}

#[cfg(test)]
mod tests;
