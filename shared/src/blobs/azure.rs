//! Azure Blob storage: one container of a storage account, whose account keeps versions.
//!
//! A file is written in one request, a larger one in blocks that the last request makes a file of: it is seen whole or not
//! at all. Blocks of an upload that broke off are seen by nobody; storage discards them with the next write to their path,
//! or after a week. Two uploads in blocks to one path at a time: the one that ends second fails and has to be repeated.

use super::{BlobError, BlobInfo, Blobs, ByteStream, path};
use crate::BoxFuture;
use crate::azure::{bounded, cause, client_options};
use crate::blobs::directory::hex;
use crate::clock::Clock;
use crate::config::BlobAccount;
use crate::http::attachment;
use azure_core::credentials::TokenCredential;
use azure_core::error::ErrorKind;
use azure_core::http::{StatusCode, Url};
use azure_storage_blob::models::{
    BlobClientDeleteOptions, BlobClientDownloadOptions, BlobClientGetPropertiesResultHeaders as _,
    BlobClientUploadOptions, BlobContainerClientListBlobsOptions, BlockBlobClientCommitBlockListOptions,
    BlockLookupList, DeleteSnapshotsOptionType, KeyInfo, ListBlobsIncludeItem,
};
use azure_storage_blob::{BlobClient, BlobContainerClient, BlobServiceClient, BlobServiceClientOptions};
use azure_storage_common::models::UserDelegationKey;
use azure_storage_sas::{SasBuilder, SasProtocol};
use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt as _, TryStreamExt as _};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::num::NonZero;
use std::sync::{Arc, OnceLock};
use time::{Duration, OffsetDateTime};
use tokio::sync::Mutex;
use uuid::Uuid;

/// Sent in one request, and kept in memory until then.
const BLOCK_BYTES: usize = 8 * 1024 * 1024;
/// One request reads a whole file, so that it is one version whoever writes meanwhile: no file is that large.
const ONE_READ: NonZero<usize> = NonZero::new(1 << 42).expect("not zero");
/// How long a key that signs links is asked for.
const KEY_LIFE: Duration = Duration::hours(24);
/// Storage gives none for longer than seven days.
const LONGEST_KEY_LIFE: Duration = Duration::days(6);
/// Clocks differ: a key is asked for from this long ago.
const CLOCKS_DIFFER: Duration = Duration::minutes(5);
/// Versions listed at a time.
const PAGE: i32 = 100;
const SHA256: &str = "sha256";

/// [`Blobs`] in a container.
pub struct BlobStorage {
    account: BlobAccount,
    credential: Arc<dyn TokenCredential>,
    clock: Arc<Clock>,
    service: OnceLock<BlobServiceClient>,
    /// Signs links in the name of our identity.
    key: Mutex<Option<Key>>,
}

struct Key {
    key: UserDelegationKey,
    ends_at: OffsetDateTime,
}

impl BlobStorage {
    /// Nothing goes over the network yet.
    pub fn new(account: BlobAccount, credential: Arc<dyn TokenCredential>, clock: Arc<Clock>) -> Self {
        Self { account, credential, clock, service: OnceLock::new(), key: Mutex::new(None) }
    }

    /// Makes the container when it is missing; whether it was.
    pub async fn provision(&self) -> Result<bool, BlobError> {
        let container = self.container()?;
        // A role for this container alone lets us look, not make.
        if bounded(container.exists()).await.map_err(unavailable)? {
            return Ok(false);
        }
        match bounded(container.create(None)).await {
            Ok(_) => Ok(true),
            Err(error) if error.http_status() == Some(StatusCode::Conflict) => Ok(false),
            Err(error) => Err(unavailable(error)),
        }
    }

    fn service(&self) -> Result<&BlobServiceClient, BlobError> {
        if let Some(service) = self.service.get() {
            return Ok(service);
        }
        let options = BlobServiceClientOptions { client_options: client_options(), ..Default::default() };
        let (endpoint, credential) = (self.account.endpoint.clone(), self.credential.clone());
        let made = BlobServiceClient::new(endpoint, Some(credential), Some(options)).map_err(unavailable)?;
        Ok(self.service.get_or_init(|| made))
    }

    fn container(&self) -> Result<BlobContainerClient, BlobError> {
        Ok(self.service()?.blob_container_client(&self.account.container))
    }

    fn client(&self, path: &str) -> Result<BlobClient, BlobError> {
        path::check(path)?;
        Ok(self.container()?.blob_client(path))
    }

    async fn receive(
        &self,
        path: &str,
        content_type: &str,
        mut content: ByteStream,
        max_bytes: u64,
    ) -> Result<BlobInfo, BlobError> {
        let mut upload = Upload::new(self, path)?;
        let mut hash = Sha256::new();
        let mut size = 0;
        while let Some(chunk) = content.next().await {
            let chunk = chunk.map_err(|error| BlobError::Unavailable(Box::new(error)))?;
            size += chunk.len() as u64;
            if size > max_bytes {
                return Err(BlobError::TooLarge(max_bytes));
            }
            hash.update(&chunk);
            upload.take(chunk).await?;
        }
        let sha256 = hex(&hash.finalize());
        upload.publish(content_type, &sha256).await?;
        Ok(BlobInfo { path: path.to_owned(), size, content_type: content_type.to_owned(), sha256 })
    }

    async fn opened(&self, path: &str) -> Result<(BlobInfo, ByteStream), BlobError> {
        let options = BlobClientDownloadOptions {
            parallel: Some(NonZero::<usize>::MIN),
            partition_size: Some(ONE_READ),
            ..Default::default()
        };
        let answer = bounded(self.client(path)?.download(Some(options))).await.map_err(missing)?;
        let size = match answer.headers.get_optional_str(&"content-range".into()) {
            Some(range) => range.rsplit('/').next().and_then(|total| total.parse().ok()),
            None => answer.properties.content_length,
        };
        let info = BlobInfo {
            path: path.to_owned(),
            size: size.ok_or_else(|| BlobError::Unavailable("an answer without a size".into()))?,
            content_type: answer.properties.content_type.unwrap_or_default(),
            sha256: answer.properties.metadata.get(SHA256).cloned().unwrap_or_default(),
        };
        let content = answer.body.map_err(|error| std::io::Error::other(cause(&error)));
        Ok((info, Box::pin(content)))
    }

    async fn known(&self, path: &str) -> Result<BlobInfo, BlobError> {
        let answer = bounded(self.client(path)?.get_properties(None)).await.map_err(missing)?;
        let known = || {
            Ok(BlobInfo {
                path: path.to_owned(),
                size: answer.content_length()?.unwrap_or_default(),
                content_type: answer.content_type()?.unwrap_or_default(),
                sha256: answer.metadata()?.remove(SHA256).unwrap_or_default(),
            })
        };
        known().map_err(unavailable)
    }

    /// Deleting makes the current version an earlier one; the earlier ones are then deleted by their ids. What somebody
    /// else writes meanwhile stays.
    async fn remove(&self, path: &str) -> Result<(), BlobError> {
        let client = self.client(path)?;
        let options = BlobClientDeleteOptions {
            delete_snapshots: Some(DeleteSnapshotsOptionType::Include),
            ..Default::default()
        };
        gone(bounded(client.delete(Some(options))).await)?;
        for version in self.earlier_versions(path).await? {
            let options = BlobClientDeleteOptions { version_id: Some(version), ..Default::default() };
            gone(bounded(client.delete(Some(options))).await)?;
        }
        Ok(())
    }

    async fn earlier_versions(&self, path: &str) -> Result<Vec<String>, BlobError> {
        let options = BlobContainerClientListBlobsOptions {
            prefix: Some(path.to_owned()),
            include: Some(vec![ListBlobsIncludeItem::Versions]),
            maxresults: Some(PAGE),
            ..Default::default()
        };
        let mut items = self.container()?.list_blobs(Some(options)).map_err(unavailable)?;
        let mut versions = Vec::new();
        loop {
            let item = match bounded(items.try_next()).await {
                Ok(Some(item)) => item,
                Ok(None) => return Ok(versions),
                Err(error) if error.http_status() == Some(StatusCode::NotFound) => return Ok(versions),
                Err(error) => return Err(unavailable(error)),
            };
            // In the order of their names: the path itself comes before what begins with it.
            if item.name.as_deref() != Some(path) {
                return Ok(versions);
            }
            if item.is_current_version != Some(true) {
                versions.extend(item.version_id);
            }
        }
    }

    async fn signed(
        &self,
        path: &str,
        download_name: &str,
        expires_at: OffsetDateTime,
    ) -> Result<String, BlobError> {
        path::check(path)?;
        let now = self.clock.now().instant();
        // A link ends with its key at the latest.
        let expires_at = expires_at.min(now + LONGEST_KEY_LIFE);
        let mut kept = self.key.lock().await;
        let key = match kept.take().filter(|key| expires_at <= key.ends_at) {
            Some(key) => key,
            None => self.new_key(now, expires_at.max(now + KEY_LIFE)).await?,
        };
        let key = kept.insert(key);
        let container = &self.account.container;
        let token = SasBuilder::new(account_name(&self.account.endpoint), &key.key, expires_at)
            .map_err(unavailable)?
            .protocol(SasProtocol::Https)
            .blob(container, path)
            .read()
            .content_disposition(attachment(download_name))
            .build();
        let mut url = self.account.endpoint.clone();
        url.path_segments_mut()
            .map_err(|()| BlobError::BadPath)?
            .pop_if_empty()
            .push(container)
            .extend(path.split('/'));
        url.set_query(Some(&token));
        Ok(url.into())
    }

    async fn new_key(&self, now: OffsetDateTime, ends_at: OffsetDateTime) -> Result<Key, BlobError> {
        let wanted =
            KeyInfo { start: Some(now - CLOCKS_DIFFER), expiry: Some(ends_at), ..Default::default() };
        let wanted = wanted.try_into().map_err(unavailable)?;
        let answer = bounded(self.service()?.get_user_delegation_key(wanted, None)).await;
        let key = answer.and_then(azure_core::http::Response::into_model).map_err(unavailable)?;
        Ok(Key { key, ends_at })
    }
}

/// What is being written: one request, or blocks and the request that makes a file of them.
struct Upload<'a> {
    storage: &'a BlobStorage,
    client: BlobClient,
    buffer: BytesMut,
    /// Names of the blocks that were sent. They begin with a word of this upload alone: nobody else's block gets in.
    blocks: Vec<Vec<u8>>,
    name: Uuid,
}

impl<'a> Upload<'a> {
    fn new(storage: &'a BlobStorage, path: &str) -> Result<Self, BlobError> {
        #[expect(clippy::disallowed_methods, reason = "the name of an upload is no document id")]
        let name = Uuid::now_v7();
        let client = storage.client(path)?;
        Ok(Self { storage, client, buffer: BytesMut::new(), blocks: Vec::new(), name })
    }

    async fn take(&mut self, chunk: Bytes) -> Result<(), BlobError> {
        let mut rest = chunk;
        while !rest.is_empty() {
            if self.buffer.len() == BLOCK_BYTES {
                self.send_block().await?;
            }
            let room = BLOCK_BYTES - self.buffer.len();
            self.buffer.extend_from_slice(&rest.split_to(rest.len().min(room)));
        }
        Ok(())
    }

    async fn send_block(&mut self) -> Result<(), BlobError> {
        let name = format!("{}-{:08}", self.name.simple(), self.blocks.len()).into_bytes();
        let content = self.buffer.split().freeze();
        let mut sent = self.block(&name, &content).await;
        if lacks_container(&sent) {
            self.storage.provision().await?;
            sent = self.block(&name, &content).await;
        }
        sent.map_err(unavailable)?;
        self.blocks.push(name);
        Ok(())
    }

    async fn publish(mut self, content_type: &str, sha256: &str) -> Result<(), BlobError> {
        let metadata = HashMap::from([(SHA256.to_owned(), sha256.to_owned())]);
        if self.blocks.is_empty() {
            let content = self.buffer.split().freeze();
            let mut sent = self.whole(&content, content_type, &metadata).await;
            if lacks_container(&sent) {
                self.storage.provision().await?;
                sent = self.whole(&content, content_type, &metadata).await;
            }
            return sent.map_err(unavailable);
        }
        self.send_block().await?;
        let list = BlockLookupList { latest: Some(self.blocks), ..Default::default() };
        let options = BlockBlobClientCommitBlockListOptions {
            blob_content_type: Some(content_type.to_owned()),
            metadata: Some(metadata),
            ..Default::default()
        };
        let client = self.client.block_blob_client();
        let list = list.try_into().map_err(unavailable)?;
        bounded(client.commit_block_list(list, Some(options))).await.map_err(unavailable)?;
        Ok(())
    }

    async fn block(&self, name: &[u8], content: &Bytes) -> azure_core::Result<()> {
        let client = self.client.block_blob_client();
        let (size, body) = (content.len() as u64, content.clone().into());
        bounded(client.stage_block(name, size, body, None)).await.map(drop)
    }

    async fn whole(
        &self,
        content: &Bytes,
        content_type: &str,
        metadata: &HashMap<String, String>,
    ) -> azure_core::Result<()> {
        let options = BlobClientUploadOptions {
            blob_content_type: Some(content_type.to_owned()),
            metadata: Some(metadata.clone()),
            partition_size: NonZero::new(BLOCK_BYTES as u64),
            ..Default::default()
        };
        bounded(self.client.upload(content.clone().into(), Some(options))).await.map(drop)
    }
}

impl Blobs for BlobStorage {
    fn describe(&self) -> String {
        let host = self.account.endpoint.host_str().unwrap_or_default();
        format!("Blob storage at {host}, container {}", self.account.container)
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
        Box::pin(self.known(path))
    }

    fn delete<'a>(&'a self, path: &'a str) -> BoxFuture<'a, Result<(), BlobError>> {
        Box::pin(self.remove(path))
    }

    fn link<'a>(
        &'a self,
        path: &'a str,
        download_name: &'a str,
        expires_at: OffsetDateTime,
    ) -> BoxFuture<'a, Result<String, BlobError>> {
        Box::pin(self.signed(path, download_name, expires_at))
    }
}

/// The first word of the host; an emulator has one host and names the account in the path.
fn account_name(endpoint: &Url) -> &str {
    match endpoint.domain() {
        Some(domain) if domain != "localhost" => domain.split('.').next().unwrap_or_default(),
        _ => endpoint.path().trim_matches('/'),
    }
}

/// The first write makes it.
fn lacks_container(sent: &azure_core::Result<()>) -> bool {
    let Err(error) = sent else { return false };
    matches!(error.kind(), ErrorKind::HttpResponse { error_code: Some(code), .. } if code == "ContainerNotFound")
}

/// Nothing to remove is fine.
fn gone<T>(outcome: azure_core::Result<T>) -> Result<(), BlobError> {
    match outcome.map_err(missing) {
        Ok(_) | Err(BlobError::NotFound) => Ok(()),
        Err(error) => Err(error),
    }
}

fn missing(error: azure_core::Error) -> BlobError {
    match error.http_status() {
        Some(StatusCode::NotFound) => BlobError::NotFound,
        _ => unavailable(error),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the end of the error")]
fn unavailable(error: azure_core::Error) -> BlobError {
    BlobError::Unavailable(cause(&error).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_account_is_named_by_its_address() {
        let name = |text: &str| account_name(&Url::parse(text).unwrap()).to_owned();
        assert_eq!(name("https://talentiprod.blob.core.windows.net"), "talentiprod");
        assert_eq!(name("https://127.0.0.1:10000/devstoreaccount1"), "devstoreaccount1");
        assert_eq!(name("https://localhost:10000/devstoreaccount1/"), "devstoreaccount1");
    }
}
