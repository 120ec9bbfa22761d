//! What rights are about.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

macro_rules! resources {
    ($($variant:ident = $name:literal,)+) => {
        /// A row of the permission matrix (area 10 §4), by its name in permissions.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Resource {
            $(#[serde(rename = $name)] $variant,)+
        }

        impl Resource {
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The name as written in permissions.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }
        }
    };
}

resources! {
    Organisation = "organisation",
    User = "user",
    Membership = "membership",
    Team = "team",
    Role = "role",
    Grant = "grant",
    Setting = "setting",
    EmailTemplate = "email_template",
    Job = "job",
    Candidate = "candidate",
    CandidateDei = "candidate_dei",
    Document = "document",
    Application = "application",
    ApplicationNote = "application_note",
    ApplicationFeedback = "application_feedback",
    Pipeline = "pipeline",
    Interview = "interview",
    InterviewFeedback = "interview_feedback",
    PracticeInterview = "practice_interview",
    Score = "score",
    Shortlist = "shortlist",
    Invitation = "invitation",
    Message = "message",
    CallLog = "call_log",
    Negotiation = "negotiation",
    Assessment = "assessment",
    QuestionSet = "question_set",
    ProctoringEvent = "proctoring_event",
    Onboarding = "onboarding",
    Analytics = "analytics",
    Report = "report",
    Integration = "integration",
    JobPosting = "job_posting",
    Conversation = "conversation",
    ConversationStatistics = "conversation_statistics",
    Notification = "notification",
    ApiKey = "api_key",
    Security = "security",
    SessionPolicy = "session_policy",
    Permission = "permission",
    AuditEvent = "audit_event",
    DeletionRequest = "deletion_request",
    ExportRequest = "export_request",
    Platform = "platform",
    FeatureFlag = "feature_flag",
    AiModel = "ai_model",
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The name is no resource of the matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown resource")]
pub struct UnknownResource;

impl FromStr for Resource {
    type Err = UnknownResource;

    fn from_str(name: &str) -> Result<Self, UnknownResource> {
        Self::ALL.iter().copied().find(|resource| resource.as_str() == name).ok_or(UnknownResource)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_round_trip() {
        let names: std::collections::BTreeSet<_> = Resource::ALL.iter().map(|r| r.as_str()).collect();
        assert_eq!(names.len(), Resource::ALL.len());
        for (index, resource) in Resource::ALL.iter().enumerate() {
            assert_eq!(*resource as usize, index, "the grid is indexed by position");
            assert_eq!(resource.as_str().parse(), Ok(*resource));
            assert_eq!(serde_json::to_string(resource).unwrap(), format!("\"{resource}\""));
        }
        assert_eq!("jobs".parse::<Resource>(), Err(UnknownResource));
    }
}
