use super::{
    Interview, InterviewId, InterviewMode, InterviewStatus, InterviewType, RecordingState, ScoringStatus,
};
use crate::clock::Timestamp;
use crate::domain::application::ApplicationId;
use crate::domain::job::JobId;
use crate::prompts::Phase;
use schemars::JsonSchema;
use serde::Serialize;

/// What the candidate sees (spec 20 §4): no signals, scores, question guide, notes, or who cancelled.
#[derive(Serialize, JsonSchema)]
pub struct InterviewForCandidate {
    pub id: InterviewId,
    pub application_id: ApplicationId,
    pub job_id: JobId,
    pub conducted_by: super::ConductedBy,
    pub interview_type: InterviewType,
    pub interview_mode: InterviewMode,
    pub status: InterviewStatus,
    pub scheduled_at: Option<Timestamp>,
    pub duration_minutes: u32,
    pub location: Option<String>,
    pub meeting_link: Option<String>,
    pub language: String,
    pub started_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    pub duration_seconds: Option<i64>,
    pub current_phase: Phase,
    pub questions_asked: u32,
    pub recording_consent: bool,
    pub recording_state: Option<RecordingState>,
    pub disclosure_acknowledged_at: Option<Timestamp>,
    pub scoring_status: ScoringStatus,
    pub cancel_reason: Option<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub etag: String,
}

impl Interview {
    pub fn candidate_view(&self) -> InterviewForCandidate {
        InterviewForCandidate {
            id: self.id,
            application_id: self.application_id,
            job_id: self.job_id,
            conducted_by: self.conducted_by,
            interview_type: self.fields.interview_type,
            interview_mode: self.fields.interview_mode,
            status: self.status,
            scheduled_at: self.scheduled_at,
            duration_minutes: self.fields.duration_minutes,
            location: self.fields.location.clone(),
            meeting_link: self.fields.meeting_link.clone(),
            language: self.fields.language.clone(),
            started_at: self.started_at,
            ended_at: self.ended_at,
            duration_seconds: self.duration_seconds,
            current_phase: self.current_phase,
            questions_asked: self.questions_asked,
            recording_consent: self.recording_consent,
            recording_state: self.recording.as_ref().map(|recording| recording.state),
            disclosure_acknowledged_at: self.disclosure.as_ref().map(|disclosure| disclosure.acknowledged_at),
            scoring_status: self.scoring_status,
            cancel_reason: self.cancel_reason.clone(),
            created_at: self.meta.created_at,
            updated_at: self.meta.updated_at,
            etag: self.meta.etag.clone(),
        }
    }
}
