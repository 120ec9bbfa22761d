//! Wrong requests to Storage are caught: fixed parts of the query, parameters, XML bodies.

use axum::http::{HeaderMap, Method};
use descriptions::{Description, Request};

const QUEUES: &str = "storage/data-plane/Microsoft.QueueStorage/stable/2018-03-28/queue.json";
const BLOBS: &str = "storage/data-plane/Microsoft.BlobStorage/stable/2025-01-05/blob.json";

fn check(
    file: &str,
    method: Method,
    path: &str,
    query: &str,
    body: &str,
) -> Result<(String, Vec<String>), String> {
    let mut headers = HeaderMap::new();
    headers.insert("x-ms-version", "2026-04-06".parse().expect("a value"));
    headers.insert("content-type", "application/xml".parse().expect("a value"));
    let description = Description::load(file).lenient_on_version();
    let request = Request { method: &method, path, query, headers: &headers, body: body.as_bytes() };
    description.check(&request).map(|(operation, faults)| (operation.id.clone(), faults))
}

#[test]
fn messages() {
    let message = "<QueueMessage><MessageText>{&quot;a&quot;:1}</MessageText></QueueMessage>";
    let send = |query, body| check(QUEUES, Method::POST, "/email-outbox/messages", query, body).unwrap();
    assert_eq!(send("visibilitytimeout=30", message), ("Messages_Enqueue".into(), vec![]));
    for (query, body) in [
        ("visibilitytimeout=604801", message),
        ("visibilitytimeout=soon", message),
        ("delay=30", message),
        ("", "<QueueMessage><Text>1</Text></QueueMessage>"),
        ("", "<Message><MessageText>1</MessageText></Message>"),
        ("", "{}"),
        ("", ""),
    ] {
        assert_eq!(send(query, body).1.len().min(1), 1, "{query} {body}");
    }
    let peek = check(QUEUES, Method::GET, "/email-outbox/messages", "peekonly=true", "").unwrap();
    assert_eq!(peek, ("Messages_Peek".into(), vec![]));
    assert!(check(QUEUES, Method::PATCH, "/email-outbox/messages", "", "").is_err());
}

#[test]
fn files() {
    let list = check(BLOBS, Method::GET, "/files", "restype=container&comp=list&prefix=a", "").unwrap();
    assert_eq!(list, ("Container_ListBlobFlatSegment".into(), vec![]));
    let (operation, faults) = check(BLOBS, Method::PUT, "/files/resumes%2Fa-b.pdf", "", "%PDF").unwrap();
    assert_eq!(operation, "BlockBlob_Upload");
    let missing = "header x-ms-blob-type is missing".to_owned();
    assert!(faults.contains(&missing), "{faults:?}");
    // As a link has it.
    let (operation, faults) = check(BLOBS, Method::GET, "/files/resumes/a-b.pdf", "", "").unwrap();
    assert_eq!((operation.as_str(), faults), ("Blob_Download", vec![]));
}
