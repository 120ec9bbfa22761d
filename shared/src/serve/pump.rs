//! The standalone platform's queue pump, with the Functions host's semantics: leases that are renewed, 5 attempts with
//! growing delay, then the poison queue.

use super::invoke;
use crate::context::Context;
use crate::function::Function;
use crate::poison::mark_poisoned;
use crate::queue::{Delivery, MAX_ATTEMPTS, bury};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Lease of a message while it is handled. Short, so that what a killed process held is soon taken up again.
const LEASE_SECONDS: u32 = 30;
const RENEW_EVERY: Duration = Duration::from_secs(10);
/// Messages handled at once.
const AT_ONCE: usize = 16;
const BATCH: u32 = 16;
const FASTEST_POLL: Duration = Duration::from_millis(25);

pub(crate) async fn run(ctx: Context, functions: Arc<[Function]>, stop: CancellationToken) {
    let mut queues: Vec<&'static str> = functions.iter().flat_map(Function::queues).collect();
    queues.sort_unstable();
    queues.dedup();
    let slots = Arc::new(Semaphore::new(AT_ONCE));
    let running = TaskTracker::new();
    let mut pause = FASTEST_POLL;
    while !stop.is_cancelled() {
        let mut found = false;
        for queue in queues.iter().copied() {
            let free = u32::try_from(slots.available_permits()).unwrap_or(BATCH).min(BATCH);
            if free == 0 {
                break;
            }
            match ctx.queue().receive(queue, free, LEASE_SECONDS).await {
                Ok(deliveries) => {
                    for delivery in deliveries {
                        found = true;
                        let Ok(slot) = slots.clone().acquire_owned().await else { return };
                        let (ctx, functions) = (ctx.clone(), functions.clone());
                        running.spawn(async move {
                            handle(&ctx, &functions, queue, delivery).await;
                            drop(slot);
                        });
                    }
                }
                Err(error) => tracing::warn!(queue, %error, "queue cannot be read"),
            }
        }
        pause = if found { FASTEST_POLL } else { (pause * 2).min(ctx.queue().idle_poll()) };
        if !found {
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = ctx.outbox().sent() => pause = FASTEST_POLL,
                () = stop.cancelled() => {}
            }
        }
    }
    running.close();
    running.wait().await;
}

async fn handle(ctx: &Context, functions: &[Function], queue: &str, delivery: Delivery) {
    if delivery.dequeue_count > MAX_ATTEMPTS {
        // Every attempt ended with the process, which left nobody to say so.
        if let Err(error) = mark_poisoned(ctx, &delivery.text, "The work was cut off again and again.").await
        {
            tracing::warn!(queue, cause = error.cause_chain(), "background job is not marked");
        }
        return report(bury(ctx.queue(), queue, &delivery).await);
    }
    let mut current = delivery;
    let text = current.text.clone();
    let work = invoke::message(ctx, functions, queue, &text, current.dequeue_count);
    tokio::pin!(work);
    let outcome = loop {
        tokio::select! {
            outcome = &mut work => break outcome,
            () = tokio::time::sleep(RENEW_EVERY) => {
                match ctx.queue().update(queue, &current, LEASE_SECONDS).await {
                    Ok(renewed) => current = renewed,
                    Err(error) => tracing::warn!(queue, %error, "lease could not be renewed"),
                }
            }
        }
    };
    match outcome {
        Ok(()) => report(ctx.queue().delete(queue, &current).await),
        Err(_) if current.dequeue_count >= MAX_ATTEMPTS => report(bury(ctx.queue(), queue, &current).await),
        Err(_) => {
            let delay = retry_delay(current.dequeue_count);
            report(ctx.queue().update(queue, &current, delay).await.map(|_| ()));
        }
    }
}

/// Seconds until the next attempt: 2, 10, 50, 250.
fn retry_delay(attempt: u32) -> u32 {
    2 * 5_u32.pow(attempt.clamp(1, 4) - 1)
}

fn report(result: Result<(), crate::queue::QueueError>) {
    if let Err(error) = result {
        tracing::warn!(%error, "queue message could not be settled; it will come again");
    }
}
