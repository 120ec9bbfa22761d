//! Azure Storage queues.
//!
//! Text travels as it is: host.json says `messageEncoding: none`. A queue is made when the first message for it finds it
//! missing, so sending costs one call. Storage keeps a message for seven days.

use super::{Delivery, MAX_MESSAGE_BYTES, Queue, QueueError};
use crate::BoxFuture;
use crate::azure::{bounded, cause, client_options};
use azure_core::credentials::TokenCredential;
use azure_core::error::ErrorKind;
use azure_core::http::{StatusCode, Url};
use azure_storage_queue::models::{
    PeekedMessage, QueueClientGetPropertiesResultHeaders as _, QueueClientPeekMessagesOptions,
    QueueClientReceiveMessagesOptions, QueueClientSendMessageOptions, QueueMessage, ReceivedMessage,
};
use azure_storage_queue::{QueueClient, QueueServiceClient, QueueServiceClientOptions};
use std::borrow::Cow;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// Most messages one call hands out.
const MOST: u32 = 32;
/// Every look at a queue is paid for.
const IDLE_POLL: Duration = Duration::from_secs(5);

/// [`Queue`] over the queues of a storage account.
pub struct StorageQueues {
    endpoint: Url,
    credential: Arc<dyn TokenCredential>,
    service: OnceLock<QueueServiceClient>,
}

impl StorageQueues {
    /// `endpoint` is `https://<account>.queue.core.windows.net`. Nothing goes over the network yet.
    pub fn new(endpoint: Url, credential: Arc<dyn TokenCredential>) -> Self {
        Self { endpoint, credential, service: OnceLock::new() }
    }

    /// Makes the queue when it is missing; whether it was.
    pub async fn provision(&self, queue: &str) -> Result<bool, QueueError> {
        self.create(&self.client(queue)?).await
    }

    fn client(&self, queue: &str) -> Result<QueueClient, QueueError> {
        let service = match self.service.get() {
            Some(service) => service,
            None => {
                let options =
                    QueueServiceClientOptions { client_options: client_options(), ..Default::default() };
                let (endpoint, credential) = (self.endpoint.clone(), self.credential.clone());
                let made = QueueServiceClient::new(endpoint, Some(credential), Some(options));
                let made = made.map_err(unavailable)?;
                self.service.get_or_init(|| made)
            }
        };
        service.queue_client(queue).map_err(unavailable)
    }

    async fn create(&self, client: &QueueClient) -> Result<bool, QueueError> {
        let answer = bounded(client.create(None)).await.map_err(unavailable)?;
        Ok(answer.status() == StatusCode::Created)
    }

    async fn put(&self, queue: &str, text: &str, delay_seconds: u32) -> Result<(), QueueError> {
        if text.len() > MAX_MESSAGE_BYTES {
            return Err(QueueError::TooLarge(text.len()));
        }
        let client = self.client(queue)?;
        let send = async || {
            let message = QueueMessage { message_text: Some(in_xml(text).into_owned()) };
            let options = QueueClientSendMessageOptions {
                visibility_timeout: (delay_seconds > 0).then_some(seconds(delay_seconds)),
                ..Default::default()
            };
            bounded(client.send_message(message.try_into()?, Some(options))).await
        };
        match send().await {
            Err(error) if is_missing(&error) => {
                self.create(&client).await?;
                send().await.map_err(unavailable)?;
            }
            outcome => drop(outcome.map_err(unavailable)?),
        }
        Ok(())
    }

    async fn take(
        &self,
        queue: &str,
        max: u32,
        visibility_seconds: u32,
    ) -> Result<Vec<Delivery>, QueueError> {
        let options = QueueClientReceiveMessagesOptions {
            number_of_messages: Some(seconds(max.clamp(1, MOST))),
            visibility_timeout: Some(seconds(visibility_seconds)),
            ..Default::default()
        };
        let received = bounded(self.client(queue)?.receive_messages(Some(options))).await;
        let Some(received) = found(received)? else { return Ok(Vec::new()) };
        let items = received.into_model().map_err(unavailable)?.items.unwrap_or_default();
        Ok(items.into_iter().map(Delivery::from).collect())
    }

    async fn look(&self, queue: &str, max: u32) -> Result<Vec<Delivery>, QueueError> {
        let options = QueueClientPeekMessagesOptions {
            number_of_messages: Some(seconds(max.clamp(1, MOST))),
            ..Default::default()
        };
        let peeked = bounded(self.client(queue)?.peek_messages(Some(options))).await;
        let Some(peeked) = found(peeked)? else { return Ok(Vec::new()) };
        let items = peeked.into_model().map_err(unavailable)?.items.unwrap_or_default();
        Ok(items.into_iter().map(Delivery::from).collect())
    }

    async fn count(&self, queue: &str) -> Result<u64, QueueError> {
        let properties = bounded(self.client(queue)?.get_properties(None)).await;
        let Some(properties) = found(properties)? else { return Ok(0) };
        let count = properties.approximate_messages_count().map_err(unavailable)?;
        Ok(count.unwrap_or_default().unsigned_abs())
    }

    async fn remove(&self, queue: &str, delivery: &Delivery) -> Result<(), QueueError> {
        let client = self.client(queue)?;
        let id = checked_id(delivery)?;
        bounded(client.delete_message(id, &delivery.receipt, None)).await.map_err(settling)?;
        Ok(())
    }

    async fn hide(
        &self,
        queue: &str,
        delivery: &Delivery,
        visibility_seconds: u32,
    ) -> Result<Delivery, QueueError> {
        let client = self.client(queue)?;
        let id = checked_id(delivery)?;
        let visibility = seconds(visibility_seconds);
        let update = client.update_message(id, &delivery.receipt, visibility, None);
        let answer = bounded(update).await.map_err(settling)?;
        let receipt = answer.headers().get_optional_str(&"x-ms-popreceipt".into()).map(str::to_owned);
        let receipt = receipt.ok_or_else(|| QueueError::Unavailable("no receipt in the answer".into()))?;
        Ok(Delivery { receipt, ..delivery.clone() })
    }
}

impl Queue for StorageQueues {
    fn describe(&self) -> String {
        format!("Storage queues at {}", self.endpoint.host_str().unwrap_or_default())
    }

    fn idle_poll(&self) -> Duration {
        IDLE_POLL
    }

    fn send<'a>(
        &'a self,
        queue: &'a str,
        text: &'a str,
        delay_seconds: u32,
    ) -> BoxFuture<'a, Result<(), QueueError>> {
        Box::pin(self.put(queue, text, delay_seconds))
    }

    fn receive<'a>(
        &'a self,
        queue: &'a str,
        max: u32,
        visibility_seconds: u32,
    ) -> BoxFuture<'a, Result<Vec<Delivery>, QueueError>> {
        Box::pin(self.take(queue, max, visibility_seconds))
    }

    fn delete<'a>(&'a self, queue: &'a str, delivery: &'a Delivery) -> BoxFuture<'a, Result<(), QueueError>> {
        Box::pin(self.remove(queue, delivery))
    }

    fn update<'a>(
        &'a self,
        queue: &'a str,
        delivery: &'a Delivery,
        visibility_seconds: u32,
    ) -> BoxFuture<'a, Result<Delivery, QueueError>> {
        Box::pin(self.hide(queue, delivery, visibility_seconds))
    }

    fn len<'a>(&'a self, queue: &'a str) -> BoxFuture<'a, Result<u64, QueueError>> {
        Box::pin(self.count(queue))
    }

    fn peek<'a>(&'a self, queue: &'a str, max: u32) -> BoxFuture<'a, Result<Vec<Delivery>, QueueError>> {
        Box::pin(self.look(queue, max))
    }
}

impl From<ReceivedMessage> for Delivery {
    fn from(message: ReceivedMessage) -> Self {
        Self {
            id: message.message_id.unwrap_or_default(),
            receipt: message.pop_receipt.unwrap_or_default(),
            text: message.message_text.unwrap_or_default(),
            dequeue_count: times(message.dequeue_count),
        }
    }
}

impl From<PeekedMessage> for Delivery {
    fn from(message: PeekedMessage) -> Self {
        Self {
            id: message.message_id.unwrap_or_default(),
            receipt: String::new(),
            text: message.message_text.unwrap_or_default(),
            dequeue_count: times(message.dequeue_count),
        }
    }
}

fn times(count: Option<i64>) -> u32 {
    count.and_then(|count| u32::try_from(count).ok()).unwrap_or_default()
}

fn seconds(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// Ids become part of an address: one that storage did not give is nobody's.
fn checked_id(delivery: &Delivery) -> Result<&str, QueueError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let known = !delivery.id.is_empty() && !delivery.receipt.is_empty() && delivery.id.chars().all(plain);
    if known { Ok(&delivery.id) } else { Err(QueueError::StaleReceipt) }
}

/// XML 1.0 has no way to write U+FFFE and U+FFFF. Messages are JSON, which has.
fn in_xml(text: &str) -> Cow<'_, str> {
    if text.contains(['\u{fffe}', '\u{ffff}']) {
        text.replace('\u{fffe}', "\\ufffe").replace('\u{ffff}', "\\uffff").into()
    } else {
        text.into()
    }
}

fn is_missing(error: &azure_core::Error) -> bool {
    matches!(error.kind(), ErrorKind::HttpResponse { error_code: Some(code), .. } if code == "QueueNotFound")
}

/// `None` when the queue was not made yet, which is as good as empty.
fn found<T>(outcome: azure_core::Result<T>) -> Result<Option<T>, QueueError> {
    match outcome {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if is_missing(&error) => Ok(None),
        Err(error) => Err(unavailable(error)),
    }
}

/// Nothing but the message and its receipt can be wrong with a delete or an update.
fn settling(error: azure_core::Error) -> QueueError {
    match error.http_status() {
        Some(StatusCode::BadRequest | StatusCode::NotFound) => QueueError::StaleReceipt,
        _ => unavailable(error),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the end of the error")]
fn unavailable(error: azure_core::Error) -> QueueError {
    QueueError::Unavailable(cause(&error).into())
}
