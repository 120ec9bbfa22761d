//! The words and turns of phrase by which a sentence is read.

use regex::bytes::{Regex, RegexBuilder};
use std::{collections::HashSet, sync::LazyLock};

type Words = LazyLock<HashSet<&'static str>>;
type Pattern = LazyLock<Regex>;

/// Labels people do use, when they tell a story by its parts.
pub(super) static STORY_LABELS: Words = LazyLock::new(|| {
    words(
        "situation task action actions result results outcome context problem solution challenge impact \
     approach first second third yes no learning example",
    )
});

/// Words after which a form of a verb describes a thing (`the automated test`, `is used`) instead of telling an act.
pub(super) static DESCRIBING: Words = LazyLock::new(|| {
    words(
        "a an the this that these is are was were be been being most widely more of your his her their its \
     get got security no any some by",
    )
});

/// The speaker, or the group the speaker belongs to.
pub(super) static OWN: Words =
    LazyLock::new(|| words("i i'm i've i'd i'll my mine myself we we've we'd we're we'll our ours us"));

/// Past forms of verbs of doing that do not end in -ed.
pub(super) static IRREGULAR_ACTS: Words = LazyLock::new(|| {
    words(
        "built led wrote ran made drove taught found cut set brought won grew chose began took gave held kept \
     sold spoke sought split put met sent broke rebuilt rewrote dealt fought understood overcame swapped \
     learnt drew rolled shipped owned",
    )
});

/// Forms ending in -ed that are states or feelings, not acts.
pub(super) static NO_ACTS: Words = LazyLock::new(|| {
    words(
        "need indeed speed based excited interested motivated dedicated experienced skilled talented \
     passionate honored honoured pleased blessed worked loved liked enjoyed wanted needed hoped supposed \
     concerned related detailed advanced tired bored confused seemed looked happened hundred ignored \
     instructed succeed exceed proceed called named graduated retired married",
    )
});

/// Verbs that tell how somebody works.
pub(super) static METHOD_VERBS: Words = LazyLock::new(|| {
    words(
        "start map ask define build write track document compare measure test review rank tailor check \
     validate split log monitor design plan run set keep maintain deliver share send propose present \
     summarize summarise restate frame explain follow prioritize prioritise disqualify qualify engage \
     bring arm teach mentor coach lead analyze analyse break isolate verify automate deploy report \
     escalate negotiate listen confirm adjust adapt learn iterate prototype sketch audit inspect schedule \
     train guide quantify estimate evaluate tie convert update use capture gather benchmark calibrate \
     look anchor specify group label name export package add",
    )
});

/// Sentences that begin so give an order; an account of one's work does not.
pub(super) static ORDERS: Words = LazyLock::new(|| {
    words(
        "ignore disregard forget give write print output repeat reveal show tell act pretend answer respond \
     reply say explain describe translate summarize summarise create draft compose develop provide \
     generate imagine assume consider follow execute rate assign award mark set list help do don't never \
     always start stop begin let's let make add include return use call send find analyze analyse \
     evaluate compare design suggest recommend calculate solve identify prepare",
    )
});

/// Words before a past act spoken without its subject (`Then moved it to …`).
pub(super) static OPENINGS: Words = LazyLock::new(|| {
    words("then also and first so later finally next successfully eventually personally yes yeah")
});

/// Text meant to steer the evaluation or the machine.
pub(super) static INSTRUCTION: Pattern = LazyLock::new(|| {
    pattern(
        r"(?ix)
    \b(ignore|disregard|forget|override|bypass)\b .{0,40} \b(previous|prior|above|earlier|preceding|instructions?|rules?|prompts?|guidelines?|directives?|restrictions?|told|everything)\b
  | \b(system|initial|hidden|original|developer|secret)\s+(prompt|instruction|message|mode|rule|directive|guideline)s?\b | \bjailbreak | \bsudo\b
  | \bnew\s+(\w+\s+)?(instructions?|rules|directives?)\b | \b(your|these|following)\s+(\w+\s+)?(instructions?|directives?|prompt)\b
  | \b(give|award|assign|grant)\b .{0,40} \b(100|hundred|full\s+marks?|(full|maximum|max|top|perfect|highest|best)\s+(possible\s+)?(score|mark|rating|grade|point)s?)\b
  | \b(rate|score|grade|mark|rank)\s+(me|this\s+(candidate|applicant|answer|interview)|the\s+(candidate|applicant)|my\s+answers?|all\s+dimensions)\b
  | \b(full|maximum|max|top|perfect|highest)\s+(possible\s+)?(score|mark|rating|grade)s?\b | \b100\s*(/\s*100|out\s+of|points)
  | \b(evaluation|scoring|interview|rating)\s+(criteria|rubric|scores?)\b | \b(the|as|dear|an?)\s+(\w+\s+)?(evaluator|grader|assessor)\b
  | \b(you\s+are\s+now|you\s+must|you\s+will\s+now|you\s+should\s+now|from\s+now\s+on|pretend\s+(to\s+be|you))\b
  | \b(as\s+an?\s+(ai|language\s+model|llm|assistant)|chatgpt|ai\s+(interviewer|assistant))\b
  | \b(hire\s+me|must\s+be\s+hired|should\s+be\s+hired|recommend\s+(me|this\s+candidate)|pass\s+this\s+candidate)\b
  | \[/?(inst|sys|system|user|assistant)\] | </?[a-z][\w-]*[\s>] | ^\s*(system|assistant|user|human|admin)\s*: | \#{2,}\s*\w
  | \bend\s+of\s+(the\s+)?(transcript|interview|document|text)\b | https?:// | !\[ | [A-Za-z0-9+/=_-]{36,} | \[\w[\w\s]*\]
  | \b(as|dear|hey|hi|hello)\s+(the\s+|an?\s+)?(assistant|chatbot|bot)\b | \(assistant\) | \bassistant\s*:
  | \bdo\s+anything\s+now\b | \b(my|your)\s+(creator|developers?|operator|master)\b | \bhidden\s+text\b",
    )
});

/// Words of such text that honest speech about work holds as well; they weigh against a sentence only when it tells no
/// act of the speaker (`I wrote the instructions for the ward` counts).
pub(super) static STEERING: Pattern = LazyLock::new(|| {
    pattern(
        r"(?ix)
    \b(instructions?|prompts?|directives?|unrestricted|rubric|scores?|scoring|evaluator|grader|assessor|language\s+model|llms?|gpt-?\d|ai\s+(model|system))\b
  | \b(safety|content|usage)\s+(guidelines?|rules?|polic(y|ies)|filters?|restrictions?)\b | \b(no|without)\s+(restrictions?|limits?|limitations|filters?|censorship)\b
  | \b(restricted\s+content|decode|base64|rot13|fictional|simulate|roleplay|role-play|act\s+as|hypothetical\s+(response|scenario)|passwords?)\b
  | \b(the|your)\s+(response|output|reply)\s+(should|must|to)\b | \bin\s+your\s+(response|reply|answer|output)\b | \b(skip|dismiss|overlook|ignore|forget)\b",
    )
});

/// Taking back or narrowing one's own part.
pub(super) static CONCESSION: Pattern = LazyLock::new(|| {
    pattern(
        r"(?ix)
    \b(i|we)\s+(don't|do\s+not|didn't|did\s+not|haven't|couldn't)\s+(\w+ly\s+)?(always|really|often|actually|have|get|own|lead|build|rebuild|test|track|measure|document|check|spend|stick|rerun|keep|remember|done|do|turn)\b
  | \b(i|we)\s+(wasn't|weren't|was\s+not|were\s+not)\s+(\w+\s+){0,2}(\w+ing|involved|sure)\b | \bi'm\s+not\s+(\w+\s+)?(sure|consistently)\b
  | \b(i|we)'?(ll|d)?\s+(\w+ly\s+)?(just|only|mainly|largely)\s+(send|use[d]?|do|did|mak(e|ing)|jump|leave|go|went|eyeball|rel(y|ied)|pick(ed)?|stick|handed|mirror|follow|resize|start|copy|copied|was)\b
  | \bi'?(ll)?\s+(usually|often|generally)\s+(just|start\s+(from|with)\s+(inbound|whatever|an\s+initial)|mirror|jump)\b
  | \b(wasn't|isn't|weren't|not|nothing)\s+(\w+\s+){0,2}(something\s+i|mine|formal|a\s+(big|formal|rigid|pattern)|consistent(ly)?|from\s+scratch|always|perfect)\b
  | \bmy\s+(boss|manager|lead|supervisor)\s+(\w+\s+){0,3}(already|gave|provided|decided|handled|owned|wrote|built|had)\b
  | \bthere\s+was\s+(already\s+)?an?\s+(\w+\s+)?(existing|playbook|standard|pipeline|template)\b | \balready\s+(in\s+place|there|set\s+up|baked|spoken|defined|established)\b
  | \b(pre-?populated|came\s+from\s+(that|the|standard|someone|another)|come\s+from\s+standard|a\s+shared\s+\w+\s+setup|leaned\s+on|worked\s+within\s+(that|it))\b
  | \bthe\s+\w+\s+team\s+(handled|did|built|owned)\s+(most|all|much)\b | \b(most\s+of\s+(it|that|the)\b.{0,60}\b(were|was|come|came)\s+(from|already))
  | \b(rather\s+than|instead\s+of)\s+(reinventing|building|rebuilding|inventing|defining)\b | \b(rather\s+than|instead\s+of)\s+a\s+specific\b
  | \b(more\s+(of\s+)?(like\s+)?a\s+(guideline|handful)|best[- ]case|based\s+on\s+assumptions|one-?time\s+check|it\s+(varies|depends)|different\s+each\s+time|depends\s+on\s+the)\b
  | \b(misread|overstat(ed|ement)|exaggerated|should\s+have\s+(spent|done|planned|tested)|unusually\s+favou?rable|got\s+lucky|pretty\s+informal|became\s+whatever|not\s+on\s+purpose)\b | \bi\s+was\s+mainly\b",
    )
});

/// Praise of oneself.
pub(super) static PRAISE: Pattern = LazyLock::new(|| {
    pattern(
        r"(?ix)
    \b(expert|excellent|exceptional|outstanding|brilliant|amazing|incredible|incredibly|fantastic|phenomenal|superb|unmatched|world[- ]class|unparalleled)\b
  | \b(highly|very|extremely|super|really|truly|exceptionally|deeply)\s+(\w+\s+)?(skilled|experienced|talented|capable|competent|knowledgeable|motivated|strong|good|passionate|qualified|dedicated|proficient)\b
  | \b(i\s+am|i'm|i\s+was|i\s+would\s+be|i'd\s+be)\s+(\w+\s+){0,3}(best|great|perfect|ideal|master|leader|natural|genius|asset|addition|fit|star|guru|ninja|unbeatable)\b
  | \b(the\s+best|top\s+performer|great\s+addition|perfect\s+(fit|candidate)|hard[- ]?work(er|ing)|team\s+player|people\s+person|quick\s+learner|fast\s+learner|detail[- ]oriented|self[- ]starter|go-getter|natural[- ]born)\b
  | \b(everyone|people|colleagues|they)\s+(\w+\s+)?(say|says|said|tells?|told|agrees?|knows?|loves?)\s+(\w+\s+){0,2}i\b",
    )
});

/// Figures, in digits or words.
pub(super) static FIGURE: Pattern = LazyLock::new(|| {
    pattern(
        r"(?ix) \d | \b(half|third|quarter|double[d]?|triple[d]?|twice|dozens?|hundreds?|thousands?|millions?|billions?)\b
  | \b(two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty|sixty)\s+\w+ | \border\s+of\s+magnitude\b | \bper\s?cent\b",
    )
});

/// What came of something.
pub(super) static OUTCOME: Pattern = LazyLock::new(|| {
    pattern(
        r"(?ix)
    \b(reduc(ed|ing)|increas(ed|ing)|improv(ed|ing)|decreas(ed|ing)|lower(ed|ing)|rais(ed|ing)|sav(ed|ing)|cut(ting)?|halv(ed|ing)|doubl(ed|ing)|tripl(ed|ing)|grew|boost(ed|ing)|eliminat(ed|ing)|restor(ed|ing)|prevent(ed|ing)|avoid(ed|ing)|fixed|resolved|shipped|launched|delivered|achiev(ed|ing)|reach(ed|ing)|exceed(ed|ing)|won|went\s+(up|down|live)|dropp(ed|ing)|fell|rose|clos(ed|ing)|recover(ed|ing)|adopt(ed|ing))\b
  | \b(as\s+a\s+result|resulted\s+in|resulting\s+in|result\s+was|the\s+outcome|led\s+to|which\s+(meant|led|helped|allowed|made|gave|cut|let)|since\s+then|so\s+that\s+(we|the|they|everyone|it)|on\s+time|under\s+budget|without\s+(downtime|incident|loss))\b",
    )
});

/// Why something was done, or what else was considered.
pub(super) static REASON: Pattern = LazyLock::new(|| {
    pattern(
        r"(?ix)
    \b(because|trade-?offs?|instead\s+of|rather\s+than|in\s+order\s+to|so\s+that|the\s+reason|reasoned|root\s+cause|compared|comparing|weighed|decided|chose|considered|alternatives?|hypothes[ie]s|assum(ed|ption)s?|to\s+(avoid|prevent|ensure|confirm|validate|see\s+whether|find\s+out|understand)|turned\s+out|realized|realised|constraints?|if\s+.{3,80}(,|then)\s)",
    )
});

/// A habit that holds only as a rule.
pub(super) static LOOSE: Pattern = LazyLock::new(|| {
    pattern(
        r"(?i)\b(usually|generally|typically|mostly|normally|tend\s+to|try\s+(not\s+)?to|try\s+a\s+few|happy\s+to|whatever|whichever|pretty\s+(quickly|much)|as\s+needed|in\s+a\s+way\s+that\s+makes\s+sense|until\s+it\s+(fits|feels|works|looks))\b",
    )
});

/// Tags and rules of pasted text.
pub(super) static MARKUP: Pattern = LazyLock::new(|| {
    pattern(
        r"(?i)</?[a-z][\w-]*[\s>]|\[/?(inst|sys|system|user|assistant)\]|^\s*\#{2,}|^\s*```|^\s*[-=*]{4,}",
    )
});

/// Wondering and asking, within a sentence.
pub(super) static MUSING: Pattern = LazyLock::new(|| {
    pattern(r"(?i)\b(i\s+wonder|(how|what|where|when|why)\s+(do|does|can|could|should|would)\s+(i|we|you))\b")
});

fn words(list: &'static str) -> HashSet<&'static str> {
    list.split_whitespace().collect()
}

/// ASCII only: the automata stay small and quick. Texts come with straight apostrophes.
fn pattern(text: &str) -> Regex {
    RegexBuilder::new(text).unicode(false).build().expect("the pattern is fixed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_compiles() {
        for pattern in
            [&INSTRUCTION, &CONCESSION, &PRAISE, &FIGURE, &OUTCOME, &REASON, &LOOSE, &MARKUP, &MUSING]
        {
            assert!(!pattern.is_match(b"The weather was fine."));
        }
    }
}
