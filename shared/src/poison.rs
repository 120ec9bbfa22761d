//! What was given up: messages in the poison queues are looked at, sent again or thrown away, by platform staff or the
//! operator. A queue gives no message by its id, so whoever acts on one takes the queue's messages out for a moment and
//! puts the others back.

use crate::clock::Timestamp;
use crate::context::Context;
use crate::docs::At;
use crate::domain::background_job::{BackgroundJob, BackgroundJobId, BackgroundJobStatus};
use crate::domain::messages::QUEUES;
use crate::error::{Code, Error, Result};
use crate::message::{Envelope, digest_id};
use crate::queue::{Delivery, poison};
use crate::serve::FailedMessage;
use crate::store::Tenant;
use futures_util::future::join_all;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};

/// Messages a list shows: what a queue lets one look at without taking it.
pub const SHOWN: u32 = 32;
/// Messages looked through for one action. What lies behind them comes forward as these are dealt with.
pub const LOOKED_THROUGH: usize = 1024;
/// Seconds messages are hidden from others while one of them is looked for. When the process dies meanwhile, they come
/// back after this.
const HELD_SECONDS: u32 = 60;

/// A queue and its poison queue.
#[derive(Serialize, JsonSchema)]
pub struct QueueLengths {
    pub queue: String,
    /// Messages waiting or being handled.
    pub waiting: u64,
    /// Messages that were given up.
    pub poisoned: u64,
}

/// A message that was given up, and what is known of why.
#[derive(Serialize, JsonSchema)]
pub struct PoisonMessage {
    /// The message's own id; of what is no envelope, a digest of its text.
    pub id: String,
    pub queue: String,
    /// Such as `score-interview`; `null` when it is no envelope of ours.
    pub message_type: Option<String>,
    /// Whose data it is about.
    pub tenant: Option<String>,
    pub entity_id: Option<String>,
    pub enqueued_at: Option<Timestamp>,
    pub trace_id: Option<String>,
    /// Failed tries that were noted. A process that was killed leaves no note.
    pub attempts: Option<u32>,
    pub code: Option<String>,
    pub detail: Option<String>,
    pub cause: Option<String>,
    pub last_failed_at: Option<Timestamp>,
}

/// A message as it lies on the queue.
#[derive(Serialize, JsonSchema)]
pub struct PoisonContent {
    #[serde(flatten)]
    pub message: PoisonMessage,
    /// Ids only: messages of ours carry no personal data.
    pub text: String,
}

fn known(queue: &str) -> Result<&'static str> {
    QUEUES.iter().copied().find(|known| *known == queue).ok_or_else(|| Error::not_found("queue"))
}

fn id_of(text: &str) -> String {
    serde_json::from_str::<Envelope>(text).map_or_else(|_| digest_id(text), |envelope| envelope.message_id)
}

/// Every queue with what waits and what was given up.
pub async fn lengths(ctx: &Context) -> Result<Vec<QueueLengths>> {
    let counts = QUEUES.iter().map(async |queue| {
        let (waiting, poisoned) = (ctx.queue().len(queue).await?, ctx.queue().len(&poison(queue)).await?);
        Ok(QueueLengths { queue: (*queue).to_owned(), waiting, poisoned })
    });
    join_all(counts).await.into_iter().collect()
}

/// The oldest [`SHOWN`] messages that were given up.
pub async fn list(ctx: &Context, queue: &str) -> Result<Vec<PoisonMessage>> {
    let queue = known(queue)?;
    let seen = ctx.queue().peek(&poison(queue), SHOWN).await?;
    let messages = seen.iter().map(|delivery| described(ctx, queue, &delivery.text));
    join_all(messages).await.into_iter().collect()
}

async fn described(ctx: &Context, queue: &str, text: &str) -> Result<PoisonMessage> {
    let envelope = serde_json::from_str::<Envelope>(text).ok();
    let id = id_of(text);
    let at = At::system(Tenant::platform());
    let failed =
        ctx.docs::<FailedMessage>(&at).find_in(queue, &id).await?.map(crate::docs::Stored::into_inner);
    Ok(PoisonMessage {
        id,
        queue: queue.to_owned(),
        message_type: envelope.as_ref().map(|envelope| envelope.kind.clone()),
        tenant: envelope.as_ref().map(|envelope| envelope.tenant.clone()),
        entity_id: envelope.as_ref().map(|envelope| envelope.entity_id.clone()),
        enqueued_at: envelope.as_ref().map(|envelope| envelope.enqueued_at),
        trace_id: envelope.and_then(|envelope| envelope.trace_id),
        attempts: failed.as_ref().map(|failed| failed.attempts),
        code: failed.as_ref().map(|failed| failed.code.clone()),
        detail: failed.as_ref().map(|failed| failed.detail.clone()),
        last_failed_at: failed.as_ref().map(|failed| failed.meta.updated_at),
        cause: failed.and_then(|failed| failed.cause),
    })
}

/// One message with its text. 404 when it is not there.
pub async fn show(ctx: &Context, queue: &str, id: &str) -> Result<PoisonContent> {
    let queue = known(queue)?;
    let held = hold(ctx, queue, |text| id_of(text) == id).await?;
    let text = held.chosen.first().map(|delivery| delivery.text.clone());
    give_back(ctx, queue, &held.chosen).await;
    let Some(text) = text else { return Err(held.missing(ctx, queue).await) };
    Ok(PoisonContent { message: described(ctx, queue, &text).await?, text })
}

/// Sends one message to its queue again. 404 when it is not there.
pub async fn requeue(ctx: &Context, at: &At, queue: &str, id: &str) -> Result<()> {
    let queue = known(queue)?;
    let held = hold(ctx, queue, |text| id_of(text) == id).await?;
    if held.chosen.is_empty() {
        return Err(held.missing(ctx, queue).await);
    }
    send_again(ctx, at, queue, held.chosen).await.map(drop)
}

/// Sends everything that was given up to its queue again, at most [`LOOKED_THROUGH`]: how many messages.
pub async fn requeue_all(ctx: &Context, at: &At, queue: &str) -> Result<usize> {
    let queue = known(queue)?;
    let held = hold(ctx, queue, |_| true).await?;
    send_again(ctx, at, queue, held.chosen).await
}

/// Sends the message again that a background job follows. `false` when there is none that was given up.
pub async fn requeue_job(ctx: &Context, at: &At, queue: &str, job: BackgroundJobId) -> Result<bool> {
    let queue = known(queue)?;
    let job = Value::String(job.to_string());
    let is_its = |text: &str| {
        serde_json::from_str::<Envelope>(text).is_ok_and(|envelope| {
            envelope.tenant == at.tenant.as_str() && envelope.payload.get("background_job_id") == Some(&job)
        })
    };
    let held = hold(ctx, queue, is_its).await?;
    Ok(send_again(ctx, at, queue, held.chosen).await? > 0)
}

/// Throws one message away for good. 404 when it is not there.
pub async fn discard(ctx: &Context, at: &At, queue: &str, id: &str, reason: &str) -> Result<()> {
    let queue = known(queue)?;
    let held = hold(ctx, queue, |text| id_of(text) == id).await?;
    if held.chosen.is_empty() {
        return Err(held.missing(ctx, queue).await);
    }
    // Before the deed: nothing goes away without a note of who did it.
    note(ctx, at, queue, "discard", &held.chosen, Some(reason)).await?;
    for delivery in &held.chosen {
        ctx.queue().delete(&poison(queue), delivery).await?;
    }
    forget(ctx, queue, id).await
}

/// Messages taken out of a poison queue.
struct Held {
    chosen: Vec<Delivery>,
    looked_through: usize,
}

impl Held {
    /// Why nothing was found: it is not there, or somebody else holds it just now.
    async fn missing(&self, ctx: &Context, queue: &str) -> Error {
        match ctx.queue().len(&poison(queue)).await {
            Ok(length) if length > self.looked_through as u64 => Error::conflict(
                "Part of the queue is held by somebody else, or lies too far back. Please try again in a minute.",
            ),
            Ok(_) => Error::not_found("message"),
            Err(error) => error.into(),
        }
    }
}

/// Takes messages out, keeps those that are wanted and puts the others back.
async fn hold(ctx: &Context, queue: &str, is_wanted: impl Fn(&str) -> bool) -> Result<Held> {
    let dead = poison(queue);
    let mut all = Vec::new();
    while all.len() < LOOKED_THROUGH {
        let some = ctx.queue().receive(&dead, 32, HELD_SECONDS).await?;
        if some.is_empty() {
            break;
        }
        all.extend(some);
    }
    let looked_through = all.len();
    let (chosen, others): (Vec<_>, Vec<_>) = all.into_iter().partition(|delivery| is_wanted(&delivery.text));
    give_back(ctx, queue, &others).await;
    Ok(Held { chosen, looked_through })
}

/// Visible to others again. What cannot be given back now comes back by itself.
async fn give_back(ctx: &Context, queue: &str, deliveries: &[Delivery]) {
    let dead = poison(queue);
    join_all(deliveries.iter().map(async |delivery| {
        if let Err(error) = ctx.queue().update(&dead, delivery, 0).await {
            tracing::warn!(queue = dead, %error, "a message comes back later");
        }
    }))
    .await;
}

/// Each message once, however many copies a crash left; sent before it is deleted, so that a crash between leaves two,
/// never none (handlers take a message twice for one).
async fn send_again(ctx: &Context, at: &At, queue: &str, chosen: Vec<Delivery>) -> Result<usize> {
    let dead = poison(queue);
    let mut sent = std::collections::HashSet::new();
    for some in chosen.chunks(32) {
        note(ctx, at, queue, "requeue", some, None).await?;
        for delivery in some {
            let id = id_of(&delivery.text);
            if sent.insert(id.clone()) {
                // Before it is sent: afterwards the work may have begun.
                step(ctx, &delivery.text, BackgroundJobStatus::Queued, |job, _| job.retry()).await?;
                ctx.queue().send(queue, &delivery.text, 0).await?;
            }
            ctx.queue().delete(&dead, delivery).await?;
            forget(ctx, queue, &id).await?;
        }
    }
    Ok(sent.len())
}

/// The background job that follows a message says that the queue gave it up, and `why`.
pub(crate) async fn mark_poisoned(ctx: &Context, text: &str, why: &str) -> Result<()> {
    step(ctx, text, BackgroundJobStatus::Poisoned, |job, now| job.poison(why, now)).await
}

/// Changes the background job that follows a message. Nothing happens when none does, when it is gone (kept 30 days), or
/// when it is in no status from which `to` can be reached: it is there already, or the work was done after all.
async fn step(
    ctx: &Context,
    text: &str,
    to: BackgroundJobStatus,
    change: impl Fn(&mut BackgroundJob, Timestamp) -> Result<()>,
) -> Result<()> {
    let Ok(envelope) = serde_json::from_str::<Envelope>(text) else { return Ok(()) };
    let job = envelope.payload.get("background_job_id").and_then(Value::as_str);
    let Some(job) = job.and_then(|id| id.parse::<BackgroundJobId>().ok()) else { return Ok(()) };
    let at = envelope.at();
    let jobs = ctx.docs::<BackgroundJob>(&at);
    let changed = jobs.update(job, job, None, |job, work| {
        if job.status.check(to).is_ok() { change(job, work.now()) } else { Ok(()) }
    });
    match changed.await {
        Err(error) if error.code() == Code::NotFound => Ok(()),
        outcome => outcome.map(drop),
    }
}

/// Who did what with which messages, and why.
async fn note(
    ctx: &Context,
    at: &At,
    queue: &str,
    action: &'static str,
    deliveries: &[Delivery],
    reason: Option<&str>,
) -> Result<()> {
    let mut work = ctx.work(at, queue);
    let mut noted = std::collections::HashSet::new();
    for delivery in deliveries {
        let id = id_of(&delivery.text);
        if !noted.insert(id.clone()) {
            continue;
        }
        let mut values = Map::from_iter([("queue".to_owned(), json!(queue))]);
        if let Ok(envelope) = serde_json::from_str::<Envelope>(&delivery.text) {
            values.insert("tenant".to_owned(), json!(envelope.tenant));
            values.insert("message_type".to_owned(), json!(envelope.kind));
            values.insert("message_entity_id".to_owned(), json!(envelope.entity_id));
        }
        if let Some(reason) = reason {
            values.insert("reason".to_owned(), json!(reason));
        }
        work.audit(action, "failed_message", &id, Some(&values))?;
    }
    Ok(work.commit().await?)
}

/// The reason is told no longer: the message is gone or starts anew.
async fn forget(ctx: &Context, queue: &str, id: &str) -> Result<()> {
    let at = At::system(Tenant::platform());
    let Some(failed) = ctx.docs::<FailedMessage>(&at).find_in(queue, id).await? else { return Ok(()) };
    let mut work = ctx.work(&at, queue);
    work.erase(&*failed)?;
    Ok(work.commit().await?)
}
