//! Which question comes next: those the requirements ask for and nothing has covered yet, then general ones.

use super::{Said, wording};
use crate::{
    ai::offline::requirements::{as_gerund, in_sentence},
    domain::language::{content_stems, fingerprint},
    prompts::{InterviewTurn, Phase},
};
use regex::Regex;
use std::sync::OnceLock;

/// The next question and the phase it belongs to: of this phase while it has one that was not asked, else of a later one.
pub(super) fn next(turn: &InterviewTurn, phase: Phase, said: &Said<'_>) -> Option<(Phase, String)> {
    [Phase::Introduction, Phase::Technical, Phase::Behavioral, Phase::Closing]
        .into_iter()
        .filter(|candidate| *candidate >= phase)
        .find_map(|phase| Some((phase, of_phase(turn, phase, said)?)))
}

fn of_phase(turn: &InterviewTurn, phase: Phase, said: &Said<'_>) -> Option<String> {
    let candidates = match phase {
        Phase::Introduction => introduction(turn),
        Phase::Technical => technical(turn, said),
        Phase::Behavioral => behavioral(turn, said),
        Phase::Closing => wording::CLOSING.iter().map(|question| (*question).to_owned()).collect(),
    };
    candidates.into_iter().find(|question| is_proper(question) && !said.has_asked(question))
}

fn introduction(turn: &InterviewTurn) -> Vec<String> {
    let title = wording::title(&turn.job_title);
    rotated(wording::INTRODUCTION, turn, "introduction")
        .map(|question| question.replace("{}", &title))
        .collect()
}

fn technical(turn: &InterviewTurn, said: &Said<'_>) -> Vec<String> {
    let required = &turn.requirements;
    let prepared = required.interview_questions.iter().filter(|question| !is_behavioral(question));
    let duties: Vec<String> = required.responsibilities.iter().filter_map(|duty| as_gerund(duty)).collect();
    let experience: Vec<String> = required.experience.iter().filter_map(|entry| experience(entry)).collect();
    let skills: Vec<String> = required.skills.iter().map(|skill| in_sentence(skill)).collect();
    let (new_skills, old_skills) = by_novelty(wording::SKILL, skills, said);
    let (new_duties, old_duties) = by_novelty(wording::DUTY, duties, said);
    let (new_experience, old_experience) = by_novelty(wording::EXPERIENCE, experience, said);
    let mut about: Vec<(f64, String)> =
        interleave(&[prepared.cloned().collect(), new_skills, new_duties, new_experience])
            .into_iter()
            .map(|question| (covered(&question, said), question))
            .collect();
    // What was not spoken of comes first; among equals the job's own order stays.
    about.sort_by(|a, b| a.0.total_cmp(&b.0));
    let general = rotated(wording::TECHNICAL, turn, "technical").map(str::to_owned);
    let again = interleave(&[old_skills, old_duties, old_experience]);
    about.into_iter().map(|(_, question)| question).chain(general).chain(again).collect()
}

/// `experience with X` out of `4+ years of experience with X`; nothing when it is not fit to be spoken.
fn experience(entry: &str) -> Option<String> {
    let lower = entry.to_lowercase();
    let from = lower.find("experience")?;
    // Lower-casing may change lengths outside ASCII; then the cut might not be a character's edge.
    let subject = entry.get(from..)?.trim();
    let fits = subject.chars().count() <= 90
        && subject.split(' ').count() >= 3
        && !subject.contains(['?', ':', ';', '.', '(']);
    fits.then(|| in_sentence(subject))
}

/// Questions on the subjects the interviewer has not raised, and on those raised already.
fn by_novelty(
    bank: &'static [&'static str],
    subjects: Vec<String>,
    said: &Said<'_>,
) -> (Vec<String>, Vec<String>) {
    let raised = |subject: &String| {
        let subject = subject.to_lowercase();
        said.questions.iter().any(|question| question.to_lowercase().contains(&subject))
    };
    let (old, new): (Vec<_>, Vec<_>) = subjects.into_iter().partition(raised);
    let put = |subjects: Vec<String>| subjects.iter().map(|subject| phrase(bank, subject, said)).collect();
    (put(new), put(old))
}

fn behavioral(turn: &InterviewTurn, said: &Said<'_>) -> Vec<String> {
    let open =
        |name: &str| !turn.competencies_covered.iter().any(|covered| covered.eq_ignore_ascii_case(name));
    let competencies = [
        ("problem-solving", wording::PROBLEM_SOLVING),
        ("communication", wording::COMMUNICATION),
        ("leadership", wording::LEADERSHIP),
        ("adaptability", wording::ADAPTABILITY),
    ];
    let (open, covered): (Vec<_>, Vec<_>) = competencies.into_iter().partition(|(name, _)| open(name));
    let of_bank = |banks: Vec<(&str, &'static [&'static str])>| -> Vec<String> {
        banks.into_iter().flat_map(|(_, bank)| bank.iter().map(|question| (*question).to_owned())).collect()
    };
    let prepared = turn
        .requirements
        .interview_questions
        .iter()
        .filter(|question| is_behavioral(question))
        .cloned()
        .collect();
    let values: Vec<String> = turn
        .company_values
        .iter()
        .filter(|value| value.chars().count() <= 60 && !value.contains(['?', '.', ':']))
        .map(|value| in_sentence(value.trim()))
        .collect();
    let (new_values, old_values) = by_novelty(wording::VALUE, values, said);
    let general = rotated(wording::BEHAVIORAL, turn, "behavioral").map(str::to_owned);
    let first = interleave(&[of_bank(open), prepared, new_values]);
    first.into_iter().chain(general).chain(of_bank(covered)).chain(old_values).collect()
}

/// One wording for a subject; another one when the conversation already had that wording for something else.
fn phrase(bank: &'static [&'static str], subject: &str, said: &Said<'_>) -> String {
    let start = fingerprint([subject]) as usize % bank.len();
    let lead = |wording: &str| wording.split("{}").next().unwrap_or_default().to_owned();
    let used = |wording: &&&str| lead(wording).len() > 12 && said.contains(&lead(wording));
    let ordered: Vec<_> = (0..bank.len()).map(|step| &bank[(start + step) % bank.len()]).collect();
    let chosen = ordered.iter().find(|wording| !used(wording)).unwrap_or(&ordered[0]);
    chosen.replace("{}", subject)
}

/// Share of a question's words that the conversation has already dealt with.
fn covered(question: &str, said: &Said<'_>) -> f64 {
    let stems = content_stems(question);
    let met = stems.iter().filter(|stem| said.answered.contains(*stem)).count();
    let share = if stems.is_empty() { 0.0 } else { met as f64 / stems.len() as f64 };
    // Coarse: a word in common by chance must not reorder the agenda.
    (share * 4.0).floor()
}

fn is_behavioral(question: &str) -> bool {
    static BEHAVIORAL: OnceLock<Regex> = OnceLock::new();
    let words = r"(?i)\b(time (when|you)|situation|disagree\w*|conflict|colleague|feedback|mistake|went wrong|under pressure|team|helped|motivat\w*|challenge|deadline)\b";
    BEHAVIORAL.get_or_init(|| Regex::new(words).expect("the pattern is fixed")).is_match(question)
}

/// One question of spoken length that asks nothing unlawful or improper and is nothing but a question.
fn is_proper(question: &str) -> bool {
    static IMPROPER: OnceLock<Regex> = OnceLock::new();
    let words = r"(?i)\b(how old|your age|date of birth|born|married|marital|spouse|husband|wife|children|kids|pregnan\w*|family plans|religio\w*|church|nationality|ethnic\w*|race|disab\w*|illness|medical history|sexual\w*|gender|union member\w*|criminal record|political\w*|vote|salary|pay|compensation)\b|(?i)\b(score|rubric|criteria|instructions?|prompt)\b";
    let one = question.matches('?').count() == 1 && question.ends_with('?');
    one && question.chars().count() <= 320
        && !IMPROPER.get_or_init(|| Regex::new(words).expect("the pattern is fixed")).is_match(question)
}

fn rotated(
    bank: &'static [&'static str],
    turn: &InterviewTurn,
    salt: &str,
) -> impl Iterator<Item = &'static str> {
    let start =
        fingerprint([turn.job_title.as_str(), turn.job_description.as_str(), salt]) as usize % bank.len();
    (0..bank.len()).map(move |step| bank[(start + step) % bank.len()])
}

fn interleave<const N: usize>(lists: &[Vec<String>; N]) -> Vec<String> {
    let longest = lists.iter().map(Vec::len).max().unwrap_or(0);
    (0..longest).flat_map(|at| lists.iter().filter_map(move |list| list.get(at).cloned())).collect()
}
