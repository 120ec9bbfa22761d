//! Takes names and contact data out of what scoring and ranking prompts quote (spec 25 §4).
//!
//! Finds what people say of themselves in an interview ("my name is …", "Hi Jane,") and what has a form of its own
//! (addresses, numbers). Words are replaced, never reordered; a quote that holds a replaced word simply does not match.

use crate::domain::transcript::{Speaker, Utterance};
use regex::{Regex, Replacer};
use std::{collections::BTreeSet, sync::LazyLock};

/// The names one transcript gives away.
pub(super) struct Anonymous {
    names: Option<Regex>,
}

impl Anonymous {
    pub(super) fn in_transcript(transcript: &[Utterance]) -> Self {
        let mut words = BTreeSet::new();
        for turn in transcript {
            let introductions = match turn.speaker {
                Speaker::Candidate => &INTRODUCED,
                Speaker::Interviewer => &ADDRESSED,
            };
            for found in introductions.captures_iter(&turn.content) {
                words.extend(found["name"].split_whitespace().map(regex::escape));
            }
        }
        let names = (!words.is_empty())
            .then(|| words.into_iter().collect::<Vec<_>>().join("|"))
            .and_then(|any| Regex::new(&format!(r"\b(?:{any})(?:[ -](?:{any}))*\b")).ok());
        Self { names }
    }

    pub(super) fn text(&self, text: &str) -> String {
        let text = anonymous(text);
        match &self.names {
            Some(names) => replace(names, &text, "[name]"),
            None => text,
        }
    }
}

/// Without e-mail addresses, web addresses and telephone numbers.
pub(super) fn anonymous(text: &str) -> String {
    let text = replace(&EMAIL, text, "[e-mail]");
    let text = replace(&WEB, &text, "[link]");
    replace(&PHONE, &text, |found: &regex::Captures<'_>| {
        // Eight digits and more: figures, years and spans of years stay.
        let shown = &found[0];
        let digits = shown.chars().filter(char::is_ascii_digit).count();
        if (8..=15).contains(&digits) && !YEARS.is_match(shown) { "[phone]".into() } else { shown.to_owned() }
    })
}

fn replace(what: &Regex, text: &str, with: impl Replacer) -> String {
    what.replace_all(text, with).into_owned()
}

/// One to three capitalised words.
const NAME: &str = r"(?P<name>\p{Lu}[\p{L}'’-]+(?: \p{Lu}[\p{L}'’-]+){0,2})";

static INTRODUCED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(&format!(
        r"\b(?i:my (?:full |first |last |given )?name(?:'s|’s| is)|i am called|i'm called|(?:you can |please )?call me|(?:hi|hello|hey),? (?:i'm|i’m|i am|this is)) {NAME}"
    ))
});
static ADDRESSED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(&format!(
        r"\b(?i:hi|hello|hey|welcome|thanks|thank you|good (?:morning|afternoon|evening)),? {NAME}[,.!]"
    ))
});
static EMAIL: LazyLock<Regex> = LazyLock::new(|| pattern(r"[\p{L}\d._%+-]+@[\p{L}\d-]+(?:\.[\p{L}\d-]+)+"));
static WEB: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:https?://|www\.)\S+|\b(?:linkedin\.com|github\.com|facebook\.com|x\.com|twitter\.com)/\S+",
    )
});
static PHONE: LazyLock<Regex> = LazyLock::new(|| pattern(r"\+?\(?\d[\d ().\u{2010}-\u{2015}/-]{6,}\d"));
static YEARS: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^(?:19|20)\d\d\s*[-/\u{2010}-\u{2015} ]\s*(?:19|20)\d\d$"));

fn pattern(source: &str) -> Regex {
    Regex::new(source).expect("patterns of this file are valid")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transcript(turns: &[(Speaker, &str)]) -> Vec<Utterance> {
        turns
            .iter()
            .enumerate()
            .map(|(at, (speaker, content))| Utterance {
                id: at.to_string(),
                speaker: *speaker,
                content: (*content).into(),
            })
            .collect()
    }

    #[test]
    fn contact_data_is_taken_out_and_figures_stay() {
        for (text, expected) in [
            ("write to jane.doe@example.com.", "write to [e-mail]."),
            ("call +61 412 345 678 or (02) 9374-4000", "call [phone] or [phone]"),
            ("see https://jane.dev/cv and linkedin.com/in/jane-doe", "see [link] and [link]"),
            ("2015 - 2019: saved $1,250,000 over 48 months", "2015 - 2019: saved $1,250,000 over 48 months"),
            ("handled 1200 requests in 350 ms", "handled 1200 requests in 350 ms"),
        ] {
            assert_eq!(anonymous(text), expected);
        }
    }

    #[test]
    fn names_people_give_are_taken_out_of_every_turn() {
        let turns = transcript(&[
            (Speaker::Interviewer, "Hello Siobhán, welcome."),
            (
                Speaker::Candidate,
                "Hi, my name is Siobhán O'Brien. Siobhán led it, and O'Brien's team shipped it.",
            ),
        ]);
        let anonymous = Anonymous::in_transcript(&turns);
        assert_eq!(anonymous.text(&turns[0].content), "Hello [name], welcome.");
        assert_eq!(
            anonymous.text(&turns[1].content),
            "Hi, my name is [name]. [name] led it, and [name]'s team shipped it."
        );
    }

    #[test]
    fn ordinary_words_stay() {
        let turns = transcript(&[
            (Speaker::Interviewer, "Thanks for that. Good morning everyone."),
            (Speaker::Candidate, "I'm Responsible for Rust. The variable is called Total."),
        ]);
        let anonymous = Anonymous::in_transcript(&turns);
        for turn in &turns {
            assert_eq!(anonymous.text(&turn.content), turn.content);
        }
    }
}
