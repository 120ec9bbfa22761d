//! What a running function reaches the world through: its capabilities, one cheap handle.

use crate::ai::Model;
use crate::blobs::Blobs;
use crate::clock::{Clock, Timestamp};
use crate::config::Config;
use crate::docs::{At, Docs, Document, Listing, Work};
use crate::documents::Ocr;
use crate::domain::audit::AuditEvent;
use crate::error::Result;
use crate::function::Function;
use crate::http::SignIn;
use crate::mail::Mailer;
use crate::outbox::Outbox;
use crate::queue::Queue;
use crate::store::{JsonPage, Query, Store};
use crate::vitals::{Part, Vitals};
use std::sync::Arc;

/// Cloned into every handler; clones share everything.
#[derive(Clone)]
pub struct Context {
    inner: Arc<Inner>,
}

struct Inner {
    config: Config,
    clock: Arc<Clock>,
    store: Arc<dyn Store>,
    queue: Arc<dyn Queue>,
    blobs: Arc<dyn Blobs>,
    model: Model,
    mailer: Arc<dyn Mailer>,
    ocr: Option<Arc<dyn Ocr>>,
    outbox: Outbox,
    sign_in: SignIn,
    functions: Vec<Function>,
    vitals: Vitals,
}

/// The backends a context is made of.
pub struct Backends {
    pub store: Arc<dyn Store>,
    pub queue: Arc<dyn Queue>,
    pub blobs: Arc<dyn Blobs>,
    pub model: Model,
    pub mailer: Arc<dyn Mailer>,
    /// Without it scanned documents are not read.
    pub ocr: Option<Arc<dyn Ocr>>,
    pub sign_in: SignIn,
}

impl Context {
    pub fn new(config: Config, clock: Arc<Clock>, backends: Backends, functions: &[Function]) -> Self {
        let Backends { store, queue, blobs, model, mailer, ocr, sign_in } = backends;
        let outbox = Outbox::new(store.clone(), queue.clone(), clock.clone());
        let inner = Inner {
            config,
            clock,
            store,
            queue,
            blobs,
            model,
            mailer,
            ocr,
            outbox,
            sign_in,
            functions: functions.to_vec(),
            vitals: Vitals::default(),
        };
        Self { inner: Arc::new(inner) }
    }

    pub fn config(&self) -> &Config {
        &self.inner.config
    }
    pub fn clock(&self) -> &Arc<Clock> {
        &self.inner.clock
    }
    pub fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }
    /// Typed documents of one tenant, touched by one actor.
    pub fn docs<'a, T: Document>(&'a self, at: &'a At) -> Docs<'a, T> {
        Docs::new(self, at)
    }
    /// One commit within the aggregate `root`.
    pub fn work<'a>(&'a self, at: &'a At, root: impl ToString) -> Work<'a> {
        Work::new(self, at, root.to_string())
    }
    pub fn blobs(&self) -> &dyn Blobs {
        &*self.inner.blobs
    }
    pub fn model(&self) -> &Model {
        &self.inner.model
    }
    pub fn mailer(&self) -> &dyn Mailer {
        &*self.inner.mailer
    }
    pub fn ocr(&self) -> Option<&dyn Ocr> {
        self.inner.ocr.as_deref()
    }
    pub fn outbox(&self) -> &Outbox {
        &self.inner.outbox
    }
    pub fn queue(&self) -> &dyn Queue {
        &*self.inner.queue
    }
    pub fn sign_in(&self) -> &SignIn {
        &self.inner.sign_in
    }
    /// Audit events of one tenant, as they are stored.
    pub async fn events(&self, at: &At, listing: Listing) -> Result<JsonPage> {
        let query = Query {
            tenant: at.tenant.clone(),
            root: listing.root,
            kind: AuditEvent::KIND,
            filters: listing.filters,
            order: listing.order,
            limit: listing.limit,
            after: listing.after,
        };
        Ok(self.store().json_page(query).await?)
    }
    /// What this process serves.
    pub fn functions(&self) -> &[Function] {
        &self.inner.functions
    }
    pub(crate) fn store(&self) -> &dyn Store {
        &*self.inner.store
    }
    pub(crate) fn vitals(&self) -> &Vitals {
        &self.inner.vitals
    }
    /// Answers when the store does.
    pub async fn ping_store(&self) -> crate::error::Result<()> {
        Ok(self.store().ping().await?)
    }
    /// Which backend a part uses.
    pub(crate) fn backend(&self, part: Part) -> String {
        match part {
            Part::Store => self.inner.store.describe(),
            Part::Queues => self.inner.queue.describe(),
            Part::Files | Part::Links => self.inner.blobs.describe(),
            Part::Ai => self.inner.model.describe(),
            Part::Scans => self.ocr().map_or_else(|| "not read".to_owned(), Ocr::describe),
            Part::Mail => self.inner.mailer.describe(),
        }
    }
    /// Which backend each part uses: for the start-up banner and the home page.
    pub fn describe(&self) -> Vec<(&'static str, String)> {
        vec![
            ("Store", self.backend(Part::Store)),
            ("Queues", self.backend(Part::Queues)),
            ("Files", self.backend(Part::Files)),
            ("AI", self.backend(Part::Ai)),
            ("Scans", self.backend(Part::Scans)),
            ("E-mail", self.backend(Part::Mail)),
            ("Sign-in", self.inner.sign_in.describe()),
        ]
    }
}
