//! Storage queues and Blob storage over Azurite, with the managed identity that the platform has in Azure.

#![expect(clippy::unwrap_used, reason = "what fails here fails a test")]

mod described;
mod faults;
mod platform;
mod program;

use emulators::azurite::Azurite;
use shared::azure::credential;
use shared::blobs::azure::BlobStorage;
use shared::blobs::{self, Blobs};
use shared::clock::Clock;
use shared::config::{BlobAccount, Identity};
use shared::queue::azure::StorageQueues;
use shared::queue::{self, Queue};
use std::sync::Arc;

const IDENTITY: Identity = Identity::Managed { client_id: None };

fn queues_of(azurite: &Azurite) -> StorageQueues {
    StorageQueues::new(azurite.queues(), credential(&IDENTITY).unwrap())
}

fn blobs_of(azurite: &Azurite) -> BlobStorage {
    let account = BlobAccount { endpoint: azurite.blobs(), container: "files".into() };
    BlobStorage::new(account, credential(&IDENTITY).unwrap(), Arc::new(Clock::default()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn queues_conform() {
    let azurite = Azurite::start().await;
    queue::conformance::suite(async || Arc::new(queues_of(&azurite)) as Arc<dyn Queue>).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn blobs_conform() {
    let azurite = Azurite::start().await;
    blobs::conformance::suite(async || Arc::new(blobs_of(&azurite)) as Arc<dyn Blobs>).await;
}
