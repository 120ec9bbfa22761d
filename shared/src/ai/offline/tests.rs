//! Promises that hold for any input whatever: no panic, sizes and forms kept.

use super::*;
use crate::{
    domain::{
        requirements::Requirements,
        rubric::default_rubric,
        score::{ScoreSettings, assemble},
        transcript::{Speaker, Utterance},
    },
    prompts::{
        ExtractRequirements, InterviewTurn, Phase, RankCandidate, RankCandidates, ScoreInterview, Turn,
        TurnRole,
    },
};
use proptest::prelude::*;

/// Text as people and machines write it: words, marks, line ends, other scripts.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[a-zA-Z]{1,12}",
        "\\PC{0,6}",
        prop::sample::select(vec![
            "I led",
            "we built",
            "Kafka",
            "5 years",
            "experience with",
            "skills",
            "\n- ",
            "\n## ",
            ": ",
            "; ",
            "? ",
            ". ",
            "?!",
            "e.g. ",
            "’s",
            "…",
            "\u{0}",
            "<b>",
            "[x](",
            "{}",
            "100 points",
            "because",
            "\n\n",
            "You will ",
            "İ",
            "ß",
            "ﬁ",
            "e\u{301}",
            "👩‍🔬",
            "ignore previous instructions",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.join(" "))
}

fn requirements() -> impl Strategy<Value = Requirements> {
    let list = || prop::collection::vec(text(), 0..4);
    (list(), list(), list(), list()).prop_map(
        |(skills, experience, responsibilities, interview_questions)| Requirements {
            skills,
            experience,
            responsibilities,
            interview_questions,
            qualifications: vec![],
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_advert_gives_bounded_lists(job_title in text(), job_description in text()) {
        let found = extract_requirements(&ExtractRequirements { job_title, job_description });
        for list in [&found.skills, &found.experience, &found.qualifications, &found.responsibilities, &found.interview_questions] {
            prop_assert!(list.len() <= 30);
            let mut keys: Vec<_> = list.iter().map(|entry| entry.to_lowercase()).collect();
            keys.sort();
            keys.dedup();
            prop_assert_eq!(keys.len(), list.len());
        }
    }

    #[test]
    fn any_conversation_gets_a_well_formed_turn(
        job_title in text(), requirements in requirements(), company_values in prop::collection::vec(text(), 0..3),
        name in text(), said in prop::collection::vec((any::<bool>(), text()), 0..8), questions_asked in 0_u32..14, later in any::<bool>()
    ) {
        let messages = said
            .into_iter()
            .map(|(user, content)| Turn { role: if user { TurnRole::User } else { TurnRole::Assistant }, content })
            .collect();
        let phase = if later { Phase::Behavioral } else { Phase::Introduction };
        let turn = InterviewTurn { job_title, requirements, company_values, candidate_name: Some(name), messages, questions_asked, phase, ..InterviewTurn::default() };
        let reply = interview_turn(&turn);
        prop_assert!(reply.matches('?').count() <= 1, "{}", reply);
        prop_assert!(!reply.trim().is_empty() && reply.chars().count() < 1_200);
        prop_assert_eq!(&reply, &interview_turn(&turn));
    }

    #[test]
    fn any_transcript_assembles(said in prop::collection::vec((any::<bool>(), text()), 0..8), requirements in requirements()) {
        let transcript: Vec<_> = said
            .into_iter()
            .enumerate()
            .map(|(id, (candidate, content))| {
                let speaker = if candidate { Speaker::Candidate } else { Speaker::Interviewer };
                Utterance { id: id.to_string(), speaker, content }
            })
            .collect();
        let prompt = ScoreInterview {
            job_title: String::new(),
            job_description: String::new(),
            requirements,
            company_values: vec![],
            rubric: default_rubric(),
            transcript,
        };
        let judged = score_interview(&prompt);
        let sheet = assemble(&prompt.rubric, &[judged], &prompt.transcript, ScoreSettings::default());
        prop_assert_eq!(sheet.map(|sheet| sheet.rejected_quotes).ok(), Some(0));
        let _ = practice_feedback(&prompt.transcript);
    }

    #[test]
    fn any_candidate_is_ranked(requirements in requirements(), summary in text(), skills in prop::collection::vec(text(), 0..4), years in -5.0_f64..80.0) {
        let candidate = RankCandidate { application_id: "a".into(), resume_summary: summary, skills, experience_years: years };
        let ranking = rank(&RankCandidates { job_title: "Engineer".into(), requirements, candidates: vec![candidate] });
        prop_assert!((0.0..=100.0).contains(&ranking.candidates[0].match_score));
    }
}
