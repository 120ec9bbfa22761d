//! Index entries are made when a record is written. Where a later version declares more, the entries of what is stored are
//! made anew. A command of the operator: nothing else looks at a whole container.

use super::failure::Failure;
use super::item::{Item, Place, Put, Stored, declaration};
use super::partition;
use crate::store::{Indexes, StoreError, now_millis};
use azure_data_cosmos::options::{ItemWriteOptions, Precondition};
use azure_data_cosmos::{ContainerClient, CosmosError, FeedScope, Query};
use futures_util::StreamExt as _;

/// What others wrote in the meantime is looked at again.
const ROUNDS: usize = 3;

fn failed(error: &CosmosError) -> StoreError {
    Failure::of("reindex", error).into()
}

/// The number of documents whose entries were made anew.
pub(super) async fn run(container: &ContainerClient, indexes: &[Indexes]) -> Result<u64, StoreError> {
    let mut written = 0;
    for indexes in indexes.iter().filter(|indexes| !indexes.fields.is_empty() || !indexes.arrays.is_empty()) {
        for _ in 0..ROUNDS {
            let (done, met_others) = pass(container, indexes).await?;
            written += done;
            if !met_others {
                break;
            }
        }
    }
    Ok(written)
}

async fn pass(container: &ContainerClient, indexes: &Indexes) -> Result<(u64, bool), StoreError> {
    let query = Query::from("SELECT * FROM c WHERE c.kind = @kind AND c.declared != @declared")
        .with_parameter("@kind", indexes.kind)
        .and_then(|query| query.with_parameter("@declared", declaration(indexes)))
        .map_err(|error| failed(&error))?;
    let rows = Box::pin(container.query_items::<Stored>(query, FeedScope::full_container(), None)).await;
    let mut rows = Box::pin(rows.map_err(|error| failed(&error))?);
    let (mut written, mut met_others) = (0, false);
    while let Some(row) = rows.next().await {
        let row = row.map_err(|error| failed(&error))?;
        match Box::pin(write(container, indexes, &row)).await? {
            true => written += 1,
            false => met_others = true,
        }
    }
    Ok((written, met_others))
}

/// False when somebody else wrote it since: then its entries may be new already.
async fn write(container: &ContainerClient, indexes: &Indexes, stored: &Stored) -> Result<bool, StoreError> {
    let place = Place { tenant: &stored.tenant, root: &stored.root, kind: indexes.kind, id: &stored.key };
    let put = Put { etag: &stored.etag, body: &stored.body, expires: stored.expires };
    let marks = stored.commits.iter().map(String::as_str);
    let item = Item::new(place, Some(indexes), &put, marks, now_millis())?;
    let still = ItemWriteOptions::default().with_precondition(Precondition::if_match(stored.version.clone()));
    let id = super::item::item_id(indexes.kind, &stored.key);
    let key = partition(&stored.tenant, &stored.root);
    match Box::pin(container.replace_item(key, &id, item, Some(still))).await {
        Ok(_) => Ok(true),
        Err(error) if error.status().is_precondition_failed() || error.status().is_not_found() => Ok(false),
        Err(error) => Err(failed(&error)),
    }
}
