//! Studies: an entry is a school, a degree, or both.

use std::sync::OnceLock;

use regex::Regex;

use super::dates;
use super::lines::Line;
use super::words::{degree, is_place, is_school, is_subject};
use crate::domain::resume::Education;

/// Most entries kept (spec 40 §1).
const ENTRIES: usize = 30;

pub(super) fn read(lines: &[&Line<'_>]) -> Vec<Education> {
    let mut studies: Vec<Education> = Vec::new();
    let mut open = Education::default();
    for line in lines {
        let named = is_school(line.parts[0]) && !line.text.contains(':');
        let details = line.bullet
            && line.text.split_whitespace().count() > 3
            && !named
            && degree(line.text).is_none_or(|found| found.0 > 0);
        let found = facts(line, details);
        let clash = open.institution.is_some() && found.institution.is_some()
            || open.degree.is_some() && found.degree.is_some();
        if clash {
            let school = open.institution.clone();
            // Two degrees under one school: the school is named once.
            let carry = found.institution.is_none() && !line.after_blank;
            studies.push(std::mem::take(&mut open));
            open.institution = if carry { school } else { None };
        }
        let Education { institution, degree, field, graduation_date, gpa } = found;
        open.institution = open.institution.or(institution);
        open.field = open.field.take().or(field);
        open.degree = open.degree.or(degree);
        open.gpa = open.gpa.or(gpa);
        let margin = line.parts.len() > 1 && line.parts.last().is_some_and(|part| dates::is_only_date(part));
        if !details || margin {
            open.graduation_date = open.graduation_date.or(graduation_date);
        }
    }
    studies.push(open);
    studies.retain(|study| study.institution.is_some() || study.degree.is_some());
    studies.truncate(ENTRIES);
    studies
}

fn facts(line: &Line<'_>, details: bool) -> Education {
    let mut found = Education { gpa: gpa(line.text), ..Education::default() };
    for part in &line.parts {
        let range = dates::ranges(part).into_iter().next_back();
        if let Some(range) = &range {
            found.graduation_date.get_or_insert_with(|| range.to.unwrap_or(range.from).to_owned());
        }
        if details {
            continue;
        }
        // Without its dates; what stands before them and after them are two pieces.
        let pieces = match &range {
            Some(range) => vec![&part[..range.start], &part[range.end..]],
            None => vec![*part],
        };
        for piece in pieces.iter().flat_map(|piece| split(piece)) {
            take(&mut found, piece);
        }
    }
    found
}

/// At separators, and at commas between things of different kinds.
fn split(text: &str) -> Vec<&str> {
    let strong: Vec<&str> =
        [" | ", "|", " • ", " · ", " — ", " – ", " - ", ";"].iter().fold(vec![text], |pieces, separator| {
            pieces.into_iter().flat_map(|piece| piece.split(separator)).collect()
        });
    strong
        .into_iter()
        .flat_map(|piece| piece.split(", "))
        .map(|piece| piece.trim().trim_matches([',', '(', '-', '–', ':', '|']).trim())
        .collect()
}

fn take(found: &mut Education, piece: &str) {
    if piece.is_empty() || piece.to_lowercase().contains("gpa") || is_place(piece) {
        return;
    }
    let words = piece.split_whitespace().count();
    if let Some((start, end)) = degree(piece).filter(|_| found.degree.is_none()) {
        let after = piece[end..].trim_start_matches([' ', ',', ':', '-', '–', '.']);
        let after = ["in ", "of ", "en ", "IN ", "In "]
            .iter()
            .find_map(|word| after.strip_prefix(word))
            .unwrap_or(after)
            .trim();
        // `Master of Example University` keeps its school.
        if is_school(after) && found.institution.is_none() {
            let (subject, school) = part_subject(after);
            found.field = subject.map(str::to_owned);
            found.institution = Some(school.trim_start_matches("at ").to_owned());
        } else if !after.is_empty() && after.split_whitespace().count() <= 8 && !after.starts_with('(') {
            found.field = Some(field(after).to_owned());
        }
        let before = piece[..start].trim();
        if is_school(before) && found.institution.is_none() {
            found.institution = Some(before.trim_end_matches([',', '-', ':']).trim().to_owned());
        }
        found.degree = Some(piece[start..end].trim().to_owned());
    } else if is_school(piece) && found.institution.is_none() && words <= 16 {
        let end = piece
            .find(" Expected")
            .or(degree(piece).map(|found| found.0))
            .filter(|end| is_school(&piece[..*end]));
        found.institution = Some(piece[..end.unwrap_or(piece.len())].trim().to_owned());
    } else if found.field.is_none() && words <= 6 && is_subject(piece) {
        found.field = Some(field(piece).to_owned());
    }
}

/// `Graphic Design Example University`: the subject ends where the school's own name begins.
fn part_subject(text: &str) -> (Option<&str>, &str) {
    let ends = text.match_indices(' ').map(|(at, _)| at);
    let cut = ends.take_while(|at| {
        is_subject(text[..*at].split(' ').next_back().unwrap_or_default()) || !is_school(&text[..*at])
    });
    let cut = cut
        .filter(|at| {
            is_subject(text[..*at].split(' ').next_back().unwrap_or_default()) && is_school(&text[*at..])
        })
        .last();
    match cut {
        Some(at) => (Some(text[..at].trim()), text[at..].trim()),
        None => (None, text),
    }
}

/// A field of study without honours and marks behind it.
fn field(text: &str) -> &str {
    let end = text.find([';', '(', ',']).unwrap_or(text.len());
    let text = text[..end].trim();
    let text = text.split(" Major in ").last().unwrap_or(text);
    text.split(" with ").next().unwrap_or(text).trim()
}

fn gpa(text: &str) -> Option<String> {
    static PATTERN: OnceLock<Regex> = OnceLock::new();
    let pattern = PATTERN.get_or_init(|| {
        Regex::new(r"(?i)(?:\bC?GPA\b[^0-9]{0,12}(\d{1,2}(?:[.,]\d{1,3})?)|\b(\d\.\d{1,3})\s*(?:/\s*\d{1,2}(?:\.\d+)?\s*)?C?GPA\b|\((\d{1,2}\.\d{1,3})\s*/\s*\d{1,2}(?:\.\d+)?\))")
            .expect("the pattern is constant")
    });
    let found = pattern.captures(text)?;
    found.iter().skip(1).flatten().next().map(|number| number.as_str().to_owned())
}
