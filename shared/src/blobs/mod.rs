//! Files: resumes, recordings, exports. Streams both ways; links are signed and expire.

pub mod azure;
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
pub mod directory;
pub mod link;
pub mod memory;
mod path;

use crate::BoxFuture;
use bytes::Bytes;
use futures_util::Stream;
use std::pin::Pin;
use time::OffsetDateTime;

pub type ByteStream = Pin<Box<dyn Stream<Item = std::io::Result<Bytes>> + Send>>;

/// Content that is in memory already, as a stream.
pub fn stream_of(content: impl Into<Bytes>) -> ByteStream {
    let content = content.into();
    Box::pin(futures_util::stream::once(async move { Ok(content) }))
}

/// What is known of a stored file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobInfo {
    pub path: String,
    pub size: u64,
    pub content_type: String,
    /// Hex SHA-256 of the content.
    pub sha256: String,
}

#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    #[error("no such file")]
    NotFound,
    /// Path empty, absolute, with `..`, a back-slash, a control character, or above 500 bytes.
    #[error("unusable path")]
    BadPath,
    #[error("file above {0} bytes")]
    TooLarge(u64),
    #[error("blob storage unavailable")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

pub trait Blobs: Send + Sync + 'static {
    fn describe(&self) -> String;
    /// Stores the stream under `path` (relative, `/`-separated); visible whole or not at all. The stream is stopped
    /// with [`BlobError::TooLarge`] as soon as it passes `max_bytes`. The same path gets a new version.
    fn put<'a>(
        &'a self,
        path: &'a str,
        content_type: &'a str,
        content: ByteStream,
        max_bytes: u64,
    ) -> BoxFuture<'a, Result<BlobInfo, BlobError>>;
    fn get<'a>(&'a self, path: &'a str) -> BoxFuture<'a, Result<(BlobInfo, ByteStream), BlobError>>;
    fn info<'a>(&'a self, path: &'a str) -> BoxFuture<'a, Result<BlobInfo, BlobError>>;
    /// Removes every version; nothing to remove is fine.
    fn delete<'a>(&'a self, path: &'a str) -> BoxFuture<'a, Result<(), BlobError>>;
    /// A link that anyone may read with until `expires_at`; `download_name` becomes the Content-Disposition file name.
    /// A backend whose links lead elsewhere than to us may end them earlier, and cannot call one back that was given.
    fn link<'a>(
        &'a self,
        path: &'a str,
        download_name: &'a str,
        expires_at: OffsetDateTime,
    ) -> BoxFuture<'a, Result<String, BlobError>>;
    /// Checks a link that leads to our own `/files/{path}`; `path` is percent-decoded, `query` as received. A backend
    /// whose links lead elsewhere has none to check.
    fn verify_link(
        &self,
        _path: &str,
        _query: &str,
        _now: OffsetDateTime,
    ) -> Result<link::VerifiedLink, link::LinkError> {
        Err(link::LinkError::Forged)
    }
}
