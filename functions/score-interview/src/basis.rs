//! What a score is made from: loaded, hashed, never with a name in it.

use serde::Serialize;
use sha2::{Digest, Sha256};
use shared::docs::{At, Listing, Stored};
use shared::domain::candidate::Candidate;
use shared::domain::interview::Interview;
use shared::domain::job::Job;
use shared::domain::organisation::Organisation;
use shared::domain::requirements::Requirements;
use shared::domain::rubric::{Dimension, default_rubric, rubric_hash};
use shared::domain::score::ScoreSettings;
use shared::domain::setting::{Settings, whole};
use shared::domain::transcript::Utterance;
use shared::domain::transcript_correction::{CorrectionStatus, TranscriptCorrection};
use shared::domain::transcript_segment::TranscriptSegment;
use shared::prompts::ScoreInterview;
use shared::store::Tenant;
use shared::{Context, Result};
use std::collections::BTreeMap;

use crate::mask::masked;

/// Which rubric a score stands on.
#[derive(Clone)]
pub(crate) struct Rubric {
    pub(crate) dimensions: Vec<Dimension>,
    /// `default`, `job-<version>` or `request`.
    pub(crate) version: String,
}

impl Rubric {
    /// The job's, else the default.
    pub(crate) fn of(job: &Job) -> Self {
        if job.scoring_rubric.is_empty() {
            Self { dimensions: default_rubric(), version: "default".into() }
        } else {
            let version = format!("job-{}", job.rubric_version);
            Self { dimensions: job.scoring_rubric.clone(), version }
        }
    }
}

/// Everything a score depends on.
pub(crate) struct Basis {
    pub(crate) job_title: String,
    pub(crate) job_description: String,
    pub(crate) requirements: Requirements,
    pub(crate) company_values: Vec<String>,
    pub(crate) rubric: Rubric,
    /// As stored: quotes are verified against it.
    pub(crate) transcript: Vec<Utterance>,
    pub(crate) settings: ScoreSettings,
    /// The same transcript as a model reads it.
    for_model: Vec<Utterance>,
    candidate: Option<Candidate>,
    /// Staff who should know.
    pub(crate) job: Job,
}

impl Basis {
    /// From what is stored now.
    pub(crate) async fn of(ctx: &Context, at: &At, interview: &Interview) -> Result<Self> {
        let (jobs, candidates) = (ctx.docs::<Job>(at), ctx.docs::<Candidate>(at));
        let (job, candidate, organisation, transcript, settings) = tokio::join!(
            jobs.find_even_deleted(interview.job_id, interview.job_id),
            candidates.find(interview.candidate_id),
            organisation(ctx, at),
            stored_transcript(ctx, at, interview),
            settings(ctx, at),
        );
        let job = job?.ok_or_else(|| shared::Error::not_found("job"))?.into_inner();
        let spread_limit = whole(&settings?.iter().collect::<Vec<_>>(), "score_spread_limit") as f64;
        let mut basis = Self {
            job_title: job.fields.title.clone(),
            job_description: job.fields.description.clone().unwrap_or_default(),
            requirements: job.fields.requirements.clone(),
            company_values: organisation?.map(|own| own.company_values()).unwrap_or_default(),
            rubric: Rubric::of(&job),
            transcript: Vec::new(),
            settings: ScoreSettings { spread_limit },
            for_model: Vec::new(),
            candidate: candidate?.map(Stored::into_inner),
            job,
        };
        basis.set_transcript(transcript?);
        Ok(basis)
    }

    pub(crate) fn set_transcript(&mut self, transcript: Vec<Utterance>) {
        self.for_model = masked(&transcript, self.candidate.as_ref());
        self.transcript = transcript;
    }

    pub(crate) fn prompt(&self) -> ScoreInterview {
        ScoreInterview {
            job_title: self.job_title.clone(),
            job_description: self.job_description.clone(),
            requirements: self.requirements.clone(),
            company_values: self.company_values.clone(),
            rubric: self.rubric.dimensions.clone(),
            transcript: self.for_model.clone(),
        }
    }

    pub(crate) fn rubric_hash(&self) -> String {
        rubric_hash(&self.rubric.dimensions)
    }

    /// SHA-256 (hex) by name.
    pub(crate) fn input_hashes(&self) -> Result<BTreeMap<String, String>> {
        let hashes = [
            ("transcript", hash(&self.transcript)?),
            ("transcript_for_model", hash(&self.for_model)?),
            ("job", hash(&(&self.job_title, &self.job_description))?),
            ("requirements", hash(&self.requirements)?),
            ("company_values", hash(&self.company_values)?),
        ];
        Ok(hashes.into_iter().map(|(name, hash)| (name.to_owned(), hash)).collect())
    }
}

fn hash(value: &impl Serialize) -> Result<String> {
    let json = serde_json::to_vec(value).map_err(shared::Error::internal)?;
    Ok(Sha256::digest(json).iter().map(|byte| format!("{byte:02x}")).collect())
}

async fn organisation(ctx: &Context, at: &At) -> Result<Option<Organisation>> {
    let Some(id) = at.tenant.organisation_id() else { return Ok(None) };
    Ok(ctx.docs::<Organisation>(at).find(id).await?.map(Stored::into_inner))
}

/// The layers of settings that count for work of this tenant.
pub(crate) async fn settings(ctx: &Context, at: &At) -> Result<Vec<Settings>> {
    let platform = at.within(Tenant::platform());
    let mut layers = Vec::new();
    layers.extend(ctx.docs::<Settings>(&platform).find("platform").await?.map(Stored::into_inner));
    if let Some(id) = at.tenant.organisation_id() {
        layers.extend(ctx.docs::<Settings>(at).find(id).await?.map(Stored::into_inner));
    }
    Ok(layers)
}

/// All turns, in order, with the corrections that people accepted; an interview bounds their number.
async fn stored_transcript(ctx: &Context, at: &At, interview: &Interview) -> Result<Vec<Utterance>> {
    let all = || Listing::oldest().within(interview.id);
    let (turns, corrections) = (ctx.docs::<TranscriptSegment>(at), ctx.docs::<TranscriptCorrection>(at));
    let (turns, corrections) =
        tokio::join!(turns.all(all()), corrections.all(all().eq("status", CorrectionStatus::Accepted)));
    let mut transcript: Vec<_> = turns?.iter().map(TranscriptSegment::utterance).collect();
    for correction in corrections? {
        if let Some(turn) = transcript.iter_mut().find(|turn| turn.id == correction.fields.segment_id) {
            turn.content = correction.fields.corrected_text;
        }
    }
    Ok(transcript)
}
