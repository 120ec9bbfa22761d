//! A batch as one transactional batch of Cosmos DB.
//!
//! Preconditions are on our ETags, Cosmos DB's on its own. So a record that must match is read first, and the write is on
//! condition that the item is still the one that was read. A record that must be absent is created; if that clashes with
//! one whose time is over, that one is replaced. When anything changed in between, it starts again with a new look.
//!
//! The client repeats a write whose answer was lost, so a refusal may be the echo of our own success. Every commit
//! therefore leaves a mark in the items it writes, and whoever is in doubt looks for it before giving up.

use super::failure::Failure;
use super::item::{Item, Place, Put, Stored};
use super::{Cosmos, partition};
use crate::ids::new_etag;
use crate::store::{Batch, Change, Precondition, StoreError, Write, now_millis};
use azure_data_cosmos::options::{self, BatchDeleteOptions, BatchReplaceOptions};
use azure_data_cosmos::{CosmosStatus, TransactionalBatch};
use futures_util::future::try_join_all;
use std::collections::HashMap;

/// Looks at what others wrote in between, before giving up.
const ROUNDS: usize = 8;

/// Of one write of the batch.
struct Operation {
    write: usize,
    what: What,
}

enum What {
    Create,
    Upsert,
    /// The item is still this version.
    Replace(String),
    /// Of this version, when one is given.
    Delete(Option<String>),
}

enum Outcome {
    Done,
    /// The operation of this write met something else than expected.
    Clash(usize),
}

type Record<'a> = (&'a str, &'a str);

pub(super) struct Commit<'a> {
    store: &'a Cosmos,
    batch: &'a Batch,
    mark: String,
    /// What was found, where somebody looked.
    seen: HashMap<Record<'a>, Option<Stored>>,
    /// An earlier try may have been applied.
    in_doubt: bool,
}

fn record(write: &Write) -> Record<'_> {
    (write.kind, write.id.as_str())
}

impl<'a> Commit<'a> {
    pub(super) fn new(store: &'a Cosmos, batch: &'a Batch) -> Self {
        Self { store, batch, mark: new_etag(), seen: HashMap::new(), in_doubt: false }
    }

    pub(super) async fn run(mut self) -> Result<(), StoreError> {
        // What must match is looked at first, and what must be absent without being written.
        let first = self.batch.writes.iter().filter(|write| match (&write.precondition, &write.change) {
            (Precondition::Match(_), _) | (Precondition::Absent, Change::Delete) => true,
            (Precondition::Absent | Precondition::None, _) => false,
        });
        self.look(first.map(record).collect()).await?;
        for _ in 0..ROUNDS {
            let operations = match self.plan() {
                Ok(operations) => operations,
                Err(refused) => return self.refuse(refused).await,
            };
            if operations.is_empty() {
                return Ok(());
            }
            match self.execute(&operations).await? {
                Outcome::Done => return Ok(()),
                Outcome::Clash(_) if self.in_doubt && self.has_landed().await? => return Ok(()),
                Outcome::Clash(write) => {
                    let clashed = &self.batch.writes[write];
                    // Where one record that was to be removed is gone, others may be.
                    let gone = self.batch.writes.iter().filter(|write| {
                        matches!(clashed.change, Change::Delete) && matches!(write.change, Change::Delete)
                    });
                    let again = gone.map(record).chain([record(clashed)]).collect();
                    self.look(again).await?;
                }
            }
        }
        Err(StoreError::Unavailable("too many writers at once".into()))
    }

    async fn look(&mut self, mut records: Vec<Record<'a>>) -> Result<(), StoreError> {
        records.sort_unstable();
        records.dedup();
        let (tenant, root) = (self.batch.tenant.as_str(), self.batch.root.as_str());
        let reads = records.iter().map(|(kind, id)| self.store.stored(tenant, root, kind, id));
        let found = try_join_all(reads).await?;
        self.seen.extend(records.into_iter().zip(found));
        Ok(())
    }

    /// The operations of the batch, or the first write that is known to be refused.
    fn plan(&self) -> Result<Vec<Operation>, usize> {
        let now = now_millis();
        // What earlier writes of the batch leave: the ETag, or nothing.
        let mut left: HashMap<Record<'_>, Option<&str>> = HashMap::new();
        let mut operations = Vec::with_capacity(self.batch.writes.len());
        for (n, write) in self.batch.writes.iter().enumerate() {
            let is_put = matches!(write.change, Change::Put { .. });
            let what = if let Some(etag) = left.get(&record(write)) {
                let holds = match &write.precondition {
                    Precondition::Absent => etag.is_none(),
                    Precondition::Match(expected) => *etag == Some(expected.as_str()),
                    Precondition::None => true,
                };
                match (holds, is_put, etag) {
                    (false, ..) => return Err(n),
                    (true, true, _) => Some(What::Upsert),
                    (true, false, Some(_)) => Some(What::Delete(None)),
                    (true, false, None) => None,
                }
            } else {
                self.plan_first(write, is_put, now).ok_or(n)?
            };
            operations.extend(what.map(|what| Operation { write: n, what }));
            left.insert(
                record(write),
                match &write.change {
                    Change::Put { etag, .. } => Some(etag),
                    Change::Delete => None,
                },
            );
        }
        Ok(operations)
    }

    /// The operation of the first write of a record, if it takes one; `None` when it is refused.
    fn plan_first(&self, write: &Write, is_put: bool, now: i64) -> Option<Option<What>> {
        let seen = self.seen.get(&record(write));
        let replace_or_delete = |version: &str| {
            let version = version.to_owned();
            Some(Some(if is_put { What::Replace(version) } else { What::Delete(Some(version)) }))
        };
        match (&write.precondition, seen) {
            (Precondition::Match(etag), Some(Some(item))) if item.is_live(now) && item.etag == *etag => {
                replace_or_delete(&item.version)
            }
            (Precondition::Match(_), _) => None,
            (Precondition::Absent, Some(Some(item))) if item.is_live(now) => None,
            (Precondition::Absent, Some(Some(expired))) => replace_or_delete(&expired.version),
            (Precondition::Absent, _) => Some(is_put.then_some(What::Create)),
            (Precondition::None, Some(None)) if !is_put => Some(None),
            (Precondition::None, _) if is_put => Some(Some(What::Upsert)),
            (Precondition::None, _) => Some(Some(What::Delete(None))),
        }
    }

    /// Answers for a batch that is refused because of the write `n`, or of an earlier one nobody looked at yet.
    async fn refuse(&mut self, n: usize) -> Result<(), StoreError> {
        if self.in_doubt && self.has_landed().await? {
            return Ok(());
        }
        let earlier = self.batch.writes[..n]
            .iter()
            .filter(|write| write.precondition == Precondition::Absent)
            .map(record)
            .filter(|record| !self.seen.contains_key(record))
            .collect();
        self.look(earlier).await?;
        let first = self.plan().err().unwrap_or(n);
        let write = &self.batch.writes[first];
        Err(StoreError::Precondition { kind: write.kind, id: write.id.clone() })
    }

    async fn execute(&mut self, operations: &[Operation]) -> Result<Outcome, StoreError> {
        let request = self.request(operations)?;
        let container = self.store.container().await?;
        let response = match Box::pin(container.execute_transactional_batch(request, None)).await {
            Ok(response) => response,
            Err(error) => return self.failed(&error).await,
        };
        self.in_doubt |= response.diagnostics().request_count() > 1;
        let status = response.status();
        let results = response.into_model().map_err(|error| Failure::of("commit", &error))?;
        // 424: refused because of another one.
        let refused = results
            .results()
            .iter()
            .zip(operations)
            .find(|(result, _)| !result.is_success() && result.status_code() != 424);
        match refused {
            None if status.is_success()
                && results
                    .results()
                    .iter()
                    .all(azure_data_cosmos::models::TransactionalBatchOperationResult::is_success) =>
            {
                Ok(Outcome::Done)
            }
            None => Err(Failure::of_operation(status).into()),
            Some((result, operation)) => match result.status_code() {
                404 | 409 | 412 => Ok(Outcome::Clash(operation.write)),
                413 => Err(StoreError::TooLarge("more than Cosmos DB takes")),
                other => Err(Failure::of_operation(CosmosStatus::new(other.into())).into()),
            },
        }
    }

    /// The request as a whole failed, though it may have been applied.
    async fn failed(&mut self, error: &azure_data_cosmos::CosmosError) -> Result<Outcome, StoreError> {
        if u16::from(error.status()) == 413 {
            return Err(StoreError::TooLarge("more than Cosmos DB takes"));
        }
        let never_applied = matches!(u16::from(error.status()), 400 | 401 | 403 | 404);
        self.in_doubt |= !never_applied;
        if self.in_doubt && self.has_landed().await? {
            return Ok(Outcome::Done);
        }
        Err(Failure::of("commit", error).into())
    }

    /// Whether a try of this commit was applied: one of its items bears the mark. A batch that only removes leaves none;
    /// it was applied, or need not be, when all it removes is gone.
    async fn has_landed(&self) -> Result<bool, StoreError> {
        let (tenant, root) = (self.batch.tenant.as_str(), self.batch.root.as_str());
        let mut all_gone = true;
        for write in &self.batch.writes {
            let stored = self.store.stored(tenant, root, write.kind, &write.id).await?;
            all_gone &= stored.is_none() && matches!(write.change, Change::Delete);
            if stored.is_some_and(|item| item.commits.contains(&self.mark)) {
                return Ok(true);
            }
        }
        Ok(all_gone)
    }

    fn request(&self, operations: &[Operation]) -> Result<TransactionalBatch, StoreError> {
        let failed = |error: azure_data_cosmos::CosmosError| StoreError::from(Failure::of("commit", &error));
        let still = |version: &str| options::Precondition::if_match(version.to_owned());
        let now = now_millis();
        let mut request = TransactionalBatch::new(partition(self.batch.tenant.as_str(), &self.batch.root));
        for Operation { write, what } in operations {
            let write = &self.batch.writes[*write];
            let id = super::item::item_id(write.kind, &write.id);
            request = match what {
                What::Create => request.create_item(self.item(write, now)?).map_err(failed)?,
                What::Upsert => request.upsert_item(self.item(write, now)?, None).map_err(failed)?,
                What::Replace(version) => {
                    let options = BatchReplaceOptions::default().with_precondition(still(version));
                    request.replace_item(id, self.item(write, now)?, Some(options)).map_err(failed)?
                }
                What::Delete(version) => {
                    let still = version.as_deref().map(still);
                    let options = still.map(|still| BatchDeleteOptions::default().with_precondition(still));
                    request.delete_item(id, options)
                }
            };
        }
        Ok(request)
    }

    fn item<'w>(&'w self, write: &'w Write, now: i64) -> Result<Item<'w>, StoreError> {
        let Change::Put { etag, body, ttl } = &write.change else {
            return Err(StoreError::Unavailable("a removal has no item".into()));
        };
        let (tenant, root) = (self.batch.tenant.as_str(), self.batch.root.as_str());
        let place = Place { tenant, root, kind: write.kind, id: &write.id };
        let put = Put { etag, body, expires: ttl.map(|seconds| now + i64::from(seconds) * 1000) };
        let before = self.seen.get(&record(write)).and_then(Option::as_ref);
        let before = before.into_iter().flat_map(|item| item.commits.iter().map(String::as_str));
        let marks = std::iter::once(self.mark.as_str()).chain(before);
        Item::new(place, self.store.declared.get(write.kind), &put, marks, now)
    }
}
