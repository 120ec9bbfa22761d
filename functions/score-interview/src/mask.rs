//! Takes what identifies a candidate out of a transcript before a model reads it (spec 25 §4): the names and schools that
//! are on record. What people give away in the conversation itself (introductions, addresses, numbers) the prompt takes out.

use shared::domain::candidate::Candidate;
use shared::domain::transcript::Utterance;

/// Words are replaced whole and in the case they are written in; the record's transcript stays as it is. A quote that
/// holds a replaced word matches nothing and does not count.
pub(crate) fn masked(transcript: &[Utterance], candidate: Option<&Candidate>) -> Vec<Utterance> {
    let Some(candidate) = candidate else { return transcript.to_vec() };
    let names = [&candidate.fields.first_name, &candidate.fields.last_name];
    let names = names.into_iter().map(|name| (name.as_str(), "[name]"));
    let schools = candidate.education.iter().map(|entry| (entry.fields.institution.as_str(), "[school]"));
    let marks: Vec<_> = schools.chain(names).filter(|(word, _)| word.trim().chars().count() > 1).collect();
    let mask = |turn: &Utterance| {
        let content =
            marks.iter().fold(turn.content.clone(), |text, (word, mark)| replace(&text, word.trim(), mark));
        Utterance { content, ..turn.clone() }
    };
    transcript.iter().map(mask).collect()
}

fn replace(text: &str, word: &str, mark: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(word) {
        let (before, found) = rest.split_at(at);
        let after = &found[word.len()..];
        let inside = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let is_whole = !inside(before.chars().next_back().or_else(|| kept.chars().next_back()))
            && !inside(after.chars().next());
        kept.push_str(before);
        kept.push_str(if is_whole { mark } else { word });
        rest = after;
    }
    kept.push_str(rest);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_words_are_replaced_and_others_stay() {
        assert_eq!(
            replace("Ann led it. Annual; JoAnn. Ann's.", "Ann", "[name]"),
            "[name] led it. Annual; JoAnn. [name]'s."
        );
        assert_eq!(replace("I will do it", "Will", "[name]"), "I will do it");
        assert_eq!(replace("AnnAnn", "Ann", "[name]"), "AnnAnn");
    }
}
