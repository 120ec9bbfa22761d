//! Messages that cross functions. Queue names: spec 00 §3.

use crate::domain::application::{Application, ApplicationId, ApplicationStatus};
use crate::domain::background_job::BackgroundJobId;
use crate::domain::candidate::CandidateId;
use crate::domain::document::FileId;
use crate::domain::email_message::EmailMessageId;
use crate::domain::interview::InterviewId;
use crate::domain::job::JobId;
use crate::ids::Id;
use crate::message::Message;
use serde::{Deserialize, Serialize};

/// Every queue messages travel on, by name, whichever app consumes it.
pub const QUEUES: &[&str] = &[
    ApplicationMoved::QUEUE,
    SendLetter::QUEUE,
    JobChanged::QUEUE,
    ParseResumeJob::QUEUE,
    ScoreInterview::QUEUE,
];

/// Score an interview that has ended. Handled once: a second one finds the score and does nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScoreInterview {
    pub interview_id: InterviewId,
    /// Such as `interview_ended` or `call_ended`.
    pub reason: String,
}

impl Message for ScoreInterview {
    const QUEUE: &'static str = "scoring-jobs";
    const TYPE: &'static str = "score-interview";
    fn entity_id(&self) -> String {
        self.interview_id.to_string()
    }
}

/// Score an interview again, on a person's request; the earlier score goes to its history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RescoreInterview {
    pub interview_id: InterviewId,
    pub reason: String,
    /// Follows the work, and tells a repeated delivery from a new request.
    pub background_job_id: BackgroundJobId,
}

impl Message for RescoreInterview {
    const QUEUE: &'static str = "scoring-jobs";
    const TYPE: &'static str = "rescore-interview";
    fn entity_id(&self) -> String {
        self.interview_id.to_string()
    }
}

/// A job was published, or changed since. Leaves in the commit of the change.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct JobChanged {
    pub job_id: JobId,
}

impl Message for JobChanged {
    const QUEUE: &'static str = "published-jobs";
    const TYPE: &'static str = "job-changed";
    fn entity_id(&self) -> String {
        self.job_id.to_string()
    }
}

/// Parse an uploaded resume.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ParseResumeJob {
    pub document_id: FileId,
    pub candidate_id: CandidateId,
}

impl Message for ParseResumeJob {
    const QUEUE: &'static str = "resume-parse-jobs";
    const TYPE: &'static str = "parse-resume-job";
    fn entity_id(&self) -> String {
        self.document_id.to_string()
    }
}

/// Send a letter that stands in the aggregate `root`. Neither address nor link travels with it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SendLetter {
    pub root: String,
    pub email_message_id: EmailMessageId,
}

impl Message for SendLetter {
    const QUEUE: &'static str = "email-outbox";
    const TYPE: &'static str = "send-letter";
    fn entity_id(&self) -> String {
        self.email_message_id.to_string()
    }
}

/// An application came, or its stage or status changed. Leaves in the commit of the change; what follows from it in other
/// aggregates (the job's counts, the letter to the candidate, the person's link) is done by its handler.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ApplicationMoved {
    /// Names this one change, so that a repeated delivery is told from another change.
    pub event_id: Id<ApplicationMoved>,
    pub application_id: ApplicationId,
    pub job_id: JobId,
    /// `None`: it is new.
    pub from: Option<ApplicationStatus>,
    pub to: ApplicationStatus,
    /// Whether the candidate is told.
    pub letter: bool,
}

impl ApplicationMoved {
    /// `application` as it is after the change; `from` is the status before it.
    pub fn new(application: &Application, from: Option<ApplicationStatus>, letter: bool) -> Self {
        Self {
            event_id: Id::new(),
            application_id: application.id,
            job_id: application.job_id,
            from,
            to: application.status,
            letter,
        }
    }
}

impl Message for ApplicationMoved {
    const QUEUE: &'static str = "application-events";
    const TYPE: &'static str = "application-moved";
    fn entity_id(&self) -> String {
        self.application_id.to_string()
    }
}
