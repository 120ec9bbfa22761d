use super::requirements_data;
use crate::{
    ai::{Data, Form, Parameters, Prompt},
    domain::requirements::Requirements,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The interviewer's next turn. Answer: plain text, two to four sentences, one question; streamed.
#[derive(Clone, Default)]
pub struct InterviewTurn {
    pub job_title: String,
    pub job_description: String,
    pub requirements: Requirements,
    pub company_values: Vec<String>,
    pub candidate_name: Option<String>,
    pub resume_summary: Option<String>,
    pub plan: Vec<PlanStep>,
    /// Phase the interview is in now; never goes backwards.
    pub phase: Phase,
    /// Interviewer questions asked so far in the whole interview.
    pub questions_asked: u32,
    pub competencies_covered: Vec<String>,
    /// The conversation so far, oldest first; system messages already dropped. Empty for the greeting.
    pub messages: Vec<Turn>,
}

/// How many questions a phase holds (spec 20 §5: default 2, 4, 3, 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanStep {
    pub phase: Phase,
    pub questions: u32,
}

#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    #[default]
    Introduction,
    Technical,
    Behavioral,
    Closing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TurnRole {
    User,
    Assistant,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Turn {
    pub role: TurnRole,
    pub content: String,
}

/// Characters of the conversation that are sent: the newest turns that fit, so that the first piece stays quick
/// (spec 20 §5, speed).
const NEWEST_CHARS: usize = 24_000;

/// What an interviewer says when the model says nothing usable (spec 20 §9).
pub const NEUTRAL_FOLLOW_UP: &str = "Thank you for sharing that. Could you tell me a little more, perhaps with an example from your own work?";

impl Phase {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Introduction => "introduction",
            Self::Technical => "technical",
            Self::Behavioral => "behavioral",
            Self::Closing => "closing",
        }
    }
}

impl PlanStep {
    /// The phase that the question after `asked` ones belongs to; the last one when the plan is used up.
    pub fn phase_after(plan: &[Self], asked: u32) -> Phase {
        let mut planned = 0;
        for step in plan {
            planned += step.questions;
            if asked < planned {
                return step.phase;
            }
        }
        plan.last().map_or(Phase::Closing, |step| step.phase)
    }
}

impl Prompt for InterviewTurn {
    type Answer = String;
    const NAME: &'static str = "interview_turn";
    const TEXT: &'static str = include_str!("interview_turn.md");
    const FORM: Form = Form::Text;

    fn data(&self, data: &mut Data) {
        data.quote("job title", &self.job_title);
        data.quote("job description", &self.job_description);
        requirements_data(&self.requirements, data);
        data.quote_list("suggested questions", &self.requirements.interview_questions);
        data.quote_list("company values", &self.company_values);
        data.quote("candidate name", self.candidate_name.as_deref().unwrap_or_default());
        data.quote("resume summary", self.resume_summary.as_deref().unwrap_or_default());
        data.quote_list("competencies covered", &self.competencies_covered);
        for step in &self.plan {
            data.fact("Planned phase", step.phase.as_str());
            data.count("- questions in it", step.questions as usize);
        }
        data.fact("Phase now", self.phase.as_str());
        data.count("Questions asked so far", self.questions_asked as usize);
        let newest = self.newest();
        if newest.is_empty() {
            data.line("Nothing was said yet.");
        } else if newest.len() < self.messages.len() {
            data.line("The conversation so far, oldest turn first; its beginning is left out:");
        } else {
            data.line("The conversation so far, oldest turn first:");
        }
        for turn in newest {
            // The interviewer's turns are quoted too: a client may have written them.
            let name = match turn.role {
                TurnRole::User => "turn of the candidate",
                TurnRole::Assistant => "turn of the interviewer",
            };
            data.quote(name, &turn.content);
        }
        data.line("Write the interviewer's next turn.");
    }

    /// Spec 20 §5.
    fn parameters(&self) -> Parameters {
        Parameters { temperature: 0.7, max_tokens: 800 }
    }
}

impl InterviewTurn {
    /// The newest turns within [`NEWEST_CHARS`], at least one.
    fn newest(&self) -> &[Turn] {
        let mut left = NEWEST_CHARS;
        let fitting = self
            .messages
            .iter()
            .rev()
            .take_while(|turn| {
                let fits = turn.content.len() <= left;
                left = left.saturating_sub(turn.content.len());
                fits
            })
            .count();
        &self.messages[self.messages.len() - fitting.max(1).min(self.messages.len())..]
    }
}
