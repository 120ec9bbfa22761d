//! How a candidate's answer reads to the interviewer: complete, lacking something, or a question of their own.

use crate::domain::language::{lower_words, sentences};
use regex::Regex;
use std::sync::OnceLock;

/// What an answer leaves out; asked for once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Missing {
    /// Hardly anything was said.
    Detail,
    /// No concrete case.
    Example,
    /// A case, but not what the speaker did.
    Action,
    /// A case and an action, but not how it ended.
    Result,
}

/// What a candidate asks about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    Assessment,
    Pay,
    Nature,
    Clarify,
    Role,
    Other,
}

pub(super) struct Reading {
    pub(super) missing: Option<Missing>,
    pub(super) asked: Option<Asked>,
    /// The candidate would rather not answer, or does not know.
    pub(super) declined: bool,
    /// Speaks to the machine instead of the interviewer; treated as an answer without content.
    pub(super) hostile: bool,
}

impl Reading {
    pub(super) fn of(question: &str, answer: &str) -> Self {
        let hostile = matches(&HOSTILE, HOSTILE_WORDS, answer);
        let words = lower_words(answer);
        let asked = if hostile { None } else { sentences(answer).into_iter().rev().find_map(asked) };
        let declined = words.len() < 25 && matches(&DECLINED, DECLINED_WORDS, answer);
        let missing = if declined || asked.is_some() && words.len() < 40 {
            None
        } else {
            missing(question, answer, words.len(), hostile)
        };
        Self { missing, asked, declined, hostile }
    }
}

fn missing(question: &str, answer: &str, words: usize, hostile: bool) -> Option<Missing> {
    if hostile || words < 12 {
        return Some(Missing::Detail);
    }
    let acts = matches(&ACTED, ACTED_WORDS, answer);
    let ended = matches(&ENDED, ENDED_WORDS, answer);
    let wants_case = matches(&CASE, CASE_WORDS, question);
    let concrete = acts && (words >= 20 || answer.bytes().any(|b| b.is_ascii_digit()));
    match (concrete, acts, ended) {
        (false, false, false) if words < 35 || wants_case => Some(Missing::Example),
        (_, false, true) if wants_case => Some(Missing::Action),
        (_, true, false) if wants_case && words < 60 => Some(Missing::Result),
        _ => None,
    }
}

fn asked(sentence: &str) -> Option<Asked> {
    if !sentence.trim_end_matches(['"', '”', ')']).ends_with('?') {
        return None;
    }
    let holds = |cell, words| matches(cell, words, sentence);
    Some(if holds(&CLARIFY, CLARIFY_WORDS) {
        Asked::Clarify
    } else if holds(&ASSESSMENT, ASSESSMENT_WORDS) {
        Asked::Assessment
    } else if holds(&PAY, PAY_WORDS) {
        Asked::Pay
    } else if holds(&NATURE, NATURE_WORDS) {
        Asked::Nature
    } else if holds(&ROLE, ROLE_WORDS) {
        Asked::Role
    } else if lower_words(sentence).len() <= 3 && holds(&TAG, TAG_WORDS) {
        return None;
    } else {
        Asked::Other
    })
}

fn matches(cell: &'static OnceLock<Regex>, pattern: &'static str, text: &str) -> bool {
    cell.get_or_init(|| Regex::new(pattern).expect("the pattern is fixed")).is_match(text)
}

static HOSTILE: OnceLock<Regex> = OnceLock::new();
static DECLINED: OnceLock<Regex> = OnceLock::new();
static ACTED: OnceLock<Regex> = OnceLock::new();
static ENDED: OnceLock<Regex> = OnceLock::new();
static CASE: OnceLock<Regex> = OnceLock::new();
static CLARIFY: OnceLock<Regex> = OnceLock::new();
static ASSESSMENT: OnceLock<Regex> = OnceLock::new();
static PAY: OnceLock<Regex> = OnceLock::new();
static NATURE: OnceLock<Regex> = OnceLock::new();
static ROLE: OnceLock<Regex> = OnceLock::new();
static TAG: OnceLock<Regex> = OnceLock::new();

const HOSTILE_WORDS: &str = r"(?i)\b(ignore|disregard|forget|override)\b.{0,40}\b(previous|prior|above|earlier|all|your|instructions?|rules?)\b|system prompt|\b(your|hidden|initial|original|new) (instructions?|prompt)\b|you are now|from now on you|act as (a|an|my)|developer mode|jailbreak|\bgive me (a |an )?(100|full|perfect|top|maximum|highest)\b|\bmark me\b|</?\w+>|\[/?(inst|system)\]|^\s*(system|assistant)\s*:";
const DECLINED_WORDS: &str = r"(?i)\b(i('d| would) (rather|prefer) not|i don['’]?t know|no idea|not sure|can['’]?t (think|remember|recall)|pass on (this|that)|skip (this|that)|no comment|nothing comes to mind|i (have not|haven['’]t) (done|had|used|worked)|no experience)\b";
const ACTED_WORDS: &str = r"(?i)\b(i|we)(['’]ve|['’]d)?\s+(\w+ly\s+|also\s+|then\s+|first\s+|just\s+|have\s+|had\s+)?(\w{3,}ed|built|led|wrote|ran|made|drove|taught|found|cut|set|brought|won|grew|chose|began|took|gave|held|kept|sold|spoke|put|met|sent|broke|rebuilt|rewrote|dealt|did|got|went|came|saw)\b|^\s*(led|built|designed|developed|implemented|created|managed|wrote|ran|started)\b";
const ENDED_WORDS: &str = r"(?i)\b(result|outcome|as a result|in the end|ended up|so that|which (meant|led|helped|allowed|made|cut|reduced|saved)|led to|reduced|increased|improved|saved|cut|grew|doubled|halved|launched|shipped|delivered|solved|fixed|resolved|won|achieved|since then|now (the|we|they|it)|went (live|up|down)|learned|learnt|turned out|finally)\b";
const CASE_WORDS: &str = r"(?i)\b(time|example|situation|instance|walk me through|hardest|recent|project|went wrong|how did|what did you|tell me about|describe|difference)\b";
const CLARIFY_WORDS: &str = r"(?i)\b(repeat|rephrase|clarify|what do you mean|say that again|don['’]?t understand|didn['’]?t (catch|get|understand)|what exactly|could you explain (the|your) question|which (project|one) do you mean)\b";
const ASSESSMENT_WORDS: &str = r"(?i)\b(score|scor(ed|ing)|criteria|rubric|assess(ed|ment)?|evaluat\w*|grad(e|ed|ing)|how (am|did|have) i (do|doing|done)|did i (pass|get)|will i (get|be hired|pass)|am i (hired|in)|hire me|chances|decision|feedback|rank(ed|ing)?|other candidates|prompt|instructions|right answer)\b";
const PAY_WORDS: &str = r"(?i)\b(salary|pay|paid|compensation|benefits?|bonus|vacation|holiday|remote|hours|equity|pension|wage|home office|relocation|visa)\b";
const NATURE_WORDS: &str = r"(?i)\b(are you (a|an|human|real|ai|bot)|is this (a|an) (ai|bot|recording)|a real person|who are you|what are you|chatgpt|recorded|recording|my data|privacy)\b";
const ROLE_WORDS: &str = r"(?i)\b(role|team|position|job|company|project|tech(nology)? stack|responsib\w*|culture|manager|day|onboarding|next steps?|start date|organi[sz]ation)\b";
const TAG_WORDS: &str = r"(?i)\b(right|you know|okay|ok|yeah|no|huh|see|eh)\b";
