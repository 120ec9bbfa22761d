//! Quotes against the transcript (spec 25 §1): a quote counts only when a candidate said it, word for word.
//!
//! Both sides are compared after four allowances and no others: canonical Unicode form (NFC) with the typographic
//! ligatures and the ellipsis written out, runs of white space as one space, typographic quote marks as straight ones,
//! and one pair of quote marks around the whole quote. Case, punctuation, digits and every letter must agree, so a
//! look-alike letter of another script, a changed word or a dropped negation does not match. A quote begins and ends
//! where a word of the transcript begins and ends (`I can` is not found in `I can't`) and lies within one turn.
//! Quotes of fewer than three words and fewer than 15 characters prove nothing and are not accepted.

use super::transcript::{Speaker, Utterance};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::iter::once;
use unicode_normalization::{
    IsNormalized, UnicodeNormalization, char::canonical_combining_class, is_nfc_quick,
};

/// A place in one candidate turn. `start` and `end` are byte offsets into the segment's UTF-8 text, end exclusive,
/// always on character boundaries.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Span {
    pub segment_id: String,
    pub start: usize,
    pub end: usize,
}

/// Words a quote needs, unless it has [`MIN_CHARS`] characters.
pub const MIN_WORDS: usize = 3;
/// Characters a quote needs, unless it has [`MIN_WORDS`] words; counted after normalisation.
pub const MIN_CHARS: usize = 15;

/// Finds a quote among the candidate's turns: its first place, or `None` when it was not said that way.
/// For many quotes of one transcript build a [`Verifier`] once.
#[must_use]
pub fn verify(quote: &str, transcript: &[Utterance]) -> Option<Span> {
    Verifier::new(transcript).verify(quote)
}

/// The text a span stands for, cut from the transcript; `None` when the span does not lie in a candidate's turn of it.
#[must_use]
pub fn slice<'a>(span: &Span, transcript: &'a [Utterance]) -> Option<&'a str> {
    transcript
        .iter()
        .filter(|turn| turn.speaker == Speaker::Candidate && turn.id == span.segment_id)
        .find_map(|turn| turn.content.get(span.start..span.end))
}

/// The candidate's turns of one transcript, prepared for many look-ups.
pub struct Verifier<'a> {
    turns: Vec<(&'a str, Normal)>,
}

impl<'a> Verifier<'a> {
    #[must_use]
    pub fn new(transcript: &'a [Utterance]) -> Self {
        let said = transcript.iter().filter(|turn| turn.speaker == Speaker::Candidate);
        Self { turns: said.map(|turn| (turn.id.as_str(), Normal::of(&turn.content))).collect() }
    }

    /// As [`verify`].
    #[must_use]
    pub fn verify(&self, quote: &str) -> Option<Span> {
        let quote = Normal::of(quote).text;
        let quote = quote.trim();
        self.find(quote).or_else(|| self.find(without_outer_marks(quote)?))
    }

    fn find(&self, quote: &str) -> Option<Span> {
        if !long_enough(quote) {
            return None;
        }
        self.turns.iter().find_map(|(id, turn)| {
            let at = turn
                .text
                .match_indices(quote)
                .map(|(at, _)| at)
                .find(|&at| whole_words(&turn.text, at, at + quote.len()))?;
            let start = turn.source[at].0;
            let end = turn.source[at + quote.len() - 1].1;
            Some(Span { segment_id: (*id).to_owned(), start, end })
        })
    }
}

fn long_enough(quote: &str) -> bool {
    let words = quote.split(' ').filter(|word| word.chars().any(char::is_alphanumeric)).count();
    words >= MIN_WORDS || (words > 0 && quote.chars().count() >= MIN_CHARS)
}

fn without_outer_marks(quote: &str) -> Option<&str> {
    ['"', '\''].iter().find_map(|&mark| Some(quote.strip_prefix(mark)?.strip_suffix(mark)?.trim()))
}

fn whole_words(text: &str, start: usize, end: usize) -> bool {
    !joins(&text[..start], &text[start..]) && !joins(&text[..end], &text[end..])
}

/// Whether one word runs across the cut: letters or digits on both sides, or a joining mark between them
/// (`can|'t`, `non|-technical`, `3|.5`, `60|%`).
fn joins(left: &str, right: &str) -> bool {
    let mut before = left.chars().rev();
    let mut after = right.chars();
    let (Some(last), Some(first)) = (before.next(), after.next()) else { return false };
    let letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let digit = |c: Option<char>| c.is_some_and(char::is_numeric);
    match (last.is_alphanumeric(), first.is_alphanumeric()) {
        (true, true) => true,
        (true, false) => {
            matches!(first, '%' | '‰') && last.is_numeric()
                || matches!(first, '\'' | '-') && letter(after.next())
                || matches!(first, '.' | ',') && last.is_numeric() && digit(right.chars().nth(1))
        }
        (false, true) => {
            matches!(last, '\'' | '-') && letter(before.next())
                || matches!(last, '.' | ',') && first.is_numeric() && digit(left.chars().rev().nth(1))
        }
        (false, false) => false,
    }
}

/// Normalised text; `source[i]` is the byte range of the original that byte `i` came from.
struct Normal {
    text: String,
    source: Vec<(usize, usize)>,
}

impl Normal {
    fn of(original: &str) -> Self {
        let mut normal =
            Self { text: String::with_capacity(original.len()), source: Vec::with_capacity(original.len()) };
        let mut rest = original.char_indices().peekable();
        while let Some((start, first)) = rest.next() {
            let mut end = start + first.len_utf8();
            // A cluster is what normalisation may combine: a starter and all that can attach to it.
            while let Some(&(at, next)) = rest.peek() {
                if canonical_combining_class(next) == 0 && is_nfc_quick(once(next)) != IsNormalized::Maybe {
                    break;
                }
                end = at + next.len_utf8();
                rest.next();
            }
            let cluster = &original[start..end];
            if cluster.len() == 1 {
                normal.push(first, start, end);
            } else {
                cluster.nfc().for_each(|c| normal.push(c, start, end));
            }
        }
        normal
    }

    fn push(&mut self, c: char, start: usize, end: usize) {
        if c.is_whitespace() {
            if self.text.ends_with(' ') {
                return;
            }
            return self.push_str(" ", start, end);
        }
        let written = match c {
            '\u{2018}' | '\u{2019}' | '\u{201A}' | '\u{201B}' | '\u{2032}' | '\u{02BC}' | '\u{2039}'
            | '\u{203A}' | '`' | '\u{00B4}' => "'",
            '\u{201C}' | '\u{201D}' | '\u{201E}' | '\u{201F}' | '\u{2033}' | '\u{00AB}' | '\u{00BB}' => "\"",
            '\u{2026}' => "...",
            '\u{FB00}' => "ff",
            '\u{FB01}' => "fi",
            '\u{FB02}' => "fl",
            '\u{FB03}' => "ffi",
            '\u{FB04}' => "ffl",
            _ => return self.push_str(c.encode_utf8(&mut [0; 4]), start, end),
        };
        self.push_str(written, start, end);
    }

    fn push_str(&mut self, written: &str, start: usize, end: usize) {
        self.text.push_str(written);
        self.source.extend(std::iter::repeat_n((start, end), written.len()));
    }
}

#[cfg(test)]
mod tests;
