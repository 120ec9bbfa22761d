use super::{Application, ApplicationId, ApplicationSource, ApplicationStatus, Offer, StageOutcome};
use crate::clock::Timestamp;
use crate::domain::candidate::CandidateId;
use crate::domain::document::FileId;
use crate::domain::job::JobId;
use crate::domain::pipeline::Pipeline;
use schemars::JsonSchema;
use serde::Serialize;

/// What the candidate sees (spec 50 §7): no scores, no notes, nobody's name in the history, no inner reason.
#[derive(Serialize, JsonSchema)]
pub struct ApplicationForCandidate {
    pub id: ApplicationId,
    pub job_id: JobId,
    pub candidate_id: CandidateId,
    pub source: ApplicationSource,
    pub status: ApplicationStatus,
    /// Name of the present stage.
    pub stage: Option<String>,
    pub applied_at: Timestamp,
    pub cover_letter: Option<String>,
    pub salary_expectation: Option<u32>,
    pub availability: Option<String>,
    pub resume_document_id: Option<FileId>,
    pub withdrawn_at: Option<Timestamp>,
    pub withdrawal_reason: Option<String>,
    pub rejected_at: Option<Timestamp>,
    pub hired_at: Option<Timestamp>,
    pub offer: Option<Offer>,
    pub stage_history: Vec<VisitForCandidate>,
    pub updated_at: Timestamp,
    pub etag: String,
}

#[derive(Serialize, JsonSchema)]
pub struct VisitForCandidate {
    pub stage: Option<String>,
    pub entered_at: Timestamp,
    pub exited_at: Option<Timestamp>,
    pub outcome: Option<StageOutcome>,
}

impl Application {
    pub fn candidate_view(&self, pipeline: &Pipeline) -> ApplicationForCandidate {
        let name = |id| pipeline.stage(id).map(|stage| stage.name.clone());
        let visits = self.stage_history.iter().map(|visit| VisitForCandidate {
            stage: name(visit.stage_id),
            entered_at: visit.entered_at,
            exited_at: visit.exited_at,
            outcome: visit.outcome,
        });
        ApplicationForCandidate {
            id: self.id,
            job_id: self.job_id,
            candidate_id: self.candidate_id,
            source: self.source,
            status: self.status,
            stage: name(self.current_stage_id),
            applied_at: self.applied_at,
            cover_letter: self.fields.cover_letter.clone(),
            salary_expectation: self.fields.salary_expectation,
            availability: self.fields.availability.clone(),
            resume_document_id: self.fields.resume_document_id,
            withdrawn_at: self.withdrawn_at,
            withdrawal_reason: self.withdrawal_reason.clone(),
            rejected_at: self.rejected_at,
            hired_at: self.hired_at,
            offer: self.offer.clone(),
            stage_history: visits.collect(),
            updated_at: self.meta.updated_at,
            etag: self.meta.etag.clone(),
        }
    }
}
