//! What a candidate may read: no score, no criteria, no other candidate (spec 30 §4.10).

use crate::domain::language::sentences;
use regex::Regex;
use std::sync::OnceLock;

const NEUTRAL: &str = "Thank you for taking the time to talk through your experience.";

/// The feedback without the sentences that name a score, the criteria (`dimensions`: the rubric's names) or others.
/// When nothing is left, a neutral word of thanks.
#[must_use]
pub fn fit_for_candidate(feedback: &str, dimensions: &[&str]) -> String {
    let kept: Vec<_> =
        sentences(feedback).into_iter().filter(|sentence| !tells(sentence, dimensions)).collect();
    if kept.is_empty() { NEUTRAL.to_owned() } else { kept.join(" ") }
}

fn tells(sentence: &str, dimensions: &[&str]) -> bool {
    static TELLING: OnceLock<Regex> = OnceLock::new();
    let telling = TELLING.get_or_init(|| Regex::new(TELLING_WORDS).expect("the pattern is fixed"));
    telling.is_match(sentence) || dimensions.iter().any(|name| names(sentence, name.trim()))
}

const TELLING_WORDS: &str = r"(?ix)
    \b(score[sd]?|scoring|rubric|criteri(on|a)|rating|rated|graded?|benchmark|percentile|weight(ed|ing|s)?|marks?\s+out|band)\b
  | \b\d+([.,]\d+)?\s*(/|out\s+of|of)\s*(5|10|20|100|five|ten|hundred)\b
  | \b(one|two|three|four|five|six|seven|eight|nine|ten|\w+ty|hundred)\s+out\s+of\b
  | \b\d+([.,]\d+)?\s*(points?|pts|percent|%)
  | \b(other|another|stronger|weaker|fellow|all|most)\s+(candidate|applicant)s?\b
  | \b(candidates|applicants|shortlist(ed)?|ranked|ranking)\b
  | \b(needs_improvement|anti[- ]?cheat)\b";

/// Whether the sentence holds a criterion's name. A name of one word is an ordinary word in small letters
/// (`your communication was clear`), so there only the name as written counts; longer names count in any case.
fn names(sentence: &str, name: &str) -> bool {
    if name.is_empty() {
        return false;
    }
    let one_word = !name.contains([' ', '_', '-']);
    let (text, name) = if one_word {
        (sentence.to_owned(), name.to_owned())
    } else {
        (sentence.to_lowercase(), name.to_lowercase())
    };
    let spoken = name.replace('_', " ");
    [name, spoken].iter().any(|name| {
        text.match_indices(name.as_str()).any(|(at, _)| {
            let before = text[..at].chars().next_back();
            let after = text[at + name.len()..].chars().next();
            !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_criteria_and_others_are_taken_out() {
        let told = "You explained the migration well. Your score was 82. You got 82/100. That is eight out of ten. \
            Your Problem Solving could grow. You did better than most candidates. The rubric asks for more. 70% overall. \
            Next time, add one result to each story.";
        assert_eq!(
            fit_for_candidate(told, &["Problem Solving", "Communication"]),
            "You explained the migration well. Next time, add one result to each story."
        );
    }

    #[test]
    fn ordinary_words_stay() {
        let told = "Your communication with customers came across. Bring 2 or 3 examples.";
        assert_eq!(fit_for_candidate(told, &["Communication"]), told);
        assert_eq!(fit_for_candidate("Communication: excellent.", &["Communication"]), NEUTRAL);
        assert_eq!(fit_for_candidate("Your market focus is strong.", &["market_focus"]), NEUTRAL);
        assert_eq!(fit_for_candidate("", &[]), NEUTRAL);
    }
}
