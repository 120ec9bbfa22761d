//! Finding candidates by the beginnings of words.
//!
//! A record keeps its words cut to a few lengths, so that a prefix is looked up as one exact term. A wanted word is cut
//! to the longest of these lengths it has; what is found by that is few more than what fits, and the fit decides.

use super::Candidate;
use crate::domain::text;
use crate::store::Filter;
use std::collections::BTreeSet;

/// Lengths words are kept in, in characters.
const LENGTHS: [usize; 6] = [1, 2, 3, 4, 6, 9];
/// Words of the summary that are kept.
const SUMMARY_WORDS: usize = 150;
/// Most terms of a record.
const TERMS: usize = 1000;

/// What to look for; all must hold.
#[derive(Default)]
pub struct SearchTerms<'a> {
    /// Beginnings of words of name, title, company, skills or summary.
    pub words: &'a [String],
    /// Names of skills, whole, case-blind.
    pub skills: &'a [String],
    /// Beginnings of words of the place.
    pub location: &'a [String],
}

impl SearchTerms<'_> {
    /// Longest first: the most selective.
    pub fn filters(&self) -> Vec<Filter> {
        let skills = self.skills.iter().map(|name| format!("skill:{}", text::fold(name)));
        let words = self.words.iter().map(|word| cut(word).to_owned());
        let places = self.location.iter().map(|word| format!("in:{}", cut(word)));
        let mut terms: Vec<String> = skills.chain(words).chain(places).collect();
        terms.sort_unstable_by_key(|term| std::cmp::Reverse(term.len()));
        terms.dedup();
        terms.into_iter().map(|term| Filter::Has("search_terms", term)).collect()
    }
}

/// The longest kept beginning of a wanted word.
fn cut(word: &str) -> &str {
    let count = word.chars().count();
    let length = LENGTHS.into_iter().rev().find(|length| *length <= count).unwrap_or(0);
    beginning(word, length)
}

fn beginning(word: &str, length: usize) -> &str {
    word.char_indices().nth(length).map_or(word, |(end, _)| &word[..end])
}

/// Words of a search text, lower case: at most 20.
pub fn search_words(text: &str) -> Vec<String> {
    words(text).take(20).collect()
}

fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    // `c++`, `c#` and `.net` are words too.
    let outside = |c: char| !(c.is_alphanumeric() || matches!(c, '+' | '#' | '.'));
    text.split(outside).map(|word| word.trim_end_matches('.').to_lowercase()).filter(|word| !word.is_empty())
}

impl Candidate {
    /// Brings the terms up to date; whatever changes a word that searches look at ends with this.
    pub(super) fn index(&mut self) {
        let fields = &self.fields;
        let mut terms = BTreeSet::new();
        let mut keep = |mark: &str, word: &str| {
            for length in LENGTHS.into_iter().filter(|length| *length <= word.chars().count()) {
                terms.insert(format!("{mark}{}", beginning(word, length)));
            }
        };
        for name in [&fields.first_name, &fields.last_name] {
            words(name).for_each(|word| keep("", &word));
        }
        for text in [&fields.current_title, &fields.current_company].into_iter().flatten() {
            words(text).for_each(|word| keep("", &word));
        }
        for skill in &self.skills {
            words(&skill.fields.skill_name).for_each(|word| keep("", &word));
        }
        words(fields.summary.as_deref().unwrap_or_default())
            .take(SUMMARY_WORDS)
            .for_each(|word| keep("", &word));
        words(self.shown_location.as_deref().unwrap_or_default()).for_each(|word| keep("in:", &word));
        terms.extend(
            self.skills.iter().map(|skill| format!("skill:{}", text::fold(&skill.fields.skill_name))),
        );
        self.search_terms = terms.into_iter().take(TERMS).collect();
    }

    /// Whether every wanted word begins a word of the place.
    pub fn lives_in(&self, wanted: &[String]) -> bool {
        let place: Vec<String> = words(self.shown_location.as_deref().unwrap_or_default()).collect();
        wanted.iter().all(|wanted| place.iter().any(|word| word.starts_with(wanted.as_str())))
    }

    /// How well the record fits (spec 40 §6): every word must begin a word of name, title, company, skills or summary;
    /// `None` when one does not. Higher is better; whole words and nearer members count more.
    pub fn relevance(&self, query: &[String]) -> Option<u32> {
        let fields = &self.fields;
        let mut places: Vec<(u32, String)> = Vec::new();
        let mut place = |weight: u32, text: &str| places.extend(words(text).map(|word| (weight, word)));
        place(5, &fields.first_name);
        place(5, &fields.last_name);
        place(4, fields.current_title.as_deref().unwrap_or_default());
        place(3, fields.current_company.as_deref().unwrap_or_default());
        for skill in &self.skills {
            place(4, &skill.fields.skill_name);
        }
        place(1, fields.summary.as_deref().unwrap_or_default());
        let best = |wanted: &String| {
            let fitting = places.iter().filter(|(_, word)| word.starts_with(wanted.as_str()));
            fitting.map(|(weight, word)| weight * if word == wanted { 2 } else { 1 }).max()
        };
        query.iter().map(best).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::domain::candidate::{CandidateFields, ExtractedFrom, Skill, SkillFields};
    use crate::ids::Id;

    fn welder() -> Candidate {
        let mut fields = CandidateFields::named("a@b.example", "Ana", "Zamora");
        fields.current_title = Some("Underwater welder".into());
        fields.suburb = Some("Fremantle".into());
        let mut ana = Candidate::new(Id::new(), fields, Timestamp::from_unix(0), None);
        let skill = SkillFields {
            skill_name: "C++".into(),
            skill_type: Default::default(),
            proficiency_level: None,
            years_experience: None,
        };
        ana.add::<Skill>(skill, ExtractedFrom::Manual).unwrap();
        ana
    }

    /// Whether the stored terms hold every term a search looks for.
    fn found(candidate: &Candidate, terms: &SearchTerms<'_>) -> bool {
        terms.filters().iter().all(|filter| match filter {
            Filter::Has(_, term) => candidate.search_terms.contains(term),
            _ => false,
        })
    }

    #[test]
    fn every_beginning_of_a_word_finds_the_record() {
        let ana = welder();
        for text in ["ana", "an", "Zam", "underwater wel", "underwate", "C++", "c", "welder zamora"] {
            let words = search_words(text);
            assert!(found(&ana, &SearchTerms { words: &words, ..SearchTerms::default() }), "{text}");
            assert!(ana.relevance(&words).is_some(), "{text}");
        }
        for text in ["fremantle", "welders", "underwaters", "amora", "anna"] {
            let words = search_words(text);
            let by_terms = found(&ana, &SearchTerms { words: &words, ..SearchTerms::default() });
            assert!(!by_terms || ana.relevance(&words).is_none(), "{text}");
        }
    }

    #[test]
    fn skills_are_named_whole_and_places_by_their_beginning() {
        let ana = welder();
        let (skill, place) = (["c++".to_owned()], ["frem".to_owned()]);
        assert!(found(&ana, &SearchTerms { skills: &skill, location: &place, ..SearchTerms::default() }));
        assert!(ana.lives_in(&place) && !ana.lives_in(&["perth".to_owned()]));
        let other = ["c".to_owned()];
        assert!(!found(&ana, &SearchTerms { skills: &other, ..SearchTerms::default() }));
    }
}
