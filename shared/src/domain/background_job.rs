//! Work that goes on after the answer (spec 140 §2).

use crate::clock::Timestamp;
use crate::docs::{Audit, Document, Meta};
use crate::domain::email_message::RelatedEntity;
use crate::domain::organisation::OrganisationId;
use crate::domain::status::states;
use crate::domain::ttl;
use crate::error::Result;
use crate::ids::Id;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub type BackgroundJobId = Id<BackgroundJob>;

/// Days it is kept.
pub const KEPT_DAYS: u32 = 30;

/// Its own aggregate root. `created_by` is who asked for it.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct BackgroundJob {
    pub id: BackgroundJobId,
    /// Kebab-case name of the message.
    pub job_type: String,
    pub queue: String,
    pub status: BackgroundJobStatus,
    pub entity_type: Option<String>,
    pub entity_id: Option<String>,
    pub requested_by: Option<String>,
    pub attempts: u32,
    /// 0-100.
    pub progress: u8,
    pub result: Option<Value>,
    /// For people; no personal data.
    pub error: Option<String>,
    pub started_at: Option<Timestamp>,
    pub finished_at: Option<Timestamp>,
    #[serde(flatten)]
    pub meta: Meta,
}

impl Document for BackgroundJob {
    const KIND: &'static str = "background_job";
    const NAME: &'static str = "background job";
    const FIELDS: &'static [&'static str] = &["status", "job_type"];
    const ARRAYS: &'static [&'static str] = &[];
    const AUDIT: Audit = Audit::Off;
    const SOFT_DELETE: bool = false;
    fn id(&self) -> String {
        self.id.to_string()
    }
    fn root(&self) -> String {
        self.id.to_string()
    }
    fn meta(&self) -> &Meta {
        &self.meta
    }
    fn meta_mut(&mut self) -> &mut Meta {
        &mut self.meta
    }
    fn ttl(&self, _now: Timestamp) -> Option<u32> {
        Some(KEPT_DAYS * ttl::DAY)
    }
}

states! {
    BackgroundJobStatus {
        Queued "queued" => [Running, Poisoned],
        Running "running" => [Succeeded, Failed, Poisoned],
        Succeeded "succeeded" => [],
        /// Tried again by the queue, or by hand.
        Failed "failed" => [Running, Queued, Poisoned],
        /// The queue gave up.
        // It runs without being queued when its message was moved back past us.
        Poisoned "poisoned" => [Queued, Running],
    }
}

impl BackgroundJob {
    pub fn new(
        organisation: Option<OrganisationId>,
        job_type: &str,
        queue: &str,
        about: Option<RelatedEntity>,
        by: Option<String>,
        now: Timestamp,
    ) -> Self {
        let (entity_type, entity_id) = about.map(|about| (about.entity_type, about.entity_id)).unzip();
        Self {
            id: BackgroundJobId::new(),
            job_type: job_type.to_owned(),
            queue: queue.to_owned(),
            status: BackgroundJobStatus::Queued,
            entity_type,
            entity_id,
            requested_by: by.clone(),
            attempts: 0,
            progress: 0,
            result: None,
            error: None,
            started_at: None,
            finished_at: None,
            meta: Meta::new(organisation, now, by),
        }
    }

    /// A try begins. One that was cut off while running begins again.
    pub fn begin(&mut self, now: Timestamp) -> Result<()> {
        if self.status != BackgroundJobStatus::Running {
            self.status.to(BackgroundJobStatus::Running)?;
        }
        self.attempts += 1;
        self.started_at.get_or_insert(now);
        self.finished_at = None;
        Ok(())
    }

    /// Only forwards.
    pub fn advance(&mut self, progress: u8) {
        self.progress = self.progress.max(progress.min(100));
    }

    pub fn succeed(&mut self, result: Option<Value>, now: Timestamp) -> Result<()> {
        self.status.to(BackgroundJobStatus::Succeeded)?;
        self.progress = 100;
        self.result = result;
        self.error = None;
        self.finished_at = Some(now);
        Ok(())
    }

    pub fn fail(&mut self, error: &str, now: Timestamp) -> Result<()> {
        self.status.to(BackgroundJobStatus::Failed)?;
        self.error = Some(error.to_owned());
        self.finished_at = Some(now);
        Ok(())
    }

    pub fn poison(&mut self, error: &str, now: Timestamp) -> Result<()> {
        self.status.to(BackgroundJobStatus::Poisoned)?;
        self.error = Some(error.to_owned());
        self.finished_at = Some(now);
        Ok(())
    }

    /// By hand, after it failed or was given up.
    pub fn retry(&mut self) -> Result<()> {
        self.status.to(BackgroundJobStatus::Queued)?;
        self.progress = 0;
        self.finished_at = None;
        Ok(())
    }
}
