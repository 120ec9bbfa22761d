//! The outbox: messages are stored in the commit that causes them, sent after it, and swept when a crash came between.

use crate::clock::{Clock, Timestamp};
use crate::docs::Document;
use crate::domain::outbox::OutboxTenant;
use crate::error::{Error, Result};
use crate::message::Outgoing;
use crate::queue::Queue;
use crate::store::{Batch, Change, Order, Precondition, Query, Store, StoreError, Tenant, Write};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use time::Duration;
use tokio::sync::Notify;
use tokio_util::task::TaskTracker;

/// A tenant is marked again after this long, so that the sweeper keeps looking at it.
const MARK_EVERY: Duration = Duration::minutes(10);
/// The sweeper forgets a tenant that has been quiet for this long.
const FORGET_AFTER: Duration = Duration::hours(1);
/// What was stored this long ago and is still there was left behind.
const LEFT_BEHIND: Duration = Duration::seconds(20);

#[derive(Clone)]
pub struct Outbox {
    inner: Arc<Inner>,
}

struct Inner {
    store: Arc<dyn Store>,
    queue: Arc<dyn Queue>,
    clock: Arc<Clock>,
    marked: Mutex<HashMap<Tenant, Timestamp>>,
    running: TaskTracker,
    sent: Notify,
}

impl Outbox {
    pub fn new(store: Arc<dyn Store>, queue: Arc<dyn Queue>, clock: Arc<Clock>) -> Self {
        let marked = Mutex::default();
        let inner = Inner { store, queue, clock, marked, running: TaskTracker::new(), sent: Notify::new() };
        Self { inner: Arc::new(inner) }
    }

    /// Notes, before the commit, that this tenant's outbox may hold something. The sweeper looks only at noted tenants,
    /// so its cost does not grow with what is stored.
    pub(crate) async fn mark(&self, tenant: &Tenant, outgoing: &[Outgoing]) -> Result<(), StoreError> {
        if outgoing.is_empty() {
            return Ok(());
        }
        let now = self.inner.clock.now();
        let fresh = |at: &Timestamp| at.plus(MARK_EVERY) > now;
        if self.marked().get(tenant).is_some_and(fresh) {
            return Ok(());
        }
        let marker = OutboxTenant::new(tenant, now);
        let body = serde_json::value::to_raw_value(&marker)
            .map_err(|error| StoreError::Unavailable(error.into()))?;
        let write = Write {
            kind: OutboxTenant::KIND,
            id: marker.id.clone(),
            precondition: Precondition::None,
            change: Change::Put { etag: marker.meta.etag.clone(), body, ttl: None },
        };
        let batch =
            Batch { tenant: Tenant::platform(), root: OutboxTenant::ROOT.into(), writes: vec![write] };
        self.inner.store.commit(batch).await?;
        self.marked().insert(tenant.clone(), now);
        Ok(())
    }

    fn marked(&self) -> std::sync::MutexGuard<'_, HashMap<Tenant, Timestamp>> {
        self.inner.marked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends in the background what a commit left in the outbox.
    pub(crate) fn dispatch(&self, outgoing: Vec<Outgoing>) {
        if outgoing.is_empty() {
            return;
        }
        let outbox = self.clone();
        self.inner.running.spawn(async move {
            for message in outgoing {
                if let Err(error) = outbox.send(&message).await {
                    tracing::warn!(queue = message.queue, message_id = message.id, %error, "left for the sweeper");
                }
            }
        });
    }

    async fn send(&self, message: &Outgoing) -> Result<()> {
        self.inner.queue.send(&message.queue, &message.text, message.delay_seconds).await?;
        self.inner.sent.notify_one();
        let tenant = Tenant::parse(&message.tenant);
        let batch = Batch { tenant, root: message.root.clone(), writes: vec![message.removal()] };
        Ok(self.inner.store.commit(batch).await?)
    }

    /// Resolves after a message was put on a queue by this process.
    pub(crate) async fn sent(&self) {
        self.inner.sent.notified().await;
    }

    /// Waits until what is being sent is sent: on a clean shutdown, and in tests.
    pub async fn settle(&self) {
        self.inner.running.close();
        self.inner.running.wait().await;
        self.inner.running.reopen();
    }

    /// Sends what earlier processes left behind. Gives the number of messages sent.
    pub async fn sweep(&self) -> Result<u64> {
        let now = self.inner.clock.now();
        let mut sent = 0;
        for marker in self.records(&Tenant::platform(), OutboxTenant::KIND).await? {
            let marker: OutboxTenant = serde_json::from_str(marker.body.get()).map_err(Error::internal)?;
            let tenant = Tenant::parse(&marker.tenant);
            let mut waiting = 0;
            for record in self.records(&tenant, Outgoing::KIND).await? {
                let message: Outgoing = serde_json::from_str(record.body.get()).map_err(Error::internal)?;
                waiting += 1;
                if message.made_at().is_none_or(|made| made.plus(LEFT_BEHIND) < now) {
                    self.send(&message).await?;
                    sent += 1;
                }
            }
            if waiting == 0 && marker.meta.updated_at.plus(FORGET_AFTER) < now {
                self.forget(&tenant, &marker).await?;
            }
        }
        Ok(sent)
    }

    async fn forget(&self, tenant: &Tenant, marker: &OutboxTenant) -> Result<()> {
        self.marked().remove(tenant);
        let write = Write {
            kind: OutboxTenant::KIND,
            id: marker.id.clone(),
            // Marked again since it was read: then it stays.
            precondition: Precondition::Match(marker.meta.etag.clone()),
            change: Change::Delete,
        };
        let batch =
            Batch { tenant: Tenant::platform(), root: OutboxTenant::ROOT.into(), writes: vec![write] };
        match self.inner.store.commit(batch).await {
            Ok(()) | Err(StoreError::Precondition { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    async fn records(&self, tenant: &Tenant, kind: &'static str) -> Result<Vec<crate::store::Record>> {
        let mut all = Vec::new();
        let mut after = None;
        loop {
            let page = self
                .inner
                .store
                .query(Query {
                    tenant: tenant.clone(),
                    root: None,
                    kind,
                    filters: Vec::new(),
                    order: Order { field: "id", descending: false },
                    limit: 200,
                    after,
                })
                .await?;
            all.extend(page.records);
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(all),
            }
        }
    }
}

impl Outgoing {
    /// When it was made: ids of messages are UUIDv7.
    fn made_at(&self) -> Option<Timestamp> {
        let (seconds, _) = uuid::Uuid::parse_str(&self.id).ok()?.get_timestamp()?.to_unix();
        Some(Timestamp::from_unix(i64::try_from(seconds).ok()?))
    }
}
