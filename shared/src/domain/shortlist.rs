//! Candidates of a job, compared and ranked (spec 30 §1, §6).

use crate::clock::Timestamp;
use crate::docs::Meta;
use crate::document;
use crate::domain::job::{Job, JobId};
use crate::ids::Id;
use crate::prompts::Ranked;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub type ShortlistId = Id<Shortlist>;

/// Its own aggregate root.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct Shortlist {
    pub id: ShortlistId,
    pub job_id: JobId,
    pub top_n: u32,
    pub total_evaluated: u32,
    pub ranked_candidates: Vec<RankedCandidate>,
    pub model_version: String,
    pub prompt_version: String,
    /// To whom it is own work: who asked for it.
    pub owner_ids: Vec<String>,
    #[serde(flatten)]
    pub meta: Meta,
}

document! { Shortlist, "shortlist", "shortlist", root: id, fields: ["job_id"], arrays: ["owner_ids"], audit: masked ["ranked_candidates"] }

#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RankedCandidate {
    pub application_id: String,
    /// 1..n without gaps.
    pub rank: u32,
    /// 0-100.
    pub match_score: f64,
    pub strengths: Vec<String>,
    pub gaps: Vec<String>,
    pub explanation: String,
}

impl Shortlist {
    /// Ranks are given in code ([`crate::domain::score::ranks`]); the first `top_n` are kept.
    pub fn new(
        job: &Job,
        ranked: Vec<Ranked>,
        top_n: u32,
        model_version: String,
        prompt_version: String,
        now: Timestamp,
        by: Option<String>,
    ) -> Self {
        let total_evaluated = ranked.len() as u32;
        let ranked_candidates = crate::domain::score::ranks(ranked)
            .into_iter()
            .take(top_n as usize)
            .map(|(rank, Ranked { application_id, match_score, strengths, gaps, explanation })| {
                RankedCandidate { application_id, rank, match_score, strengths, gaps, explanation }
            })
            .collect();
        Self {
            id: ShortlistId::new(),
            job_id: job.id,
            top_n,
            total_evaluated,
            ranked_candidates,
            model_version,
            prompt_version,
            owner_ids: by.iter().cloned().collect(),
            meta: Meta::new(job.meta.organisation_id, now, by),
        }
    }
}
