//! Where the values of a resume stand in its visible text (spec 25 §1), so that a person can look them up.

use super::ParsedResume;
use super::visible::{normal, occurrences, put};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use unicode_normalization::UnicodeNormalization;

/// One value's place. No Debug: with the document it tells personal data.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Place {
    /// JSON pointer into the parsed resume, e.g. `/employment/0/title`.
    pub pointer: String,
    /// Counted from 1.
    pub page: u32,
    /// Line of the page's visible text, counted from 1.
    pub line: u32,
}

impl ParsedResume {
    /// The place of every value that stands in `text`. A value that stands there more than once is taken where the rest
    /// of its entry is.
    pub fn places(&self, text: &str) -> Vec<Place> {
        let lines = Lines::of(text);
        let mut places = Vec::new();
        let Ok(resume) = serde_json::to_value(self) else { return places };
        for (name, part) in resume.as_object().into_iter().flatten() {
            let pointer = format!("/{name}");
            match part {
                Value::Array(entries) => {
                    for (index, entry) in entries.iter().enumerate() {
                        lines.entry(&format!("{pointer}/{index}"), entry, &mut places);
                    }
                }
                part => lines.entry(&pointer, part, &mut places),
            }
        }
        places
    }
}

/// The text as values are compared with it, and where its lines begin.
struct Lines {
    text: String,
    /// Offset, page, line.
    starts: Vec<(usize, u32, u32)>,
}

/// A value and all offsets at which it stands.
struct Seen {
    pointer: String,
    at: Vec<usize>,
}

impl Lines {
    fn of(text: &str) -> Self {
        let (mut page, mut line) = (1, 1);
        let mut lines = Self { text: String::with_capacity(text.len()), starts: vec![(0, page, line)] };
        for c in text.nfc() {
            put(&mut lines.text, c);
            match c {
                '\n' => line += 1,
                '\x0c' => (page, line) = (page + 1, 1),
                _ => continue,
            }
            lines.starts.push((lines.text.len(), page, line));
        }
        lines
    }

    fn entry(&self, pointer: &str, entry: &Value, places: &mut Vec<Place>) {
        let mut all = Vec::new();
        self.look(pointer, entry, &mut all);
        // What stands there most seldom says where the entry is; of several, the first: an entry begins with its head.
        let anchor = all.iter().min_by_key(|seen| (seen.at.len(), seen.at[0]));
        let Some(anchor) = anchor.map(|anchor| anchor.at[0]) else { return };
        for seen in all {
            let nearest = seen.at.iter().min_by_key(|at| at.abs_diff(anchor)).copied().unwrap_or(anchor);
            let before = self.starts.partition_point(|(start, ..)| *start <= nearest);
            let (_, page, line) = self.starts[before.saturating_sub(1)];
            places.push(Place { pointer: seen.pointer, page, line });
        }
    }

    fn look(&self, pointer: &str, value: &Value, all: &mut Vec<Seen>) {
        match value {
            Value::String(text) => all.extend(self.seen(pointer, text)),
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.look(&format!("{pointer}/{index}"), item, all);
                }
            }
            Value::Object(members) => {
                for (name, member) in members {
                    self.look(&format!("{pointer}/{name}"), member, all);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// A passage whose bullets were left out stands where its first line does.
    fn seen(&self, pointer: &str, text: &str) -> Option<Seen> {
        let whole = std::iter::once(text).chain(text.lines());
        whole.map(normal).find_map(|value| {
            let at: Vec<usize> = occurrences(&self.text, &value).collect();
            (!at.is_empty()).then(|| Seen { pointer: pointer.to_owned(), at })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::resume::Employment;

    const TEXT: &str = "Jane Doe\n\nWelder, Acme   2022 - 2024\n• Built pipes\n• Led a crew\n\x0cWelder, Bolt   2019 - 2022\n";

    #[test]
    fn values_are_found_on_their_line_and_beside_the_rest_of_their_entry() {
        let job = |company: &str, description: Option<&str>| Employment {
            company: Some(company.into()),
            title: Some("Welder".into()),
            start_date: Some("2022".into()),
            description: description.map(Into::into),
            ..Employment::default()
        };
        let mut resume = ParsedResume {
            employment: vec![job("Acme", Some("Built pipes\nLed a crew")), job("Bolt", None)],
            ..ParsedResume::default()
        };
        resume.personal_info.full_name = Some("Jane  Doe".into());
        resume.skills.technical = vec!["Rust".into()];
        let mut places: Vec<_> =
            resume.places(TEXT).into_iter().map(|place| (place.pointer, place.page, place.line)).collect();
        places.sort();
        let expected = [
            ("/employment/0/company", 1, 3),
            ("/employment/0/description", 1, 4),
            ("/employment/0/start_date", 1, 3),
            ("/employment/0/title", 1, 3),
            ("/employment/1/company", 2, 1),
            ("/employment/1/start_date", 2, 1),
            ("/employment/1/title", 2, 1),
            ("/personal_info/full_name", 1, 1),
        ];
        let expected: Vec<_> =
            expected.iter().map(|(p, page, line)| ((*p).to_owned(), *page, *line)).collect();
        assert!(places == expected, "{places:?}");
    }
}
