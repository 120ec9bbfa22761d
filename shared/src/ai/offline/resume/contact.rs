//! Who it is and how to reach them.

use std::sync::OnceLock;

use regex::Regex;

use super::lines::Line;
use super::words::{has_role, is_organisation, is_place, is_school, is_town, title_score};
use super::{dates, lines, plain};
use crate::domain::resume::PersonalInfo;

/// Lines at the top looked at for a name and a place.
const TOP: usize = 14;

struct Patterns {
    email: Regex,
    phone: Regex,
    linkedin: Regex,
    site: Regex,
}

fn patterns() -> &'static Patterns {
    static PATTERNS: OnceLock<Patterns> = OnceLock::new();
    PATTERNS.get_or_init(|| {
        let pattern = |text| Regex::new(text).expect("the pattern is constant");
        Patterns {
            email: pattern(r"[A-Za-z0-9][A-Za-z0-9._%+'-]*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}"),
            phone: pattern(r"(?:\(?\+\d{1,3}\)?[\s.-]?)?(?:\(\d{1,5}\)[\s.-]?)?\d{1,5}(?:[\s.\-/]{0,2}\(?\d{2,5}\)?){1,5}"),
            linkedin: pattern(r"(?i)(?:https?://)?(?:[a-z]{2,3}\.)?linkedin\.com/[A-Za-z0-9_\-./%]+"),
            site: pattern(
                r"(?i)(?:https?://)?(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+(?:com|org|net|io|dev|me|co|ai|app|design|games|in|de|uk|ca|au|us|eu|fr|es|nl|ch|tech|info|page|site|online|xyz|studio|art|name|works|example|edu|jp|cn|kr|br|nz|ie|se|no|fi|dk|pl|cv)(?:\.[a-z]{2})?\b(?:/[A-Za-z0-9_\-./~%?=&#]*)?",
            ),
        }
    })
}

/// `jobs` are the lines of the employment section: the towns there are the employers'.
pub(super) fn read(text: &str, header: &[&Line<'_>], all: &[&Line<'_>], jobs: &[&Line<'_>]) -> PersonalInfo {
    let patterns = patterns();
    let emails: Vec<&str> = patterns.email.find_iter(text).map(|found| found.as_str()).collect();
    // Referees have addresses too: the one that repeats the name at the top goes first.
    let likely: Vec<&Line<'_>> = all.iter().take(TOP).copied().collect();
    let called = name(&likely, None).unwrap_or_default();
    let email =
        emails.iter().copied().find(|email| shared(&called, Some(email)) > 0).or(emails.first().copied());
    // Contact data stands at the top, or in a box of its own beside an address.
    let top: Vec<&Line<'_>> =
        if header.is_empty() { all.iter().take(TOP).copied().collect() } else { header.to_vec() };
    let near: Vec<&Line<'_>> =
        match email.and_then(|email| all.iter().position(|line| line.text.contains(email))) {
            Some(at) => all[at.saturating_sub(5)..all.len().min(at + 6)].to_vec(),
            None => Vec::new(),
        };
    let contact: Vec<&Line<'_>> = top.iter().take(TOP * 2).chain(&near).copied().collect();
    let linkedin = patterns.linkedin.find(text).map(|found| found.as_str().trim_end_matches(['.', '/']));
    let beside = email.and_then(|email| all.iter().find(|line| line.text.contains(email)));
    let phone = beside.into_iter().chain(&contact).find_map(|line| phone(line.text));
    let phone = phone
        .or_else(|| all.iter().filter(|line| labelled(line.text)).find_map(|line| self::phone(line.text)));
    let name = name(&top, email)
        .or_else(|| name(&near, email).filter(|name| shared(name, email) > 0))
        .or_else(|| name_by_email(all, email));
    let of_job = |line: &&Line<'_>| jobs.iter().any(|job| std::ptr::eq(job.text, line.text));
    let own: Vec<&Line<'_>> = contact.iter().copied().filter(|line| !of_job(line)).collect();
    PersonalInfo {
        location: place(&own, name.as_deref()),
        full_name: name,
        email: email.map(str::to_owned),
        phone: phone.map(str::to_owned),
        linkedin: linkedin.map(str::to_owned),
        portfolio: contact.iter().find_map(|line| site(line.text)).map(str::to_owned),
    }
}

fn labelled(text: &str) -> bool {
    let lower = text.to_lowercase();
    ["phone", "tel", "mobile", "cell", "電話", "电话"].iter().any(|label| lower.contains(label))
}

fn phone(text: &str) -> Option<&str> {
    let mut taken: Vec<(usize, usize)> =
        dates::ranges(text).iter().map(|range| (range.start, range.end)).collect();
    for pattern in [&patterns().email, &patterns().site] {
        taken.extend(pattern.find_iter(text).map(|found| (found.start(), found.end())));
    }
    patterns().phone.find_iter(text).find_map(|found| {
        let digits = found.as_str().bytes().filter(u8::is_ascii_digit).count();
        let before = text[..found.start()].chars().next_back();
        let opened = found.as_str().matches('(').count() == found.as_str().matches(')').count();
        let free = taken.iter().all(|(start, end)| found.end() <= *start || found.start() >= *end)
            // `607.379.5733` looks like the start of a host name to no one.
            || found.as_str().contains('.') && digits >= 10 && !text[found.end()..].starts_with(['.', '/']);
        let joined = before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '/' | '$' | '#' | '.' | '_'));
        ((7..=15).contains(&digits) && free && !joined && opened).then_some(found.as_str().trim())
    })
}

/// A site of one's own, rather than a profile somewhere.
fn site(text: &str) -> Option<&str> {
    let emails: Vec<(usize, usize)> =
        patterns().email.find_iter(text).map(|found| (found.start(), found.end())).collect();
    let free = |found: &regex::Match<'_>| {
        emails.iter().all(|(start, end)| found.end() <= *start || found.start() >= *end)
    };
    let found: Vec<&str> = patterns()
        .site
        .find_iter(text)
        .filter(free)
        .filter(|found| {
            !text[..found.start()].ends_with(['@', '-', '/']) && !text[found.end()..].starts_with('@')
        })
        .map(|found| found.as_str().trim_end_matches(['.', ',']))
        .filter(|found| !found.to_lowercase().contains("linkedin.com") && !is_product(found))
        .collect();
    let own = |address: &&str| {
        let lower = address.to_lowercase();
        !["github.", "gitlab.", "twitter.", "facebook.", "fb.co", "x.com", "instagram.", "youtube."]
            .iter()
            .any(|host| lower.contains(host))
    };
    found.iter().copied().find(|address| own(address)).or(found.first().copied())
}

/// `Node.js` and `Socket.io` look like hosts.
fn is_product(address: &str) -> bool {
    matches!(
        address.to_lowercase().as_str(),
        "socket.io"
            | "asp.net"
            | "ado.net"
            | "vb.net"
            | "itch.io"
            | "monday.com"
            | "booking.com"
            | "amazon.com"
    )
}

/// The pieces of a line that separators keep apart.
fn pieces<'t>(line: &Line<'t>) -> Vec<&'t str> {
    line.parts
        .iter()
        .flat_map(|part| part.split(['|', '•', '·', '●', '∙', '⋄', '♦']))
        .flat_map(|part| part.split(" , "))
        .flat_map(|part| part.split(" – "))
        .map(str::trim)
        .filter(|piece| !piece.is_empty())
        .collect()
}

fn place(lines: &[&Line<'_>], name: Option<&str>) -> Option<String> {
    for line in lines {
        for piece in pieces(line) {
            for label in ["location:", "address:", "based in", "lives in"] {
                if let Some(rest) = strip_label(piece, label) {
                    return Some(rest.to_owned());
                }
            }
        }
    }
    let fits =
        |piece: &&str| is_place(piece) && Some(*piece) != name && !piece.to_lowercase().starts_with("remote");
    let found = || lines.iter().flat_map(|line| pieces(line));
    // A state, a country or a postcode makes a place certain; `Python, Django` only has the form of one.
    found().filter(fits).find(|piece| is_town(piece)).or_else(|| found().find(fits)).map(str::to_owned)
}

fn strip_label<'t>(text: &'t str, label: &str) -> Option<&'t str> {
    let start = text.get(..label.len())?;
    let rest = text[label.len()..].trim_start_matches([':', ' ']).trim();
    (start.eq_ignore_ascii_case(label) && !rest.is_empty()).then_some(rest)
}

fn looks_like_name(text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().collect();
    let cjk = text.chars().any(|c| matches!(c, '\u{3040}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}'));
    let shaped = words.iter().all(|word| {
        let start = word.chars().next().is_some_and(|c| c.is_uppercase() || cjk);
        let particle = matches!(
            word.to_lowercase().as_str(),
            "de" | "van"
                | "von"
                | "der"
                | "den"
                | "da"
                | "di"
                | "la"
                | "bin"
                | "al"
                | "el"
                | "del"
                | "dos"
                | "le"
        );
        (start || particle)
            && word.chars().all(|c| {
                c.is_alphabetic() || matches!(c, '.' | '\'' | '’' | '-' | ',' | '\u{300}'..='\u{36f}')
            })
    });
    (2..=5).contains(&words.len())
        && shaped
        && text.chars().count() <= 45
        && !has_role(text)
        && !is_organisation(text)
        && !is_school(text)
        && !is_place(text)
        && lines::heading(text).is_none()
}

/// Words of a name that the mail address repeats.
fn shared(name: &str, email: Option<&str>) -> usize {
    let local = email.and_then(|email| email.split('@').next()).unwrap_or_default().to_lowercase();
    name.split_whitespace()
        .filter(|word| word.chars().count() > 2 && local.contains(&word.to_lowercase()))
        .count()
}

fn name(lines: &[&Line<'_>], email: Option<&str>) -> Option<String> {
    let mut best: Option<(i64, String)> = None;
    let top: Vec<&&Line<'_>> = lines.iter().take(TOP).collect();
    for (index, line) in top.iter().enumerate() {
        let near_top = 12 - index as i64;
        let mut found: Vec<String> = pieces(line).into_iter().map(str::to_owned).collect();
        // `Jane Doe, PhD`, `Name: Jane Doe`
        found.extend(line.text.split_once(',').map(|(first, _)| first.trim().to_owned()));
        found.extend(strip_label(line.text, "name").map(str::to_owned));
        // `Jane Doe +1 (555) 010-0000 | …` in one run
        let contact = line.text.find(|c: char| c.is_ascii_digit() || matches!(c, '+' | '(' | '@'));
        found.extend(contact.filter(|_| index < 2).map(|at| line.text[..at].trim().to_owned()));
        // First and last name set on two lines.
        let next = top.get(index + 1).filter(|next| next.text.split_whitespace().count() == 1);
        if let (1, Some(next)) = (line.text.split_whitespace().count(), next) {
            let both = format!("{} {}", line.text, next.text);
            if shared(&both, email) > 0 || index == 0 {
                found.push(both);
            }
        }
        for (order, piece) in found.into_iter().enumerate().filter(|(_, piece)| looks_like_name(piece)) {
            let score =
                near_top - order as i64 + 8 * shared(&piece, email) as i64 - i64::from(line.bullet) * 6;
            if best.as_ref().is_none_or(|best| score > best.0) {
                best = Some((score, piece));
            }
        }
    }
    best.map(|(_, name)| name)
}

/// Anywhere in the text, a line the mail address repeats.
fn name_by_email(all: &[&Line<'_>], email: Option<&str>) -> Option<String> {
    let fits = |line: &&&Line<'_>| looks_like_name(line.text) && shared(line.text, email) >= 1;
    all.iter().find(fits).map(|line| line.text.to_owned())
}

/// The summary section, or running text before the first heading.
pub(super) fn summary(header: &[&Line<'_>], summary: &[&Line<'_>]) -> Option<String> {
    let prose = |line: &&&Line<'_>| {
        line.text.chars().count() > 40 && !patterns().email.is_match(line.text) && title_score(line.text) < 3
    };
    let lines: Vec<&str> = if summary.is_empty() {
        header
            .iter()
            .skip_while(|line| !prose(line))
            .take_while(|line| !patterns().email.is_match(line.text))
            .map(|line| line.text)
            .collect()
    } else {
        summary.iter().map(|line| line.text).collect()
    };
    let text = plain(&lines.join(" "));
    let long_enough = if summary.is_empty() { 90 } else { 20 };
    (text.chars().count() >= long_enough).then_some(text)
}
