//! Feedback after a practice interview (spec 20 §7): for the candidate alone, no score.

use super::scorer::{
    answers,
    feedback::list,
    sentence::{Facts, Kind, Statement},
};
use crate::domain::{language::words, practice::PracticeFeedback, transcript::Utterance};
use std::collections::HashSet;

/// A habit that can be seen in answers, what to say when it shows, and what to say when it does not.
struct Habit {
    shows: fn(&[Statement<'_>]) -> bool,
    strength: &'static str,
    improvement: &'static str,
}

const HABITS: &[Habit] = &[
    Habit {
        shows: |answer| any(answer, |facts| facts.own_act || facts.method),
        strength: "You say what you did yourself, so your own part in the work is plain",
        improvement: "Say `I` where you acted yourself: which steps were yours, and in what order?",
    },
    Habit {
        shows: |answer| any(answer, |facts| facts.outcome),
        strength: "You tell what came of your work",
        improvement: "Finish each story with its result: what changed, and who noticed?",
    },
    Habit {
        shows: |answer| any(answer, |facts| facts.figure),
        strength: "You use figures that make the size of your work easy to grasp",
        improvement: "Add a figure to each example: how many, how long, how much before and after",
    },
    Habit {
        shows: |answer| any(answer, |facts| facts.reason),
        strength: "You explain why you chose what you chose",
        improvement: "Give the reason for a choice and the option you did not take",
    },
    Habit {
        shows: |answer| any(answer, |facts| facts.tool),
        strength: "You name the tools and methods you worked with",
        improvement: "Name the tools and methods you worked with, and what for",
    },
    Habit {
        shows: |answer| answer.iter().map(|s| words(s.text).count()).sum::<usize>() >= 40,
        strength: "You give answers enough room for situation, action and result",
        improvement: "Take more room: one or two sentences each for the situation, your task, your action and the result",
    },
];

/// Strengths are habits seen in at least half of the answers, improvements those seen in fewer than a third; where all
/// is in order the improvement is about keeping it short.
#[must_use]
pub fn practice_feedback(transcript: &[Utterance]) -> PracticeFeedback {
    let answers = answers(transcript, &super::scorer::known_tools());
    let answers: Vec<_> = answers.into_iter().filter(|answer| !answer.is_empty()).collect();
    if answers.is_empty() {
        return PracticeFeedback {
            summary: "There was no answer to give feedback on. Start again whenever you like; nobody else sees your practice."
                .to_owned(),
            strengths: vec![],
            improvements: vec!["Answer at least one question aloud or in writing, as you would in the real conversation".to_owned()],
        };
    }
    let share = |habit: &Habit| {
        answers.iter().filter(|answer| (habit.shows)(answer)).count() as f64 / answers.len() as f64
    };
    let mut strengths: Vec<_> =
        HABITS.iter().filter(|habit| share(habit) >= 0.5).map(|habit| habit.strength.to_owned()).collect();
    let mut improvements: Vec<_> = HABITS
        .iter()
        .filter(|habit| share(habit) < 1.0 / 3.0)
        .map(|habit| habit.improvement.to_owned())
        .collect();
    if repeats(&answers) {
        improvements.insert(
            0,
            "Bring a different example for each question; two of your answers tell nearly the same"
                .to_owned(),
        );
    }
    if improvements.is_empty() {
        improvements.push(
            "Keep each example to about two minutes and lead with the point you want remembered".to_owned(),
        );
    }
    if strengths.is_empty() {
        strengths
            .push("You answered and stayed in the conversation, which is what practice is for".to_owned());
    }
    strengths.truncate(4);
    improvements.truncate(4);
    let whole = answers.iter().filter(|answer| is_whole_story(answer)).count();
    let count = match answers.len() {
        1 => "one question".to_owned(),
        many => format!("{many} questions"),
    };
    let topics = topics(&answers);
    let mut summary = format!("You answered {count}");
    if !topics.is_empty() {
        summary.push_str(&format!(" and spoke about {}", list(&topics)));
    }
    summary.push_str(match whole {
        0 => ". None of the answers yet tells a whole story from situation to result; that is the best thing to work on next.",
        all if all == answers.len() => ". Every answer told a whole story from what you did to what came of it.",
        1 => ". One answer told a whole story from what you did to what came of it; try to do the same in the others.",
        _ => ". Several answers told a whole story from what you did to what came of it; try to do the same in the others.",
    });
    PracticeFeedback { summary, strengths, improvements }
}

fn any(answer: &[Statement<'_>], present: fn(&Facts) -> bool) -> bool {
    answer.iter().any(|statement| statement.kind == Kind::Account && present(&statement.facts))
}

fn is_whole_story(answer: &[Statement<'_>]) -> bool {
    any(answer, |facts| facts.own_act || facts.shared_act) && any(answer, |facts| facts.outcome)
}

/// Whether two answers of some length share nearly all their words.
fn repeats(answers: &[Vec<Statement<'_>>]) -> bool {
    let stems: Vec<HashSet<String>> =
        answers.iter().map(|answer| answer.iter().flat_map(|s| s.stems.iter().cloned()).collect()).collect();
    stems.iter().enumerate().any(|(at, one)| {
        stems[at + 1..].iter().any(|other| {
            one.len().min(other.len()) >= 6 && crate::domain::language::overlap(one, other) > 0.8
        })
    })
}

/// Up to three skills named in the answers.
fn topics(answers: &[Vec<Statement<'_>>]) -> Vec<String> {
    let mut topics: Vec<String> = Vec::new();
    for statement in answers.iter().flatten().filter(|statement| statement.kind == Kind::Account) {
        for skill in super::requirements::skills_in(statement.text) {
            if topics.len() < 3 && !topics.contains(&skill) {
                topics.push(skill);
            }
        }
    }
    topics
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{score::fit_for_candidate, transcript::Speaker};

    fn feedback(answers: &[&str]) -> PracticeFeedback {
        let turns = answers.iter().flat_map(|answer| {
            [(Speaker::Interviewer, "Tell me about your work."), (Speaker::Candidate, *answer)]
        });
        let turn = |(id, (speaker, content)): (usize, (Speaker, &str))| Utterance {
            id: id.to_string(),
            speaker,
            content: content.to_owned(),
        };
        let given = practice_feedback(&turns.enumerate().map(turn).collect::<Vec<_>>());
        assert!(
            !given.summary.is_empty()
                && (1..=4).contains(&given.improvements.len())
                && given.strengths.len() <= 4
        );
        for said in [&given.summary].into_iter().chain(&given.strengths).chain(&given.improvements) {
            assert_eq!(
                fit_for_candidate(said, &[]).split_whitespace().count(),
                said.split_whitespace().count(),
                "tells a score: {said}"
            );
        }
        given
    }

    const WHOLE: &str = "When our nightly run kept missing its deadline I traced the cause to a lock in PostgreSQL, compared two ways out and \
        moved the writes to Kafka because it let us retry. As a result the run went from six hours to forty minutes and nobody was called.";

    #[test]
    fn a_whole_story_is_praised_for_what_it_holds() {
        let given = feedback(&[WHOLE]);
        assert!(
            given.summary.contains("PostgreSQL") && given.summary.contains("Every answer told a whole story"),
            "{}",
            given.summary
        );
        assert_eq!(given.strengths.len(), 4);
    }

    #[test]
    fn thin_answers_are_told_what_to_add() {
        let given = feedback(&["It was fine.", "We do all kinds of work there.", "Hard to say."]);
        assert!(given.summary.contains("None of the answers"), "{}", given.summary);
        assert!(given.improvements.iter().any(|advice| advice.contains("result")));
        assert!(given.strengths.len() == 1);
    }

    #[test]
    fn the_same_story_told_twice_is_noticed() {
        assert!(feedback(&[WHOLE, WHOLE]).improvements[0].contains("different example"));
    }

    #[test]
    fn silence_gets_a_kind_word() {
        assert!(practice_feedback(&[]).strengths.is_empty());
        assert_eq!(practice_feedback(&[]).improvements.len(), 1);
    }
}
