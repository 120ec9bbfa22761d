//! Which part of the offline engine answers which prompt.

use super::{Offline, offline};
use crate::{
    domain::{practice::PracticeFeedback, requirements::Requirements, resume::ParsedResume},
    prompts::{
        ExtractRequirements, InterviewTurn, Judgements, ParseResume, RankCandidates, Ranking, ReviewPractice,
        ScoreInterview,
    },
};

impl Offline for ExtractRequirements {
    fn offline(&self) -> Requirements {
        offline::extract_requirements(self)
    }
}

impl Offline for ParseResume {
    fn offline(&self) -> ParsedResume {
        offline::resume::parse(&self.text)
    }
}

impl Offline for InterviewTurn {
    fn offline(&self) -> String {
        offline::interview_turn(self)
    }
}

impl Offline for ScoreInterview {
    fn offline(&self) -> Judgements {
        offline::score_interview(self)
    }
}

impl Offline for RankCandidates {
    fn offline(&self) -> Ranking {
        offline::rank(self)
    }
}

impl Offline for ReviewPractice {
    fn offline(&self) -> PracticeFeedback {
        offline::practice_feedback(&self.transcript)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        ai::{AiSettings, Model, Outcome},
        domain::{
            rubric::Dimension,
            transcript::{Speaker, Utterance},
        },
        prompts::{RankCandidate, Turn, TurnRole},
    };
    use futures_util::StreamExt as _;

    fn model() -> Model {
        Model::from_settings(AiSettings::default()).expect("offline needs no settings")
    }

    fn transcript() -> Vec<Utterance> {
        let said = |at: usize, speaker, content: &str| Utterance {
            id: at.to_string(),
            speaker,
            content: content.into(),
        };
        vec![
            said(0, Speaker::Interviewer, "Tell me about a system you designed."),
            said(
                1,
                Speaker::Candidate,
                "I designed the billing system at a telco. I led two people and we cut failed invoices by 40 per \
                 cent within six months.",
            ),
        ]
    }

    /// Whole and structured, through the handle, and of the form that a model would be held to.
    #[tokio::test]
    async fn every_prompt_has_an_offline_answer_of_the_right_form() {
        async fn answer<P: Offline>(prompt: &P) -> P::Answer {
            let answer = model().ask(prompt).await.expect("offline always answers");
            assert_eq!(prompt.check(&answer.value), Ok(()), "{}", P::NAME);
            assert_eq!((answer.call.purpose, answer.call.outcome), (P::NAME, Outcome::Ok));
            assert_eq!((answer.call.provider, answer.call.tokens_out), ("offline", 0));
            answer.value
        }
        let requirements = answer(&ExtractRequirements {
            job_title: "Rust developer".into(),
            job_description: "You need 3+ years of Rust and PostgreSQL. You will design our billing system."
                .into(),
        })
        .await;
        assert!(!requirements.skills.is_empty());
        let dimension = |name: &str| Dimension {
            name: name.into(),
            description: String::new(),
            weight: 0.5,
            anchors: vec![],
        };
        let judgements = answer(&ScoreInterview {
            job_title: "Rust developer".into(),
            job_description: String::new(),
            requirements: requirements.clone(),
            company_values: vec![],
            rubric: vec![dimension("Technical Competency"), dimension("Leadership Potential")],
            transcript: transcript(),
        })
        .await;
        assert_eq!(judgements.dimensions.len(), 2);
        let candidate = |application_id: &str, skill: &str| RankCandidate {
            application_id: application_id.into(),
            resume_summary: format!("Works with {skill}."),
            skills: vec![skill.into()],
            experience_years: 4.0,
        };
        answer(&RankCandidates {
            job_title: "Rust developer".into(),
            requirements,
            candidates: vec![candidate("a", "Rust"), candidate("b", "Baking")],
        })
        .await;
        let resume =
            answer(&ParseResume { text: "Alex Kim\nalex.kim@example.com\n\nSkills\nRust, Go".into() }).await;
        assert_eq!(resume.personal_info.email.as_deref(), Some("alex.kim@example.com"));
        answer(&ReviewPractice { role_type: "Developer".into(), transcript: transcript() }).await;
    }

    #[tokio::test]
    async fn the_offline_interviewer_streams_what_it_says_whole() {
        let prompt = InterviewTurn {
            job_title: "Rust developer".into(),
            messages: vec![Turn { role: TurnRole::User, content: "Hello, I am ready.".into() }],
            ..InterviewTurn::default()
        };
        let mut stream = model().stream(&prompt).await.expect("a stream");
        let mut text = String::new();
        let mut pieces = 0;
        while let Some(piece) = stream.next().await {
            text.push_str(&piece.expect("text"));
            pieces += 1;
        }
        assert_eq!(text, prompt.offline());
        assert!(pieces > 1 && text.contains('?'), "{text}");
    }
}
