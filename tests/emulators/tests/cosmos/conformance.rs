use emulators::cosmos::Emulator;
use shared::store::Store;
use shared::store::conformance::{INDEXES, suite};
use std::sync::Arc;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_store_conforms() {
    let emulator = Emulator::start();
    let make = async || {
        let store: Arc<dyn Store> = emulator.store(INDEXES, vec![]).await;
        store
    };
    suite(make).await;
}
