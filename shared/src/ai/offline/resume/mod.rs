//! Reading a resume's visible text without a model: sections by their headings, entries by their dates, contact data by
//! its form. Everything returned is a piece of the text; nothing is completed, corrected or translated.

mod contact;
mod dates;
mod deeds;
mod education;
mod employment;
mod heads;
mod lines;
mod skills;
mod words;

use crate::domain::resume::ParsedResume;

use self::lines::{Line, Section};

/// Longest text looked at, in characters: some forty dense pages.
const LONGEST: usize = 200_000;

/// Read a resume. `text` is its visible text as [`crate::documents::read`] gives it: lines in reading order, pages separated
/// by form feeds. Every value of the answer is found in `text` once runs of white space are one space.
pub fn parse(text: &str) -> ParsedResume {
    let end = text.char_indices().nth(LONGEST).map_or(text.len(), |(at, _)| at);
    let text = &text[..end];
    let lines = lines::lines(text);
    let of = |wanted: Section| -> Vec<&Line<'_>> {
        lines.iter().filter(|(section, _)| *section == wanted).map(|(_, line)| line).collect()
    };
    let all: Vec<&Line<'_>> = lines.iter().map(|(_, line)| line).collect();
    let mut resume = ParsedResume {
        personal_info: contact::read(text, &of(Section::Header), &all, &of(Section::Experience)),
        employment: employment::read(&of(Section::Experience)),
        education: education::read(&of(Section::Education)),
        skills: skills::read(&lines),
        summary: contact::summary(&of(Section::Header), &of(Section::Summary)),
    };
    ground(&mut resume, text);
    resume
}

/// Drop what is not in the text: the last word on the promise above, whatever the rules before it did.
fn ground(resume: &mut ParsedResume, text: &str) {
    let text = plain(text);
    let there = |value: &str| !value.trim().is_empty() && text.contains(&plain(value));
    let keep = |value: &mut Option<String>| {
        if value.as_deref().is_some_and(|value| !there(value)) {
            *value = None;
        }
    };
    let person = &mut resume.personal_info;
    for value in [
        &mut person.full_name,
        &mut person.email,
        &mut person.phone,
        &mut person.location,
        &mut person.linkedin,
        &mut person.portfolio,
        &mut resume.summary,
    ] {
        keep(value);
    }
    for job in &mut resume.employment {
        for value in
            [&mut job.company, &mut job.title, &mut job.start_date, &mut job.end_date, &mut job.description]
        {
            keep(value);
        }
        job.achievements.retain(|value| there(value));
    }
    for study in &mut resume.education {
        for value in [
            &mut study.institution,
            &mut study.degree,
            &mut study.field,
            &mut study.graduation_date,
            &mut study.gpa,
        ] {
            keep(value);
        }
    }
    let skills = &mut resume.skills;
    for list in [&mut skills.technical, &mut skills.soft, &mut skills.languages, &mut skills.certifications] {
        list.retain(|value| there(value));
    }
    resume.employment.retain(|job| job.company.is_some() || job.title.is_some());
    resume.education.retain(|study| study.institution.is_some() || study.degree.is_some());
}

/// White space as single spaces.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod evaluation;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod variations;
