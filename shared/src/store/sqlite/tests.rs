//! What is particular to SQLite: plans, durability, several processes, start.

use super::*;
use crate::store::conformance::{self, INDEXES};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_conforms() {
    let folder = tempfile::tempdir().unwrap();
    conformance::suite(async || {
        let path = folder.path().join("shared.db");
        Arc::new(Sqlite::open(Location::File(path), INDEXES).unwrap()) as Arc<dyn Store>
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_conforms() {
    conformance::suite(async || Arc::new(Sqlite::open(Location::Memory, INDEXES).unwrap()) as Arc<dyn Store>)
        .await;
}
