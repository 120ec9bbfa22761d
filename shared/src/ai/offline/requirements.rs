//! Reading a job advert into requirements without a model: its headings, its bullets, and its sentences where it has
//! neither.

mod questions;
mod skills;
mod structure;

use crate::{
    domain::{language::lower_words, requirements::Requirements},
    prompts::ExtractRequirements,
};
pub(super) use questions::{as_gerund, in_sentence};
pub(super) use skills::skills_in;
#[cfg(test)]
use std::collections::HashSet;
use structure::{Item, Section, items};

/// Entries per list (spec 50 §3).
pub(super) const MOST: usize = 30;
/// Characters of one entry; longer ones are cut at a word.
const LONGEST: usize = 240;

/// The five lists, each at most 30 entries, case-blind unique, in the advert's order (skills named in the title first).
#[must_use]
pub fn extract_requirements(prompt: &ExtractRequirements) -> Requirements {
    let mut found = Requirements::default();
    for skill in skills_in(&prompt.job_title) {
        add(&mut found.skills, &skill);
    }
    for item in items(&prompt.job_description) {
        sort_in(&item, &mut found);
    }
    found.interview_questions = questions::compose(&prompt.job_title, &found);
    found
}

fn sort_in(item: &Item, found: &mut Requirements) {
    let kind = classify(item);
    if kind != Section::Aside {
        for skill in skills::skills_of(&item.text, kind) {
            add(&mut found.skills, &skill);
        }
    }
    let list = match kind {
        Section::Duties => &mut found.responsibilities,
        Section::Experience => &mut found.experience,
        Section::Qualifications => &mut found.qualifications,
        Section::Skills | Section::Wanted | Section::Unknown | Section::Aside => return,
    };
    add(list, &item.text);
}

/// The item's own words decide where they are plain, else its section.
fn classify(item: &Item) -> Section {
    let words = lower_words(&item.text);
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    let text = item.text.to_lowercase();
    let holds = |phrases: &[&str]| phrases.iter().any(|phrase| text.contains(phrase));
    match item.section {
        Section::Aside => return Section::Aside,
        Section::Duties if item.bullet => return Section::Duties,
        _ => {}
    }
    if !item.bullet && holds(ASIDE) {
        return Section::Aside;
    }
    let years = holds(&["years", "year's", "months"])
        && (holds(&["experience"]) || words.iter().any(|w| w.starts_with(|c: char| c.is_ascii_digit())));
    let academic = holds(&["degree"]) && !holds(&["degree of"]);
    if academic || has(FORMAL) || holds(FORMAL_PHRASES) {
        return Section::Qualifications;
    }
    let of_experience = has(&["experience", "experienced", "background"]) || holds(&["track record"]);
    let other_sense = holds(&[
        "user experience",
        "skills and experience",
        "experience canadians",
        "gain experience",
        "possible experience",
    ]);
    if years || of_experience && !other_sense {
        return match item.section {
            Section::Unknown if !item.bullet && !holds(WANTED) && !years => Section::Unknown,
            Section::Duties => Section::Duties,
            _ => Section::Experience,
        };
    }
    match item.section {
        Section::Wanted
            if holds(&[
                "skill",
                "knowledge",
                "proficien",
                "familiar",
                "understanding",
                "ability",
                "able to",
                "fluen",
            ]) =>
        {
            Section::Skills
        }
        Section::Wanted if item.bullet && starts_with_verb(&words) && !has(&["be"]) => Section::Duties,
        Section::Wanted => Section::Skills,
        Section::Unknown if holds(DUTIES) || item.bullet && starts_with_verb(&words) => Section::Duties,
        Section::Unknown if holds(WANTED) => Section::Skills,
        section => section,
    }
}

const FORMAL: &[&str] = &[
    "bachelor",
    "bachelor's",
    "bachelors",
    "master's",
    "masters",
    "phd",
    "doctorate",
    "diploma",
    "certificate",
    "certified",
    "certification",
    "certifications",
    "licence",
    "license",
    "licensed",
    "accreditation",
    "accredited",
    "qualified",
    "nvq",
    "gcse",
    "chartered",
    "citizenship",
];

const FORMAL_PHRASES: &[&str] = &[
    "ph.d",
    "b.sc",
    "right to work",
    "security clearance",
    "driving licen",
    "driver's licen",
    "u.s. citizen",
    "professional qualification",
    "accountancy qualification",
    "permanent resident",
];

const WANTED: &[&str] = &[
    "experience with",
    "experience in",
    "experience of",
    "experience as",
    "knowledge of",
    "proficien",
    "familiar",
    "understanding of",
    "ability to",
    "skills",
    "you have",
    "you bring",
    "you are",
    "you're",
    "must have",
    "must be",
    "essential",
    "desirable",
    "required",
    "requirements",
    "looking for",
    "successful candidate",
    "ideal candidate",
    "fluent",
    "expertise",
];

const DUTIES: &[&str] = &[
    "you will ",
    "you'll ",
    "you’ll ",
    "responsib",
    "duties",
    "the role involves",
    "role will",
    "in this role, you",
    "you are tasked with",
    "accountable for",
    "you would ",
    "job is to",
    "day to day",
    "day-to-day",
    "purpose of the role",
    "owning the",
    "part of the role",
];

const ASIDE: &[&str] = &[
    "equal opportunit",
    "regardless of race",
    "sexual orientation",
    "accommodat",
    "we offer",
    "benefits",
    "salary",
    "how to apply",
    "to apply",
    "apply now",
    "apply anyway",
    "cover letter",
    "our client is",
    "about us",
    "we celebrate",
    "welcomes all applicants",
    "diverse talent",
    "http://",
    "https://",
    "e-mail",
    "send your cv",
    "please contact",
    "please send",
    "holiday",
    "pension",
    "interviews will be",
    "will be kept confidential",
    "everyone brings",
    "is classified as",
    "you would join",
    "you'll join",
    "you’ll join",
    "you will join",
    "is located in",
    "will report to",
    "you report to",
    "checks all the boxes",
    "more than just",
    "currently includes",
    "may be created",
    "pool of qualified",
];

fn starts_with_verb(words: &[String]) -> bool {
    words.first().is_some_and(|first| first.ends_with("ing") || DUTY_VERBS.contains(&first.as_str()))
}

const DUTY_VERBS: &[&str] = &[
    "develop",
    "design",
    "build",
    "lead",
    "manage",
    "create",
    "write",
    "maintain",
    "support",
    "deliver",
    "work",
    "own",
    "drive",
    "define",
    "help",
    "ensure",
    "provide",
    "plan",
    "coordinate",
    "collaborate",
    "implement",
    "test",
    "review",
    "monitor",
    "analyze",
    "analyse",
    "conduct",
    "prepare",
    "assist",
    "establish",
    "identify",
    "mentor",
    "teach",
    "train",
    "research",
    "report",
    "use",
    "act",
    "guide",
    "perform",
    "organise",
    "organize",
    "oversee",
    "operate",
    "advise",
    "present",
    "communicate",
    "participate",
    "contribute",
    "improve",
    "optimize",
    "optimise",
    "troubleshoot",
    "document",
    "evaluate",
    "apply",
    "build",
    "champion",
    "take",
    "learn",
    "be",
    "make",
    "run",
];

/// Adds a cleaned entry unless the list is full or holds it already, whatever the case.
pub(super) fn add(list: &mut Vec<String>, entry: &str) {
    let entry = tidy(entry);
    let key = entry.to_lowercase();
    if list.len() < MOST
        && entry.chars().any(char::is_alphabetic)
        && !list.iter().any(|held| held.to_lowercase() == key)
    {
        list.push(entry);
    }
}

fn tidy(entry: &str) -> String {
    let text = entry.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = text.trim_matches(|c: char| {
        c.is_whitespace() || matches!(c, '.' | ';' | ',' | ':' | '-' | '•' | '*' | '–')
    });
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    let cut: String = text.chars().take(LONGEST).collect();
    let whole = cut.rsplit_once(' ').map_or(cut.as_str(), |(whole, _)| whole);
    format!("{}…", whole.trim_end_matches([',', ';', ':']))
}

/// Case-blind unique keys; for the tests of the lists' promise.
#[cfg(test)]
fn unique(list: &[String]) -> bool {
    let keys: HashSet<_> = list.iter().map(|entry| entry.to_lowercase()).collect();
    keys.len() == list.len()
}

#[cfg(test)]
mod tests;
