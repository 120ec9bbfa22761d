//! The last step for every kind: characters that do not show are taken out and reported; space is put in order.

use unicode_normalization::UnicodeNormalization;

use super::{DocumentText, HiddenKind, HiddenText};

/// Longest excerpt of a finding, in characters.
const EXCERPT: usize = 200;
/// Most findings kept for one document.
const FINDINGS: usize = 200;

/// Clean the pages and join them. A form feed inside a page starts a new one.
pub(super) fn finish(pages: &[String], mut hidden: Vec<HiddenText>) -> DocumentText {
    let mut text = String::new();
    let mut count = 0u32;
    for page in pages.iter().flat_map(|page| page.split('\x0c')) {
        if count > 0 {
            text.push('\x0c');
        }
        count += 1;
        clean(page, count, &mut text, &mut hidden);
    }
    hidden.retain(|finding| !finding.excerpt.trim().is_empty());
    hidden.truncate(FINDINGS);
    DocumentText { text, pages: count, hidden }
}

/// A finding with its text cut to size.
pub(super) fn finding(kind: HiddenKind, page: u32, text: &str) -> HiddenText {
    let excerpt: String =
        text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(EXCERPT).collect();
    HiddenText { kind, page, excerpt }
}

fn clean(page: &str, number: u32, out: &mut String, hidden: &mut Vec<HiddenText>) {
    let mut blank = true;
    for line in page.split(['\n', '\r']) {
        let line = clean_line(line, number, hidden);
        let line = line.trim_end();
        match (line.trim().is_empty(), blank) {
            (true, true) => {}
            (true, false) => {
                out.push('\n');
                blank = true;
            }
            (false, _) => {
                out.push_str(line);
                out.push('\n');
                blank = false;
            }
        }
    }
    if out.ends_with("\n\n") {
        out.pop();
    }
}

fn clean_line(line: &str, page: u32, hidden: &mut Vec<HiddenText>) -> String {
    let mut kept = String::with_capacity(line.len());
    let mut removed: Option<HiddenKind> = None;
    let chars: Vec<char> = line.chars().collect();
    for (index, c) in chars.iter().copied().enumerate() {
        match c {
            // Joiners carry meaning between letters of some scripts and inside emoji; elsewhere they only hide things.
            '\u{200c}' | '\u{200d}' if index > 0 && !chars[index - 1].is_ascii() => kept.push(c),
            '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{180e}' => {
                removed.get_or_insert(HiddenKind::ZeroWidth);
            }
            // Tag characters: invisible ASCII, used to smuggle instructions.
            '\u{e0000}'..='\u{e007f}' => {
                removed = Some(HiddenKind::ZeroWidth);
            }
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => removed = Some(HiddenKind::BidiOverride),
            // Direction marks are ordinary in right-to-left text.
            '\u{200e}' | '\u{200f}' | '\u{61c}' => {}
            '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => kept.push(' '),
            '\u{fb00}'..='\u{fb06}' => kept.extend(c.nfkc()),
            // Icon fonts live in the private use area: a drawing, no letter.
            '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}' => kept.push_str("   "),
            '\u{ad}' => {}
            '\t' => kept.push_str("   "),
            c if c.is_control() => {}
            c => kept.push(c),
        }
    }
    // One stray mark is an artefact of word processors (a trailing U+200B after each paragraph); a run is a finding.
    if let Some(kind) = removed {
        let shown = match smuggled(line) {
            Some(tags) => tags,
            None => kept.clone(),
        };
        let dropped = chars.len() - chars.iter().filter(|c| !is_zero_width(**c)).count();
        if kind == HiddenKind::BidiOverride || dropped > 1 {
            hidden.push(finding(kind, page, &shown));
        }
    }
    kept.nfc().collect()
}

fn is_zero_width(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{180e}' | '\u{e0000}'..='\u{e007f}')
}

/// The ASCII text that tag characters spell, if any.
fn smuggled(line: &str) -> Option<String> {
    let tags: String = line
        .chars()
        .filter(|c| matches!(c, '\u{e0020}'..='\u{e007e}'))
        .filter_map(|c| char::from_u32(u32::from(c) - 0xe0000))
        .collect();
    (!tags.is_empty()).then_some(tags)
}
