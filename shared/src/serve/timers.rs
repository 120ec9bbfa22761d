//! The standalone platform's timers, with the host's semantics: NCRONTAB in UTC (day and weekday ANDed), a missed run
//! is made up once at start, never two runs of one timer at a time.

use crate::clock::Timestamp;
use crate::context::Context;
use crate::docs::{At, Meta};
use crate::document;
use crate::error::{Error, Result};
use crate::function::{Function, Timer};
use crate::store::Tenant;
use croner::Cron;
use croner::parser::{CronParser, Seconds};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// When a timer last ran and is due next.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct TimerState {
    pub id: String,
    pub schedule: String,
    pub last: Option<Timestamp>,
    pub next: Timestamp,
    #[serde(flatten)]
    pub meta: Meta,
}

document! { TimerState, "timer_state", "timer", root: id, fields: [], arrays: [], audit: off }

/// The host's schedule grammar (six fields, seconds first).
pub(crate) fn parse(schedule: &str) -> Result<Cron> {
    CronParser::builder()
        .seconds(Seconds::Required)
        .dom_and_dow(true)
        .build()
        .parse(schedule)
        .map_err(|error| Error::internal(format!("schedule {schedule}: {error}")))
}

/// The first occurrence after `from`.
pub(crate) fn next_after(cron: &Cron, from: Timestamp) -> Result<Timestamp> {
    let from = chrono::DateTime::from_timestamp(from.unix(), 0)
        .ok_or_else(|| Error::internal("time out of range"))?;
    let next = cron.find_next_occurrence(&from, false).map_err(Error::internal)?;
    Ok(Timestamp::from_unix(next.timestamp()))
}

pub(crate) fn spawn(ctx: &Context, functions: &[Function], tracker: &TaskTracker, stop: &CancellationToken) {
    for timer in functions.iter().flat_map(|function| function.timers.clone()) {
        let (ctx, stop) = (ctx.clone(), stop.clone());
        tracker.spawn(async move {
            if let Err(error) = keep_running(&ctx, &timer, &stop).await {
                tracing::error!(timer = timer.name, %error, "timer stopped");
            }
        });
    }
}

async fn keep_running(ctx: &Context, timer: &Timer, stop: &CancellationToken) -> Result<()> {
    let cron = parse(timer.schedule)?;
    let at = At::system(Tenant::platform());
    let stored = ctx.docs::<TimerState>(&at).find(timer.name).await?;
    let mut next = match stored {
        // Past due: due now, once, however many runs were missed.
        Some(state) if state.schedule == timer.schedule => state.next,
        _ => next_after(&cron, ctx.now())?,
    };
    save(ctx, &at, timer, None, next).await?;
    loop {
        // Short naps: the clock may be moved, and laptops sleep.
        while ctx.now() < next {
            let wait = (next.instant() - ctx.now().instant()).unsigned_abs().min(Duration::from_millis(500));
            tokio::select! {
                () = tokio::time::sleep(wait.max(Duration::from_millis(5))) => {}
                () = stop.cancelled() => return Ok(()),
            }
        }
        let started = ctx.now();
        // A failed run is logged; the schedule goes on.
        let _ = run_reporting(ctx, timer).await;
        next = next_after(&cron, started.max(next))?;
        if next <= ctx.now() {
            next = next_after(&cron, ctx.now())?;
        }
        save(ctx, &at, timer, Some(started), next).await?;
    }
}

async fn save(ctx: &Context, at: &At, timer: &Timer, last: Option<Timestamp>, next: Timestamp) -> Result<()> {
    let mut work = ctx.work(at, timer.name);
    work.overwrite(TimerState {
        id: timer.name.to_owned(),
        schedule: timer.schedule.to_owned(),
        last,
        next,
        meta: Meta::new(None, ctx.now(), None),
    })?;
    Ok(work.commit().await?)
}

/// One run whose failure the host wants to know of.
pub(crate) async fn run_reporting(ctx: &Context, timer: &Timer) -> Result<()> {
    let outcome = (timer.run)(ctx.clone()).await;
    if let Err(error) = &outcome {
        tracing::error!(
            timer = timer.name,
            code = error.code().as_str(),
            cause = error.cause_chain(),
            "timer run failed"
        );
    }
    outcome
}
