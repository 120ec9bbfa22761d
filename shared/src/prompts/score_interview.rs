use super::{anonymous::Anonymous, requirements_data};
use crate::{
    ai::{Data, Parameters, Prompt},
    domain::{
        requirements::Requirements,
        rubric::Dimension,
        transcript::{Speaker, Utterance},
    },
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Judge an interview dimension by dimension. Answer: [`Judgements`]. No names, contact data, age, address or school
/// reach this prompt (spec 25 §4); totals are computed in code, never asked for.
#[derive(Clone)]
pub struct ScoreInterview {
    pub job_title: String,
    pub job_description: String,
    pub requirements: Requirements,
    pub company_values: Vec<String>,
    pub rubric: Vec<Dimension>,
    pub transcript: Vec<Utterance>,
}

/// A model's judgement; all parts are mandatory (spec 30 §4.3).
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Judgements {
    pub dimensions: Vec<Judgement>,
    pub narrative_summary: String,
    /// For the candidate: constructive, names no score, no other candidate, no criteria.
    pub candidate_feedback: String,
    pub anti_cheat_risk: Risk,
}

#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Judgement {
    pub dimension: String,
    /// 0 to 100.
    pub score: f64,
    /// Why, in one or two sentences.
    pub evidence: String,
    /// Verbatim quotes of the candidate; verified in code before they count.
    pub quotes: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Risk {
    Low,
    Medium,
    High,
}

impl Prompt for ScoreInterview {
    type Answer = Judgements;
    const NAME: &'static str = "score_interview";
    const TEXT: &'static str = include_str!("score_interview.md");

    fn data(&self, data: &mut Data) {
        data.quote("job title", &self.job_title);
        data.quote("job description", &self.job_description);
        requirements_data(&self.requirements, data);
        data.quote_list("company values", &self.company_values);
        data.count("Dimensions", self.rubric.len());
        for dimension in &self.rubric {
            // The weight is left out: it decides nothing about a single dimension, and totals are not the model's.
            let mut text = format!("dimension: {}\nlooks at: {}", dimension.name, dimension.description);
            for (level, anchor) in (1..).zip(&dimension.anchors) {
                text.push_str(&format!("\nlevel {level} of {}: {anchor}", dimension.anchors.len()));
            }
            data.quote("rubric", &text);
        }
        data.line("The interview, oldest turn first:");
        let anonymous = Anonymous::in_transcript(&self.transcript);
        for turn in &self.transcript {
            let name = match turn.speaker {
                Speaker::Interviewer => "turn of the interviewer",
                Speaker::Candidate => "turn of the candidate",
            };
            data.quote(name, &anonymous.text(&turn.content));
        }
        data.line("Judge every dimension of the rubric.");
    }

    fn parameters(&self) -> Parameters {
        Parameters { temperature: 0.2, max_tokens: 4096 }
    }

    fn check(&self, answer: &Judgements) -> Result<(), String> {
        for dimension in &self.rubric {
            let given =
                answer.dimensions.iter().filter(|one| same_name(&one.dimension, &dimension.name)).count();
            if given != 1 {
                return Err("there must be exactly one entry for every dimension of the rubric".into());
            }
        }
        if answer.dimensions.len() != self.rubric.len() {
            return Err("there is an entry for a dimension that the rubric does not have".into());
        }
        if answer.dimensions.iter().any(|one| !(0.0..=100.0).contains(&one.score)) {
            return Err("score must lie between 0 and 100".into());
        }
        let blank = |text: &str| text.trim().is_empty();
        if answer.dimensions.iter().any(|one| blank(&one.evidence)) {
            return Err("evidence must not be empty".into());
        }
        if blank(&answer.narrative_summary) || blank(&answer.candidate_feedback) {
            return Err("narrative_summary and candidate_feedback must not be empty".into());
        }
        Ok(())
    }
}

fn same_name(a: &str, b: &str) -> bool {
    a.trim().to_lowercase() == b.trim().to_lowercase()
}
