//! What one sentence of a candidate shows.

use super::signs;
use crate::domain::language::{carries_meaning, content_stems, lower_words, stem, words};
use std::collections::{BTreeSet, HashSet};

/// A sentence of the candidate, weighed.
pub(in crate::ai::offline) struct Statement<'a> {
    pub(in crate::ai::offline) text: &'a str,
    pub(in crate::ai::offline) kind: Kind,
    pub(in crate::ai::offline) facts: Facts,
    /// Stems that may earn credit: those of the sentence without the ones only echoed from the question.
    pub(in crate::ai::offline) stems: BTreeSet<String>,
    /// 0 to 1: how much it shows.
    pub(in crate::ai::offline) strength: f64,
    /// Stands behind a label or holds markup.
    label: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ai::offline) enum Kind {
    /// Says something about own work.
    Account,
    /// Takes back or narrows the speaker's own part.
    Concession,
    /// Praise of oneself without a fact.
    Praise,
    /// Speaks to the evaluation or the evaluator, or gives orders.
    Instruction,
    /// A question, or speech that claims nothing.
    Other,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::ai::offline) struct Facts {
    /// An act of the speaker (`I built`, `led the team`).
    pub(in crate::ai::offline) own_act: bool,
    /// An act of the speaker's group (`we built`).
    pub(in crate::ai::offline) shared_act: bool,
    /// A way of working (`I map stakeholders by role`).
    pub(in crate::ai::offline) method: bool,
    pub(in crate::ai::offline) figure: bool,
    pub(in crate::ai::offline) tool: bool,
    pub(in crate::ai::offline) outcome: bool,
    pub(in crate::ai::offline) reason: bool,
    /// A way of working said to hold only as a rule (`usually`, `I try to`).
    pub(in crate::ai::offline) loose: bool,
}

impl Facts {
    pub(in crate::ai::offline) fn any(self) -> bool {
        self.figure || self.outcome || self.tool && (self.own_act || self.shared_act)
    }

    fn join(self, other: Self) -> Self {
        Self {
            own_act: self.own_act || other.own_act,
            shared_act: self.shared_act || other.shared_act,
            method: self.method || other.method,
            figure: self.figure || other.figure,
            tool: self.tool || other.tool,
            outcome: self.outcome || other.outcome,
            reason: self.reason || other.reason,
            loose: self.loose && (other.loose || !other.method) || other.loose && !self.method,
        }
    }

    fn acts(self) -> bool {
        self.own_act || self.shared_act || self.method
    }

    fn weight(self) -> f64 {
        let act = match self {
            Self { own_act: true, .. } => 0.35,
            Self { shared_act: true, .. } => 0.25,
            Self { method: true, loose: true, .. } => 0.08,
            Self { method: true, .. } => 0.22,
            _ => 0.05,
        };
        let parts = [(self.figure, 0.18), (self.tool, 0.12), (self.outcome, 0.2), (self.reason, 0.15)];
        act + parts.iter().filter(|(present, _)| *present).map(|(_, weight)| weight).sum::<f64>()
    }
}

impl<'a> Statement<'a> {
    /// `question`: stems of the interviewer's last turn; `tools`: stems of the tools known for this job.
    pub(in crate::ai::offline) fn read(
        text: &'a str,
        question: &HashSet<String>,
        tools: &HashSet<String>,
    ) -> Self {
        let lower = lower_words(text);
        let straight = text.replace('’', "'");
        let facts = facts(&straight, &lower, tools);
        let label = is_label(&straight);
        let kind = if label { kind_behind_label(&straight) } else { kind(&straight, &lower, facts) };
        let mut stems: BTreeSet<String> =
            lower.iter().filter(|word| carries_meaning(word)).map(|word| stem(word)).collect();
        // Handing the question back is no answer: echoed words count only beside words of the speaker's own.
        if stems.iter().filter(|stem| !question.contains(*stem)).count() < 2 {
            stems.clear();
        }
        // `I learned a lot there`: an act without an object shows nothing.
        let hollow = stems.len() < 4 && !(facts.figure || facts.tool || facts.outcome || facts.reason);
        let strength = match kind {
            Kind::Account if hollow => 0.05,
            Kind::Account => facts.weight().min(1.0),
            Kind::Concession | Kind::Praise | Kind::Instruction | Kind::Other => 0.0,
        };
        Self { text, kind, facts, stems, strength, label }
    }
}

/// People do not speak in labels or markup, except for the labels of a story's parts; what stands behind one is
/// somebody else's text.
fn is_label(text: &str) -> bool {
    let labelled = text.split_once(':').is_some_and(|(label, _)| {
        let label = label.trim_start_matches(|c: char| !c.is_alphanumeric());
        !label.contains(' ') && !signs::STORY_LABELS.contains(label.to_lowercase().as_str())
    });
    labelled || signs::MARKUP.is_match(text.as_bytes())
}

/// What stands between two labels or tags of one turn is pasted text as well, not the speaker's account.
pub(in crate::ai::offline) fn set_aside_pasted(turn: &mut [Statement<'_>]) {
    let first = turn.iter().position(|statement| statement.label);
    let last = turn.iter().rposition(|statement| statement.label);
    if let (Some(first), Some(last)) = (first, last) {
        for statement in &mut turn[first..=last] {
            statement.kind = if statement.kind == Kind::Account { Kind::Other } else { statement.kind };
            statement.strength = 0.0;
        }
    }
}

/// A statement is worth more within an answer that tells the whole story (act, reason, outcome, figure), and less within
/// one that takes it back.
pub(in crate::ai::offline) fn round_off(answer: &mut [Statement<'_>]) {
    let whole = answer
        .iter()
        .filter(|statement| statement.kind == Kind::Account && statement.facts.acts())
        .fold(Facts::default(), |facts, statement| facts.join(statement.facts));
    let taken_back = answer.iter().any(|statement| statement.kind == Kind::Concession);
    for statement in answer.iter_mut().filter(|statement| statement.kind == Kind::Account) {
        if statement.strength > 0.05 {
            statement.strength = 0.65 * statement.strength + 0.35 * whole.weight().min(1.0);
        }
        if taken_back && !(statement.facts.figure || statement.facts.outcome) {
            statement.strength *= TAKEN_BACK;
        }
    }
}

/// What is left of a statement without figure or outcome when the same answer narrows the speaker's part.
const TAKEN_BACK: f64 = 0.3;

pub(in crate::ai::offline) fn stems_of(text: &str) -> HashSet<String> {
    content_stems(text).into_iter().collect()
}

fn kind_behind_label(text: &str) -> Kind {
    if signs::INSTRUCTION.is_match(text.as_bytes()) { Kind::Instruction } else { Kind::Other }
}

fn kind(text: &str, lower: &[String], facts: Facts) -> Kind {
    let first = lower.first().map(String::as_str).unwrap_or_default();
    let done = facts.own_act || facts.shared_act;
    if signs::INSTRUCTION.is_match(text.as_bytes()) || !done && signs::STEERING.is_match(text.as_bytes()) {
        return Kind::Instruction;
    }
    let owned = lower.iter().any(|word| signs::OWN.contains(word.as_str()));
    let addressed = lower
        .iter()
        .any(|word| matches!(word.as_str(), "you" | "your" | "yourself" | "you're" | "you'll" | "please"));
    if text.trim_end_matches(['"', '”', ')']).ends_with('?')
        || addressed && !done
        || !done && signs::ORDERS.contains(first)
    {
        return Kind::Other;
    }
    if signs::MUSING.is_match(text.as_bytes()) {
        return Kind::Other;
    }
    if signs::CONCESSION.is_match(text.as_bytes()) && !facts.outcome && !facts.figure {
        return Kind::Concession;
    }
    let acts = facts.acts();
    if signs::PRAISE.is_match(text.as_bytes()) && !(acts && (facts.figure || facts.outcome || facts.reason)) {
        return Kind::Praise;
    }
    let told = acts
        || owned && (facts.outcome || facts.figure && facts.tool)
        || facts.outcome && facts.figure && !addressed;
    if told { Kind::Account } else { Kind::Other }
}

fn facts(text: &str, lower: &[String], tools: &HashSet<String>) -> Facts {
    let mut facts = Facts::default();
    let mut subject = Subject::Unsaid;
    let mut named_at = 0;
    for (at, word) in lower.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| lower[before].as_str()).unwrap_or_default();
        let named = match word.as_str() {
            "i" | "i've" | "i'd" | "i'm" | "i'll" | "my" | "myself" => Some(Subject::Speaker),
            "we" | "we've" | "we'd" | "we're" | "our" => Some(Subject::Group),
            "they" | "he" | "she" | "you" | "who" | "you'd" | "you're" | "it" => Some(Subject::Other),
            _ => None,
        };
        if let Some(named) = named {
            subject = named;
            named_at = at;
        } else if is_past_act(word) && !signs::DESCRIBING.contains(before) {
            match subject {
                Subject::Speaker => facts.own_act = true,
                Subject::Group => facts.shared_act = true,
                // `Led architecture and implemented perception`: spoken without the subject.
                Subject::Unsaid
                    if is_plainly_past(word) && (at == 0 || at == 1 && signs::OPENINGS.contains(before)) =>
                {
                    facts.own_act = true;
                    subject = Subject::Speaker;
                }
                Subject::Unsaid | Subject::Other => {}
            }
        } else if signs::METHOD_VERBS.contains(word.as_str())
            && !signs::DESCRIBING.contains(before)
            && before != "to"
        {
            let near = at - named_at <= 4 || matches!(before, "and" | "then" | "or");
            facts.method = facts.method || near && matches!(subject, Subject::Speaker | Subject::Group);
        }
        facts.tool = facts.tool || tools.contains(&stem(word));
    }
    facts.tool = facts.tool || words(text).any(is_technical_token);
    facts.figure = signs::FIGURE.is_match(text.as_bytes());
    facts.outcome = signs::OUTCOME.is_match(text.as_bytes());
    facts.loose = signs::LOOSE.is_match(text.as_bytes());
    facts.reason = signs::REASON.is_match(text.as_bytes());
    facts
}

enum Subject {
    Unsaid,
    Speaker,
    Group,
    Other,
}

fn is_past_act(word: &str) -> bool {
    signs::IRREGULAR_ACTS.contains(word)
        || (word.len() > 4 && word.ends_with("ed") && word.is_ascii() && !signs::NO_ACTS.contains(word))
}

/// Not a form that gives an order as well (`Then split it`).
fn is_plainly_past(word: &str) -> bool {
    !matches!(word, "cut" | "set" | "split" | "put" | "found")
}

/// `PostgreSQL`, `YOLOv8`, `S3`, `CI/CD`: forms that names of people do not have.
fn is_technical_token(word: &str) -> bool {
    let capitals_run = word.as_bytes().windows(3).any(|run| run.iter().all(u8::is_ascii_uppercase));
    let mixed = word.bytes().any(|b| b.is_ascii_alphabetic()) && word.bytes().any(|b| b.is_ascii_digit());
    let ordinal = ["st", "nd", "rd", "th", "s", "k", "m", "x"]
        .iter()
        .any(|end| word.strip_suffix(end).is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_digit())));
    (capitals_run || mixed && !ordinal) && word.is_ascii()
}
