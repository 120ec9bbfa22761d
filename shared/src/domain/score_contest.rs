//! A candidate contests a score (spec 25 §5): a person answers, with a clock running.

use crate::clock::Timestamp;
use crate::docs::Meta;
use crate::document;
use crate::domain::human::{self, Human};
use crate::domain::interview::{Interview, InterviewId};
use crate::domain::status::{states, values};
use crate::domain::text;
use crate::domain::user::UserId;
use crate::error::Result;
use crate::ids::Id;
use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use time::Duration;

pub type ScoreContestId = Id<ScoreContest>;

/// In its interview's aggregate. The review queue lists the open ones by `due_at`.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct ScoreContest {
    pub id: ScoreContestId,
    pub interview_id: InterviewId,
    #[serde(flatten)]
    pub fields: ContestFields,
    pub contested_by: UserId,
    pub status: ContestStatus,
    pub due_at: Timestamp,
    pub outcome: Option<ContestOutcome>,
    /// Read by the candidate.
    pub answer: Option<String>,
    pub answered_by: Option<UserId>,
    pub answered_at: Option<Timestamp>,
    #[serde(flatten)]
    pub meta: Meta,
}

document! { ScoreContest, "score_contest", "contest", root: interview_id, fields: ["status", "due_at"], arrays: [], audit: masked ["reason"] }

#[derive(Clone, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ContestFields {
    #[garde(length(chars, min = 1, max = 5000), custom(text::filled))]
    pub reason: String,
}

states! { ContestStatus { Open "open" => [Answered], Answered "answered" => [] } }
values! {
    ContestOutcome {
        Upheld "upheld",
        /// The person who answered overrode the score.
        Changed "changed",
        /// The interview is scored again.
        Rescored "rescored",
    }
}

impl ScoreContest {
    /// `days` until an answer is due: the setting `contest_days`.
    pub fn new(interview: &Interview, fields: ContestFields, by: UserId, days: u32, now: Timestamp) -> Self {
        Self {
            id: ScoreContestId::new(),
            interview_id: interview.id,
            fields,
            contested_by: by,
            status: ContestStatus::Open,
            due_at: now.plus(Duration::days(days.into())),
            outcome: None,
            answer: None,
            answered_by: None,
            answered_at: None,
            meta: Meta::new(interview.meta.organisation_id, now, Some(by.to_string())),
        }
    }

    pub fn answer(&mut self, outcome: ContestOutcome, answer: &str, by: Human, now: Timestamp) -> Result<()> {
        let answer = human::reason(answer)?;
        self.status.to(ContestStatus::Answered)?;
        self.outcome = Some(outcome);
        self.answer = Some(answer);
        self.answered_by = Some(by.id());
        self.answered_at = Some(now);
        Ok(())
    }

    pub fn is_overdue(&self, now: Timestamp) -> bool {
        self.status == ContestStatus::Open && self.due_at <= now
    }
}
