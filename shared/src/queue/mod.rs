//! Queues: at-least-once delivery with visibility timeouts, 5 attempts, then `<queue>-poison`.

pub mod azure;
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
pub mod sqlite;

use crate::BoxFuture;
use std::time::Duration;

/// At most 48 KiB of text: what fits a storage queue message when base64-encoded.
pub const MAX_MESSAGE_BYTES: usize = 48 * 1024;

/// A delivery with this dequeue count is the last one; when it fails, the message goes to the poison queue.
pub const MAX_ATTEMPTS: u32 = 5;

/// Where messages go that failed too often. Storage queues have no such thing of their own: whoever pumps them moves
/// the message, see [`bury`].
pub fn poison(queue: &str) -> String {
    format!("{queue}-poison")
}

/// Moves a delivery to the poison queue. Sent before it is deleted: a crash between leaves two, never none.
pub async fn bury(queues: &dyn Queue, queue: &str, delivery: &Delivery) -> Result<(), QueueError> {
    queues.send(&poison(queue), &delivery.text, 0).await?;
    queues.delete(queue, delivery).await
}

/// A received message; invisible to others until its visibility timeout passes.
#[derive(Debug, Clone)]
pub struct Delivery {
    pub id: String,
    /// Proof of this delivery; stale after the message became visible again.
    pub receipt: String,
    pub text: String,
    /// 1 on the first delivery.
    pub dequeue_count: u32,
}

#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    #[error("message of {0} bytes is above the limit")]
    TooLarge(usize),
    #[error("the delivery is no longer ours")]
    StaleReceipt,
    #[error("queue unavailable")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

pub trait Queue: Send + Sync + 'static {
    fn describe(&self) -> String;
    /// How long an idle reader waits at most before it looks again.
    fn idle_poll(&self) -> Duration {
        Duration::from_secs(1)
    }
    /// Makes the queue when it does not exist. `delay_seconds` hides the message at first.
    fn send<'a>(
        &'a self,
        queue: &'a str,
        text: &'a str,
        delay_seconds: u32,
    ) -> BoxFuture<'a, Result<(), QueueError>>;
    /// Up to `max` (1-32) messages, hidden from others for `visibility_seconds`.
    fn receive<'a>(
        &'a self,
        queue: &'a str,
        max: u32,
        visibility_seconds: u32,
    ) -> BoxFuture<'a, Result<Vec<Delivery>, QueueError>>;
    /// Done with it.
    fn delete<'a>(&'a self, queue: &'a str, delivery: &'a Delivery) -> BoxFuture<'a, Result<(), QueueError>>;
    /// Gives it back, visible after `visibility_seconds`; renews a lease when called while running. New receipt.
    fn update<'a>(
        &'a self,
        queue: &'a str,
        delivery: &'a Delivery,
        visibility_seconds: u32,
    ) -> BoxFuture<'a, Result<Delivery, QueueError>>;
    /// Messages in the queue, hidden ones included.
    fn len<'a>(&'a self, queue: &'a str) -> BoxFuture<'a, Result<u64, QueueError>>;
    /// Looks at visible messages without taking them, oldest first. They come without a receipt.
    fn peek<'a>(&'a self, queue: &'a str, max: u32) -> BoxFuture<'a, Result<Vec<Delivery>, QueueError>>;
}
