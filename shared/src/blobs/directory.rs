//! Files in a folder.
//!
//! A path has a folder named by its SHA-256, so no spelling of a path can leave the root, meet a reserved name or
//! differ from another by case only. In it are `info.json` and the content file that it names. Content arrives in
//! `incoming/`, is flushed, moved beside `info.json`, and becomes visible when the new `info.json` replaces the old
//! one. Processes may share the folder: that last step holds a lock. A crash leaves at worst a file nobody names, which
//! the next write to its path, or the next start a day later, removes.

use super::link::{LinkError, Links, VerifiedLink};
use super::{BlobError, BlobInfo, Blobs, ByteStream, path};
use crate::BoxFuture;
use futures_util::StreamExt;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;
use time::OffsetDateTime;
use tokio::io::AsyncWriteExt;
use tokio_util::io::ReaderStream;
use uuid::Uuid;

const READ_BYTES: usize = 64 * 1024;
/// What is hashed and written at a time.
const WRITE_BYTES: usize = 256 * 1024;
/// No upload takes this long.
const ABANDONED: Duration = Duration::from_secs(24 * 3600);

/// [`Blobs`] in a folder of the file system.
pub struct Directory {
    root: PathBuf,
    links: Links,
}

/// `info.json`.
#[derive(Serialize, Deserialize)]
struct Sidecar {
    path: String,
    size: u64,
    content_type: String,
    sha256: String,
    /// Name of the content file.
    content: String,
}

/// A file that is removed unless it was moved away.
struct Incoming(PathBuf);

impl Drop for Incoming {
    fn drop(&mut self) {
        drop(fs::remove_file(&self.0));
    }
}

impl Directory {
    /// Makes the folder when missing. `base_url` is where the links are served.
    pub fn open(root: impl Into<PathBuf>, signing_key: [u8; 32], base_url: &str) -> Result<Self, BlobError> {
        let root = root.into();
        let links =
            Links::new(signing_key, base_url).map_err(|error| BlobError::Unavailable(Box::new(error)))?;
        fs::create_dir_all(root.join("incoming")).map_err(unavailable)?;
        forget_abandoned(&root.join("incoming")).map_err(unavailable)?;
        Ok(Self { root, links })
    }

    fn folder(&self, path: &str) -> PathBuf {
        let name = hex(&Sha256::digest(path.as_bytes()));
        self.root.join(&name[..2]).join(&name[2..])
    }

    async fn receive(
        &self,
        path: &str,
        content_type: &str,
        mut content: ByteStream,
        max_bytes: u64,
    ) -> Result<BlobInfo, BlobError> {
        path::check(path)?;
        #[expect(clippy::disallowed_methods, reason = "the name of a file is no document id")]
        let name = Uuid::now_v7().simple().to_string();
        let incoming = Incoming(self.root.join("incoming").join(&name));
        let mut file = tokio::fs::File::create_new(&incoming.0).await.map_err(unavailable)?;
        let mut hash = Sha256::new();
        let mut size = 0;
        while let Some(chunk) = content.next().await {
            let chunk = chunk.map_err(unavailable)?;
            size += chunk.len() as u64;
            if size > max_bytes {
                return Err(BlobError::TooLarge(max_bytes));
            }
            for part in chunk.chunks(WRITE_BYTES) {
                hash.update(part);
                file.write_all(part).await.map_err(unavailable)?;
            }
        }
        file.sync_all().await.map_err(unavailable)?;
        drop(file);
        let sidecar = Sidecar {
            path: path.to_owned(),
            size,
            content_type: content_type.to_owned(),
            sha256: hex(&hash.finalize()),
            content: name,
        };
        let (root, folder) = (self.root.clone(), self.folder(path));
        blocking(move || publish(&root, &folder, &incoming, sidecar)).await
    }

    async fn opened(&self, path: &str) -> Result<(BlobInfo, ByteStream), BlobError> {
        path::check(path)?;
        let (folder, wanted) = (self.folder(path), path.to_owned());
        let (info, file) = blocking(move || open(&folder, &wanted)).await?;
        let stream = ReaderStream::with_capacity(tokio::fs::File::from_std(file), READ_BYTES);
        Ok((info, Box::pin(stream)))
    }
}

impl Blobs for Directory {
    fn describe(&self) -> String {
        format!("folder {}", self.root.display())
    }

    fn put<'a>(
        &'a self,
        path: &'a str,
        content_type: &'a str,
        content: ByteStream,
        max_bytes: u64,
    ) -> BoxFuture<'a, Result<BlobInfo, BlobError>> {
        Box::pin(self.receive(path, content_type, content, max_bytes))
    }

    fn get<'a>(&'a self, path: &'a str) -> BoxFuture<'a, Result<(BlobInfo, ByteStream), BlobError>> {
        Box::pin(self.opened(path))
    }

    fn info<'a>(&'a self, path: &'a str) -> BoxFuture<'a, Result<BlobInfo, BlobError>> {
        Box::pin(async move {
            path::check(path)?;
            let (folder, wanted) = (self.folder(path), path.to_owned());
            blocking(move || Ok(read_sidecar(&folder, &wanted)?.into())).await
        })
    }

    fn delete<'a>(&'a self, path: &'a str) -> BoxFuture<'a, Result<(), BlobError>> {
        Box::pin(async move {
            path::check(path)?;
            let (root, folder) = (self.root.clone(), self.folder(path));
            blocking(move || {
                let _lock = lock(&root).map_err(unavailable)?;
                match fs::remove_file(folder.join("info.json")) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(unavailable(error)),
                    _ => {}
                }
                match fs::remove_dir_all(&folder) {
                    Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
                    Err(error) => Err(unavailable(error)),
                    Ok(()) => flush(folder.parent().unwrap_or(&root)).map_err(unavailable),
                }
            })
            .await
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

impl From<Sidecar> for BlobInfo {
    fn from(sidecar: Sidecar) -> Self {
        Self {
            path: sidecar.path,
            size: sidecar.size,
            content_type: sidecar.content_type,
            sha256: sidecar.sha256,
        }
    }
}

/// Makes flushed content the current version and removes the one before. Who is reading that keeps it open.
fn publish(root: &Path, folder: &Path, incoming: &Incoming, sidecar: Sidecar) -> Result<BlobInfo, BlobError> {
    let json = serde_json::to_vec(&sidecar).map_err(|error| unavailable(error.into()))?;
    let step = || -> io::Result<()> {
        let _lock = lock(root)?;
        fs::create_dir_all(folder)?;
        let next = folder.join("info.next");
        let mut file = fs::File::create(&next)?;
        file.write_all(&json)?;
        file.sync_all()?;
        fs::rename(&incoming.0, folder.join(&sidecar.content))?;
        fs::rename(&next, folder.join("info.json"))?;
        flush(folder)?;
        folder.parent().map_or(Ok(()), flush)?;
        for entry in fs::read_dir(folder)? {
            let name = entry?.file_name();
            if name != "info.json" && name != sidecar.content.as_str() {
                fs::remove_file(folder.join(name))?;
            }
        }
        Ok(())
    };
    step().map_err(unavailable)?;
    Ok(sidecar.into())
}

/// Makes renames last through a power cut.
fn flush(folder: &Path) -> io::Result<()> {
    fs::File::open(folder)?.sync_all()
}

/// Held until dropped; released by the system when the process dies.
fn lock(root: &Path) -> io::Result<fs::File> {
    let file = fs::File::create(root.join("lock"))?;
    file.lock()?;
    Ok(file)
}

fn open(folder: &Path, path: &str) -> Result<(BlobInfo, fs::File), BlobError> {
    // A new version may replace the content between the two steps; then there is a new sidecar.
    for _ in 0..20 {
        let sidecar = read_sidecar(folder, path)?;
        match fs::File::open(folder.join(&sidecar.content)) {
            Ok(file) => return Ok((sidecar.into(), file)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(unavailable(error)),
        }
    }
    Err(BlobError::NotFound)
}

fn read_sidecar(folder: &Path, path: &str) -> Result<Sidecar, BlobError> {
    let json = match fs::read(folder.join("info.json")) {
        Ok(json) => json,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(BlobError::NotFound),
        Err(error) => return Err(unavailable(error)),
    };
    let sidecar: Sidecar = serde_json::from_slice(&json).map_err(|error| unavailable(error.into()))?;
    if sidecar.path == path { Ok(sidecar) } else { Err(BlobError::NotFound) }
}

/// Uploads that a crash cut off.
fn forget_abandoned(incoming: &Path) -> io::Result<()> {
    for entry in fs::read_dir(incoming)? {
        let entry = entry?;
        let age =
            entry.metadata().and_then(|metadata| metadata.modified()).map(|modified| modified.elapsed());
        if matches!(age, Ok(Ok(age)) if age > ABANDONED) {
            drop(fs::remove_file(entry.path()));
        }
    }
    Ok(())
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unavailable(error: io::Error) -> BlobError {
    BlobError::Unavailable(Box::new(error))
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, BlobError> + Send + 'static,
) -> Result<T, BlobError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| BlobError::Unavailable(Box::new(error)))?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blobs::{conformance, stream_of};
    use std::sync::Arc;

    const KEY: [u8; 32] = [7; 32];

    /// Every file below, without the lock.
    fn files(folder: &Path) -> Vec<PathBuf> {
        let mut found = Vec::new();
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                found.extend(files(&path));
            } else if path.file_name().unwrap() != "lock" {
                found.push(path);
            }
        }
        found
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn conforms() {
        let folder = tempfile::tempdir().unwrap();
        conformance::suite(async || {
            Arc::new(Directory::open(folder.path(), KEY, "http://localhost:7071").unwrap()) as Arc<dyn Blobs>
        })
        .await;
        assert!(files(&folder.path().join("incoming")).is_empty(), "no upload left behind");
        // Each path left has its two files; replaced versions are gone.
        for info in files(folder.path()).iter().filter(|path| path.ends_with("info.json")) {
            assert_eq!(files(info.parent().unwrap()).len(), 2);
        }
    }

    #[tokio::test]
    async fn leaves_nothing_after_delete_or_failure() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Directory::open(folder.path(), KEY, "http://localhost:7071").unwrap();
        blobs.put("a/b", "text/plain", stream_of("x"), 10).await.unwrap();
        blobs.put("a/b", "text/plain", stream_of("y"), 10).await.unwrap();
        assert!(blobs.put("a/b", "text/plain", stream_of("too long"), 2).await.is_err());
        assert_eq!(files(folder.path()).len(), 2);
        blobs.delete("a/b").await.unwrap();
        assert!(files(folder.path()).is_empty());
    }

    #[tokio::test]
    async fn abandoned_uploads_go_at_the_next_start() {
        let folder = tempfile::tempdir().unwrap();
        let open = || Directory::open(folder.path(), KEY, "http://localhost:7071").unwrap();
        drop(open());
        let [old, young] = ["old", "young"].map(|name| folder.path().join("incoming").join(name));
        for path in [&old, &young] {
            fs::write(path, "x").unwrap();
        }
        #[expect(clippy::disallowed_methods, reason = "file times are the file system's")]
        let two_days_ago = std::time::SystemTime::now() - 2 * ABANDONED;
        fs::File::options().write(true).open(&old).unwrap().set_modified(two_days_ago).unwrap();
        drop(open());
        assert!(!old.exists());
        assert!(young.exists());
    }
}
