//! The conformance suites once more, each request checked against the official description before Azurite gets it. The
//! descriptions are older than the version our SDK speaks: of `x-ms-version` only the presence is checked.

use crate::IDENTITY;
use descriptions::{Description, Watch};
use emulators::azurite::{Azurite, setting};
use shared::azure::credential;
use shared::blobs::azure::BlobStorage;
use shared::blobs::{self, Blobs};
use shared::clock::Clock;
use shared::config::BlobAccount;
use shared::queue::azure::StorageQueues;
use shared::queue::{self, Queue};
use std::path::Path;
use std::sync::Arc;
use url::Url;

const QUEUES: &str = "storage/data-plane/Microsoft.QueueStorage/stable/2018-03-28/queue.json";
const BLOBS: &str = "storage/data-plane/Microsoft.BlobStorage/stable/2025-01-05/blob.json";

async fn watched(description: &str, account: Url) -> Watch {
    let description = Description::load(description).lenient_on_version();
    Watch::start(description, account, Path::new(&setting("EMULATORS"))).await
}

fn assert_seen(watch: &Watch, operations: &[&str]) {
    let seen = watch.operations();
    println!("checked: {seen:?}");
    for operation in operations {
        assert!(seen.contains(*operation), "no {operation} among {seen:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn queues_are_asked_as_described() {
    let azurite = Azurite::start().await;
    let watch = watched(QUEUES, azurite.queues()).await;
    let make = || StorageQueues::new(watch.url.clone(), credential(&IDENTITY).unwrap());
    queue::conformance::suite(async || Arc::new(make()) as Arc<dyn Queue>).await;
    let operations =
        ["Queue_Create", "Messages_Enqueue", "Messages_Dequeue", "MessageId_Update", "MessageId_Delete"];
    assert_seen(&watch, &operations);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn blobs_are_asked_for_as_described() {
    let azurite = Azurite::start().await;
    let watch = watched(BLOBS, azurite.blobs()).await;
    let make = || {
        let account = BlobAccount { endpoint: watch.url.clone(), container: "files".into() };
        BlobStorage::new(account, credential(&IDENTITY).unwrap(), Arc::new(Clock::default()))
    };
    blobs::conformance::suite(async || Arc::new(make()) as Arc<dyn Blobs>).await;
    assert_seen(
        &watch,
        &["BlockBlob_Upload", "Blob_Download", "Blob_Delete", "Service_GetUserDelegationKey"],
    );
}
