//! Which words are skills. The list is `skills.txt` beside this file; its head says where it comes from.

use std::collections::HashMap;
use std::sync::OnceLock;

/// What sort of skill a word names; the four lists of a parsed resume.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SkillKind {
    Technical,
    Soft,
    Language,
    Certification,
}

/// A known skill at its place in a text, as byte offsets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mention {
    pub skill: &'static str,
    pub kind: SkillKind,
    pub start: usize,
    pub end: usize,
}

/// Canonical names of the skills a text mentions, each once, in order of first mention. Spellings are matched at word
/// bounds, case-blind except where the list says otherwise; the longest spelling wins (`React Native`, not `React`).
pub fn find_skills(text: &str) -> Vec<&'static str> {
    let mut found = Vec::new();
    for mention in mentions(text) {
        if !found.contains(&mention.skill) {
            found.push(mention.skill);
        }
    }
    found
}

/// Every mention of a known skill, left to right, not overlapping.
pub fn mentions(text: &str) -> Vec<Mention> {
    let list = list();
    let words = words(text);
    let mut found = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let longest = (1..=list.longest.min(words.len() - at)).rev().find_map(|count| {
            let (start, end) = (words[at].0, words[at + count - 1].1);
            let entry = list.by_key.get(&key(text, &words[at..at + count]))?;
            let spelling = entry.iter().find(|s| s.exact.is_none_or(|exact| exact == &text[start..end]))?;
            Some((count, Mention { skill: spelling.skill, kind: spelling.kind, start, end }))
        });
        match longest {
            Some((count, mention)) => {
                found.push(mention);
                at += count;
            }
            None => at += 1,
        }
    }
    found
}

/// The kind of a skill given by any of its spellings; `None` when the list does not have it.
pub fn kind_of(skill: &str) -> Option<SkillKind> {
    canonical(skill).map(|(_, kind)| kind)
}

/// Canonical name and kind when the whole text is one spelling of one skill.
pub fn canonical(skill: &str) -> Option<(&'static str, SkillKind)> {
    let entry = list().by_key.get(&key(skill, &words(skill)))?;
    entry.first().map(|spelling| (spelling.skill, spelling.kind))
}

/// Every known skill under its canonical name, in the order of the alphabet.
pub fn all() -> &'static [(&'static str, SkillKind)] {
    static ALL: OnceLock<Vec<(&'static str, SkillKind)>> = OnceLock::new();
    ALL.get_or_init(|| {
        let spellings = list().by_key.values().flatten();
        let mut all: Vec<_> = spellings.map(|spelling| (spelling.skill, spelling.kind)).collect();
        all.sort_by_key(|(name, _)| (name.to_lowercase(), *name));
        all.dedup_by_key(|(name, _)| *name);
        all
    })
}

struct Spelling {
    skill: &'static str,
    kind: SkillKind,
    exact: Option<&'static str>,
}

struct List {
    by_key: HashMap<String, Vec<Spelling>>,
    longest: usize,
}

fn list() -> &'static List {
    static LIST: OnceLock<List> = OnceLock::new();
    LIST.get_or_init(|| {
        let mut list = List { by_key: HashMap::new(), longest: 1 };
        for line in include_str!("skills.txt").lines().filter(|line| !line.starts_with('#')) {
            let mut parts = line.split('|');
            let kind = match parts.next() {
                Some("t") => SkillKind::Technical,
                Some("s") => SkillKind::Soft,
                Some("l") => SkillKind::Language,
                Some("c") => SkillKind::Certification,
                _ => continue,
            };
            let mut skill = None;
            for part in parts {
                let (exact, plain) = match part.strip_prefix('=') {
                    Some(plain) => (Some(plain), plain),
                    None => (None, part),
                };
                let skill = *skill.get_or_insert(plain);
                let words = words(plain);
                list.longest = list.longest.max(words.len());
                list.by_key.entry(key(plain, &words)).or_default().push(Spelling { skill, kind, exact });
            }
        }
        list
    })
}

fn key(text: &str, words: &[(usize, usize)]) -> String {
    let mut key = String::new();
    for (index, (start, end)) in words.iter().enumerate() {
        if index > 0 {
            key.push(' ');
        }
        key.extend(text[*start..*end].chars().flat_map(char::to_lowercase));
    }
    key
}

/// Word bounds: runs of letters and digits, with the signs that belong to names (`C++`, `C#`, `.NET`, `Node.js`, `CI/CD`)
/// kept when they join letters or end the word.
fn words(text: &str) -> Vec<(usize, usize)> {
    let chars: Vec<(usize, char)> = text.char_indices().collect();
    let mut words = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let leading_dot = chars[at].1 == '.' && chars.get(at + 1).is_some_and(|next| next.1.is_alphabetic());
        if !chars[at].1.is_alphanumeric() && !leading_dot {
            at += 1;
            continue;
        }
        let start = at;
        at += 1;
        while at < chars.len() {
            let next_is_word = chars.get(at + 1).is_some_and(|next| next.1.is_alphanumeric());
            match chars[at].1 {
                c if c.is_alphanumeric() => at += 1,
                '+' | '#' => at += 1,
                '.' | '/' | '-' | '&' if next_is_word => at += 1,
                _ => break,
            }
        }
        let end = chars.get(at).map_or(text.len(), |c| c.0);
        words.push((chars[start].0, end));
    }
    split_slashes(text, words)
}

/// `Python/SQL` is two words unless the list knows it whole (`CI/CD`), which needs no look-up here: only these few are kept.
fn split_slashes(text: &str, words: Vec<(usize, usize)>) -> Vec<(usize, usize)> {
    const WHOLE: [&str; 7] = ["ci/cd", "a/b", "pl/sql", "tcp/ip", "ux/ui", "ui/ux", "gitlab-ci/cd"];
    let mut split = Vec::with_capacity(words.len());
    for (start, end) in words {
        let word = &text[start..end];
        if !word.contains('/') || WHOLE.contains(&word.to_lowercase().as_str()) {
            split.push((start, end));
            continue;
        }
        let mut from = start;
        for part in word.split('/') {
            if !part.is_empty() {
                split.push((from, from + part.len()));
            }
            from += part.len() + 1;
        }
    }
    split
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_names_with_signs_and_prefers_the_longest() {
        let found = find_skills("C++, C#, React Native and node.js; CI/CD with Python/SQL. ASP.NET, .NET");
        assert_eq!(found, ["C++", "C#", "React Native", "Node.js", "CI/CD", "Python", "SQL", ".NET"]);
    }

    #[test]
    fn ordinary_words_are_not_skills() {
        assert!(find_skills("I go to excel at rust removal, a spring day").is_empty());
        assert_eq!(find_skills("Go, Rust, Excel, R"), ["Go", "Rust", "Microsoft Excel", "R"]);
    }

    #[test]
    fn spellings_are_unique() {
        for spellings in list().by_key.values() {
            assert!(spellings.len() == 1, "{} is listed twice", spellings[0].skill);
        }
    }
}
