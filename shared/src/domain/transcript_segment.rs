//! A turn of an interview, stored (spec 20 §3).

use crate::clock::Timestamp;
use crate::docs::{Audit, Document, Meta};
use crate::domain::interview::{Interview, InterviewId};
use crate::domain::practice_interview::ABANDONED_AFTER;
use crate::domain::status::values;
use crate::domain::text;
use crate::domain::transcript::{Speaker, Utterance};
use crate::domain::ttl;
use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Characters of one turn.
pub const MAX_CONTENT: usize = 8000;

/// In its interview's aggregate. `id` is the sequence with leading zeros: unique in the interview because ids are, and
/// in the order of the conversation.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct TranscriptSegment {
    pub id: String,
    pub interview_id: InterviewId,
    /// From 0.
    pub sequence: u32,
    #[serde(flatten)]
    pub fields: SegmentFields,
    pub source: SegmentSource,
    #[serde(flatten)]
    pub meta: Meta,
}

impl Document for TranscriptSegment {
    const KIND: &'static str = "transcript_segment";
    const NAME: &'static str = "transcript segment";
    const FIELDS: &'static [&'static str] = &["client_segment_id"];
    const ARRAYS: &'static [&'static str] = &[];
    const AUDIT: Audit = Audit::Off;
    const SOFT_DELETE: bool = false;
    fn id(&self) -> String {
        self.id.clone()
    }
    fn root(&self) -> String {
        self.interview_id.to_string()
    }
    fn meta(&self) -> &Meta {
        &self.meta
    }
    fn meta_mut(&mut self) -> &mut Meta {
        &mut self.meta
    }
    /// Of practice nothing is kept (20 §5): its turns, held by the person, are erased when it ends; those of one that was
    /// left lying go by themselves.
    fn ttl(&self, now: Timestamp) -> Option<u32> {
        let end = self.meta.created_at.plus(ABANDONED_AFTER);
        self.meta.organisation_id.is_none().then(|| ttl::until(end, now))
    }
}

#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct SegmentFields {
    pub speaker: Speaker,
    #[garde(length(chars, min = 1, max = 8000), custom(text::filled))]
    pub content: String,
    /// Since the start of the interview.
    #[serde(default)]
    pub start_time_ms: u64,
    #[serde(default)]
    #[garde(custom(not_before(self.start_time_ms)))]
    pub end_time_ms: Option<u64>,
    #[serde(default)]
    #[garde(range(min = 0.0, max = 1.0))]
    pub confidence: Option<f64>,
    /// Chosen by the sender; the same one again is not stored twice.
    #[serde(default)]
    #[garde(length(chars, max = 100))]
    pub client_segment_id: Option<String>,
}

fn not_before(start: u64) -> impl FnOnce(&Option<u64>, &()) -> garde::Result {
    move |end, ()| match end {
        Some(end) if *end < start => Err(garde::Error::new("must not be before start_time_ms")),
        _ => Ok(()),
    }
}

values! { SegmentSource { Chat "chat", Speech "speech", Call "call" } }

impl TranscriptSegment {
    /// `sequence` comes from [`Interview::take_sequences`].
    pub fn new(
        interview: &Interview,
        sequence: u32,
        fields: SegmentFields,
        source: SegmentSource,
        now: Timestamp,
    ) -> Self {
        Self {
            id: Self::id_of(sequence),
            interview_id: interview.id,
            sequence,
            fields,
            source,
            meta: Meta::new(interview.meta.organisation_id, now, None),
        }
    }

    pub fn id_of(sequence: u32) -> String {
        format!("{sequence:06}")
    }

    pub fn utterance(&self) -> Utterance {
        Utterance { id: self.id.clone(), speaker: self.fields.speaker, content: self.fields.content.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_as_the_conversation_went() {
        let mut ids: Vec<_> = [10, 9, 100, 0, 1999].map(TranscriptSegment::id_of).to_vec();
        ids.sort();
        assert_eq!(ids, [0, 9, 10, 100, 1999].map(TranscriptSegment::id_of));
    }

    #[test]
    fn turns_of_practice_live_a_day_and_those_of_interviews_are_kept() {
        let now = Timestamp::from_unix(1_000_000);
        let turn = |organisation| TranscriptSegment {
            id: TranscriptSegment::id_of(0),
            interview_id: InterviewId::new(),
            sequence: 0,
            fields: serde_json::from_str(r#"{"speaker":"candidate","content":"Yes"}"#).unwrap(),
            source: SegmentSource::Chat,
            meta: Meta::new(organisation, now, None),
        };
        assert_eq!(turn(None).ttl(now), Some(24 * 3600));
        assert_eq!(turn(Some(crate::ids::Id::new())).ttl(now), None);
    }

    #[test]
    fn wrong_turns_are_refused() {
        let read = |body: &str| serde_json::from_str::<SegmentFields>(body);
        assert!(read(r#"{"speaker":"candidate","content":"Yes"}"#).unwrap().validate().is_ok());
        assert!(read(r#"{"speaker":"narrator","content":"Yes"}"#).is_err());
        assert!(read(r#"{"speaker":"candidate","content":"Yes","start_time_ms":-1}"#).is_err());
        for wrong in [
            r#"{"speaker":"candidate","content":" "}"#,
            r#"{"speaker":"candidate","content":"a","start_time_ms":5,"end_time_ms":4}"#,
            r#"{"speaker":"candidate","content":"a","confidence":1.1}"#,
        ] {
            assert!(read(wrong).unwrap().validate().is_err(), "{wrong}");
        }
        let long = SegmentFields {
            content: "x".repeat(MAX_CONTENT + 1),
            ..read(r#"{"speaker":"candidate","content":"a"}"#).unwrap()
        };
        assert!(long.validate().is_err());
    }
}
