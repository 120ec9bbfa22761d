//! One filled-in sample of each prompt.

use super::super::*;
use crate::domain::{
    rubric::Dimension,
    transcript::{Speaker, Utterance},
};

pub(super) fn requirements() -> Requirements {
    let list = |items: &[&str]| items.iter().map(|&item| item.to_owned()).collect();
    Requirements {
        skills: list(&["MIG welding", "reading drawings"]),
        experience: list(&["3 years in fabrication"]),
        qualifications: list(&["Certificate III in Engineering"]),
        responsibilities: list(&["weld structural steel"]),
        interview_questions: list(&["Tell us about a weld that failed inspection."]),
    }
}

pub(super) fn said(turns: &[(Speaker, &str)]) -> Vec<Utterance> {
    let numbered = turns.iter().enumerate();
    numbered
        .map(|(at, (speaker, content))| Utterance {
            id: at.to_string(),
            speaker: *speaker,
            content: (*content).into(),
        })
        .collect()
}

pub(super) fn transcript(name: &str) -> Vec<Utterance> {
    said(&[
        (Speaker::Interviewer, &format!("Hi {name}, welcome. What drew you to welding?")),
        (
            Speaker::Candidate,
            &format!(
                "Hi, my name is {name}, you reach me at {}@example.com or +61 412 345 678. I built trailers.",
                name.to_lowercase().replace(' ', ".")
            ),
        ),
        (Speaker::Candidate, "I cut our rework from 9 to 2 per cent in 2019."),
    ])
}

pub(super) fn extract() -> ExtractRequirements {
    ExtractRequirements {
        job_title: "Boilermaker".into(),
        job_description: "Weld structural steel. 3 years in fabrication. Ticket: Certificate III.".into(),
    }
}

pub(super) fn parse() -> ParseResume {
    ParseResume { text: "Alex Kim\nalex@example.com\n\u{c}Welder, Acme, Nov 2022 - Present".into() }
}

pub(super) fn interview() -> InterviewTurn {
    InterviewTurn {
        job_title: "Boilermaker".into(),
        job_description: "Weld structural steel.".into(),
        requirements: requirements(),
        company_values: vec!["Safety first".into()],
        candidate_name: Some("Alex Kim".into()),
        resume_summary: Some("Welder with six years in trailer building.".into()),
        plan: vec![
            PlanStep { phase: Phase::Introduction, questions: 2 },
            PlanStep { phase: Phase::Technical, questions: 4 },
        ],
        phase: Phase::Technical,
        questions_asked: 3,
        competencies_covered: vec!["technical".into()],
        messages: vec![
            Turn { role: TurnRole::Assistant, content: "Which process do you know best?".into() },
            Turn { role: TurnRole::User, content: "MIG, on 6 mm plate.".into() },
        ],
    }
}

pub(super) fn score(name: &str) -> ScoreInterview {
    ScoreInterview {
        job_title: "Boilermaker".into(),
        job_description: "Weld structural steel.".into(),
        requirements: requirements(),
        company_values: vec!["Safety first".into()],
        rubric: vec![
            Dimension {
                name: "Technical Competency".into(),
                description: "skills and knowledge the job needs".into(),
                weight: 0.75,
                anchors: vec![
                    "cannot name a process".into(),
                    "explains one".into(),
                    "compares and chooses".into(),
                ],
            },
            Dimension {
                name: "Communication".into(),
                description: "clear speech".into(),
                weight: 0.25,
                anchors: vec![],
            },
        ],
        transcript: transcript(name),
    }
}

pub(super) fn rank(summary: &str) -> RankCandidates {
    RankCandidates {
        job_title: "Boilermaker".into(),
        requirements: requirements(),
        candidates: vec![RankCandidate {
            application_id: "0198a1b2-0000-7000-8000-000000000001".into(),
            resume_summary: summary.into(),
            skills: vec!["MIG welding".into(), "forklift".into()],
            experience_years: 6.5,
        }],
    }
}

pub(super) fn practice() -> ReviewPractice {
    ReviewPractice { role_type: "Apprentice welder".into(), transcript: transcript("Alex Kim") }
}
