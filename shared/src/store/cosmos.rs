//! The store in Cosmos DB: one container, partitioned hierarchically by tenant and root.
//!
//! A record is one item (see `item`); its index entries give every query one range of one index (see `entry`, `query`). A batch is
//! one transactional batch (see `commit`). The client and its container are opened at first use, once per process.

mod account;
mod commit;
pub mod container;
mod entry;
mod failure;
mod item;
mod query;
mod reindex;
#[cfg(test)]
mod shapes;

pub use account::{Access, Account};
use azure_data_cosmos::options::{MaxItemCountHint, QueryOptions};
use azure_data_cosmos::{ContainerClient, FeedScope, PartitionKey};
use failure::Failure;
use futures_util::StreamExt as _;
use item::Stored;
use query::Statement;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::HashMap;
use std::num::NonZeroU32;
use tokio::sync::OnceCell;

use super::{Batch, Indexes, Key, Page, Query, Record, Store, StoreError, now_millis};
use crate::BoxFuture;

/// [`Store`] over a Cosmos DB account.
pub struct Cosmos {
    account: Account,
    container: OnceCell<ContainerClient>,
    declared: HashMap<&'static str, Indexes>,
}

impl Cosmos {
    /// Nothing goes over a network yet. Kinds that `indexes` leaves out can be read and listed by id only.
    pub fn new(account: Account, indexes: &[Indexes]) -> Self {
        let declared = indexes.iter().map(|indexes| (indexes.kind, *indexes)).collect();
        Self { account, container: OnceCell::new(), declared }
    }

    async fn container(&self) -> Result<&ContainerClient, StoreError> {
        self.container.get_or_try_init(|| Box::pin(self.account.open())).await
    }

    /// The item of a record, expired or not.
    async fn stored(
        &self,
        tenant: &str,
        root: &str,
        kind: &str,
        id: &str,
    ) -> Result<Option<Stored>, StoreError> {
        let container = self.container().await?;
        let item_id = item::item_id(kind, id);
        match Box::pin(container.read_item(partition(tenant, root), &item_id, None)).await {
            Ok(response) => {
                response.into_model().map(Some).map_err(|error| Failure::of("read", &error).into())
            }
            Err(error) if error.status().is_not_found() => Ok(None),
            Err(error) => Err(Failure::of("read", &error).into()),
        }
    }

    async fn page(&self, query: &Query) -> Result<Page, StoreError> {
        query.trace();
        let statement = Statement::new(query, self.declared.get(query.kind), now_millis())?;
        let container = self.container().await?;
        let scope = match &query.root {
            Some(root) => FeedScope::partition(partition(query.tenant.as_str(), root)),
            None => FeedScope::partition(query.tenant.as_str().to_owned()),
        };
        let failed = |error: azure_data_cosmos::CosmosError| StoreError::from(Failure::of("query", &error));
        let mut text = azure_data_cosmos::Query::from(statement.text.as_str());
        for (name, value) in &statement.parameters {
            text = text.with_parameter(name, value).map_err(failed)?;
        }
        // One more than asked for tells whether there is a next page.
        let wanted = query.limit as usize;
        let mut options = QueryOptions::default();
        if let Some(rows) = NonZeroU32::new(query.limit + 1) {
            options = options.with_max_item_count(MaxItemCountHint::Limit(rows));
        }
        let mut rows = Box::pin(
            Box::pin(container.query_items::<Row>(text, scope, Some(options))).await.map_err(failed)?,
        );
        let mut records = Vec::with_capacity(wanted.min(128));
        let mut last = String::new();
        while let Some(row) = rows.next().await {
            let row = row.map_err(failed)?;
            if records.len() == wanted {
                return Ok(Page { records, next: Some(statement.cursor(&last)) });
            }
            last = row.place;
            records.push(Record { root: row.root, id: row.key, etag: row.etag, body: row.body.into() });
        }
        Ok(Page { records, next: None })
    }
}

/// What a statement selects.
#[derive(Deserialize)]
struct Row {
    root: String,
    key: String,
    etag: String,
    body: Box<RawValue>,
    place: String,
}

fn partition(tenant: &str, root: &str) -> PartitionKey {
    PartitionKey::from((tenant.to_owned(), root.to_owned()))
}

impl Store for Cosmos {
    fn describe(&self) -> String {
        self.account.describe()
    }

    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Record>, StoreError>> {
        Box::pin(async move {
            // Nothing can stand there, and Cosmos DB would refuse the id.
            if key.id.len() > super::MAX_ID_BYTES || key.root.len() > super::MAX_ID_BYTES {
                return Ok(None);
            }
            let stored = self.stored(key.tenant.as_str(), &key.root, key.kind, &key.id).await?;
            let live = stored.filter(|stored| stored.is_live(now_millis()));
            Ok(live.map(|stored| Record {
                root: stored.root,
                id: stored.key,
                etag: stored.etag,
                body: stored.body.into(),
            }))
        })
    }

    fn commit(&self, batch: Batch) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move {
            batch.check_size()?;
            if batch.writes.is_empty() {
                return Ok(());
            }
            commit::Commit::new(self, &batch).run().await
        })
    }

    fn query(&self, query: Query) -> BoxFuture<'_, Result<Page, StoreError>> {
        Box::pin(async move { self.page(&query).await })
    }

    fn ping(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move { self.stored("p", "ping", "ping", "ping").await.map(drop) })
    }
}
