//! Messages between areas. A message type is its queue; it leaves in the commit that caused it (outbox).

use crate::clock::Timestamp;
use crate::docs::At;
use crate::error::{Error, Result};
use crate::ids::new_etag;
use crate::store::{Change, Precondition, Tenant, Write};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::to_raw_value;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use uuid::Uuid;

/// A message: commands imperative (`ScoreInterview`), facts past tense. Handlers are idempotent.
pub trait Message: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Queue it travels on (spec 00 §3); also the name of its function folder.
    const QUEUE: &'static str;
    /// Kebab-case name of the type.
    const TYPE: &'static str;
    /// Id of the document it is about.
    fn entity_id(&self) -> String;
}

/// What stands on the queue (spec 00 §9). Members are named so that none hides the host's own metadata.
#[derive(Clone, Serialize, Deserialize)]
pub struct Envelope<P = serde_json::Value> {
    pub message_id: String,
    #[serde(rename = "type")]
    pub kind: String,
    /// Tenant of the data it is about.
    pub tenant: String,
    pub organisation_id: Option<String>,
    pub entity_id: String,
    pub requested_by: Option<String>,
    pub enqueued_at: Timestamp,
    /// W3C trace id, or the request id.
    pub trace_id: Option<String>,
    pub payload: P,
}

impl Envelope {
    pub(crate) fn new<M: Message>(message: &M, at: &At, now: Timestamp) -> Result<Self> {
        Ok(Self {
            message_id: new_message_id(),
            kind: M::TYPE.to_owned(),
            tenant: at.tenant.as_str().to_owned(),
            organisation_id: at.tenant.organisation_id().map(|id| id.to_string()),
            entity_id: message.entity_id(),
            requested_by: at.actor.id.clone(),
            enqueued_at: now,
            trace_id: at.actor.trace_id.clone(),
            payload: serde_json::to_value(message).map_err(Error::internal)?,
        })
    }
}

impl<P> Envelope<P> {
    /// The same envelope around another payload.
    pub fn with<Q>(self, payload: Q) -> Envelope<Q> {
        let Self {
            message_id,
            kind,
            tenant,
            organisation_id,
            entity_id,
            requested_by,
            enqueued_at,
            trace_id,
            ..
        } = self;
        Envelope {
            message_id,
            kind,
            tenant,
            organisation_id,
            entity_id,
            requested_by,
            enqueued_at,
            trace_id,
            payload,
        }
    }
    pub fn tenant(&self) -> Tenant {
        Tenant::parse(&self.tenant)
    }
    /// The system acting on behalf of whoever caused the message.
    pub fn at(&self) -> At {
        let mut at = At::system(self.tenant());
        Arc::make_mut(&mut at.actor).trace_id.clone_from(&self.trace_id);
        at
    }
}

/// Names a text that is no envelope, and so has no id of its own, by what it says: 32 hex digits.
pub(crate) fn digest_id(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

fn new_message_id() -> String {
    #[expect(clippy::disallowed_methods, reason = "message ids are no document ids")]
    Uuid::now_v7().to_string()
}

/// A message waiting in the outbox of its partition.
#[derive(Clone, Serialize, Deserialize)]
pub struct Outgoing {
    pub id: String,
    pub tenant: String,
    pub root: String,
    pub queue: String,
    pub delay_seconds: u32,
    pub text: String,
    pub etag: String,
}

impl Outgoing {
    pub const KIND: &'static str = "outbox";

    pub(crate) fn new(
        envelope: Envelope,
        queue: &str,
        delay_seconds: u32,
        tenant: &Tenant,
        root: &str,
    ) -> Result<Self> {
        let text = serde_json::to_string(&envelope).map_err(Error::internal)?;
        if text.len() > crate::queue::MAX_MESSAGE_BYTES {
            return Err(Error::internal(crate::queue::QueueError::TooLarge(text.len())));
        }
        Ok(Self {
            id: envelope.message_id,
            tenant: tenant.as_str().to_owned(),
            root: root.to_owned(),
            queue: queue.to_owned(),
            delay_seconds,
            text,
            etag: new_etag(),
        })
    }

    pub(crate) fn write(&self) -> Result<Write> {
        let body = to_raw_value(self).map_err(Error::internal)?;
        Ok(Write {
            kind: Self::KIND,
            id: self.id.clone(),
            precondition: Precondition::Absent,
            change: Change::Put { etag: self.etag.clone(), body, ttl: None },
        })
    }

    pub(crate) fn removal(&self) -> Write {
        Write {
            kind: Self::KIND,
            id: self.id.clone(),
            precondition: Precondition::None,
            change: Change::Delete,
        }
    }
}
