//! The platform on a storage account, seen from outside.

use crate::program::{PATIENCE, Program, check, provision, resume};
use crate::{blobs_of, queues_of};
use emulators::azurite::Azurite;
use serde_json::json;
use shared::blobs::{Blobs as _, stream_of};
use shared::domain::messages::ParseResumeJob;
use shared::message::Message as _;
use shared::queue::{MAX_ATTEMPTS, Queue, poison};
use std::time::{Duration, Instant};
use url::Url;

const QUEUE: &str = ParseResumeJob::QUEUE;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_resume_is_kept_read_by_a_queue_and_downloaded_by_its_link() {
    let azurite = Azurite::start().await;
    let program = Program::start(&azurite.queues(), &azurite.blobs()).await;
    let jane = program.person("Jane").await;
    let answer = jane.upload("resume", "Jane's résumé.txt", &resume("Jane")).await;
    assert_eq!(answer.status(), 201);
    let document: serde_json::Value = answer.json().await.unwrap();
    let parse = jane.reading().await;
    assert_eq!(parse["parsed_data"]["personal_info"]["full_name"], "Jane Doe");

    let path = document["file_path"].as_str().unwrap();
    let kept = blobs_of(&azurite).info(path).await.expect("in the container");
    assert_eq!(
        (kept.size, kept.sha256.as_str()),
        (document["file_size"].as_u64().unwrap(), document["sha256"].as_str().unwrap(),)
    );
    let id = document["id"].as_str().unwrap();
    let link = jane.get(&format!("/documents/{id}")).await["url"].as_str().unwrap().to_owned();
    assert!(link.starts_with(azurite.blobs().as_str()), "straight from storage");
    let file = program.open(&link).await;
    let name = file.headers()["content-disposition"].to_str().unwrap().to_owned();
    assert!(name.starts_with("attachment; filename=\""), "{name}");
    assert_eq!(file.text().await.unwrap(), resume("Jane"));

    // Good for this file, for reading, and not without its signature.
    let other = link.replace(path.rsplit('/').next().unwrap(), "other.txt");
    assert_eq!(program.open(&other).await.status(), 403);
    let unsigned = azurite.unchecked(link.split('?').next().unwrap());
    assert_eq!(program.open(&unsigned).await.status(), 403);
    let mut later = Url::parse(&link).unwrap();
    let pairs: Vec<(String, String)> = later
        .query_pairs()
        .map(|(key, value)| {
            (key.to_string(), if key == "se" { "2037-01-01T00:00:00Z".into() } else { value.to_string() })
        })
        .collect();
    later.query_pairs_mut().clear().extend_pairs(pairs);
    assert_eq!(program.open(later.as_str()).await.status(), 403);
    assert!(!program.log().contains("sig="), "no link in the log");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn provisioning_makes_what_is_missing_and_nothing_twice() {
    let azurite = Azurite::start().await;
    let (queues, blobs) = (azurite.queues(), azurite.blobs());
    let first = provision(&queues, &blobs);
    assert!(first.contains("container files: made the container"), "{first}");
    assert!(!first.contains("made 0"), "{first}");
    let second = provision(&queues, &blobs);
    assert!(second.contains("container files: as it should be"), "{second}");
    assert!(second.contains("made 0"), "{second}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_self_check_asks_for_a_key_for_links_and_names_the_role_that_gives_it() {
    const KEY: &str = "Service_GetUserDelegationKey";
    let azurite = Azurite::start().await;
    let (queues, blobs) = (azurite.queues(), azurite.blobs());
    let (is_good, said) = check(&queues, &blobs);
    assert!(is_good && said.contains("links   ok"), "{said}");
    assert!(azurite.asked().contains(KEY), "{:?}", azurite.asked());
    azurite.refuse(KEY);
    let (is_good, said) = check(&queues, &blobs);
    assert!(!is_good && said.contains("files   ok") && said.contains("links   FAILS"), "{said}");
    let advice = "identity needs the role Storage Blob Delegator on the storage account, 127.0.0.1;";
    assert!(said.contains(advice), "{said}");
}

/// What a crashing process never finished goes aside without being handled again; what is no message of ours at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn poison_goes_aside() {
    let azurite = Azurite::start().await;
    let queues = queues_of(&azurite);
    let often = json!({"tried": "often"}).to_string();
    queues.send(QUEUE, &often, 0).await.unwrap();
    for attempt in 1..=MAX_ATTEMPTS {
        let delivery = queues.receive(QUEUE, 1, 30).await.unwrap().remove(0);
        assert_eq!(delivery.dequeue_count, attempt);
        queues.update(QUEUE, &delivery, 0).await.unwrap();
    }
    let program = Program::start(&azurite.queues(), &azurite.blobs()).await;
    wait_for(&queues, &poison(QUEUE), 1).await;
    assert_eq!(queues.peek(&poison(QUEUE), 32).await.unwrap()[0].text, often);
    assert!(!program.log().contains("message cannot be handled"), "it was not tried a sixth time");
    queues.send(QUEUE, "no message of ours", 0).await.unwrap();
    wait_for(&queues, &poison(QUEUE), 2).await;
    assert!(program.log().contains("message cannot be handled"));
    wait_for(&queues, QUEUE, 0).await;
}

pub(crate) async fn wait_for(queues: &dyn Queue, queue: &str, length: u64) {
    let started = Instant::now();
    while queues.len(queue).await.unwrap() != length {
        assert!(started.elapsed() < PATIENCE, "{queue} never held {length}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Above what one request carries.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn large_files_travel_in_blocks() {
    let azurite = Azurite::start().await;
    let blobs = blobs_of(&azurite);
    for mebibytes in [8, 16, 21] {
        let whole = shared::blobs::conformance::content(mebibytes * 1024 * 1024 + mebibytes % 2);
        let path = format!("recordings/{mebibytes}.webm");
        let pieces: Vec<_> = whole.chunks(1_000_003).map(|piece| Ok(piece.to_vec().into())).collect();
        let pieces = Box::pin(futures_util::stream::iter(pieces));
        let made = blobs.put(&path, "video/webm", pieces, u64::MAX).await.unwrap();
        assert_eq!(blobs.info(&path).await.unwrap(), made);
        assert!(read(&blobs, &path).await == whole);
    }
    // A broken one changes nothing.
    let path = "recordings/8.webm";
    let before = blobs.info(path).await.unwrap();
    let pieces = [Ok(vec![7; 20 * 1024 * 1024].into()), Err(std::io::Error::other("connection lost"))];
    let broken = Box::pin(futures_util::stream::iter(pieces));
    assert!(blobs.put(path, "video/webm", broken, u64::MAX).await.is_err());
    let limit = 17 * 1024 * 1024;
    let large = blobs.put(path, "video/webm", stream_of(vec![7; 20 * 1024 * 1024]), limit).await;
    assert!(large.is_err());
    assert_eq!(blobs.info(path).await.unwrap(), before);
    for operation in ["BlockBlob_StageBlock", "BlockBlob_CommitBlockList"] {
        assert!(azurite.asked().contains(operation), "{:?}", azurite.asked());
    }
}

async fn read(blobs: &shared::blobs::azure::BlobStorage, path: &str) -> Vec<u8> {
    use futures_util::StreamExt as _;
    let (_, mut stream) = blobs.get(path).await.unwrap();
    let mut whole = Vec::new();
    while let Some(chunk) = stream.next().await {
        whole.extend_from_slice(&chunk.unwrap());
    }
    whole
}
