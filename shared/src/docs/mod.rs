//! Typed documents over the store: tenant scope, ETags, optimistic updates, audit and outgoing messages in one commit.

mod document;
mod page_size;
mod reservation;
mod work;

#[doc(hidden)]
pub use document::names_is_active;
pub use document::{Audit, Document, Meta, Stored};
pub use page_size::PageSize;
pub use reservation::{Claim, Reservation, Target};
pub use work::{Actor, ActorKind, At, Work};

use crate::context::Context;
use crate::error::{Code, Error, Result};
use crate::store::{Filter, JsonPage, Key, Order, Query, Record, StoreError};
use serde::de::DeserializeOwned;
use std::marker::PhantomData;

/// Times an update is tried again when somebody else wrote in between.
const UPDATE_TRIES: u32 = 8;

/// The documents of one kind within one tenant.
pub struct Docs<'a, T> {
    ctx: &'a Context,
    at: &'a At,
    of: PhantomData<fn() -> T>,
}

/// What to list: filters (all must hold; put the most selective first), order, page.
pub struct Listing {
    pub root: Option<String>,
    pub filters: Vec<Filter>,
    pub order: Order,
    pub limit: u32,
    pub after: Option<String>,
}

impl Listing {
    /// Newest first, 20 a page (spec 00 §4).
    pub fn newest() -> Self {
        Self {
            root: None,
            filters: Vec::new(),
            order: Order { field: "id", descending: true },
            limit: 20,
            after: None,
        }
    }
    pub fn oldest() -> Self {
        Self { order: Order { field: "id", descending: false }, ..Self::newest() }
    }
    pub fn within(mut self, root: impl ToString) -> Self {
        self.root = Some(root.to_string());
        self
    }
    pub fn filter(mut self, filter: Filter) -> Self {
        self.filters.push(filter);
        self
    }
    /// `member = value`.
    pub fn eq(self, field: &'static str, value: impl serde::Serialize) -> Self {
        let value = serde_json::to_value(value).unwrap_or(serde_json::Value::Null);
        self.filter(Filter::Eq(field, value))
    }
    /// `member = value` when a value is given.
    pub fn eq_if(self, field: &'static str, value: Option<impl serde::Serialize>) -> Self {
        match value {
            Some(value) => self.eq(field, value),
            None => self,
        }
    }
    pub fn order(mut self, field: &'static str, descending: bool) -> Self {
        self.order = Order { field, descending };
        self
    }
    pub fn page(mut self, limit: u32, after: Option<String>) -> Self {
        self.limit = limit;
        self.after = after;
        self
    }
    /// The page a caller asked for.
    pub fn asked<const DEFAULT: u32, const MOST: u32>(
        self,
        size: PageSize<DEFAULT, MOST>,
        cursor: Option<String>,
    ) -> Self {
        self.page(size.into(), cursor)
    }
}

/// A page of typed documents.
pub struct Listed<T> {
    pub items: Vec<T>,
    pub next: Option<String>,
}

impl<'a, T: Document> Docs<'a, T> {
    pub(crate) fn new(ctx: &'a Context, at: &'a At) -> Self {
        Self { ctx, at, of: PhantomData }
    }

    fn key(&self, root: &str, id: &str) -> Key {
        Key { tenant: self.at.tenant.clone(), root: root.to_owned(), kind: T::KIND, id: id.to_owned() }
    }

    /// The document with this id, which is its own aggregate root; `None` when unknown or deleted.
    pub async fn find(&self, id: impl ToString) -> Result<Option<Stored<T>>> {
        let id = id.to_string();
        self.find_in(&id, &id).await
    }

    /// The same for a document inside another one's aggregate.
    pub async fn find_in(&self, root: impl ToString, id: impl ToString) -> Result<Option<Stored<T>>> {
        let stored = self.find_even_deleted(root, id).await?;
        Ok(stored.filter(|stored| stored.meta().is_active))
    }

    /// As [`Self::find_in`], softly deleted ones too.
    pub async fn find_even_deleted(
        &self,
        root: impl ToString,
        id: impl ToString,
    ) -> Result<Option<Stored<T>>> {
        let key = self.key(&root.to_string(), &id.to_string());
        let Some(record) = self.ctx.store().get(&key).await? else { return Ok(None) };
        Stored::of(record).map(Some)
    }

    /// The record with this id as it is stored, softly deleted or not, for who needs its version or its text alone.
    pub async fn find_record(&self, id: &str) -> Result<Option<Record>> {
        Ok(self.ctx.store().get(&self.key(id, id)).await?)
    }

    /// As [`Self::find`]; unknown is 404.
    pub async fn get(&self, id: impl ToString) -> Result<Stored<T>> {
        self.find(id).await?.ok_or_else(|| Error::not_found(T::NAME))
    }

    pub async fn get_in(&self, root: impl ToString, id: impl ToString) -> Result<Stored<T>> {
        self.find_in(root, id).await?.ok_or_else(|| Error::not_found(T::NAME))
    }

    pub async fn list(&self, listing: Listing) -> Result<Listed<T>> {
        let page = self.ctx.store().query(self.query(listing)).await?;
        let items = page
            .records
            .into_iter()
            .map(|record| Stored::of(record).map(Stored::into_inner))
            .collect::<Result<_>>()?;
        Ok(Listed { items, next: page.next })
    }

    /// The members that `V` names of each: what is not asked for is not read.
    pub async fn list_as<V: DeserializeOwned>(&self, listing: Listing) -> Result<Vec<V>> {
        let page = self.ctx.store().query(self.query(listing)).await?;
        page.records.iter().map(|record| document::read(T::KIND, &record.root, &record.body)).collect()
    }

    /// Bodies as they are stored: for lists whose view is the document itself, and to count.
    pub async fn list_raw(&self, listing: Listing) -> Result<JsonPage> {
        Ok(self.ctx.store().json_page(self.query(listing)).await?)
    }

    /// Everything the listing matches, page after page. Only for sets whose size the domain bounds.
    pub async fn all(&self, mut listing: Listing) -> Result<Vec<T>> {
        let mut all = Vec::new();
        listing.limit = 500;
        loop {
            let (root, filters, order) = (listing.root.clone(), listing.filters.clone(), listing.order);
            let page =
                self.list(Listing { root, filters, order, limit: 500, after: listing.after.take() }).await?;
            all.extend(page.items);
            match page.next {
                Some(next) => listing.after = Some(next),
                None => return Ok(all),
            }
        }
    }

    fn query(&self, listing: Listing) -> Query {
        let mut filters = listing.filters;
        if T::SOFT_DELETE {
            filters.push(Filter::Eq("is_active", true.into()));
        }
        Query {
            tenant: self.at.tenant.clone(),
            root: listing.root,
            kind: T::KIND,
            filters,
            order: listing.order,
            limit: listing.limit,
            after: listing.after,
        }
    }

    /// Creates it, with an audit event.
    pub async fn create(&self, document: T) -> Result<T> {
        let mut work = self.ctx.work(self.at, document.root());
        let document = work.create(document)?;
        work.commit().await?;
        Ok(document)
    }

    /// Creates it while holding `claims`; a taken one is 409 `duplicate` naming the holder's id.
    pub async fn create_unique(&self, document: T, claims: &[Claim]) -> Result<T> {
        let mut work = self.ctx.work(self.at, document.root());
        let document = work.create(document)?;
        self.ctx.commit_unique(work, &Target::of(self.at, &document), claims).await?;
        Ok(document)
    }

    /// Read, change, save; tried again when somebody else wrote in between, unless `if_match` pins the version.
    /// `change` may run more than once: it must have no effect but on its arguments.
    pub async fn update(
        &self,
        root: impl ToString,
        id: impl ToString,
        if_match: Option<&str>,
        change: impl Fn(&mut T, &mut Work<'_>) -> Result<()>,
    ) -> Result<T> {
        let (root, id) = (root.to_string(), id.to_string());
        for _ in 0..UPDATE_TRIES {
            let stored = self.get_in(&root, &id).await?;
            if if_match.is_some_and(|tag| tag != "*" && tag != stored.meta().etag) {
                return Err(stale());
            }
            let mut work = self.ctx.work(self.at, root.clone());
            let mut document = stored.clone_inner()?;
            change(&mut document, &mut work)?;
            let document = work.update(&stored, document)?;
            match work.commit().await {
                Ok(()) => return Ok(document),
                Err(StoreError::Precondition { .. }) if if_match.is_some() => return Err(stale()),
                Err(StoreError::Precondition { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::conflict("Too many changes at once. Please try again."))
    }

    /// Brings a softly deleted one back as it was read with [`Self::find_even_deleted`].
    pub async fn restore(&self, deleted: &Stored<T>) -> Result<T> {
        let mut document = deleted.clone_inner()?;
        document.meta_mut().is_active = true;
        let mut work = self.ctx.work(self.at, document.root());
        work.action("restore");
        let document = work.update(deleted, document)?;
        work.commit().await?;
        Ok(document)
    }

    /// Hides it from lists and reads; it can be restored (spec 00 §4).
    pub async fn delete(&self, root: impl ToString, id: impl ToString, if_match: Option<&str>) -> Result<T> {
        self.update(root, id, if_match, |document, work| {
            document.meta_mut().is_active = false;
            work.action("delete");
            Ok(())
        })
        .await
    }
}

pub(crate) fn stale() -> Error {
    Error::new(
        Code::StaleEtag,
        "The resource has changed since you read it. Read it again, then repeat the change.",
    )
}
