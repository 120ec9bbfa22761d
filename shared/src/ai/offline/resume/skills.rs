//! Skills: the items of lists under their headings, told apart by kind; without such a section, known words in the text.

use super::dates;
use super::lines::{BULLETS, Line, Section};
use crate::ai::offline::vocabulary::{SkillKind, canonical, mentions};
use crate::domain::resume::ResumeSkills;

/// Most entries of one kind (spec 40 §1 allows 200 in all).
const MOST: usize = 100;

pub(super) fn read(lines: &[(Section, Line<'_>)]) -> ResumeSkills {
    let mut skills = ResumeSkills::default();
    let mut reader = List::default();
    let mut above: Option<&Line<'_>> = None;
    let mut before = Section::Header;
    for (section, line) in lines {
        if *section != before {
            reader = List::default();
            before = *section;
        }
        match section {
            Section::Skills => reader.read(line, &mut skills),
            Section::Languages => languages(line, &mut skills),
            Section::Certifications => certification(line, above, &mut skills),
            Section::Experience => {}
            // `Technical skills: …`, `Languages: English (fluent)` may stand anywhere.
            _ => match label(line.text).map(|(label, _)| label.to_lowercase()) {
                Some(label) if label == "languages" => languages(line, &mut skills),
                Some(label) if label.contains("skills") => reader.read(line, &mut skills),
                None if reader.open && !line.after_blank && !line.bullet && line.text.contains(',') => {
                    reader.read(line, &mut skills);
                }
                _ => reader = List::default(),
            },
        }
        above = (*section == Section::Certifications).then_some(line);
    }
    if skills.technical.is_empty() && skills.soft.is_empty() {
        for (_, line) in lines {
            for mention in mentions(line.text) {
                let text = &line.text[mention.start..mention.end];
                match mention.kind {
                    SkillKind::Technical => push(&mut skills.technical, text),
                    SkillKind::Soft => push(&mut skills.soft, text),
                    SkillKind::Certification => push(&mut skills.certifications, text),
                    SkillKind::Language => {}
                }
            }
        }
    }
    skills
}

fn push(list: &mut Vec<String>, item: &str) {
    let known = |listed: &String| listed.eq_ignore_ascii_case(item);
    if list.len() < MOST && !item.is_empty() && !list.iter().any(known) {
        list.push(item.to_owned());
    }
}

/// `Label: items`; a label has few words and no sentence before it.
fn label(text: &str) -> Option<(&str, &str)> {
    let (label, rest) = text.split_once(':')?;
    let fits = label.split_whitespace().count() <= 6 && !label.contains(',') && !rest.starts_with("//");
    fits.then(|| (label.trim(), rest.trim()))
}

/// Reads the lines of a list of skills, one after another.
#[derive(Default)]
struct List {
    /// Kind the label above or before the items tells, which counts for more than what is known of an item.
    told: Option<SkillKind>,
    /// A list is being read, and its last line may go on.
    open: bool,
    /// Under a label of something else, such as `Interests:`.
    aside: bool,
    /// The label is that of languages, spoken or not.
    languages: bool,
    /// Last item of a full line, which may be the first half of an item.
    half: Option<String>,
}

impl List {
    fn read(&mut self, line: &Line<'_>, skills: &mut ResumeSkills) {
        // `Languages   Python, C`: the label stands in the margin.
        let margin =
            line.parts.len() == 2 && line.parts[1].contains(',') && !line.parts[0].contains([',', '•']);
        if margin {
            self.label(line.parts[0]);
        }
        for part in &line.parts[usize::from(margin)..] {
            let (labelled, items) = match label(part) {
                Some((label, rest)) => {
                    self.label(label);
                    (true, rest)
                }
                None => (margin, *part),
            };
            if self.aside {
                let lower = line.text.to_lowercase();
                if lower.starts_with("cert") {
                    push(&mut skills.certifications, items);
                }
                continue;
            }
            if dates::is_only_date(items) || is_level(items) {
                continue;
            }
            let mut items = split(items);
            // `Languages: English, Tamil` or `Languages: Python, C`: the known ones tell for all.
            if labelled && self.languages {
                let kinds: Vec<SkillKind> =
                    items.iter().flat_map(|item| mentions(item)).map(|mention| mention.kind).collect();
                let spoken = !kinds.is_empty() && kinds.iter().all(|kind| *kind == SkillKind::Language);
                self.told = spoken.then_some(SkillKind::Language);
            }
            let goes_on = !labelled && !line.bullet && !line.after_blank;
            if let (true, Some(half), Some(first)) = (goes_on, self.half.take(), items.first().copied()) {
                skills.technical.retain(|item| *item != half);
                skills.soft.retain(|item| *item != half);
                take(&format!("{half} {first}"), self.told, skills);
                items.remove(0);
            }
            for item in &items {
                take(item, self.told, skills);
            }
            let full = part.matches(',').count() > 1
                && !part.contains(BULLETS)
                && part.chars().count() > 60
                && !part.ends_with([',', '.', ')', ';']);
            self.half = items.last().filter(|_| full).map(|item| (*item).to_owned());
        }
        self.open = true;
    }

    fn label(&mut self, label: &str) {
        let lower = label.to_lowercase();
        self.half = None;
        let says = |words: &[&str]| words.iter().any(|word| lower.contains(word));
        self.languages = lower.contains("language") && !lower.contains("programming");
        self.told = if says(&["soft", "interpersonal", "strengths"]) && !lower.contains("software") {
            Some(SkillKind::Soft)
        } else if says(&["technical", "programming"]) {
            Some(SkillKind::Technical)
        } else {
            None
        };
        self.aside = ["interest", "hobb", "award", "activit", "certif", "volunteer", "publication"]
            .iter()
            .any(|word| lower.starts_with(word));
    }
}

/// At commas and the like, but not inside brackets.
fn split(text: &str) -> Vec<&str> {
    let mut items = Vec::new();
    let (mut start, mut depth) = (0, 0i32);
    for (at, c) in text.char_indices() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            ',' | ';' | '|' | '、' | '，' if depth <= 0 => {
                items.push(&text[start..at]);
                start = at + c.len_utf8();
            }
            c if depth <= 0 && BULLETS.contains(&c) => {
                items.push(&text[start..at]);
                start = at + c.len_utf8();
            }
            _ => {}
        }
    }
    items.push(&text[start..]);
    items
        .into_iter()
        .map(|item| item.trim().trim_end_matches('.').trim())
        .filter(|item| !item.is_empty())
        .collect()
}

fn take(item: &str, told: Option<SkillKind>, skills: &mut ResumeSkills) {
    let item = item.strip_prefix("and ").unwrap_or(item).trim();
    let words = item.split_whitespace().count();
    if is_level(item) || !item.chars().any(char::is_alphabetic) {
        return;
    }
    // `R Frameworks: PyTorch`: two lists run together; a known word tells where the first one ends.
    if let Some((before, after)) = item.split_once(": ") {
        let known = mentions(before).into_iter().next().filter(|mention| mention.start == 0);
        if let Some(mention) = known {
            sort(&before[..mention.end], Some(mention.kind), told, skills);
        }
        take(after, told, skills);
        return;
    }
    // Running text: only what is known.
    if words > 6 || item.chars().count() > 60 {
        for mention in mentions(item) {
            sort(&item[mention.start..mention.end], Some(mention.kind), told, skills);
        }
        return;
    }
    // `AWS (S3, SageMaker)` names the whole and its parts.
    if let Some((whole, parts)) = item.split_once('(') {
        let parts = parts.trim_end_matches(')');
        let whole = whole.trim();
        if !whole.is_empty() && (parts.contains(',') || is_level(parts)) {
            sort(whole, canonical(whole).map(|known| known.1), told, skills);
            for part in parts.split(',').map(str::trim).filter(|part| !is_level(part)) {
                sort(part, canonical(part).map(|known| known.1), told, skills);
            }
            return;
        }
    }
    // `Python - advanced`
    let item = match item.rsplit_once([':', '–', '-']) {
        Some((name, level)) if is_level(level.trim()) => name.trim(),
        _ => item,
    };
    sort(item, canonical(item).map(|known| known.1), told, skills);
}

fn sort(item: &str, kind: Option<SkillKind>, told: Option<SkillKind>, skills: &mut ResumeSkills) {
    let kind = match (told, kind) {
        (
            Some(SkillKind::Soft | SkillKind::Technical),
            Some(SkillKind::Certification | SkillKind::Language),
        ) => kind,
        (Some(told), _) => Some(told),
        (None, kind) => kind,
    };
    match kind {
        Some(SkillKind::Language) => push(&mut skills.languages, item),
        Some(SkillKind::Soft) => push(&mut skills.soft, item),
        Some(SkillKind::Certification) => push(&mut skills.certifications, item),
        Some(SkillKind::Technical) => push(&mut skills.technical, item),
        None => push(&mut skills.technical, item),
    }
}

fn is_level(text: &str) -> bool {
    const LEVELS: &str = "|beginner|basic|elementary|intermediate|advanced|expert|proficient|fluent|native|bilingual|conversational|\
        familiar|working knowledge|professional|professional working proficiency|native speaker|novice|master|limited|";
    let lower = text.trim().to_lowercase();
    LEVELS.contains(&format!("|{lower}|")) || lower.ends_with(" lines")
}

fn languages(line: &Line<'_>, skills: &mut ResumeSkills) {
    for mention in mentions(line.text).into_iter().filter(|mention| mention.kind == SkillKind::Language) {
        push(&mut skills.languages, &line.text[mention.start..mention.end]);
    }
}

/// The first line of a block, or a bullet: issuers and dates follow.
fn certification(line: &Line<'_>, above: Option<&Line<'_>>, skills: &mut ResumeSkills) {
    let starts = line.bullet
        || line.after_blank
        || above.is_none()
        || above.is_some_and(|above| {
            !above.after_blank
                && !above.bullet
                && dates::ranges(above.text).is_empty()
                && dates::ranges(line.text).is_empty()
        });
    let name = line.parts.iter().find(|part| !dates::is_only_date(part));
    if let (true, Some(name)) = (starts, name) {
        let name = match dates::ranges(name).first() {
            Some(range) if range.start > 3 => &name[..range.start],
            _ => name,
        };
        let name = name.trim_end_matches([' ', '(', '-', '–', ',', '|']).trim();
        if name.split_whitespace().count() <= 14 && name.chars().count() > 2 {
            push(&mut skills.certifications, name);
        }
    }
}
