//! Before the store: what is said waits there, fails, or comes too late, when a test says so.

use shared::docs::Document as _;
use shared::domain::transcript_segment::TranscriptSegment;
use shared::store::{Batch, Key, Page, Query, Record, Store, StoreError};
use shared::{Backends, BoxFuture};
use std::sync::Arc;
use tokio::sync::watch;

/// What becomes of the next turns that are to be stored.
#[derive(Clone, Copy, PartialEq)]
pub enum Turns {
    Pass,
    Wait,
    Fail,
    /// The next one is refused, as if something else had been stored in between; then they pass.
    Late,
}

/// Cheap to clone; clones share it.
#[derive(Clone)]
pub struct Gate {
    turns: watch::Sender<Turns>,
}

impl Default for Gate {
    fn default() -> Self {
        Self { turns: watch::Sender::new(Turns::Pass) }
    }
}

impl Gate {
    pub fn set(&self, turns: Turns) {
        self.turns.send_replace(turns);
    }

    pub fn before(&self, backends: Backends) -> Backends {
        Backends { store: Arc::new(Gated { inner: backends.store, gate: self.clone() }), ..backends }
    }

    async fn pass(&self) -> Result<(), StoreError> {
        let now = *self.turns.subscribe().wait_for(|turns| *turns != Turns::Wait).await.unwrap();
        match now {
            Turns::Pass | Turns::Wait => Ok(()),
            Turns::Fail => Err(StoreError::Unavailable("a test broke it".into())),
            Turns::Late => {
                self.set(Turns::Pass);
                Err(StoreError::Precondition { kind: TranscriptSegment::KIND, id: String::new() })
            }
        }
    }
}

struct Gated {
    inner: Arc<dyn Store>,
    gate: Gate,
}

impl Store for Gated {
    fn describe(&self) -> String {
        self.inner.describe()
    }
    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Record>, StoreError>> {
        self.inner.get(key)
    }
    fn commit(&self, batch: Batch) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move {
            if batch.writes.iter().any(|write| write.kind == TranscriptSegment::KIND) {
                self.gate.pass().await?;
            }
            self.inner.commit(batch).await
        })
    }
    fn query(&self, query: Query) -> BoxFuture<'_, Result<Page, StoreError>> {
        self.inner.query(query)
    }
    fn ping(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        self.inner.ping()
    }
}
