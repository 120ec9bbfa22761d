use super::{anonymous::anonymous, requirements_data};
use crate::{
    ai::{Data, Parameters, Prompt},
    domain::requirements::Requirements,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Compare candidates with a job. Answer: [`Ranking`]. Names are not part of it (spec 25 §4).
#[derive(Clone)]
pub struct RankCandidates {
    pub job_title: String,
    pub requirements: Requirements,
    pub candidates: Vec<RankCandidate>,
}

impl RankCandidates {
    /// The same question for ten candidates at a time: an entry takes a model about a second, and one answer has no room
    /// for two hundred. Each candidate is judged against the job, so the answers may simply be put together.
    pub fn batches(&self) -> impl Iterator<Item = Self> {
        self.candidates.chunks(10).map(|candidates| Self {
            job_title: self.job_title.clone(),
            requirements: self.requirements.clone(),
            candidates: candidates.to_vec(),
        })
    }
}

#[derive(Clone)]
pub struct RankCandidate {
    pub application_id: String,
    pub resume_summary: String,
    pub skills: Vec<String>,
    pub experience_years: f64,
}

/// One entry per candidate, any order; ranks are given in code.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ranking {
    pub candidates: Vec<Ranked>,
}

#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ranked {
    pub application_id: String,
    /// 0 to 100.
    pub match_score: f64,
    /// Requirements met, by their name.
    pub strengths: Vec<String>,
    /// Requirements not met, by their name.
    pub gaps: Vec<String>,
    pub explanation: String,
}

impl Prompt for RankCandidates {
    type Answer = Ranking;
    const NAME: &'static str = "rank_candidates";
    const TEXT: &'static str = include_str!("rank_candidates.md");

    fn data(&self, data: &mut Data) {
        data.quote("job title", &self.job_title);
        requirements_data(&self.requirements, data);
        data.count("Candidates", self.candidates.len());
        for candidate in &self.candidates {
            let RankCandidate { application_id, resume_summary, skills, experience_years } = candidate;
            data.quote(
                "candidate",
                &format!(
                    "application_id: {application_id}\nexperience: {experience_years} years\n\
                     skills: {}\nsummary: {}",
                    anonymous(&skills.join(", ")),
                    anonymous(resume_summary)
                ),
            );
        }
        data.line("Give one entry for every candidate.");
    }

    /// Some 90 tokens an entry, with room.
    fn parameters(&self) -> Parameters {
        let entries = u32::try_from(self.candidates.len()).unwrap_or(u32::MAX);
        Parameters { temperature: 0.0, max_tokens: entries.saturating_mul(160).clamp(1000, 16_000) }
    }

    fn check(&self, answer: &Ranking) -> Result<(), String> {
        let asked: BTreeSet<&str> = self.candidates.iter().map(|one| one.application_id.as_str()).collect();
        let given: BTreeSet<&str> = answer.candidates.iter().map(|one| one.application_id.as_str()).collect();
        if given != asked || answer.candidates.len() != asked.len() {
            return Err("there must be exactly one entry for every application_id given".into());
        }
        if answer.candidates.iter().any(|one| !(0.0..=100.0).contains(&one.match_score)) {
            return Err("match_score must lie between 0 and 100".into());
        }
        Ok(())
    }
}
