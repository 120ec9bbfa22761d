//! The interviewer's wordings. Each bank holds complete sentences; questions end with a question mark.

use super::answer::{Asked, Missing};
use crate::prompts::{InterviewTurn, Phase};

pub(super) const OVERVIEW: &[&str] = &[
    "I am an AI interviewer; we will talk about your background, then about the work itself and how you go about it, and at the end there is room for your questions.",
    "I am an AI interviewer, and I will ask about your background, your practical experience and the way you work with others before you can ask what you would like to know.",
    "As an AI interviewer I will lead you through a few questions about your background, your work and how you approach it, and you may take all the time you need.",
];

pub(super) const INTRODUCTION_FIRST: &[&str] = &[
    "To begin, could you tell me a little about your background and what led you to apply?",
    "To start us off, what in your background has best prepared you for this kind of work?",
    "Let us start with you: what have you been working on lately, and how did you get there?",
];

pub(super) const INTRODUCTION: &[&str] = &[
    "What interests you most about the {} position?",
    "Which part of your experience so far do you expect to draw on most in this position?",
    "What are you hoping to find in your next position that you do not have today?",
    "Which piece of work from the past two years are you most proud of, and why?",
    "What did a typical week look like in your most recent position?",
];

pub(super) const SKILL: &[&str] = &[
    "Can you walk me through a recent piece of work in which you used {}?",
    "What is the hardest problem you have solved with {}, and how did you go about it?",
    "Where did {} make the difference in your work, and what was your own part in it?",
    "Which decision about {} in your work would you make differently today, and why?",
];

pub(super) const DUTY: &[&str] = &[
    "The position involves {}; can you tell me about a time you did something similar?",
    "How would you go about {}, drawing on something you have already done?",
    "What experience do you have with {}, and what did you find most difficult about it?",
];

pub(super) const EXPERIENCE: &[&str] = &[
    "The position asks for {}; which part of your work comes closest to that?",
    "Regarding {}, which project of yours would you point to, and what was your part in it?",
];

pub(super) const TECHNICAL: &[&str] = &[
    "Can you take me through a difficult task from your field, from first look to finished work?",
    "How do you make sure that the quality of your work holds up, and when did that last catch a mistake?",
    "Which tools or methods do you rely on most, and what are their limits?",
    "When you had to choose between two ways of doing something, how did you decide?",
    "How do you find the cause when something stops working as expected?",
    "What have you recently improved about the way a task in your field is done?",
    "How do you estimate how long a piece of work will take, and how close was your last estimate?",
    "What would you check first when taking over work that somebody else began?",
];

pub(super) const VALUE: &[&str] = &[
    "One thing that matters here is {}; when did you last act on that at work?",
    "The company sets great store by {}; can you describe a situation in which that guided you?",
];

pub(super) const PROBLEM_SOLVING: &[&str] =
    &["Can you tell me about a challenge at work that had no obvious solution, and how you approached it?"];
pub(super) const COMMUNICATION: &[&str] = &[
    "When did you have to explain something complicated to people outside your field, and how did you make sure it came across?",
];
pub(super) const LEADERSHIP: &[&str] =
    &["Can you describe a situation in which you took the lead without being asked to, and what came of it?"];
pub(super) const ADAPTABILITY: &[&str] =
    &["Can you tell me about a time when plans changed at short notice, and what you did?"];

pub(super) const BEHAVIORAL: &[&str] = &[
    "Can you describe a disagreement with a colleague, what you did about it and how it ended?",
    "What is something that went wrong in your work, and what did you change afterwards?",
    "When did you last receive criticism that was hard to hear, and what did you do with it?",
    "Whom have you helped to become better at their work, and how did you do it?",
    "When were you last short of time on several things at once, and how did you choose what to do first?",
    "Can you tell me about a goal you set yourself at work and how far you got with it?",
    "When did you have to win over somebody who did not share your view, and how did you go about it?",
    "What was the most useful thing you learned on the job last year, and how did you learn it?",
];

pub(super) const CLOSING: &[&str] = &[
    "Before we finish, what would you like to ask about the position or the team?",
    "We are nearly at the end; what questions do you have about the position or the company?",
    "That brings us to your turn: what would you like to know about the work or the team?",
    "Is there anything you would like to ask, or something about your experience we have not touched on yet?",
];

pub(super) const ACKNOWLEDGE: &[&str] = &[
    "Thank you, that gives me a clear picture.",
    "Thanks for walking me through that.",
    "I appreciate the detail.",
    "That is helpful context, thank you.",
    "Thank you for sharing that example.",
    "I see, thanks for explaining how you went about it.",
    "That makes sense, thank you.",
    "Thanks, I can follow how that went.",
    "Thank you for describing that so openly.",
    "Good to hear how you approached it.",
];

pub(super) const ACKNOWLEDGE_NAMED: &[&str] = &[
    "Thank you, it is useful to hear where {} came in.",
    "Thanks for describing your work with {}.",
    "I appreciate the detail, especially on {}.",
    "That is helpful, thank you for bringing up {}.",
    "Thanks, the part about {} is good to know.",
];

pub(super) const ACKNOWLEDGE_SHORT: &[&str] = &[
    "Thank you.",
    "Thanks, I would like to understand that a little better.",
    "I see, thank you.",
    "Thanks for that start.",
    "All right, thank you.",
    "Okay, thanks.",
];

pub(super) const DECLINED: &[&str] = &[
    "That is quite all right, we can move on.",
    "No problem, not every question fits everybody's experience.",
    "That is fine, thank you for being open about it.",
    "Understood, let us look at something else.",
];

pub(super) const NO_ANSWER: &[&str] = &[
    "Take your time.",
    "There is no hurry at all.",
    "Whenever you are ready.",
    "Let us try it from another side.",
];

pub(super) const REPHRASE: &[&str] = &[
    "Let me put it differently: which situation from your own work comes to mind here, and what did you do in it?",
    "In other words, what is one thing you have done yourself that comes close to this?",
    "What I mean is something from practice: which case could you describe from beginning to end?",
];

pub(super) const FAREWELL: &[&str] = &[
    "Thank you very much for your time and for the examples you shared today.",
    "Thank you for this conversation; I enjoyed hearing about your work.",
    "Many thanks for taking the time to talk with me and for your thoughtful answers.",
];

pub(super) const NEXT_STEPS: &str = "The people responsible for this position will look at our conversation themselves and decide on the next steps. I wish you all the best.";

const DETAIL: &[&str] = &[
    "Could you go into a bit more detail, perhaps with one concrete case from your work?",
    "Could you expand on that with something you did yourself?",
    "What would be one specific instance of that?",
    "Could you pick one moment and describe what was going on and what you did?",
    "What else can you say about it, for instance who was involved and what your task was?",
];

const EXAMPLE: &[&str] = &[
    "Could you give me a concrete example, with the situation you were in and what you did?",
    "Which specific situation comes to mind, and what was your task in it?",
    "Could you make that tangible with one case you were part of?",
    "When did that last happen, and what was your role?",
    "Can you take one real instance and tell me what happened step by step?",
];

const ACTION: &[&str] = &[
    "What exactly did you yourself do in that situation?",
    "Which of those steps were yours, and how did you go about them?",
    "How did your own contribution look, as opposed to the team's?",
    "What was the first thing you did, and what came after?",
];

const RESULT: &[&str] = &[
    "How did it turn out in the end?",
    "What came of it, and how could you tell?",
    "What changed because of what you did?",
    "What was the outcome, and what did you take away from it?",
    "How did the others involved respond to the result?",
];

pub(super) fn follow_ups(missing: Missing) -> &'static [&'static str] {
    match missing {
        Missing::Detail => DETAIL,
        Missing::Example => EXAMPLE,
        Missing::Action => ACTION,
        Missing::Result => RESULT,
    }
}

pub(super) fn is_follow_up(question: &str) -> bool {
    [DETAIL, EXAMPLE, ACTION, RESULT, REPHRASE].iter().any(|bank| bank.contains(&question))
}

pub(super) fn bridge(phase: Phase) -> &'static str {
    match phase {
        Phase::Introduction => "Let us begin with your background.",
        Phase::Technical => "Let us turn to the work itself.",
        Phase::Behavioral => {
            "I would now like to hear how you work with others and handle difficult situations."
        }
        Phase::Closing => "We have covered what I wanted to ask.",
    }
}

/// An answer to the candidate in the interviewer's role: no criteria, no promise, no terms.
pub(super) fn reply(asked: Asked, turn: &InterviewTurn) -> String {
    match asked {
        Asked::Assessment => "I understand that you would like to know; I cannot speak about how interviews are looked at or what will \
            be decided, as people make that decision afterwards."
            .to_owned(),
        Asked::Pay => "That is a fair question, and the recruiter is the right person to answer it, since I cannot speak about terms."
            .to_owned(),
        Asked::Nature => "I am an AI interviewer; I lead this conversation, and people at the company look at it and make the decisions."
            .to_owned(),
        Asked::Clarify => "Of course.".to_owned(),
        Asked::Role => match duty(turn) {
            Some(duty) => format!("Good question: according to the advert, the work includes {duty}, and the team can tell you more than I can."),
            None => "Good question; the recruiter and the team can tell you more about that than I can.".to_owned(),
        },
        Asked::Other => "Thank you for asking; that is outside what I can speak about here, and the recruiter will be glad to help with it."
            .to_owned(),
    }
}

fn duty(turn: &InterviewTurn) -> Option<String> {
    turn.requirements
        .responsibilities
        .iter()
        .find_map(|duty| crate::ai::offline::requirements::as_gerund(duty))
}

/// A job title fit to be spoken: one line, at most 80 characters, no sentence.
pub(super) fn title(title: &str) -> String {
    let title = title.split_whitespace().collect::<Vec<_>>().join(" ");
    let plain = title.chars().all(|c| c.is_alphanumeric() || " -/&(),.+#'’".contains(c));
    if title.is_empty() || title.chars().count() > 80 || !plain || title.contains(". ") {
        "open".to_owned()
    } else {
        title
    }
}

/// The first given name, or nothing when the field does not hold a name.
pub(super) fn given_name(name: &str) -> Option<&str> {
    let plain = name.chars().all(|c| c.is_alphabetic() || matches!(c, ' ' | '-' | '\'' | '’' | '.'));
    let first = name.split_whitespace().next()?;
    (plain && name.split_whitespace().count() <= 5 && (2..=30).contains(&first.chars().count()))
        .then_some(first)
}
