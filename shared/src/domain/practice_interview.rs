//! An interview for practice (spec 20 §7): the person's own; no score, nothing visible to organisations.

use crate::clock::Timestamp;
use crate::docs::Meta;
use crate::document;
use crate::domain::practice::PracticeFeedback;
use crate::domain::status::states;
use crate::domain::text;
use crate::domain::user::UserId;
use crate::error::Result;
use crate::ids::Id;
use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use time::Duration;

pub type PracticeInterviewId = Id<PracticeInterview>;

/// Pending or running ones older than this are abandoned.
pub const ABANDONED_AFTER: Duration = Duration::hours(24);

/// Its own aggregate root, in the person's tenant.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct PracticeInterview {
    pub id: PracticeInterviewId,
    #[serde(flatten)]
    pub fields: PracticeInterviewFields,
    pub user_id: UserId,
    pub status: PracticeStatus,
    pub started_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    pub duration_seconds: Option<i64>,
    pub feedback: Option<PracticeFeedback>,
    #[serde(flatten)]
    pub meta: Meta,
}

document! { PracticeInterview, "practice_interview", "practice interview", root: id, fields: ["status"], arrays: [], audit: fact }

#[derive(Clone, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct PracticeInterviewFields {
    #[garde(length(chars, min = 1, max = 100), custom(text::line))]
    pub sample_role_type: String,
}

states! {
    PracticeStatus {
        Pending "pending" => [InProgress, Abandoned],
        InProgress "in_progress" => [Completed, Abandoned],
        Completed "completed" => [],
        Abandoned "abandoned" => [],
    }
}

impl PracticeInterview {
    pub fn new(user: UserId, fields: PracticeInterviewFields, now: Timestamp) -> Self {
        Self {
            id: PracticeInterviewId::new(),
            fields,
            user_id: user,
            status: PracticeStatus::Pending,
            started_at: None,
            ended_at: None,
            duration_seconds: None,
            feedback: None,
            meta: Meta::new(None, now, Some(user.to_string())),
        }
    }

    /// `true` when this started it.
    pub fn start(&mut self, now: Timestamp) -> Result<bool> {
        if self.status == PracticeStatus::InProgress {
            return Ok(false);
        }
        self.status.to(PracticeStatus::InProgress)?;
        self.started_at = Some(now);
        Ok(true)
    }

    /// `true` when this ended it.
    pub fn end(&mut self, feedback: PracticeFeedback, now: Timestamp) -> Result<bool> {
        if self.status == PracticeStatus::Completed {
            return Ok(false);
        }
        self.status.to(PracticeStatus::Completed)?;
        self.ended_at = Some(now);
        self.duration_seconds = self.started_at.map(|started| now.seconds_since(started).max(0));
        self.feedback = Some(feedback);
        Ok(true)
    }

    /// By the timer: `true` when it was left lying.
    pub fn abandon(&mut self, now: Timestamp) -> bool {
        self.meta.created_at.plus(ABANDONED_AFTER) <= now && self.status.to(PracticeStatus::Abandoned).is_ok()
    }
}
