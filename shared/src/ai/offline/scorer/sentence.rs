//! What one sentence of a candidate shows.

use crate::domain::language::{carries_meaning, content_stems, lower_words, stem, words};
use regex::Regex;
use std::{
    collections::{BTreeSet, HashSet},
    sync::OnceLock,
};

/// A sentence of the candidate, weighed.
pub(in crate::ai::offline) struct Statement<'a> {
    pub(in crate::ai::offline) text: &'a str,
    pub(in crate::ai::offline) kind: Kind,
    pub(in crate::ai::offline) facts: Facts,
    /// Stems that may earn credit: those of the sentence without the ones only echoed from the question.
    pub(in crate::ai::offline) stems: BTreeSet<String>,
    /// 0 to 1: how much it shows.
    pub(in crate::ai::offline) strength: f64,
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
            loose: self.loose && other.loose || self.loose && !other.method || other.loose && !self.method,
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
        let facts = facts(text, &lower, tools);
        let kind = kind(text, &lower, facts);
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
        Self { text, kind, facts, stems, strength }
    }
}

/// People do not speak in labels or markup, except for the labels of a story's parts; what stands behind one is
/// somebody else's text.
fn is_label(text: &str) -> bool {
    let labelled = text.split_once(':').is_some_and(|(label, _)| {
        let label = label.trim_start_matches(|c: char| !c.is_alphanumeric());
        !label.contains(' ') && !STORY_LABELS.contains(&label.to_lowercase().as_str())
    });
    labelled || pattern(&MARKUP, MARKUP_WORDS).is_match(text)
}

/// What stands between two labels or tags of one turn is pasted text as well, not the speaker's account.
pub(in crate::ai::offline) fn set_aside_pasted(turn: &mut [Statement<'_>]) {
    let first = turn.iter().position(|statement| is_label(statement.text));
    let last = turn.iter().rposition(|statement| is_label(statement.text));
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

fn kind(text: &str, lower: &[String], facts: Facts) -> Kind {
    let first = lower.first().map(String::as_str).unwrap_or_default();
    if pattern(&INSTRUCTION, INSTRUCTION_WORDS).is_match(text) {
        return Kind::Instruction;
    }
    let owned = lower.iter().any(|word| OWN.contains(&word.as_str()));
    let addressed = lower
        .iter()
        .any(|word| matches!(word.as_str(), "you" | "your" | "yourself" | "you're" | "you'll" | "please"));
    if text.trim_end_matches(['"', '”', ')']).ends_with('?')
        || addressed && !(facts.own_act || facts.shared_act)
        || ORDERS.contains(&first)
    {
        return Kind::Other;
    }
    if is_label(text) || pattern(&MUSING, MUSING_WORDS).is_match(text) {
        return Kind::Other;
    }
    if pattern(&CONCESSION, CONCESSION_WORDS).is_match(text) && !facts.outcome && !facts.figure {
        return Kind::Concession;
    }
    let acts = facts.acts();
    if pattern(&PRAISE, PRAISE_WORDS).is_match(text)
        && !(acts && (facts.figure || facts.outcome || facts.reason))
    {
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
        } else if is_past_act(word) && !DESCRIBING.contains(&before) {
            match subject {
                Subject::Speaker => facts.own_act = true,
                Subject::Group => facts.shared_act = true,
                // `Led architecture and implemented perception`: spoken without the subject.
                Subject::Unsaid
                    if is_plainly_past(word) && (at == 0 || at == 1 && OPENINGS.contains(&before)) =>
                {
                    facts.own_act = true;
                    subject = Subject::Speaker;
                }
                Subject::Unsaid | Subject::Other => {}
            }
        } else if METHOD_VERBS.contains(&word.as_str()) && !DESCRIBING.contains(&before) && before != "to" {
            let near = at - named_at <= 4 || matches!(before, "and" | "then" | "or");
            facts.method = facts.method || near && matches!(subject, Subject::Speaker | Subject::Group);
        }
        facts.tool = facts.tool || tools.contains(&stem(word));
    }
    facts.tool = facts.tool || words(text).any(is_technical_token);
    facts.figure = pattern(&FIGURE, FIGURE_WORDS).is_match(text);
    facts.outcome = pattern(&OUTCOME, OUTCOME_WORDS).is_match(text);
    facts.loose = pattern(&LOOSE, LOOSE_WORDS).is_match(text);
    facts.reason = pattern(&REASON, REASON_WORDS).is_match(text);
    facts
}

const STORY_LABELS: &[&str] = &[
    "situation",
    "task",
    "action",
    "actions",
    "result",
    "results",
    "outcome",
    "context",
    "problem",
    "solution",
    "challenge",
    "impact",
    "approach",
    "first",
    "second",
    "third",
    "yes",
    "no",
    "learning",
    "example",
];

enum Subject {
    Unsaid,
    Speaker,
    Group,
    Other,
}

fn is_past_act(word: &str) -> bool {
    IRREGULAR_ACTS.contains(&word)
        || (word.len() > 4 && word.ends_with("ed") && word.is_ascii() && !NO_ACTS.contains(&word))
}

/// Not a form that gives an order as well (`Then split it`).
fn is_plainly_past(word: &str) -> bool {
    !matches!(word, "cut" | "set" | "split" | "put" | "found")
}

/// Words after which a form of a verb describes a thing (`the automated test`, `is used`) instead of telling an act.
const DESCRIBING: &[&str] = &[
    "a", "an", "the", "this", "that", "these", "is", "are", "was", "were", "be", "been", "being", "most",
    "widely", "more", "of", "your", "his", "her", "their", "its", "get", "got", "security", "no", "any",
    "some", "by",
];

/// `PostgreSQL`, `YOLOv8`, `S3`, `CI/CD`: forms that names of people do not have.
fn is_technical_token(word: &str) -> bool {
    let capitals_run = word.as_bytes().windows(3).any(|run| run.iter().all(u8::is_ascii_uppercase));
    let mixed = word.bytes().any(|b| b.is_ascii_alphabetic()) && word.bytes().any(|b| b.is_ascii_digit());
    let ordinal = ["st", "nd", "rd", "th", "s", "k", "m", "x"]
        .iter()
        .any(|end| word.strip_suffix(end).is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_digit())));
    (capitals_run || mixed && !ordinal) && word.is_ascii()
}

const OWN: &[&str] = &[
    "i", "i'm", "i've", "i'd", "i'll", "my", "mine", "myself", "we", "we've", "we'd", "we're", "we'll",
    "our", "ours", "us",
];

const IRREGULAR_ACTS: &[&str] = &[
    "built",
    "led",
    "wrote",
    "ran",
    "made",
    "drove",
    "taught",
    "found",
    "cut",
    "set",
    "brought",
    "won",
    "grew",
    "chose",
    "began",
    "took",
    "gave",
    "held",
    "kept",
    "sold",
    "spoke",
    "sought",
    "split",
    "put",
    "met",
    "sent",
    "broke",
    "rebuilt",
    "rewrote",
    "dealt",
    "fought",
    "understood",
    "overcame",
    "swapped",
    "learnt",
    "drew",
    "rolled",
    "shipped",
    "owned",
];

/// Forms ending in -ed that are states or feelings, not acts.
const NO_ACTS: &[&str] = &[
    "need",
    "indeed",
    "speed",
    "based",
    "excited",
    "interested",
    "motivated",
    "dedicated",
    "experienced",
    "skilled",
    "talented",
    "passionate",
    "honored",
    "honoured",
    "pleased",
    "blessed",
    "worked",
    "loved",
    "liked",
    "enjoyed",
    "wanted",
    "needed",
    "hoped",
    "supposed",
    "concerned",
    "related",
    "detailed",
    "advanced",
    "tired",
    "bored",
    "confused",
    "seemed",
    "looked",
    "happened",
    "hundred",
    "ignored",
    "instructed",
    "succeed",
    "exceed",
    "proceed",
    "called",
    "named",
    "graduated",
    "retired",
    "married",
];

const METHOD_VERBS: &[&str] = &[
    "start",
    "map",
    "ask",
    "define",
    "build",
    "write",
    "track",
    "document",
    "compare",
    "measure",
    "test",
    "review",
    "rank",
    "tailor",
    "check",
    "validate",
    "split",
    "log",
    "monitor",
    "design",
    "plan",
    "run",
    "set",
    "keep",
    "maintain",
    "deliver",
    "share",
    "send",
    "propose",
    "present",
    "summarize",
    "summarise",
    "restate",
    "frame",
    "explain",
    "follow",
    "prioritize",
    "prioritise",
    "disqualify",
    "qualify",
    "engage",
    "bring",
    "arm",
    "teach",
    "mentor",
    "coach",
    "lead",
    "analyze",
    "analyse",
    "break",
    "isolate",
    "verify",
    "automate",
    "deploy",
    "report",
    "escalate",
    "negotiate",
    "listen",
    "confirm",
    "adjust",
    "adapt",
    "learn",
    "iterate",
    "prototype",
    "sketch",
    "audit",
    "inspect",
    "schedule",
    "train",
    "guide",
    "quantify",
    "estimate",
    "evaluate",
    "tie",
    "convert",
    "update",
    "use",
    "capture",
    "gather",
    "benchmark",
    "calibrate",
    "look",
    "anchor",
    "specify",
    "group",
    "label",
    "name",
    "export",
    "package",
    "add",
];

/// Sentences that begin so give an order; an account of one's work does not.
const ORDERS: &[&str] = &[
    "ignore",
    "disregard",
    "forget",
    "give",
    "write",
    "print",
    "output",
    "repeat",
    "reveal",
    "show",
    "tell",
    "act",
    "pretend",
    "answer",
    "respond",
    "reply",
    "say",
    "explain",
    "describe",
    "translate",
    "summarize",
    "summarise",
    "create",
    "draft",
    "compose",
    "develop",
    "provide",
    "generate",
    "imagine",
    "assume",
    "consider",
    "follow",
    "execute",
    "rate",
    "assign",
    "award",
    "mark",
    "set",
    "list",
    "help",
    "do",
    "don't",
    "never",
    "always",
    "start",
    "stop",
    "begin",
    "let's",
    "let",
    "make",
    "add",
    "include",
    "return",
    "use",
    "call",
    "send",
    "find",
    "analyze",
    "analyse",
    "evaluate",
    "compare",
    "design",
    "suggest",
    "recommend",
    "calculate",
    "solve",
    "identify",
    "prepare",
];

const INSTRUCTION_WORDS: &str = r"(?ix)
    \b(ignore|disregard|forget|override|bypass|overlook|skip|dismiss)\b .{0,40} \b(previous|prior|above|earlier|preceding|all|your|the|any|every)\b
  | \b(system|initial|hidden|original|developer|secret)\s+(prompt|instruction|message|mode|key|password|rule|directive|guideline)s?
  | \binstructions?\b | \bprompts?\b | \bdirectives?\b | \bjailbreak | \bunrestricted\b | \bdeveloper\s+mode\b | \bsudo\b
  | \b(give|award|assign|grant|rate|score|grade|mark)\b .{0,30} \b(me|this|candidate|applicant|answer|him|her|them|interview|100|full|maximum|max|highest|top|perfect)\b
  | \b(full|maximum|max|top|perfect|highest)\s+(score|mark|rating|grade|point)s?\b | \b100\s*(/|out\s+of|points?|%\s+score)
  | \b(score|scores|scoring|rubric|evaluator|grader|assessor|evaluation\s+criteria)\b
  | \b(you\s+are\s+now|you\s+must|you\s+will\s+now|you\s+should\s+now|from\s+now\s+on|act\s+as|pretend\s+(to|you)|roleplay|role-play|simulate)\b
  | \b(as\s+an?\s+(ai|language\s+model|llm|assistant)|chatgpt|gpt-?\d|language\s+model|\bllms?\s+(must|should)|ai\s+(model|interviewer|assistant|system))\b
  | \b(hire\s+me|must\s+be\s+hired|should\s+be\s+hired|recommend\s+(me|this\s+candidate)|pass\s+this\s+candidate)\b
  | \[/?(inst|sys|system|user|assistant)\] | </?[a-z][\w-]*[\s>] | ^\s*(system|assistant|user|human|admin)\s*: | \#{2,}\s*\w | \bend\s+of\s+(the\s+)?(transcript|interview|document|text)\b
  | \b(safety|content|usage)\s+(guidelines?|rules?|polic(y|ies)|filters?|restrictions?)\b | \b(no|without)\s+(restrictions?|limits?|limitations|filters?|censorship)\b | \brestricted\s+content\b
  | \b(as|dear|hey|hi|hello)\s+(the\s+|an?\s+)?(assistant|chatbot|bot)\b | \(assistant\) | \bassistant\s*: | \b(decode|base64|rot13)\b | \bin\s+your\s+(response|reply|answer|output)\b | \b(the|your)\s+(response|output|reply)\s+(should|must|to)\b
  | \b(do\s+anything\s+now|dan\b|hypothetical\s+(response|scenario)|fictional) | \b(my|your)\s+(creator|developers?|operator|master)\b
  | https?:// | !\[ | [A-Za-z0-9+/=_-]{36,} | \[\w[\w\s]*\] | \bpasswords?\b.{0,30}\?|\b(your|the)\s+passwords?\b | \bhidden\s+text\b";

const CONCESSION_WORDS: &str = r"(?ix)
    \b(i|we)\s+(don['’]t|do\s+not|didn['’]t|did\s+not|haven['’]t|couldn['’]t)\s+(\w+ly\s+)?(always|really|often|actually|have|get|own|lead|build|rebuild|test|track|measure|document|check|spend|stick|rerun|keep|remember|done|do|turn)\b
  | \b(i|we)\s+(wasn['’]t|weren['’]t|was\s+not|were\s+not)\s+(\w+\s+){0,2}(\w+ing|involved|sure)\b | \bi['’]m\s+not\s+(\w+\s+)?(sure|consistently)\b
  | \b(i|we)['’]?(ll|d)?\s+(\w+ly\s+)?(just|only|mainly|largely)\s+(send|use[d]?|do|did|mak(e|ing)|jump|leave|go|went|eyeball|rel(y|ied)|pick(ed)?|stick|handed|mirror|follow|resize|start|copy|copied|was)\b
  | \bi['’]?(ll)?\s+(usually|often|generally)\s+(just|start\s+(from|with)\s+(inbound|whatever|an\s+initial)|mirror|jump)\b
  | \b(wasn['’]t|isn['’]t|weren['’]t|not|nothing)\s+(\w+\s+){0,2}(something\s+i|mine|formal|a\s+(big|formal|rigid|pattern)|consistent(ly)?|from\s+scratch|always|perfect)\b
  | \bmy\s+(boss|manager|lead|supervisor)\s+(\w+\s+){0,3}(already|gave|provided|decided|handled|owned|wrote|built|had)\b
  | \bthere\s+was\s+(already\s+)?an?\s+(\w+\s+)?(existing|playbook|standard|pipeline|template)\b | \balready\s+(in\s+place|there|set\s+up|baked|spoken|defined|established)\b
  | \b(pre-?populated|came\s+from\s+(that|the|standard|someone|another)|come\s+from\s+standard|a\s+shared\s+\w+\s+setup|leaned\s+on|worked\s+within\s+(that|it))\b
  | \bthe\s+\w+\s+team\s+(handled|did|built|owned)\s+(most|all|much)\b | \b(most\s+of\s+(it|that|the)\b.{0,60}\b(were|was|come|came)\s+(from|already))
  | \b(rather\s+than|instead\s+of)\s+(reinventing|building|rebuilding|inventing|defining)\b | \b(rather\s+than|instead\s+of)\s+a\s+specific\b
  | \b(more\s+(of\s+)?(like\s+)?a\s+(guideline|handful)|best[- ]case|based\s+on\s+assumptions|one-?time\s+check|it\s+(varies|depends)|different\s+each\s+time|depends\s+on\s+the)\b
  | \b(misread|overstat(ed|ement)|exaggerated|should\s+have\s+(spent|done|planned|tested)|unusually\s+favou?rable|got\s+lucky|pretty\s+informal|became\s+whatever|not\s+on\s+purpose)\b | \bi\s+was\s+mainly\b";

const PRAISE_WORDS: &str = r"(?ix)
    \b(expert|excellent|exceptional|outstanding|brilliant|amazing|incredible|incredibly|fantastic|phenomenal|superb|unmatched|world[- ]class|unparalleled)\b
  | \b(highly|very|extremely|super|really|truly|exceptionally|deeply)\s+(\w+\s+)?(skilled|experienced|talented|capable|competent|knowledgeable|motivated|strong|good|passionate|qualified|dedicated|proficient)\b
  | \b(i\s+am|i['’]m|i\s+was|i\s+would\s+be|i['’]d\s+be)\s+(\w+\s+){0,3}(best|great|perfect|ideal|master|leader|natural|genius|asset|addition|fit|star|guru|ninja|unbeatable)\b
  | \b(the\s+best|top\s+performer|great\s+addition|perfect\s+(fit|candidate)|hard[- ]?work(er|ing)|team\s+player|people\s+person|quick\s+learner|fast\s+learner|detail[- ]oriented|self[- ]starter|go-getter|natural[- ]born)\b
  | \b(everyone|people|colleagues|they)\s+(\w+\s+)?(say|says|said|tells?|told|agrees?|knows?|loves?)\s+(\w+\s+){0,2}i\b";

const FIGURE_WORDS: &str = r"(?ix) \d | \b(half|third|quarter|double[d]?|triple[d]?|twice|dozens?|hundreds?|thousands?|millions?|billions?)\b
  | \b(two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty|sixty)\s+\w+ | \border\s+of\s+magnitude\b | \bper\s?cent\b";

const OUTCOME_WORDS: &str = r"(?ix)
    \b(reduc(ed|ing)|increas(ed|ing)|improv(ed|ing)|decreas(ed|ing)|lower(ed|ing)|rais(ed|ing)|sav(ed|ing)|cut(ting)?|halv(ed|ing)|doubl(ed|ing)|tripl(ed|ing)|grew|boost(ed|ing)|eliminat(ed|ing)|restor(ed|ing)|prevent(ed|ing)|avoid(ed|ing)|fixed|resolved|shipped|launched|delivered|achiev(ed|ing)|reach(ed|ing)|exceed(ed|ing)|won|went\s+(up|down|live)|dropp(ed|ing)|fell|rose|clos(ed|ing)|recover(ed|ing)|adopt(ed|ing))\b
  | \b(as\s+a\s+result|resulted\s+in|resulting\s+in|result\s+was|the\s+outcome|led\s+to|which\s+(meant|led|helped|allowed|made|gave|cut|let)|since\s+then|so\s+that\s+(we|the|they|everyone|it)|on\s+time|under\s+budget|without\s+(downtime|incident|loss))\b";

const REASON_WORDS: &str = r"(?ix)
    \b(because|trade-?offs?|instead\s+of|rather\s+than|in\s+order\s+to|so\s+that|the\s+reason|reasoned|root\s+cause|compared|comparing|weighed|decided|chose|considered|alternatives?|hypothes[ie]s|assum(ed|ption)s?|to\s+(avoid|prevent|ensure|confirm|validate|see\s+whether|find\s+out|understand)|turned\s+out|realized|realised|constraints?|if\s+.{3,80}(,|then)\s)";

const LOOSE_WORDS: &str = r"(?i)\b(usually|generally|typically|mostly|normally|tend\s+to|try\s+(not\s+)?to|try\s+a\s+few|happy\s+to|whatever|whichever|pretty\s+(quickly|much)|as\s+needed|in\s+a\s+way\s+that\s+makes\s+sense|until\s+it\s+(fits|feels|works|looks))\b";

/// Words before a past act spoken without its subject (`Then moved it to …`).
const OPENINGS: &[&str] = &[
    "then",
    "also",
    "and",
    "first",
    "so",
    "later",
    "finally",
    "next",
    "successfully",
    "eventually",
    "personally",
    "yes",
    "yeah",
];

static LOOSE: OnceLock<Regex> = OnceLock::new();
const MARKUP_WORDS: &str =
    r"(?i)</?[a-z][\w-]*[\s>]|\[/?(inst|sys|system|user|assistant)\]|^\s*\#{2,}|^\s*```|^\s*[-=*]{4,}";

const MUSING_WORDS: &str =
    r"(?i)\b(i\s+wonder|(how|what|where|when|why)\s+(do|does|can|could|should|would)\s+(i|we|you))\b";

static MUSING: OnceLock<Regex> = OnceLock::new();
static MARKUP: OnceLock<Regex> = OnceLock::new();
static INSTRUCTION: OnceLock<Regex> = OnceLock::new();
static CONCESSION: OnceLock<Regex> = OnceLock::new();
static PRAISE: OnceLock<Regex> = OnceLock::new();
static FIGURE: OnceLock<Regex> = OnceLock::new();
static OUTCOME: OnceLock<Regex> = OnceLock::new();
static REASON: OnceLock<Regex> = OnceLock::new();

fn pattern(cell: &'static OnceLock<Regex>, text: &str) -> &'static Regex {
    cell.get_or_init(|| Regex::new(text).expect("the pattern is fixed"))
}
