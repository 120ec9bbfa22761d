//! A candidate's correction of what was written down (spec 25 §5). Both texts are kept; the transcript itself stays.

use crate::clock::Timestamp;
use crate::docs::Meta;
use crate::document;
use crate::domain::human::Human;
use crate::domain::interview::InterviewId;
use crate::domain::status::states;
use crate::domain::text;
use crate::domain::transcript::Speaker;
use crate::domain::transcript_segment::TranscriptSegment;
use crate::domain::user::UserId;
use crate::error::{Error, Result};
use crate::ids::Id;
use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub type TranscriptCorrectionId = Id<TranscriptCorrection>;

/// In its interview's aggregate.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct TranscriptCorrection {
    pub id: TranscriptCorrectionId,
    pub interview_id: InterviewId,
    #[serde(flatten)]
    pub fields: CorrectionFields,
    /// As it was when the correction was proposed.
    pub original_text: String,
    pub proposed_by: UserId,
    pub status: CorrectionStatus,
    pub decided_by: Option<UserId>,
    pub decided_at: Option<Timestamp>,
    #[serde(flatten)]
    pub meta: Meta,
}

document! { TranscriptCorrection, "transcript_correction", "correction", root: interview_id, fields: ["status"], arrays: [], audit: masked ["original_text", "corrected_text"] }

#[derive(Clone, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct CorrectionFields {
    #[garde(length(chars, min = 1, max = 20))]
    pub segment_id: String,
    #[garde(length(chars, min = 1, max = 8000), custom(text::filled))]
    pub corrected_text: String,
    #[serde(default)]
    #[garde(length(chars, max = 1000))]
    pub comment: Option<String>,
}

states! {
    CorrectionStatus { Proposed "proposed" => [Accepted, Declined], Accepted "accepted" => [], Declined "declined" => [] }
}

impl TranscriptCorrection {
    /// Only what the candidate said, and only into another text (422).
    pub fn new(
        segment: &TranscriptSegment,
        fields: CorrectionFields,
        by: UserId,
        now: Timestamp,
    ) -> Result<Self> {
        if segment.fields.speaker != Speaker::Candidate {
            return Err(Error::invalid("/segment_id", "Only the candidate's own words can be corrected."));
        }
        if segment.fields.content.trim() == fields.corrected_text.trim() {
            return Err(Error::invalid("/corrected_text", "This is what the transcript says already."));
        }
        Ok(Self {
            id: TranscriptCorrectionId::new(),
            interview_id: segment.interview_id,
            fields: CorrectionFields { segment_id: segment.id.clone(), ..fields },
            original_text: segment.fields.content.clone(),
            proposed_by: by,
            status: CorrectionStatus::Proposed,
            decided_by: None,
            decided_at: None,
            meta: Meta::new(segment.meta.organisation_id, now, Some(by.to_string())),
        })
    }

    /// By staff; an accepted one counts when the interview is scored again.
    pub fn decide(&mut self, accept: bool, by: Human, now: Timestamp) -> Result<()> {
        self.status.to(if accept { CorrectionStatus::Accepted } else { CorrectionStatus::Declined })?;
        self.decided_by = Some(by.id());
        self.decided_at = Some(now);
        Ok(())
    }
}
