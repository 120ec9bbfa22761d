//! Dates and spans of time as resumes write them.

use std::sync::OnceLock;

use regex::Regex;

/// A span or a single date at its place in a text.
pub(super) struct Range<'t> {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) from: &'t str,
    pub(super) to: Option<&'t str>,
}

const MONTH: &str = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|spring|summers?|fall|autumn|winter|ene|abr|ago|dic|mai|juin|juil|août|déc|févr|janv|okt|dez|mär)[a-zé]*\.?";
const NOW: &str =
    r"(?:present|current|currently|now|ongoing|to date|today|actualidad|heute|actuel|atual|至今|現在)";

fn pattern() -> &'static Regex {
    static PATTERN: OnceLock<Regex> = OnceLock::new();
    PATTERN.get_or_init(|| {
        let year = r"(?:(?:19|20)\d{2})";
        let date = format!(
            r"(?:{MONTH}[\s,’'/]*(?:\d{{1,2}}(?:st|nd|rd|th)?,?\s+)?(?:{year}|[’']?\d{{2}}\b)|\d{{1,2}}[/.]{year}|{year}[-/.]\d{{1,2}}(?:[-/.]\d{{1,2}})?\b|{year})"
        );
        let month_only = format!(r"(?:{MONTH}(?:\s+\d{{1,2}})?)");
        let expression = format!(
            r"(?i)(?P<from>\b{date}|\b{month_only})\s*(?:--?|–|—|―|~|\bto\b|\buntil\b|\band\b|~)\s*(?P<to>{date}|{NOW})|\b(?:since|from)\s+(?P<since>{date})|(?P<one>\b{date})"
        );
        Regex::new(&expression).expect("the pattern is constant")
    })
}

/// Every date in the text, spans first being one. Single numbers such as `2000 customers` are left out.
pub(super) fn ranges(text: &str) -> Vec<Range<'_>> {
    pattern()
        .captures_iter(text)
        .filter_map(|found| {
            let whole = found.get(0)?;
            let before = text[..whole.start()].chars().next_back();
            let after = text[whole.end()..].chars().next();
            let joined = |c: Option<char>| {
                c.is_some_and(|c| c.is_alphanumeric() || matches!(c, '$' | '€' | '£' | '%' | '+' | '@'))
            };
            if joined(before) || joined(after) {
                return None;
            }
            let from = found.name("from").or(found.name("since")).or(found.name("one"))?.as_str();
            let to = found.name("to").map(|to| to.as_str());
            Some(Range { start: whole.start(), end: whole.end(), from, to })
        })
        .collect()
}

/// Whether a text is nothing but a date and what goes with one (`Expected`, brackets, `2 years 10 months`).
pub(super) fn is_only_date(text: &str) -> bool {
    let found = ranges(text);
    let mut rest = text.to_lowercase();
    for range in &found {
        rest = rest.replacen(&text[range.start..range.end].to_lowercase(), "", 1);
    }
    for word in [
        "expected",
        "graduation",
        "graduated",
        "grad",
        "anticipated",
        "months",
        "month",
        "years",
        "year",
        "mos",
        "yrs",
        "present",
    ] {
        rest = rest.replace(word, "");
    }
    let letters = rest.chars().filter(|c| c.is_alphabetic()).count();
    letters == 0 && (!found.is_empty() || text.contains("month") || text.contains("year"))
}
