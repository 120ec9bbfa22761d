//! Competencies touched on in a conversation, by their words (spec 20 §5).

/// Competency and the words that show it; compared case-blind, whole words only.
pub const WORDS: &[(&str, &[&str])] = &[
    ("technical", &["code", "programming", "system", "architecture", "design"]),
    ("problem-solving", &["solve", "approach", "challenge", "solution"]),
    ("communication", &["explain", "collaborate", "team", "stakeholder"]),
    ("leadership", &["lead", "mentor", "guide", "decision"]),
    ("adaptability", &["change", "learn", "adapt", "flexible"]),
];

/// Competencies whose words occur in any of the messages, in the table's order, each once.
#[must_use]
pub fn detect<'a>(messages: impl IntoIterator<Item = &'a str>) -> Vec<&'static str> {
    let mut found = [false; WORDS.len()];
    for message in messages {
        for word in
            message.split(|c: char| !c.is_alphanumeric()).filter(|word| (4..=12).contains(&word.len()))
        {
            for (at, (_, words)) in WORDS.iter().enumerate() {
                found[at] = found[at] || words.iter().any(|known| known.eq_ignore_ascii_case(word));
            }
        }
    }
    WORDS.iter().zip(found).filter(|(_, found)| *found).map(|((name, _), _)| *name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_of_the_table_is_found_in_any_case() {
        for (name, words) in WORDS {
            for word in *words {
                assert_eq!(detect([format!("well, {}!", word.to_uppercase()).as_str()]), [*name], "{word}");
            }
        }
    }

    #[test]
    fn parts_of_words_do_not_count() {
        assert!(
            detect(["We decoded the leaderboard", "misleading", "exchange", "redesigned", "teams"])
                .is_empty()
        );
    }

    #[test]
    fn order_is_the_tables_and_each_comes_once() {
        assert_eq!(
            detect(["I adapt", "our team likes code", "code"]),
            ["technical", "communication", "adaptability"]
        );
    }
}
