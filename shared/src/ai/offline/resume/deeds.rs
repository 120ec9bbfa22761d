//! Lines that say what was done, told from titles and employers when no bullet does.

/// Past tenses that do not end in `-ed`, and verbs as they begin a line about the work one does now.
const VERBS: &str = "|led|built|rebuilt|cut|ran|wrote|rewrote|made|drove|grew|won|set|took|brought|oversaw|taught|sold|spoke|\
    kept|held|gave|began|became|found|got|met|put|saw|shrank|split|sped|spent|sent|spun|stood|undertook|upheld|thought|bought|\
    caught|dealt|did|went|left|laid|paid|read|chose|drew|fought|sought|shot|hit|let|beat|bound|broke|froze|strove|wove|\
    responsible|lead|manage|develop|design|build|create|maintain|write|run|own|drive|deliver|improve|support|work|help|\
    coordinate|implement|provide|train|teach|mentor|plan|organise|organize|prepare|analyse|analyze|test|review|research|\
    oversee|ensure|conduct|perform|assist|collaborate|report|handle|monitor|operate|reduce|increase|introduce|migrate|\
    automate|architect|launch|negotiate|present|produce|resolve|serve|supervise|track|coach|hire|ship|keep|make|set|\
    leading|managing|developing|designing|building|creating|maintaining|writing|running|working|providing|supporting|";

/// Small words that titles and names have in lower case too.
const SMALL: &str = "|of|and|the|in|for|at|de|la|le|du|von|van|und|y|e|&|on|to|";

/// Small words that follow a verb but not the words of a title.
const TELLING: &str = "|a|an|the|to|with|by|from|into|through|across|per|that|while|over|using|";

fn listed(list: &str, word: &str) -> bool {
    !word.is_empty() && list.contains(&format!("|{}|", word.to_lowercase()))
}

fn bare(word: &str) -> &str {
    word.trim_matches(|c: char| !c.is_alphanumeric())
}

/// `Moved pricing out of a monolith`, `Lead a team of three`; not `Lead Backend Engineer` nor `Registered nurse`.
pub(super) fn is_deed(text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().map(bare).filter(|word| !word.is_empty()).collect();
    let [first, rest @ ..] = words.as_slice() else { return false };
    let past =
        first.len() > 4 && first.ends_with("ed") && first.chars().all(|c| c.is_alphabetic() || c == '-');
    if rest.len() < 2 || !past && !listed(VERBS, first) {
        return false;
    }
    let telling = rest.iter().any(|word| listed(TELLING, word));
    let last = words[words.len() - 1];
    if !telling && words.len() <= 5 && super::words::has_role(last) && !last.ends_with('s') {
        return false;
    }
    rest.iter().any(|word| word.starts_with(char::is_lowercase) && !listed(SMALL, word))
}

/// Most of its words are in lower case, and there are too many for a title.
pub(super) fn is_sentence(text: &str) -> bool {
    let words = text.split_whitespace().count();
    let low = text.split_whitespace().filter(|word| word.starts_with(char::is_lowercase)).count();
    words >= 7 && low * 2 > words && text.starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit())
}

/// A few words, each with a capital but for the small ones: as titles and names are written.
pub(super) fn is_capitalised(text: &str) -> bool {
    let mut words = text.split_whitespace();
    words.clone().count() <= 8
        && text.starts_with(char::is_uppercase)
        && !text.ends_with(['.', ';', ','])
        && words.all(|word| !word.starts_with(char::is_lowercase) || listed(SMALL, word))
}
