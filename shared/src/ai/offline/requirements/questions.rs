//! Interview questions made from the requirements an advert holds.

use super::{MOST, add};
use crate::domain::{
    language::{fingerprint, lower_words},
    requirements::Requirements,
};

/// Up to this many questions: enough for a long interview, short enough to be read by a person.
const WANTED: usize = 12;

/// Questions on skills, duties, experience and conduct, mixed, the advert's first requirements first.
pub(super) fn compose(job_title: &str, found: &Requirements) -> Vec<String> {
    let title = job_title.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut questions: Vec<String> = Vec::new();
    let pick = |wordings: &'static [&'static str], subject: &str| {
        wordings[fingerprint([title.as_str(), subject]) as usize % wordings.len()]
    };
    let skills = found.skills.iter().take(5).map(|skill| {
        let wordings = if is_conduct(skill) { CONDUCT } else { SKILL };
        pick(wordings, skill).replace("{}", &in_sentence(skill))
    });
    let duties = found.responsibilities.iter().filter_map(|duty| {
        let duty = as_gerund(duty)?;
        Some(pick(DUTY, &duty).replace("{}", &duty))
    });
    let experience = found.experience.iter().filter_map(|entry| {
        let subject = experience_subject(entry)?;
        Some(pick(EXPERIENCE, &subject).replace("{}", &subject))
    });
    let mut lists: Vec<Vec<String>> =
        vec![skills.collect(), duties.take(4).collect(), experience.take(2).collect()];
    let longest = lists.iter().map(Vec::len).max().unwrap_or(0);
    lists.iter_mut().for_each(|list| list.reverse());
    for _ in 0..longest {
        for list in &mut lists {
            if let Some(question) = list.pop() {
                add(&mut questions, &question);
            }
        }
    }
    let role = if title.is_empty() { "this".to_owned() } else { title.clone() };
    for question in GENERAL {
        if questions.len() < WANTED {
            add(&mut questions, &question.replace("{}", &role));
        }
    }
    questions.truncate(WANTED.min(MOST));
    questions
}

const SKILL: &[&str] = &[
    "Can you walk me through a recent piece of work in which you used {}?",
    "What is the hardest problem you have solved with {}, and how did you go about it?",
    "How have you used {} in practice, and what did you learn from it?",
    "Where did {} make the difference in your work, and what was your part in it?",
];

const CONDUCT: &[&str] = &[
    "Can you tell me about a situation in which {} mattered, and what you did?",
    "When was your {} put to the test, and how did it turn out?",
    "Can you give me an example from your work that shows your {}?",
];

const DUTY: &[&str] = &[
    "This position involves {}; can you tell me about a time you did something similar?",
    "How would you go about {}, and what have you done in the past that prepares you for it?",
    "What experience do you have with {}, and what did you find most difficult?",
];

const EXPERIENCE: &[&str] = &[
    "The team is looking for {}; which part of your background comes closest, and why?",
    "How does your background fit what the team asks for here, namely {}?",
];

const GENERAL: &[&str] = &[
    "What drew you to the {} position?",
    "Can you describe a time you disagreed with a colleague about how to do something, and how it ended?",
    "Can you tell me about something that went wrong in your work, and what you changed afterwards?",
    "How do you decide what to do first when several things are due at once?",
    "When did you last have to learn something new quickly, and how did you do it?",
    "Whom have you helped to become better at their work, and how?",
];

/// Skills of conduct are asked about by example, skills of craft by work done with them.
fn is_conduct(skill: &str) -> bool {
    const CONDUCT_SKILLS: &[&str] = &[
        "communication",
        "leadership",
        "collaboration",
        "problem solving",
        "critical thinking",
        "analytical thinking",
        "creativity",
        "adaptability",
        "time management",
        "prioritization",
        "organisation",
        "attention to detail",
        "decision making",
        "interpersonal skills",
        "relationship building",
        "influencing",
        "mentoring",
        "negotiation",
        "facilitation",
        "planning",
        "presentation",
        "writing",
    ];
    CONDUCT_SKILLS.contains(&skill.to_lowercase().as_str())
}

/// Small first letter, unless the word is a name or an acronym.
pub(in crate::ai::offline) fn in_sentence(phrase: &str) -> String {
    let first = phrase.split_whitespace().next().unwrap_or_default();
    let is_name = first.chars().skip(1).any(|c| c.is_uppercase() || c.is_numeric())
        || first.chars().count() == 1
        || super::skills_in(first).iter().any(|skill| skill.starts_with(char::is_uppercase));
    if is_name {
        return phrase.to_owned();
    }
    let mut chars = phrase.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

/// `Build data pipelines for research` to `building data pipelines for research`; `None` when it does not begin with a
/// verb or is too long to be asked about in one breath.
pub(in crate::ai::offline) fn as_gerund(duty: &str) -> Option<String> {
    let duty = first_clause(duty);
    let duty = strip_lead(&duty);
    let (first, rest) = duty.split_once(' ')?;
    if duty.chars().count() > 120
        || rest.split(' ').count() < 2
        || duty.contains(['?', '(', ':'])
        || duty.contains("you")
    {
        return None;
    }
    let verb = first.to_lowercase();
    if verb.ends_with("ing") && !["bring", "sing"].contains(&verb.as_str()) {
        return Some(format!("{verb} {rest}"));
    }
    let known = super::DUTY_VERBS.contains(&verb.as_str()) || MORE_VERBS.contains(&verb.as_str());
    (known && !["be", "have"].contains(&verb.as_str()))
        .then(|| format!("{} {}", gerund(&verb), and_gerunds(rest)))
}

/// `implement a strategy and deliver it` after a first verb: the verbs that follow `and` take the same form, up to a
/// clause of its own (`services that book and track parcels`).
fn and_gerunds(rest: &str) -> String {
    let (mut after_and, mut in_clause) = (false, false);
    let words = rest.split(' ').map(|word| {
        let lower = word.trim_end_matches(',').to_lowercase();
        in_clause |= matches!(lower.as_str(), "that" | "which" | "who" | "to");
        let is_verb = after_and
            && !in_clause
            && (super::DUTY_VERBS.contains(&lower.as_str()) || MORE_VERBS.contains(&lower.as_str()))
            && lower != "be";
        let next_follows = matches!(lower.as_str(), "and" | "or") || word.ends_with(',');
        let word = if is_verb { word.replacen(&lower, &gerund(&lower), 1) } else { word.to_owned() };
        after_and = next_follows;
        word
    });
    words.collect::<Vec<_>>().join(" ")
}

const MORE_VERBS: &[&str] = &[
    "bring",
    "process",
    "produce",
    "track",
    "seek",
    "demonstrate",
    "spearhead",
    "determine",
    "revisit",
    "leverage",
    "engage",
    "set",
    "shape",
    "share",
    "surface",
    "resolve",
    "scope",
    "partner",
    "influence",
    "foster",
    "promote",
    "advance",
    "author",
    "facilitate",
    "prioritize",
    "prioritise",
    "translate",
    "represent",
    "serve",
    "handle",
    "negotiate",
    "sell",
    "care",
    "cook",
    "clean",
    "deploy",
    "debug",
    "integrate",
    "automate",
    "migrate",
    "architect",
    "code",
    "analyze",
    "model",
    "measure",
    "recruit",
    "hire",
    "coach",
    "inspire",
    "navigate",
    "explore",
    "assess",
    "produce",
    "edit",
    "publish",
    "gather",
    "draft",
    "align",
    "execute",
    "develop",
    "iterate",
];

fn gerund(verb: &str) -> String {
    let bytes = verb.as_bytes();
    let doubled = ["plan", "run", "set", "scope up", "begin", "get", "put", "cut", "ship"].contains(&verb);
    match verb {
        _ if doubled => format!("{verb}{}ing", &verb[verb.len() - 1..]),
        _ if verb.ends_with("ie") => format!("{}ying", &verb[..verb.len() - 2]),
        _ if verb.ends_with('e') && bytes.len() > 2 && !verb.ends_with("ee") && !verb.ends_with("ye") => {
            format!("{}ing", &verb[..verb.len() - 1])
        }
        _ => format!("{verb}ing"),
    }
}

fn experience_subject(entry: &str) -> Option<String> {
    let entry = first_clause(entry);
    let entry = strip_lead(&entry);
    let words = lower_words(entry);
    let short = entry.chars().count() <= 110 && words.len() >= 3 && !entry.contains(['?', '(', ':']);
    let is_noun_phrase = words.iter().take(7).any(|word| word == "experience")
        && !words.iter().any(|word| {
            ["is", "are", "you", "your", "will", "we", "would", "our", "they"].contains(&word.as_str())
        });
    let starts_well = words.first().is_some_and(|first| {
        first.starts_with(|c: char| c.is_ascii_digit()) || !super::DUTY_VERBS.contains(&first.as_str())
    });
    (short && is_noun_phrase && starts_well).then(|| in_sentence(entry))
}

fn first_clause(text: &str) -> String {
    let text = text.trim().trim_end_matches(['.', ';', ':', ',', '…']);
    let end = [
        " (",
        " - ",
        " – ",
        "; ",
        ", including",
        ", such as",
        ", always",
        ", and ",
        ", with ",
        ", to ",
        ", which ",
        ", by ",
    ]
    .iter()
    .filter_map(|cut| text.find(cut))
    .min();
    text[..end.unwrap_or(text.len())].trim().to_owned()
}

fn strip_lead(text: &str) -> &str {
    let mut text = text;
    for lead in [
        "You will be responsible for ",
        "Responsible for ",
        "You will be ",
        "You will ",
        "You'll be ",
        "You’ll be ",
        "You'll ",
        "You’ll ",
        "You have ",
        "You've ",
        "You’ve ",
        "Have ",
        "You bring ",
        "Has ",
        "Be responsible for ",
        "Must have ",
    ] {
        if let Some(rest) = text
            .get(..lead.len())
            .filter(|start| start.eq_ignore_ascii_case(lead))
            .map(|_| &text[lead.len()..])
        {
            text = rest;
        }
    }
    text
}
