//! Backends that fail when a test says so.

use shared::blobs::link::{LinkError, VerifiedLink};
use shared::blobs::{BlobError, BlobInfo, Blobs, ByteStream};
use shared::queue::{Delivery, Queue, QueueError};
use shared::store::{Batch, JsonPage, Key, Page, Query, Record, Store, StoreError};
use shared::{Backends, BoxFuture};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use time::OffsetDateTime;

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// One backend's health. Cheap to clone; clones share it.
#[derive(Clone)]
pub(crate) struct Fault {
    /// Calls that are still let through.
    left: Arc<AtomicU32>,
}

impl Fault {
    fn none() -> Self {
        Self { left: Arc::new(AtomicU32::new(u32::MAX)) }
    }

    /// Lets this many more calls through; every later one fails and does nothing.
    pub(crate) fn after(&self, calls: u32) {
        self.left.store(calls, Ordering::SeqCst);
    }

    pub(crate) fn mend(&self) {
        self.after(u32::MAX);
    }

    pub(crate) fn was_met(&self) -> bool {
        self.left.load(Ordering::SeqCst) == 0
    }

    /// The call, or the failure instead of it.
    fn before<'a, T: 'a, E: 'a>(
        &'a self,
        failure: fn(Cause) -> E,
        call: BoxFuture<'a, Result<T, E>>,
    ) -> BoxFuture<'a, Result<T, E>> {
        Box::pin(async move {
            let fewer = |left: u32| if left == u32::MAX { Some(left) } else { left.checked_sub(1) };
            let left = self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, fewer);
            left.map_err(|_| failure("a test broke it: secret-host.example".into()))?;
            call.await
        })
    }
}

#[derive(Clone)]
pub(crate) struct Faults {
    pub(crate) store: Fault,
    pub(crate) queue: Fault,
    pub(crate) files: Fault,
}

impl Faults {
    pub(crate) fn none() -> Self {
        Self { store: Fault::none(), queue: Fault::none(), files: Fault::none() }
    }

    pub(crate) fn before(&self, backends: Backends) -> Backends {
        Backends {
            store: Arc::new(Faulty { inner: backends.store, fault: self.store.clone() }),
            queue: Arc::new(Faulty { inner: backends.queue, fault: self.queue.clone() }),
            blobs: Arc::new(Faulty { inner: backends.blobs, fault: self.files.clone() }),
            ..backends
        }
    }
}

struct Faulty<T: ?Sized> {
    fault: Fault,
    inner: Arc<T>,
}

impl Store for Faulty<dyn Store> {
    fn describe(&self) -> String {
        self.inner.describe()
    }
    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Record>, StoreError>> {
        self.fault.before(StoreError::Unavailable, self.inner.get(key))
    }
    fn commit(&self, batch: Batch) -> BoxFuture<'_, Result<(), StoreError>> {
        self.fault.before(StoreError::Unavailable, self.inner.commit(batch))
    }
    fn query(&self, query: Query) -> BoxFuture<'_, Result<Page, StoreError>> {
        self.fault.before(StoreError::Unavailable, self.inner.query(query))
    }
    fn json_page(&self, query: Query) -> BoxFuture<'_, Result<JsonPage, StoreError>> {
        self.fault.before(StoreError::Unavailable, self.inner.json_page(query))
    }
    fn ping(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        self.fault.before(StoreError::Unavailable, self.inner.ping())
    }
}

impl Queue for Faulty<dyn Queue> {
    fn describe(&self) -> String {
        self.inner.describe()
    }
    fn idle_poll(&self) -> Duration {
        self.inner.idle_poll()
    }
    fn send<'a>(
        &'a self,
        queue: &'a str,
        text: &'a str,
        delay_seconds: u32,
    ) -> BoxFuture<'a, Result<(), QueueError>> {
        self.fault.before(QueueError::Unavailable, self.inner.send(queue, text, delay_seconds))
    }
    fn receive<'a>(
        &'a self,
        queue: &'a str,
        max: u32,
        visibility_seconds: u32,
    ) -> BoxFuture<'a, Result<Vec<Delivery>, QueueError>> {
        self.fault.before(QueueError::Unavailable, self.inner.receive(queue, max, visibility_seconds))
    }
    fn delete<'a>(&'a self, queue: &'a str, delivery: &'a Delivery) -> BoxFuture<'a, Result<(), QueueError>> {
        self.fault.before(QueueError::Unavailable, self.inner.delete(queue, delivery))
    }
    fn update<'a>(
        &'a self,
        queue: &'a str,
        delivery: &'a Delivery,
        visibility_seconds: u32,
    ) -> BoxFuture<'a, Result<Delivery, QueueError>> {
        self.fault.before(QueueError::Unavailable, self.inner.update(queue, delivery, visibility_seconds))
    }
    fn len<'a>(&'a self, queue: &'a str) -> BoxFuture<'a, Result<u64, QueueError>> {
        self.fault.before(QueueError::Unavailable, self.inner.len(queue))
    }
    fn peek<'a>(&'a self, queue: &'a str, max: u32) -> BoxFuture<'a, Result<Vec<Delivery>, QueueError>> {
        self.fault.before(QueueError::Unavailable, self.inner.peek(queue, max))
    }
}

impl Blobs for Faulty<dyn Blobs> {
    fn describe(&self) -> String {
        self.inner.describe()
    }
    fn put<'a>(
        &'a self,
        path: &'a str,
        content_type: &'a str,
        content: ByteStream,
        max_bytes: u64,
    ) -> BoxFuture<'a, Result<BlobInfo, BlobError>> {
        self.fault.before(BlobError::Unavailable, self.inner.put(path, content_type, content, max_bytes))
    }
    fn get<'a>(&'a self, path: &'a str) -> BoxFuture<'a, Result<(BlobInfo, ByteStream), BlobError>> {
        self.fault.before(BlobError::Unavailable, self.inner.get(path))
    }
    fn info<'a>(&'a self, path: &'a str) -> BoxFuture<'a, Result<BlobInfo, BlobError>> {
        self.fault.before(BlobError::Unavailable, self.inner.info(path))
    }
    fn delete<'a>(&'a self, path: &'a str) -> BoxFuture<'a, Result<(), BlobError>> {
        self.fault.before(BlobError::Unavailable, self.inner.delete(path))
    }
    fn link<'a>(
        &'a self,
        path: &'a str,
        download_name: &'a str,
        expires_at: OffsetDateTime,
    ) -> BoxFuture<'a, Result<String, BlobError>> {
        self.inner.link(path, download_name, expires_at)
    }
    fn verify_link(&self, path: &str, query: &str, now: OffsetDateTime) -> Result<VerifiedLink, LinkError> {
        self.inner.verify_link(path, query, now)
    }
}
