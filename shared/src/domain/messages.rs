//! Messages that travel between functions: one struct each (spec 00 §3 names the queues).

use crate::domain::background_job::BackgroundJobId;
use crate::domain::interview::InterviewId;
use crate::message::Message;
use serde::{Deserialize, Serialize};

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
