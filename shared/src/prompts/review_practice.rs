use crate::{
    ai::{Data, Parameters, Prompt},
    domain::{
        practice::PracticeFeedback,
        transcript::{Speaker, Utterance},
    },
};

/// Feedback on a practice interview, for the candidate alone. Answer: [`PracticeFeedback`]; no score (spec 20 §7).
#[derive(Clone)]
pub struct ReviewPractice {
    /// The kind of role practised for, in the candidate's words.
    pub role_type: String,
    pub transcript: Vec<Utterance>,
}

impl Prompt for ReviewPractice {
    type Answer = PracticeFeedback;
    const NAME: &'static str = "review_practice";
    const TEXT: &'static str = include_str!("review_practice.md");

    fn data(&self, data: &mut Data) {
        data.quote("role practised for", &self.role_type);
        data.line("The practice interview, oldest turn first:");
        for turn in &self.transcript {
            let name = match turn.speaker {
                Speaker::Interviewer => "turn of the interviewer",
                Speaker::Candidate => "turn of the person",
            };
            data.quote(name, &turn.content);
        }
        data.line("Write the feedback.");
    }

    fn parameters(&self) -> Parameters {
        Parameters { temperature: 0.4, max_tokens: 900 }
    }

    fn check(&self, answer: &PracticeFeedback) -> Result<(), String> {
        if answer.summary.trim().is_empty() {
            return Err("summary must not be empty".into());
        }
        Ok(())
    }
}
