//! Messages that cross functions. Queue names: spec 00 §3.

use crate::domain::candidate::CandidateId;
use crate::domain::document::FileId;
use crate::domain::email_message::EmailMessageId;
use crate::domain::interview::InterviewId;
use crate::message::Message;
use serde::{Deserialize, Serialize};

/// Score an interview from its stored transcript.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ScoreInterview {
    pub interview_id: InterviewId,
    pub reason: String,
}

impl Message for ScoreInterview {
    const QUEUE: &'static str = "scoring-jobs";
    const TYPE: &'static str = "score-interview";
    fn entity_id(&self) -> String {
        self.interview_id.to_string()
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
