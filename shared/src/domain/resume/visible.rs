//! Nothing but what stands in the document (spec 25 §1): values a reader invented, completed or took from hidden text
//! are dropped. Allowed are other white space and typographic quote marks; a value begins and ends where words do.

use super::{Education, Employment, ParsedResume};
use unicode_normalization::UnicodeNormalization;

/// A reading after the check.
pub struct Checked {
    pub resume: ParsedResume,
    /// Values that stand in the text.
    pub kept: usize,
    /// Values that do not, and were dropped.
    pub dropped: usize,
}

impl ParsedResume {
    /// Keeps what stands in `text`, the visible text of the document.
    pub fn only_visible(mut self, text: &str) -> Checked {
        let mut check = Check { text: normal(text), kept: 0, dropped: 0 };
        let personal = &mut self.personal_info;
        for member in [
            &mut personal.full_name,
            &mut personal.email,
            &mut personal.phone,
            &mut personal.location,
            &mut personal.linkedin,
            &mut personal.portfolio,
        ] {
            check.value(member);
        }
        for job in &mut self.employment {
            for member in [&mut job.company, &mut job.title, &mut job.start_date, &mut job.end_date] {
                check.value(member);
            }
            check.passage(&mut job.description);
            check.list(&mut job.achievements);
        }
        for course in &mut self.education {
            for member in [
                &mut course.institution,
                &mut course.degree,
                &mut course.field,
                &mut course.graduation_date,
                &mut course.gpa,
            ] {
                check.value(member);
            }
        }
        let skills = &mut self.skills;
        for list in
            [&mut skills.technical, &mut skills.soft, &mut skills.languages, &mut skills.certifications]
        {
            check.list(list);
        }
        check.passage(&mut self.summary);
        self.employment.retain(|job| *job != Employment::default());
        self.education.retain(|course| *course != Education::default());
        Checked { resume: self, kept: check.kept, dropped: check.dropped }
    }

    /// 0-100: how much of what a resume usually tells was found, lessened by what had to be dropped. No judgement of
    /// the person.
    pub fn confidence(&self, kept: usize, dropped: usize) -> f64 {
        let personal = &self.personal_info;
        let skills = &self.skills;
        let parts = [
            (20.0, personal.full_name.is_some()),
            (15.0, personal.email.is_some()),
            (10.0, personal.phone.is_some()),
            (25.0, self.employment.iter().any(|job| job.company.is_some() && job.title.is_some())),
            (15.0, self.education.iter().any(|course| course.institution.is_some())),
            (15.0, [&skills.technical, &skills.soft].into_iter().any(|list| !list.is_empty())),
        ];
        let found: f64 = parts.into_iter().filter(|(_, found)| *found).map(|(weight, _)| weight).sum();
        let all = (kept + dropped).max(1);
        found * kept as f64 / all as f64
    }
}

struct Check {
    text: String,
    kept: usize,
    dropped: usize,
}

impl Check {
    fn stands(&mut self, value: &str) -> bool {
        let stands = stands(&self.text, &normal(value));
        if stands {
            self.kept += 1;
        } else {
            self.dropped += 1;
        }
        stands
    }

    fn value(&mut self, member: &mut Option<String>) {
        if member.as_deref().is_some_and(|value| !self.stands(value)) {
            *member = None;
        }
    }

    fn list(&mut self, list: &mut Vec<String>) {
        list.retain(|value| self.stands(value));
    }

    /// A longer text may have left out bullets between its lines: then its lines are looked for one by one.
    fn passage(&mut self, member: &mut Option<String>) {
        let Some(text) = member else { return };
        if stands(&self.text, &normal(text)) {
            self.kept += 1;
            return;
        }
        let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        let kept: Vec<&str> = lines.into_iter().filter(|line| self.stands(line)).collect();
        *member = (!kept.is_empty()).then(|| kept.join("\n"));
    }
}

fn stands(text: &str, value: &str) -> bool {
    occurrences(text, value).next().is_some()
}

/// Offsets at which a value stands as whole words. Both are [`normal`].
pub(super) fn occurrences<'a>(text: &'a str, value: &'a str) -> impl Iterator<Item = usize> + 'a {
    let all = (!value.is_empty()).then(|| text.match_indices(value));
    all.into_iter().flatten().map(|(start, _)| start).filter(move |start| {
        let before = text[..*start].chars().next_back();
        let after = text[start + value.len()..].chars().next();
        whole(before, value.chars().next()) && whole(value.chars().next_back(), after)
    })
}

/// Whether no word goes on between two neighbours.
fn whole(left: Option<char>, right: Option<char>) -> bool {
    let within = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    !(within(left) && within(right))
}

pub(super) fn normal(text: &str) -> String {
    let mut normal = String::with_capacity(text.len());
    text.nfc().for_each(|c| put(&mut normal, c));
    normal.truncate(normal.trim_end().len());
    normal
}

/// White space is one space, quote marks are plain.
pub(super) fn put(normal: &mut String, c: char) {
    match c {
        '\u{2018}' | '\u{2019}' => normal.push('\''),
        '\u{201c}' | '\u{201d}' => normal.push('"'),
        c if c.is_whitespace() => {
            if !normal.is_empty() && !normal.ends_with(' ') {
                normal.push(' ');
            }
        }
        c => normal.push(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "Jane Doe   jane@example.com\n\nWelder, Acme   Nov 2022 – Present\n• Built   pipes\n• Led “Team X”\n";

    fn checked(change: impl FnOnce(&mut ParsedResume)) -> Checked {
        let mut resume = ParsedResume::default();
        change(&mut resume);
        resume.only_visible(TEXT)
    }

    #[test]
    fn what_stands_there_stays_and_what_was_invented_goes() {
        let checked = checked(|resume| {
            resume.personal_info.full_name = Some("Jane  Doe".into());
            resume.personal_info.phone = Some("0400 000 000".into());
            resume
                .employment
                .push(Employment { title: Some("Chief Welder".into()), ..Employment::default() });
            resume.skills.technical = vec!["Built pipes".into(), "Buil".into(), "Rust".into()];
            resume.summary = Some("Built pipes\nLed \"Team X\"\nWon a prize".into());
        });
        let resume = &checked.resume;
        assert!(resume.personal_info.full_name.is_some() && resume.personal_info.phone.is_none());
        assert!(resume.employment.is_empty());
        assert_eq!(resume.skills.technical, ["Built pipes"]);
        assert_eq!(resume.summary.as_deref(), Some("Built pipes\nLed \"Team X\""));
        assert_eq!((checked.kept, checked.dropped), (4, 5));
    }

    #[test]
    fn dropped_values_lower_the_confidence() {
        let checked = checked(|resume| resume.personal_info.full_name = Some("Jane Doe".into()));
        assert_eq!(checked.resume.confidence(1, 0), 20.0);
        assert_eq!(checked.resume.confidence(1, 1), 10.0);
    }
}
