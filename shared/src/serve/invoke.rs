//! One delivery of a message, whichever host brought it.

use crate::clock::Timestamp;
use crate::context::Context;
use crate::docs::{At, Audit, Document, Meta};
use crate::error::{Code, Error, Result};
use crate::function::{Failure, Function};
use crate::message::{Envelope, digest_id};
use crate::poison::mark_poisoned;
use crate::queue::{MAX_ATTEMPTS, poison};
use crate::store::Tenant;
use serde::{Deserialize, Serialize};
use tracing::Instrument as _;

/// Handles one message text of `queue`, delivered for the `attempt`th time. An error means: deliver it again, or move it to
/// the poison queue when that was the last attempt.
pub(crate) async fn message(
    ctx: &Context,
    functions: &[Function],
    queue: &str,
    text: &str,
    attempt: u32,
) -> Result<()> {
    let outcome = match serde_json::from_str::<Envelope>(text) {
        Err(error) => {
            let error = Error::new(Code::BadRequest, "the message is no envelope of ours").because(format!(
                "line {}, column {}",
                error.line(),
                error.column()
            ));
            (Some(digest_id(text)), Err(Failure::GiveUp(error)))
        }
        Ok(envelope) => {
            let consumer = functions
                .iter()
                .flat_map(|function| &function.consumers)
                .find(|consumer| consumer.queue == queue && consumer.kind == envelope.kind);
            let (id, trace_id) = (envelope.message_id.clone(), envelope.trace_id.clone());
            let span = tracing::info_span!("message", queue, message_id = id, trace_id);
            trace_id.iter().for_each(|trace_id| crate::telemetry::adopt(&span, trace_id));
            let result = match consumer {
                Some(consumer) => (consumer.run)(ctx.clone(), envelope).instrument(span).await,
                None => Err(Failure::GiveUp(Error::new(Code::BadRequest, "nobody here handles this type"))),
            };
            (Some(id), result)
        }
    };
    match outcome {
        (_, Ok(())) => Ok(()),
        (id, Err(Failure::Retry(error))) => {
            tracing::warn!(
                queue,
                message_id = id,
                code = error.code().as_str(),
                cause = error.cause_chain(),
                "message failed, will be tried again"
            );
            note_failure(ctx, queue, id.as_deref(), &error).await?;
            if attempt >= MAX_ATTEMPTS {
                mark_poisoned(ctx, text, error.detail()).await?;
            }
            Err(error)
        }
        (id, Err(Failure::GiveUp(error))) => {
            tracing::error!(
                queue,
                message_id = id,
                code = error.code().as_str(),
                cause = error.cause_chain(),
                "message cannot be handled"
            );
            note_failure(ctx, queue, id.as_deref(), &error).await?;
            mark_poisoned(ctx, text, error.detail()).await?;
            ctx.queue().send(&poison(queue), text, 0).await?;
            Ok(())
        }
    }
}

/// Why a message failed, kept beside the poison queue, whose messages carry no reason.
#[derive(Clone, Serialize, Deserialize)]
pub struct FailedMessage {
    pub id: String,
    pub queue: String,
    pub attempts: u32,
    pub code: String,
    pub detail: String,
    pub cause: Option<String>,
    #[serde(flatten)]
    pub meta: Meta,
}

const KEPT_SECONDS: u32 = 30 * 24 * 3600;

impl Document for FailedMessage {
    const KIND: &'static str = "failed_message";
    const NAME: &'static str = "failed message";
    const FIELDS: &'static [&'static str] = &[];
    const ARRAYS: &'static [&'static str] = &[];
    const AUDIT: Audit = Audit::Off;
    const SOFT_DELETE: bool = false;
    fn id(&self) -> String {
        self.id.clone()
    }
    fn root(&self) -> String {
        self.queue.clone()
    }
    fn meta(&self) -> &Meta {
        &self.meta
    }
    fn meta_mut(&mut self) -> &mut Meta {
        &mut self.meta
    }
    fn ttl(&self, _now: Timestamp) -> Option<u32> {
        Some(KEPT_SECONDS)
    }
}

async fn note_failure(ctx: &Context, queue: &str, id: Option<&str>, error: &Error) -> Result<()> {
    let Some(id) = id else { return Ok(()) };
    let at = At::system(Tenant::platform());
    let known = ctx.docs::<FailedMessage>(&at).find_in(queue, id).await?;
    let mut work = ctx.work(&at, queue);
    work.overwrite(FailedMessage {
        id: id.to_owned(),
        queue: queue.to_owned(),
        attempts: known.map_or(0, |known| known.attempts) + 1,
        code: error.code().as_str().to_owned(),
        detail: error.detail().to_owned(),
        cause: error.cause_chain(),
        meta: Meta::new(None, ctx.now(), None),
    })?;
    Ok(work.commit().await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::config::Config;
    use crate::domain::background_job::{BackgroundJob, BackgroundJobStatus};
    use crate::domain::interview::InterviewId;
    use crate::domain::messages::RescoreInterview;
    use crate::message::Message as _;
    use std::sync::Arc;

    const QUEUE: &str = RescoreInterview::QUEUE;

    #[tokio::test]
    async fn a_job_is_poisoned_with_its_last_attempt_and_queued_when_it_is_sent_again() {
        let source = |name: &str| (name == "TALENTI_DATA").then(|| ":memory:".to_owned());
        let ctx = crate::serve::context(Config::read(&source).unwrap(), Arc::new(Clock::default()), &[]);
        let ctx = ctx.unwrap();
        let functions = [Function::new("busy", "").on_message(|_, _: Envelope<RescoreInterview>| async {
            Err(Failure::Retry(Error::new(Code::AiUnavailable, "The AI is busy.")))
        })];
        let at = At::system(Tenant::organisation("0190a000-0000-7000-8000-000000000001"));
        let job = BackgroundJob::new(None, RescoreInterview::TYPE, QUEUE, None, None, ctx.now());
        let job = ctx.docs(&at).create(job).await.unwrap().id;
        let message = RescoreInterview {
            interview_id: InterviewId::new(),
            reason: "again".into(),
            background_job_id: job,
        };
        let text = serde_json::to_string(&Envelope::new(&message, &at, ctx.now()).unwrap()).unwrap();
        let jobs = ctx.docs::<BackgroundJob>(&at);
        for attempt in 1..=MAX_ATTEMPTS {
            assert_eq!(jobs.get(job).await.unwrap().status, BackgroundJobStatus::Queued);
            assert!(super::message(&ctx, &functions, QUEUE, &text, attempt).await.is_err());
        }
        let given_up = jobs.get(job).await.unwrap();
        assert_eq!(given_up.status, BackgroundJobStatus::Poisoned);
        assert_eq!(given_up.error.as_deref(), Some("The AI is busy."));
        // As whoever delivers it does then.
        ctx.queue().send(&poison(QUEUE), &text, 0).await.unwrap();
        assert!(crate::poison::requeue_job(&ctx, &at, QUEUE, job).await.unwrap());
        assert_eq!(jobs.get(job).await.unwrap().status, BackgroundJobStatus::Queued);
        assert_eq!(ctx.queue().len(QUEUE).await.unwrap(), 1);
    }
}
