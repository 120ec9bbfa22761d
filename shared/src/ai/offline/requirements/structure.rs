//! An advert's structure: front matter off, headings followed, bullets and sentences as items.

use crate::domain::language::sentences;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    Duties,
    /// What is asked for, of whatever kind.
    Wanted,
    Skills,
    Experience,
    Qualifications,
    /// About the employer, benefits, how to apply.
    Aside,
    Unknown,
}

/// A bullet or a sentence.
pub(super) struct Item {
    pub(super) text: String,
    pub(super) section: Section,
    pub(super) bullet: bool,
}

pub(super) fn items(advert: &str) -> Vec<Item> {
    let mut items = Vec::new();
    let mut section = Section::Unknown;
    let mut paragraph = String::new();
    for line in without_front_matter(advert).lines() {
        let line = plain(line);
        let trimmed = line.trim();
        if let Some(text) = bullet(trimmed) {
            flush(&mut paragraph, section, &mut items);
            for part in text.split("; ") {
                items.push(Item { text: part.to_owned(), section, bullet: true });
            }
        } else if trimmed.is_empty() {
            flush(&mut paragraph, section, &mut items);
        } else if let Some(heading) = heading(trimmed) {
            flush(&mut paragraph, section, &mut items);
            section = section_of(heading);
        } else {
            // A colon or a full stop ends a paragraph's sentence; wrapped lines go on.
            if !paragraph.is_empty() {
                paragraph.push(' ');
            }
            paragraph.push_str(trimmed);
            if trimmed.ends_with(':') {
                let lead = section_of(paragraph.trim_end_matches(':'));
                if lead != Section::Unknown {
                    section = lead;
                }
                paragraph.clear();
            }
        }
    }
    flush(&mut paragraph, section, &mut items);
    items
}

/// Sentences of a paragraph; `Requirements: a; b; c` within one opens a section for the rest of it.
fn flush(paragraph: &mut String, section: Section, items: &mut Vec<Item>) {
    let mut here = section;
    for sentence in sentences(paragraph) {
        let mut text = sentence;
        let mut listed = false;
        if let Some((label, rest)) = sentence.split_once(": ")
            && label.split(' ').count() <= 5
            && section_of(label) != Section::Unknown
        {
            here = section_of(label);
            text = rest;
            listed = true;
        }
        let parts: Vec<_> = text.split("; ").collect();
        listed = listed || parts.len() > 2;
        for part in parts {
            let text = part.strip_prefix("and ").unwrap_or(part).to_owned();
            items.push(Item { text, section: here, bullet: listed });
        }
    }
    paragraph.clear();
}

fn without_front_matter(advert: &str) -> &str {
    let body = advert.trim_start_matches('\u{feff}');
    let rest = body.strip_prefix("---\n").or_else(|| body.strip_prefix("---\r\n"));
    rest.and_then(|rest| rest.split_once("\n---").map(|(_, body)| body)).unwrap_or(body)
}

/// Markdown emphasis and link targets taken off, HTML tags dropped.
fn plain(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '*' | '_' if text.ends_with(c) || chars.peek() == Some(&c) => {}
            '*' if !text.trim().is_empty() => {}
            '[' => {}
            ']' => {
                if chars.peek() == Some(&'(') {
                    chars.by_ref().find(|c| *c == ')');
                }
            }
            '<' => {
                chars.by_ref().find(|c| *c == '>');
            }
            '\u{200b}' => {}
            c => text.push(c),
        }
    }
    text
}

fn bullet(line: &str) -> Option<&str> {
    let rest = line
        .strip_prefix(['-', '*', '•', '●', '▪', '◦', '–', '·', '+', 'o'])
        .filter(|rest| rest.starts_with([' ', '\t']));
    let rest = rest.or_else(|| {
        let digits = line.trim_start_matches(|c: char| c.is_ascii_digit());
        (digits.len() < line.len() && line.len() - digits.len() <= 2)
            .then(|| digits.strip_prefix(['.', ')']))
            .flatten()?
            .strip_prefix(' ')
    });
    rest.map(str::trim).filter(|rest| !rest.is_empty())
}

/// `## What you will do`, `Requirements:`, `RESPONSIBILITIES`, or a short line that names a section.
fn heading(line: &str) -> Option<&str> {
    if let Some(rest) = line.strip_prefix('#') {
        return Some(rest.trim_matches(['#', ' ', ':']));
    }
    let words = line.split_whitespace().count();
    let label = line.trim_end_matches(':').trim();
    let ends_open = !line.ends_with(['.', ';', ',', '!', '?']);
    let shouted =
        words <= 6 && line.chars().any(char::is_alphabetic) && !line.chars().any(char::is_lowercase);
    let named = words <= 8
        && (line.ends_with(':') || words <= 5 && ends_open)
        && section_of(label) != Section::Unknown;
    (shouted || named).then_some(label)
}

fn section_of(heading: &str) -> Section {
    let heading = heading.to_lowercase().replace('’', "'");
    let holds = |phrases: &[&str]| phrases.iter().any(|phrase| heading.contains(phrase));
    if holds(&["someone who will", "who will:"]) || heading.ends_with("who will") {
        return Section::Duties;
    }
    if holds(&[
        "about",
        "benefit",
        "we offer",
        "how to apply",
        "process",
        "diversity",
        "inclusion",
        "contact",
        "closed",
        "vaccination",
        "additional information",
        "basic information",
        "why join",
        "who we are",
        "our team",
        "your team",
        "perks",
        "salary",
        "compensation",
        "location",
        "equal",
        "accommodation",
        "business unit",
        "à propos",
        "processus",
        "avantages",
    ]) {
        Section::Aside
    } else if holds(&[
        "you will",
        "you'll do",
        "you'll be",
        "what you do",
        "responsib",
        "duties",
        "your job",
        "in this role",
        "accomplish",
        "the role",
        "role summary",
        "objective",
        "tasks",
        "missions",
        "job description",
        "day to day",
        "le rôle",
        "role overview",
        "you would",
    ]) && !holds(&[
        "requirements",
        "you'll need to have",
        "you will need",
        "you will have experience",
    ]) {
        Section::Duties
    } else if holds(&["skill", "compétence", "competenc"]) {
        Section::Skills
    } else if holds(&["qualification", "education", "certification", "credential"]) {
        Section::Wanted
    } else if holds(&["experience"]) {
        Section::Experience
    } else if holds(&[
        "looking for",
        "requirement",
        "excellent candidate",
        "ideal candidate",
        "perfect fit",
        "fit right in",
        "interested in people",
        "evaluate you",
        "asset",
        "must have",
        "nice to have",
        "what you bring",
        "you bring",
        "you have",
        "who you are",
        "about you",
        "desirable",
        "essential",
        "preferred",
        "we need",
        "recherche",
        "attentes",
        "fait pour vous",
    ]) {
        Section::Wanted
    } else {
        Section::Unknown
    }
}
