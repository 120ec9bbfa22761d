//! Files in memory, for runs that leave nothing behind.

use super::directory::hex;
use super::link::{LinkError, Links, VerifiedLink};
use super::{BlobError, BlobInfo, Blobs, ByteStream, path};
use crate::BoxFuture;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use time::OffsetDateTime;

const READ_BYTES: usize = 64 * 1024;

/// [`Blobs`] that end with the process.
pub struct Memory {
    files: Mutex<HashMap<String, (BlobInfo, Bytes)>>,
    links: Links,
}

impl Memory {
    /// `base_url` is where the links are served.
    pub fn new(signing_key: [u8; 32], base_url: &str) -> Result<Self, BlobError> {
        let links =
            Links::new(signing_key, base_url).map_err(|error| BlobError::Unavailable(Box::new(error)))?;
        Ok(Self { files: Mutex::default(), links })
    }

    fn files(&self) -> MutexGuard<'_, HashMap<String, (BlobInfo, Bytes)>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn found(&self, path: &str) -> Result<(BlobInfo, Bytes), BlobError> {
        path::check(path)?;
        self.files().get(path).cloned().ok_or(BlobError::NotFound)
    }
}

impl Blobs for Memory {
    fn describe(&self) -> String {
        "files in memory".into()
    }

    fn put<'a>(
        &'a self,
        path: &'a str,
        content_type: &'a str,
        mut content: ByteStream,
        max_bytes: u64,
    ) -> BoxFuture<'a, Result<BlobInfo, BlobError>> {
        Box::pin(async move {
            path::check(path)?;
            let mut whole = BytesMut::new();
            while let Some(chunk) = content.next().await {
                let chunk = chunk.map_err(|error| BlobError::Unavailable(Box::new(error)))?;
                if (whole.len() + chunk.len()) as u64 > max_bytes {
                    return Err(BlobError::TooLarge(max_bytes));
                }
                whole.extend_from_slice(&chunk);
            }
            let info = BlobInfo {
                path: path.to_owned(),
                size: whole.len() as u64,
                content_type: content_type.to_owned(),
                sha256: hex(&Sha256::digest(&whole)),
            };
            self.files().insert(path.to_owned(), (info.clone(), whole.freeze()));
            Ok(info)
        })
    }

    fn get<'a>(&'a self, path: &'a str) -> BoxFuture<'a, Result<(BlobInfo, ByteStream), BlobError>> {
        Box::pin(async move {
            let (info, mut rest) = self.found(path)?;
            let chunks = std::iter::from_fn(move || {
                let next = rest.split_to(rest.len().min(READ_BYTES));
                (!next.is_empty()).then_some(Ok(next))
            });
            let stream: ByteStream = Box::pin(futures_util::stream::iter(chunks));
            Ok((info, stream))
        })
    }

    fn info<'a>(&'a self, path: &'a str) -> BoxFuture<'a, Result<BlobInfo, BlobError>> {
        Box::pin(async move { Ok(self.found(path)?.0) })
    }

    fn delete<'a>(&'a self, path: &'a str) -> BoxFuture<'a, Result<(), BlobError>> {
        Box::pin(async move {
            path::check(path)?;
            self.files().remove(path);
            Ok(())
        })
    }

    fn link<'a>(
        &'a self,
        path: &'a str,
        download_name: &'a str,
        expires_at: OffsetDateTime,
    ) -> BoxFuture<'a, Result<String, BlobError>> {
        Box::pin(async move { self.links.make(path, download_name, expires_at) })
    }

    fn verify_link(&self, path: &str, query: &str, now: OffsetDateTime) -> Result<VerifiedLink, LinkError> {
        self.links.verify(path, query, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blobs::conformance;
    use std::sync::Arc;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn conforms() {
        conformance::suite(async || {
            Arc::new(Memory::new([7; 32], "http://localhost:7071").unwrap()) as Arc<dyn Blobs>
        })
        .await;
    }
}
