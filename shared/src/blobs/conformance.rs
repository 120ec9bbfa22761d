//! One story every blob storage tells. Paths start with a folder nobody used before, so the backend may be lasting.

#![expect(clippy::disallowed_methods, reason = "tests name what they store as they like")]

use super::{BlobError, BlobInfo, Blobs, ByteStream, stream_of};
use bytes::Bytes;
use futures_util::StreamExt;
use sha2::{Digest, Sha256};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use time::OffsetDateTime;
use uuid::Uuid;

const NO_LIMIT: u64 = u64::MAX;

/// Runs everything.
pub async fn suite(make: impl AsyncFn() -> Arc<dyn Blobs>) {
    stores_all_sizes(make().await.as_ref()).await;
    replaces(make().await.as_ref()).await;
    deletes(make().await.as_ref()).await;
    paths(make().await.as_ref()).await;
    is_visible_whole_or_not_at_all(make().await.as_ref()).await;
    stops_what_is_too_large(make().await.as_ref()).await;
    one_of_many_writers_wins(make().await).await;
    links(make().await.as_ref()).await;
}

/// A folder nobody used before.
pub fn new_folder() -> String {
    Uuid::now_v7().to_string()
}

/// Not compressible, not the same in any two places.
pub fn content(bytes: usize) -> Bytes {
    let block = |n: usize| Sha256::digest(n.to_be_bytes());
    (0..bytes.div_ceil(32)).flat_map(block).take(bytes).collect()
}

async fn read(mut stream: ByteStream) -> Vec<u8> {
    let mut whole = Vec::new();
    while let Some(chunk) = stream.next().await {
        whole.extend_from_slice(&chunk.expect("readable"));
    }
    whole
}

fn is_missing<T>(outcome: &Result<T, BlobError>) -> bool {
    matches!(outcome, Err(BlobError::NotFound))
}

fn sha256(content: &[u8]) -> String {
    Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn stores_all_sizes(blobs: &dyn Blobs) {
    let folder = new_folder();
    for size in [0, 1, 31, 4095, 4096, 65_535, 65_536, 65_537, 262_144, 1_000_003, 5_000_000] {
        let whole = content(size);
        let path = format!("{folder}/{size}.bin");
        assert!(is_missing(&blobs.info(&path).await));
        assert!(is_missing(&blobs.get(&path).await));
        // In pieces that are not those of any buffer.
        let pieces: Vec<_> = whole.chunks(70_001).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
        let stream = Box::pin(futures_util::stream::iter(pieces));
        let made = blobs.put(&path, "application/x-test; a=b", stream, size as u64).await.expect("put");
        let wanted = BlobInfo {
            path: path.clone(),
            size: size as u64,
            content_type: "application/x-test; a=b".into(),
            sha256: sha256(&whole),
        };
        assert_eq!(made, wanted);
        assert_eq!(blobs.info(&path).await.expect("info"), wanted);
        let (info, stream) = blobs.get(&path).await.expect("get");
        assert_eq!(info, wanted);
        assert!(read(stream).await == whole, "{size} bytes come back as they were");
    }
}

async fn replaces(blobs: &dyn Blobs) {
    let path = format!("{}/cv.pdf", new_folder());
    let old = content(300_000);
    blobs.put(&path, "text/plain", stream_of(old.clone()), NO_LIMIT).await.expect("put");
    let (_, reading) = blobs.get(&path).await.expect("get");
    blobs.put(&path, "text/html", stream_of("new"), NO_LIMIT).await.expect("put again");
    let (info, stream) = blobs.get(&path).await.expect("get");
    assert_eq!((info.content_type.as_str(), info.size), ("text/html", 3));
    assert_eq!(read(stream).await, b"new");
    assert!(read(reading).await == old, "who began with the old one ends with it");
}

async fn deletes(blobs: &dyn Blobs) {
    let folder = new_folder();
    let path = format!("{folder}/a");
    blobs.delete(&path).await.expect("nothing to remove");
    for text in ["one", "two"] {
        blobs.put(&path, "text/plain", stream_of(text), NO_LIMIT).await.expect("put");
    }
    let beneath = format!("{folder}/a/b");
    blobs.put(&beneath, "text/plain", stream_of("kept"), NO_LIMIT).await.expect("a file below a file's name");
    blobs.delete(&path).await.expect("delete");
    assert!(is_missing(&blobs.get(&path).await));
    assert!(is_missing(&blobs.info(&path).await));
    assert_eq!(read(blobs.get(&beneath).await.expect("get").1).await, b"kept");
    blobs.put(&path, "text/plain", stream_of("three"), NO_LIMIT).await.expect("put once more");
    assert_eq!(read(blobs.get(&path).await.expect("get").1).await, b"three");
}

async fn paths(blobs: &dyn Blobs) {
    let folder = new_folder();
    let long = "x".repeat(501);
    let bad = [
        "",
        "/",
        "/etc/passwd",
        "..",
        "../a",
        "a/../b",
        "a/..",
        "a/./b",
        ".",
        "a//b",
        "a/",
        "a\\b",
        "..\\a",
        "a\0b",
        "a\nb",
        "a\u{7f}",
        "a\u{85}b",
        &long,
    ];
    for path in bad {
        let outcomes = [
            blobs.put(path, "text/plain", stream_of("x"), NO_LIMIT).await.err(),
            blobs.get(path).await.err(),
            blobs.info(path).await.err(),
            blobs.delete(path).await.err(),
            blobs.link(path, "x", OffsetDateTime::UNIX_EPOCH).await.err(),
        ];
        for outcome in outcomes {
            assert!(matches!(outcome, Some(BlobError::BadPath)), "{path:?}: {outcome:?}");
        }
    }
    let longest = format!("{folder}/{}", "y".repeat(500 - folder.len() - 1));
    let good = [
        "A",
        "a",
        "con",
        "NUL.txt",
        "..a",
        "a..",
        "~",
        "Żółw 🐢.pdf",
        "100%?#&.txt",
        "info.json",
        "a b",
        "*",
    ];
    let good: Vec<_> = good.map(|name| format!("{folder}/{name}")).into_iter().chain([longest]).collect();
    for path in &good {
        blobs.put(path, "text/plain", stream_of(path.clone()), NO_LIMIT).await.expect(path);
    }
    for path in &good {
        let (info, stream) = blobs.get(path).await.expect(path);
        assert_eq!((&info.path, read(stream).await.as_slice()), (path, path.as_bytes()));
    }
}

/// A stream that fails, or whose reader is dropped, in the middle.
async fn is_visible_whole_or_not_at_all(blobs: &dyn Blobs) {
    for before in [None, Some("before")] {
        let path = format!("{}/recording.webm", new_folder());
        if let Some(text) = before {
            blobs.put(&path, "text/plain", stream_of(text), NO_LIMIT).await.expect("put");
        }
        let chunks = [Ok(content(100_000)), Err(io::Error::other("connection lost"))];
        let broken: ByteStream = Box::pin(futures_util::stream::iter(chunks));
        let outcome = blobs.put(&path, "video/webm", broken, NO_LIMIT).await;
        assert!(matches!(outcome, Err(BlobError::Unavailable(_))));

        let endless = futures_util::stream::once(async { Ok(content(100_000)) });
        let endless: ByteStream = Box::pin(endless.chain(futures_util::stream::pending()));
        let put = blobs.put(&path, "video/webm", endless, NO_LIMIT);
        let outcome = tokio::time::timeout(std::time::Duration::from_millis(200), put).await;
        assert!(outcome.is_err(), "still waiting for content");

        match before {
            None => assert!(is_missing(&blobs.get(&path).await)),
            Some(text) => assert_eq!(read(blobs.get(&path).await.expect("get").1).await, text.as_bytes()),
        }
    }
}

async fn stops_what_is_too_large(blobs: &dyn Blobs) {
    let path = format!("{}/large", new_folder());
    let pulled = Arc::new(AtomicUsize::new(0));
    let counted = pulled.clone();
    let endless = futures_util::stream::repeat_with(move || {
        counted.fetch_add(1, Ordering::Relaxed);
        Ok(Bytes::from_static(&[7; 1000]))
    });
    let outcome = blobs.put(&path, "video/webm", Box::pin(endless), 10_500).await;
    assert!(matches!(outcome, Err(BlobError::TooLarge(10_500))));
    assert_eq!(pulled.load(Ordering::Relaxed), 11, "not read to its end");
    assert!(is_missing(&blobs.info(&path).await));
    let outcome = blobs.put(&path, "text/plain", stream_of("1234"), 3).await;
    assert!(matches!(outcome, Err(BlobError::TooLarge(3))));
    blobs.put(&path, "text/plain", stream_of("123"), 3).await.expect("just as large as allowed");
}

async fn one_of_many_writers_wins(blobs: Arc<dyn Blobs>) {
    let path = format!("{}/shared", new_folder());
    let tasks: Vec<_> = (0..16_u8)
        .map(|n| {
            let (blobs, path) = (blobs.clone(), path.clone());
            tokio::spawn(async move {
                let same = Bytes::from(vec![n; 50_000 + usize::from(n)]);
                blobs.put(&path, "text/plain", stream_of(same), NO_LIMIT).await.expect("put");
                let (info, stream) = blobs.get(&path).await.expect("one of them is there");
                let found = read(stream).await;
                assert_eq!(info.size, found.len() as u64);
                assert_eq!(info.sha256, sha256(&found), "never a mixture");
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("joined");
    }
}

/// What a link looks like is the backend's matter.
async fn links(blobs: &dyn Blobs) {
    let expires_at = OffsetDateTime::from_unix_timestamp(4_000_000_000).expect("a date");
    let link = blobs.link("a b/cv.pdf", "Jürgen \"J\".pdf", expires_at).await.expect("link");
    let url = url::Url::parse(&link).expect("a URL");
    assert!(url.path().ends_with("/a%20b/cv.pdf"), "{link}");
    let other = blobs.link("a b/other.pdf", "Jürgen \"J\".pdf", expires_at).await.expect("link");
    assert_ne!(link, other);
}
