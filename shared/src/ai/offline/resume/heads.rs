//! The head of a job: which piece names the title and which the employer.

use super::words::{has_role, is_organisation, is_place, is_school, is_town, title_score};

/// The pieces of a head that may be title or employer: places are left out.
pub(super) fn pieces<'t>(head: &[&'t str]) -> Vec<&'t str> {
    const STRONG: [&str; 9] = [" | ", "|", " • ", " · ", " — ", " – ", " - ", " @ ", " at "];
    let mut pieces: Vec<&'t str> = head.to_vec();
    for separator in STRONG {
        pieces = pieces.into_iter().flat_map(|piece| piece.split(separator)).collect();
    }
    let trimmed = pieces.into_iter().map(|piece| piece.trim().trim_end_matches([',', ':', '|']).trim());
    trimmed
        .filter(|piece| !piece.is_empty() && !is_place(piece) && piece.chars().any(char::is_alphabetic))
        .collect()
}

pub(super) fn title_and_company(head: &[&str], title_first: bool) -> (Option<String>, Option<String>) {
    let mut pieces = pieces(head);
    let owned = |text: &str| Some(text.trim().trim_end_matches(',').to_owned());
    // `Example, Melbourne` has the form of a place; beside a title alone it is the employer and its town.
    if let [one] = pieces.as_slice()
        && title_score(one) > 0
        && divide(one).is_none()
        && let Some(employer) =
            head.iter().find(|part| is_place(part) && part.contains(", ") && !is_town(part))
    {
        pieces.push(employer);
    }
    match pieces.as_slice() {
        [] => (None, None),
        [one] => match divide(one) {
            Some((title, company)) => (owned(title), owned(without_place(company))),
            None if title_score(one) > 0 => match run_together(one) {
                Some((title, company)) => (owned(title), owned(without_place(company))),
                None => (owned(one), None),
            },
            None => (None, owned(without_place(one))),
        },
        [first, second, rest @ ..] => {
            // `Engineer, Example Ltd` beside something that is neither.
            if let Some((title, company)) = divide(first).filter(|_| title_score(second) <= 0) {
                return (owned(title), owned(without_place(company)));
            }
            let (one, two) = (title_score(first), title_score(second));
            let third = rest.first().copied().filter(|third| one.max(two) <= 0 && title_score(third) > 0);
            if let Some(third) = third {
                return (owned(third), owned(without_place(first)));
            }
            let first_is_title = if one == two { title_first } else { one > two };
            if first_is_title {
                (owned(first), owned(without_place(second)))
            } else {
                (owned(second), owned(without_place(first)))
            }
        }
    }
}

/// Title and employer written as one, with a comma or a colon between.
fn divide(text: &str) -> Option<(&str, &str)> {
    let mut best: Option<(i32, &str, &str)> = None;
    for (at, separator) in text.match_indices([',', ':']) {
        let (before, after) = (text[..at].trim(), text[at + separator.len()..].trim());
        let suffix = after.split([' ', ',']).next().unwrap_or_default().trim_end_matches('.').to_lowercase();
        if before.is_empty()
            || after.is_empty()
            || matches!(
                suffix.as_str(),
                "inc" | "llc" | "ltd" | "limited" | "gmbh" | "corp" | "co" | "plc" | "sa" | "ag"
            )
        {
            continue;
        }
        let (one, two) = (title_score(before), title_score(without_place(after)));
        let found = match (one > 0, two > 0) {
            (true, false) => (one - two, before, after),
            (false, true) => (two - one, after, before),
            _ => continue,
        };
        if best.is_none_or(|best| found.0 > best.0) {
            best = Some(found);
        }
    }
    best.map(|(_, title, company)| (title, company))
}

/// `Property Manager Example Residential`: the title ends with its last role.
fn run_together(text: &str) -> Option<(&str, &str)> {
    let words: Vec<(usize, &str)> =
        text.split(' ').map(|word| (word.as_ptr() as usize - text.as_ptr() as usize, word)).collect();
    let last = words.iter().rposition(|(_, word)| has_role(word))?;
    let (at, next) = words.get(last + 1)?;
    let goes_on =
        matches!(*next, "of" | "in" | "for" | "to" | "and" | "&" | "at" | "+" | "I" | "II" | "III" | "IV");
    let named = next.starts_with(|c: char| c.is_uppercase()) && words.len() >= 4 && !goes_on;
    named.then(|| (text[..*at].trim(), text[*at..].trim()))
}

/// An employer without the town behind it.
fn without_place(text: &str) -> &str {
    let text = text.trim();
    for (at, _) in text.match_indices(", ") {
        let rest = &text[at + 2..];
        let word = rest.split([' ', ',']).next().unwrap_or_default().trim_end_matches('.').to_lowercase();
        let legal =
            matches!(word.as_str(), "inc" | "llc" | "ltd" | "limited" | "gmbh" | "corp" | "co" | "plc");
        let town = rest.chars().all(|c| c.is_alphabetic() || matches!(c, ' ' | ',' | '.' | '-' | '\''))
            && rest.split_whitespace().count() <= 5;
        if !legal && town && !is_organisation(rest) && !is_school(rest) {
            return &text[..at];
        }
    }
    text
}
