//! The operator's commands on the configured backends: `talenti check` and `talenti poison`.

use crate::{Outcome, say};
use shared::Context;
use shared::clock::Clock;
use shared::config::Config;
use shared::docs::At;
use shared::poison::{self, PoisonMessage};
use shared::store::Tenant;
use shared::vitals;
use std::fmt::Write as _;
use std::sync::Arc;

pub(crate) const CHECK_HELP: &str = "\
Ask every part the settings name whether it answers, and say what to change when one does not:
the role that is missing, on which resource and for whom; the setting that is wrong.

Usage: talenti check

Exits with 0 when everything answers, 1 when something does not. Changes nothing; a model is asked for five tokens.
";

pub(crate) const POISON_HELP: &str = "\
Messages that were given up after five tries, or at once when trying again could not help.

Usage: talenti poison COMMAND

Commands:
  list                       Every queue: how many messages wait, how many were given up
  list QUEUE                 The oldest 32 messages that were given up, and why
  show QUEUE ID              One message with its text (ids only)
  requeue QUEUE ID           Send it again; handlers take a message twice for one
  requeue QUEUE --all        Send everything again
  discard QUEUE ID REASON    Throw it away for good; the reason is kept in the audit

Works on the backends the settings name. What is done is audited as the system's doing; signed-in platform staff do
the same under /api/v1/platform/poison-queues, in their own name.
";

fn open() -> Result<(tokio::runtime::Runtime, Context), Box<dyn std::error::Error + Send + Sync>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let ctx = {
        let _inside = runtime.enter();
        shared::serve::context(Config::from_env()?, Arc::new(Clock::default()), &[])?
    };
    Ok((runtime, ctx))
}

pub(crate) fn check() -> Outcome {
    let (runtime, ctx) = open()?;
    let findings = runtime.block_on(vitals::check(&ctx));
    let mut text = String::new();
    for finding in &findings {
        let (part, took) = (finding.part.as_str(), finding.took.as_millis());
        let outcome = if finding.trouble.is_some() { "FAILS" } else { "ok" };
        writeln!(text, "{part:<7} {outcome:<6} {took:>6} ms  {}", finding.backend)?;
        if let Some(trouble) = &finding.trouble {
            writeln!(text, "{:17} cause: {}", "", trouble.cause)?;
            writeln!(text, "{:17} do:    {}", "", trouble.advice)?;
        }
    }
    say(&text)?;
    match findings.iter().filter(|finding| finding.trouble.is_some()).count() {
        0 => Ok(()),
        failing => Err(format!("{failing} of {} parts do not answer", findings.len()).into()),
    }
}

pub(crate) fn poison(arguments: &[&str]) -> Outcome {
    if !matches!(arguments, ["list"] | ["list" | "requeue" | "show" | "discard", _, ..]) {
        return Err(format!("unknown command\n\n{POISON_HELP}").into());
    }
    let (runtime, ctx) = open()?;
    let at = At::system(Tenant::platform());
    let text = runtime.block_on(async {
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>(match arguments {
            ["list"] => {
                let lengths = poison::lengths(&ctx).await?;
                let lines = lengths.iter().map(|queue| {
                    format!(
                        "{:<20} {:>7} waiting {:>7} given up\n",
                        queue.queue, queue.waiting, queue.poisoned
                    )
                });
                lines.collect()
            }
            ["list", queue] => poison::list(&ctx, queue).await?.iter().map(line).collect(),
            ["show", queue, id] => {
                let content = poison::show(&ctx, queue, id).await?;
                format!("{}\n{}\n", line(&content.message), content.text)
            }
            ["requeue", queue, "--all"] => {
                format!("{} sent again\n", poison::requeue_all(&ctx, &at, queue).await?)
            }
            ["requeue", queue, id] => {
                poison::requeue(&ctx, &at, queue, id).await?;
                "sent again\n".to_owned()
            }
            ["discard", queue, id, reason] if !reason.trim().is_empty() => {
                poison::discard(&ctx, &at, queue, id, reason).await?;
                "thrown away\n".to_owned()
            }
            _ => return Err(format!("unknown command\n\n{POISON_HELP}").into()),
        })
    })?;
    say(&text)
}

fn line(message: &PoisonMessage) -> String {
    let or_dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".into());
    let at = message.last_failed_at.map_or_else(|| "-".to_owned(), |at| at.to_string());
    let tries = message.attempts.map_or_else(|| "-".to_owned(), |attempts| attempts.to_string());
    format!(
        "{}  {}  entity {}  tenant {}  tries {tries}  last {at}\n    {}: {}\n    cause: {}\n",
        message.id,
        or_dash(&message.message_type),
        or_dash(&message.entity_id),
        or_dash(&message.tenant),
        or_dash(&message.code),
        message
            .detail
            .as_deref()
            .unwrap_or("no reason was noted (the process was killed, or the note expired)"),
        or_dash(&message.cause),
    )
}
