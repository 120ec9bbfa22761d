//! Storage queues and Blob storage over Azurite, with the managed identity that the platform has in Azure.

#![expect(clippy::unwrap_used, reason = "what fails here fails a test")]

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
    let operations = [
        "MessageId_Delete",
        "MessageId_Update",
        "Messages_Dequeue",
        "Messages_Enqueue",
        "Messages_Peek",
        "Queue_Create",
        "Queue_GetProperties",
    ];
    assert!(azurite.asked().iter().eq(operations), "{:?}", azurite.asked());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn blobs_conform() {
    let azurite = Azurite::start().await;
    blobs::conformance::suite(async || Arc::new(blobs_of(&azurite)) as Arc<dyn Blobs>).await;
    let operations = [
        "Blob_Delete",
        "Blob_Download",
        "Blob_GetProperties",
        "BlockBlob_Upload",
        "Container_Create",
        "Container_GetProperties",
        "Container_ListBlobFlatSegment",
        "Service_GetUserDelegationKey",
    ];
    assert!(azurite.asked().iter().eq(operations), "{:?}", azurite.asked());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[should_panic(expected = "unknown query parameter soon")]
async fn a_request_that_is_not_described_fails_its_test() {
    let azurite = Azurite::start().await;
    let address = format!("{}/some-queue/messages?soon=true", azurite.queues());
    reqwest::Client::builder().no_proxy().build().unwrap().get(address).send().await.unwrap();
}
