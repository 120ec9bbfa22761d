use crate::clock::Timestamp;
use crate::domain::status::{states, values};
use crate::domain::text;
use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Recording {
    pub recording_id: String,
    pub state: RecordingState,
    /// Blob path; links to it are signed and short-lived.
    pub url: Option<String>,
    pub size_bytes: Option<u64>,
    pub deleted_at: Option<Timestamp>,
}

values! {
    RecordingState { Recording "recording", Processing "processing", Available "available", Failed "failed", Deleted "deleted" }
}

/// The candidate acknowledged what the AI does, what is recorded and who decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Disclosure {
    /// Hash of the text that was shown.
    pub version: String,
    pub acknowledged_at: Timestamp,
    /// A user's id.
    pub acknowledged_by: String,
}

/// Something the browser noticed (spec 20 §6). Shown beside a score, never inside it (spec 25 §4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct AntiCheatSignal {
    pub kind: SignalKind,
    pub at: Timestamp,
    #[serde(default)]
    #[garde(length(chars, max = 500))]
    pub detail: Option<String>,
}

values! {
    SignalKind {
        TabHidden "tab_hidden", FocusLost "focus_lost", Paste "paste", SecondVoice "second_voice",
        MultipleFaces "multiple_faces", NoFace "no_face", LongPause "long_pause",
    }
}

/// The call it is held in; `correlation_id` leads here through a claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Validate)]
#[garde(allow_unvalidated)]
pub struct Call {
    #[garde(length(chars, min = 1, max = 255), custom(text::line))]
    pub correlation_id: String,
    pub server_call_id: Option<String>,
    pub group_call_id: Option<String>,
}

/// A time that was moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reschedule {
    pub from: Timestamp,
    pub to: Timestamp,
    /// A user's id.
    pub by: String,
    pub reason: Option<String>,
    pub at: Timestamp,
}

states! {
    /// Spec 20 §1; scored again after it was done or failed.
    #[derive(Default)]
    ScoringStatus {
        #[default] None "none" => [Queued, Running],
        Queued "queued" => [Running, Failed],
        Running "running" => [Done, Failed, Queued],
        Done "done" => [Queued, Running],
        Failed "failed" => [Queued, Running],
    }
}
