//! One story every queue tells. Queues are named afresh each time, so the backend may be shared and lasting.
//!
//! Storage queues let a delivery be deleted between its time-out and the next delivery, the trait does not promise it:
//! nothing here looks into that gap.

#![expect(clippy::disallowed_methods, reason = "tests name what they store as they like")]

use super::{Delivery, MAX_ATTEMPTS, MAX_MESSAGE_BYTES, Queue, QueueError, bury, poison};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// Runs everything.
pub async fn suite(make: impl AsyncFn() -> Arc<dyn Queue>) {
    sends_and_receives(make().await.as_ref()).await;
    keeps_the_order(make().await.as_ref()).await;
    delays(make().await.as_ref()).await;
    comes_back(make().await.as_ref()).await;
    refuses_stale_receipts(make().await.as_ref()).await;
    renews(make().await.as_ref()).await;
    ends_in_the_poison_queue(make().await.as_ref()).await;
    limits_size(make().await.as_ref()).await;
    hands_each_message_to_one(make().await).await;
}

/// A queue nobody used before, named as a storage queue may be.
pub fn new_queue() -> String {
    format!("q-{}", Uuid::now_v7())
}

async fn one(queues: &dyn Queue, queue: &str, visibility_seconds: u32) -> Delivery {
    let mut deliveries = queues.receive(queue, 1, visibility_seconds).await.expect("receive");
    assert_eq!(deliveries.len(), 1);
    deliveries.remove(0)
}

async fn none(queues: &dyn Queue, queue: &str) {
    assert_eq!(texts(&queues.receive(queue, 32, 30).await.expect("receive")), [""; 0]);
}

fn texts(deliveries: &[Delivery]) -> Vec<&str> {
    deliveries.iter().map(|delivery| delivery.text.as_str()).collect()
}

fn is_stale<T>(outcome: &Result<T, QueueError>) -> bool {
    matches!(outcome, Err(QueueError::StaleReceipt))
}

async fn seconds(seconds: u64) {
    tokio::time::sleep(Duration::from_millis(seconds * 1000 + 200)).await;
}

async fn sends_and_receives(queues: &dyn Queue) {
    let (queue, other) = (new_queue(), new_queue());
    queues.send(&other, "elsewhere", 0).await.expect("send");
    let text = "{\"text\": \"Żółw 🐢 <&>\"}\n";
    queues.send(&queue, text, 0).await.expect("send");
    assert_eq!(queues.len(&queue).await.expect("len"), 1);
    for _ in 0..2 {
        let seen = queues.peek(&queue, 32).await.expect("peek");
        assert_eq!((texts(&seen), seen[0].dequeue_count), (vec![text], 0), "looking does not count");
    }
    let delivery = one(queues, &queue, 30).await;
    assert_eq!((delivery.text.as_str(), delivery.dequeue_count), (text, 1));
    none(queues, &queue).await;
    assert_eq!(queues.len(&queue).await.expect("len"), 1, "hidden, not gone");
    queues.delete(&queue, &delivery).await.expect("delete");
    assert_eq!(queues.len(&queue).await.expect("len"), 0);
    assert!(queues.delete(&queue, &delivery).await.is_err(), "only once");
    assert_eq!(queues.len(&other).await.expect("len"), 1);
}

async fn keeps_the_order(queues: &dyn Queue) {
    let queue = new_queue();
    let sent: Vec<_> = (0..40).map(|n| format!("message {n}")).collect();
    for text in &sent {
        queues.send(&queue, text, 0).await.expect("send");
    }
    assert_eq!(texts(&queues.peek(&queue, 3).await.expect("peek")), sent[..3]);
    let first = queues.receive(&queue, 32, 30).await.expect("receive");
    let rest = queues.receive(&queue, 32, 30).await.expect("receive");
    assert_eq!((first.len(), rest.len()), (32, 8));
    assert_eq!(texts(&[first, rest].concat()), sent);
}

async fn delays(queues: &dyn Queue) {
    let queue = new_queue();
    queues.send(&queue, "later", 2).await.expect("send");
    none(queues, &queue).await;
    assert_eq!(queues.len(&queue).await.expect("len"), 1);
    assert!(queues.peek(&queue, 1).await.expect("peek").is_empty(), "hidden from a look, too");
    seconds(2).await;
    assert_eq!(one(queues, &queue, 30).await.text, "later");
}

async fn comes_back(queues: &dyn Queue) {
    let queue = new_queue();
    queues.send(&queue, "crashed", 0).await.expect("send");
    let first = one(queues, &queue, 1).await;
    none(queues, &queue).await;
    seconds(1).await;
    let second = one(queues, &queue, 30).await;
    assert_eq!((second.id.as_str(), second.dequeue_count), (first.id.as_str(), 2));
    assert_ne!(second.receipt, first.receipt);
}

async fn refuses_stale_receipts(queues: &dyn Queue) {
    let queue = new_queue();
    queues.send(&queue, "slow", 0).await.expect("send");
    let first = one(queues, &queue, 1).await;
    seconds(1).await;
    let second = one(queues, &queue, 30).await;
    assert!(is_stale(&queues.delete(&queue, &first).await), "somebody else has it");
    assert!(is_stale(&queues.update(&queue, &first, 30).await));
    let third = queues.update(&queue, &second, 30).await.expect("update");
    assert_ne!(third.receipt, second.receipt);
    assert!(is_stale(&queues.delete(&queue, &second).await), "renewed since");
    queues.delete(&queue, &third).await.expect("delete");
    assert_eq!(queues.len(&queue).await.expect("len"), 0);
}

async fn renews(queues: &dyn Queue) {
    let queue = new_queue();
    queues.send(&queue, "long work", 0).await.expect("send");
    let mut delivery = one(queues, &queue, 2).await;
    for _ in 0..2 {
        seconds(1).await;
        delivery = queues.update(&queue, &delivery, 2).await.expect("renew");
        none(queues, &queue).await;
    }
    assert_eq!((delivery.text.as_str(), delivery.dequeue_count), ("long work", 1), "renewing is no attempt");
    queues.update(&queue, &delivery, 0).await.expect("give back");
    let again = one(queues, &queue, 30).await;
    assert_eq!(again.dequeue_count, 2);
}

async fn ends_in_the_poison_queue(queues: &dyn Queue) {
    let queue = new_queue();
    queues.send(&queue, "never works", 0).await.expect("send");
    queues.send(&queue, "works", 0).await.expect("send");
    for attempt in 1..=MAX_ATTEMPTS {
        let mut deliveries = queues.receive(&queue, 32, 30).await.expect("receive");
        let at = deliveries.iter().position(|delivery| delivery.text == "never works").expect("again");
        let failed = deliveries.remove(at);
        assert_eq!(failed.dequeue_count, attempt);
        for good in deliveries {
            queues.delete(&queue, &good).await.expect("delete");
        }
        if attempt < MAX_ATTEMPTS {
            queues.update(&queue, &failed, 0).await.expect("give back");
        } else {
            bury(queues, &queue, &failed).await.expect("bury");
        }
    }
    none(queues, &queue).await;
    assert_eq!(queues.len(&queue).await.expect("len"), 0);
    assert_eq!(one(queues, &poison(&queue), 30).await.text, "never works");
}

async fn limits_size(queues: &dyn Queue) {
    let queue = new_queue();
    // One character of two bytes: bytes are counted.
    let largest = format!("é{}", "y".repeat(MAX_MESSAGE_BYTES - 2));
    queues.send(&queue, &largest, 0).await.expect("the largest");
    let larger = format!("{largest}x");
    let outcome = queues.send(&queue, &larger, 0).await;
    assert!(matches!(outcome, Err(QueueError::TooLarge(bytes)) if bytes == MAX_MESSAGE_BYTES + 1));
    assert_eq!(one(queues, &queue, 30).await.text, largest);
    none(queues, &queue).await;
}

async fn hands_each_message_to_one(queues: Arc<dyn Queue>) {
    let queue = new_queue();
    for n in 0..100 {
        queues.send(&queue, &n.to_string(), 0).await.expect("send");
    }
    let workers = (0..8).map(|_| {
        let (queues, queue) = (queues.clone(), queue.clone());
        tokio::spawn(async move {
            let mut mine = Vec::new();
            loop {
                let deliveries = queues.receive(&queue, 3, 60).await.expect("receive");
                if deliveries.is_empty() {
                    return mine;
                }
                for delivery in deliveries {
                    queues.delete(&queue, &delivery).await.expect("delete");
                    mine.push(delivery.text);
                }
            }
        })
    });
    let mut done = Vec::new();
    for worker in workers.collect::<Vec<_>>() {
        done.extend(worker.await.expect("joined"));
    }
    assert_eq!(done.len(), 100);
    assert_eq!(done.iter().collect::<HashSet<_>>().len(), 100, "none twice");
}
