//! One delivery of a message, whichever host brought it.

use crate::clock::Timestamp;
use crate::context::Context;
use crate::docs::{At, Audit, Document, Meta};
use crate::error::{Code, Error, Result};
use crate::function::{Failure, Function};
use crate::message::{Envelope, digest_id};
use crate::queue::poison;
use crate::store::Tenant;
use serde::{Deserialize, Serialize};
use tracing::Instrument as _;

/// Handles one message text of `queue`. An error means: deliver it again.
pub(crate) async fn message(ctx: &Context, functions: &[Function], queue: &str, text: &str) -> Result<()> {
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
