//! Words, stems and sentences, for matching what people wrote and said. English; other languages pass through as plain tokens.

use std::{collections::HashSet, sync::OnceLock};

/// Words of a text in order: letters and digits, with `'`, `-`, `+`, `#`, `.` kept inside (`C++`, `Node.js`, `don't`).
pub(crate) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || matches!(c, '\'' | '’' | '-' | '+' | '#' | '.' | '%')))
        .map(|word| word.trim_matches(|c: char| matches!(c, '\'' | '’' | '-' | '.')))
        .filter(|word| word.chars().any(char::is_alphanumeric))
}

/// Lower-case words with straight apostrophes.
pub(crate) fn lower_words(text: &str) -> Vec<String> {
    words(text).map(|word| word.to_lowercase().replace('’', "'")).collect()
}

/// A light stem: plural, tense and the commonest derivations folded together (`designing`, `designer`, `designs` agree).
/// Idempotent enough for matching; not a dictionary form.
pub(crate) fn stem(word: &str) -> String {
    let mut stem = word.strip_suffix("'s").unwrap_or(word).to_owned();
    if !stem.is_ascii() || stem.len() < 4 || stem.bytes().any(|b| b.is_ascii_digit()) {
        return stem;
    }
    if let Some(irregular) = irregular(&stem) {
        return irregular.to_owned();
    }
    for (suffix, least, replacement) in SUFFIXES {
        if let Some(root) = stem.strip_suffix(suffix)
            && root.len() >= *least
        {
            stem = format!("{root}{replacement}");
            break;
        }
    }
    for suffix in ["ing", "ed", "er", "or", "e"] {
        if let Some(root) = stem.strip_suffix(suffix)
            && root.len() >= 3
            && root.bytes().any(|b| b"aeiouy".contains(&b))
        {
            stem = root.to_owned();
            break;
        }
    }
    let bytes = stem.as_bytes();
    if bytes.len() > 3
        && bytes[bytes.len() - 1] == bytes[bytes.len() - 2]
        && !b"aeiousl".contains(&bytes[bytes.len() - 1])
    {
        stem.pop();
    }
    if stem.len() > 3 && stem.ends_with('e') {
        stem.pop();
    }
    if let Some(root) = stem.strip_suffix('y') {
        stem = format!("{root}i");
    }
    stem
}

const SUFFIXES: &[(&str, usize, &str)] = &[
    ("ization", 3, "iz"),
    ("isation", 3, "iz"),
    ("ational", 3, "at"),
    ("ations", 4, ""),
    ("ation", 4, ""),
    ("ising", 3, "iz"),
    ("ised", 3, "iz"),
    ("ise", 4, "iz"),
    ("izing", 3, "iz"),
    ("ments", 4, ""),
    ("ment", 4, ""),
    ("nesses", 3, ""),
    ("ness", 4, ""),
    ("ships", 4, ""),
    ("ship", 4, ""),
    ("ities", 4, ""),
    ("ity", 4, ""),
    ("ively", 3, ""),
    ("ives", 4, ""),
    ("ive", 4, ""),
    ("ably", 4, ""),
    ("able", 4, ""),
    ("ally", 4, ""),
    ("ical", 4, ""),
    ("tions", 3, "t"),
    ("tion", 3, "t"),
    ("sions", 3, "s"),
    ("sion", 3, "s"),
    ("ies", 2, "y"),
    ("ied", 2, "y"),
    ("ings", 3, ""),
    ("ers", 3, ""),
    ("ors", 3, ""),
    ("ly", 4, ""),
    ("sses", 2, "ss"),
    ("ches", 3, "ch"),
    ("shes", 3, "sh"),
    ("xes", 2, "x"),
    ("ss", 2, "ss"),
    ("us", 2, "us"),
    ("is", 2, "is"),
    ("s", 3, ""),
];

fn irregular(word: &str) -> Option<&'static str> {
    Some(match word {
        "built" | "builds" | "building" => "build",
        "wrote" | "written" | "writing" | "writes" => "writ",
        "taught" | "teaching" | "teaches" => "teach",
        "found" | "finds" | "finding" => "find",
        "made" | "makes" | "making" => "mak",
        "chose" | "chosen" | "choosing" | "chooses" | "choice" | "choices" => "choos",
        "decision" | "decisions" | "decided" | "decides" | "deciding" => "decid",
        "solution" | "solutions" | "solved" | "solves" | "solving" => "solv",
        "analysis" | "analyses" | "analytics" | "analytical" | "analyst" | "analyze" | "analyse"
        | "analyzed" | "analysed" | "analyzing" | "analysing" => "analys",
        "leader" | "leaders" | "leadership" | "leading" | "leads" => "lead",
        "strategy" | "strategies" | "strategic" => "strateg",
        "communication" | "communications" | "communicate" | "communicated" | "communicating"
        | "communicates" => "communicat",
        "collaboration" | "collaborate" | "collaborated" | "collaborating" | "collaborative" => "collaborat",
        "adaptability" | "adaptable" | "adaptation" | "adapted" | "adapting" | "adapts" => "adapt",
        "flexibility" | "flexible" => "flexib",
        "architecture" | "architectural" | "architected" | "architect" | "architecting" => "architect",
        "mentor" | "mentors" | "mentored" | "mentoring" | "mentorship" => "mentor",
        "this" => "this",
        _ => return None,
    })
}

/// Stems of the words that carry meaning, in order, repeated words kept.
pub(crate) fn content_stems(text: &str) -> Vec<String> {
    lower_words(text).iter().filter(|word| carries_meaning(word)).map(|word| stem(word)).collect()
}

/// False for articles, pronouns, auxiliaries, fillers and the words every advert and answer holds.
pub(crate) fn carries_meaning(word: &str) -> bool {
    static STOP: OnceLock<HashSet<&'static str>> = OnceLock::new();
    word.len() > 1 && !STOP.get_or_init(|| STOP_WORDS.split_whitespace().collect()).contains(word)
}

const STOP_WORDS: &str = "a an the this that these those and or but nor so yet if then else of in on at by for with without within into \
onto from to as is are was were be been being am do does did done doing have has had having will would shall should can could may \
might must i me my mine we us our ours you your yours he him his she her hers it its they them their theirs who whom whose which what \
when where why how there here not no yes yeah yep nope ok okay sure well just very really quite too also only even still about \
around over under up down out off again more most much many some any all each every both few other another such same own than because \
while during before after until since through across between among per via i'm i've i'd i'll you're you've you'd you'll we're we've \
we'd we'll it's that's there's they're he's she's don't doesn't didn't isn't aren't wasn't weren't can't couldn't won't wouldn't \
shouldn't haven't hasn't hadn't let let's um uh er hmm like mean know kind sort thing things stuff lot lots bit actually basically \
maybe perhaps probably usually often always never sometimes get gets got getting go goes going went come comes came put say says said \
one two first second last next good great best better nice new old big small able etc eg ie vs role job work works working worked \
candidate candidates interview position including include includes using use uses used us someone something anything everything \
day days way ways make makes made making take takes took taking want wants need needs help helps time times people person clear \
clearly consistently explicit explicitly explains articulates shows demonstrates ability able strong high low medium level levels";

/// Sentences with their text as it stands, trimmed. Line ends end a sentence; `e.g.`, `3.5` and `Node.js` do not.
pub(crate) fn sentences(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let end = match c {
            '\n' | '\r' => at,
            '.' | '!' | '?' | '…' | '。' | '！' | '？' => {
                let mut end = at + c.len_utf8();
                while let Some(&(next_at, next)) = chars.peek() {
                    if !matches!(next, '.' | '!' | '?' | '…' | '"' | '”' | '’' | '\'' | ')' | ']' | '»')
                    {
                        break;
                    }
                    end = next_at + next.len_utf8();
                    chars.next();
                }
                let at_break = chars.peek().is_none_or(|&(_, next)| next.is_whitespace())
                    || matches!(c, '。' | '！' | '？');
                if !at_break || (c == '.' && is_abbreviation(&text[start..at])) {
                    continue;
                }
                end
            }
            _ => continue,
        };
        push_trimmed(&mut found, &text[start..end]);
        start = end;
    }
    push_trimmed(&mut found, &text[start..]);
    found
}

fn push_trimmed<'a>(found: &mut Vec<&'a str>, sentence: &'a str) {
    let sentence = sentence.trim();
    if sentence.chars().any(char::is_alphanumeric) {
        found.push(sentence);
    }
}

fn is_abbreviation(before: &str) -> bool {
    let word = before
        .rsplit(|c: char| c.is_whitespace() || c == '(')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    matches!(
        word.as_str(),
        "e.g"
            | "i.e"
            | "eg"
            | "ie"
            | "etc"
            | "vs"
            | "mr"
            | "mrs"
            | "ms"
            | "dr"
            | "prof"
            | "sr"
            | "jr"
            | "st"
            | "approx"
            | "inc"
            | "ltd"
            | "no"
            | "u.s"
            | "b.s"
            | "m.s"
            | "b.sc"
            | "m.sc"
            | "ph.d"
            | "ph"
            | "b.a"
            | "m.a"
    )
}

/// A stable number drawn from texts (FNV-1a), for picking among wordings: same context, same choice, on every machine.
pub(crate) fn fingerprint<'a>(parts: impl IntoIterator<Item = &'a str>) -> u64 {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for part in parts {
        for byte in part.bytes().chain([0xff]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    hash ^ (hash >> 29)
}

/// Share of the smaller set's stems that both texts hold, 0 to 1.
pub(crate) fn overlap(left: &HashSet<String>, right: &HashSet<String>) -> f64 {
    let smaller = left.len().min(right.len());
    if smaller == 0 { 0.0 } else { left.intersection(right).count() as f64 / smaller as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_a_word_share_a_stem() {
        for forms in [
            &["design", "designs", "designed", "designing", "designer"][..],
            &["manage", "manages", "managed", "managing", "manager", "management"],
            &["organise", "organised", "organize", "organized", "organization"],
            &["prioritize", "prioritized", "prioritization", "prioritise"],
            &["mentor", "mentored", "mentoring", "mentors", "mentorship"],
            &["plan", "planned", "planning", "plans"],
            &["deploy", "deployed", "deployment", "deployments"],
        ] {
            let first = stem(forms[0]);
            for form in forms {
                assert_eq!(stem(form), first, "{form}");
            }
        }
    }

    #[test]
    fn sentences_keep_figures_and_abbreviations_whole() {
        let text = "I used Node.js 3.5, e.g. for queues. It worked!  Did it scale? \"Yes.\" Then done";
        assert_eq!(
            sentences(text),
            ["I used Node.js 3.5, e.g. for queues.", "It worked!", "Did it scale?", "\"Yes.\"", "Then done"]
        );
    }
}
