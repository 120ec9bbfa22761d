//! Logs and traces: JSON lines under a host, readable text on a terminal. Personal data and secrets never reach them:
//! their types have no Debug, and queries, headers and bodies are not logged.

use crate::config::Config;
use std::io::IsTerminal as _;
pub use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, fmt};

/// Keeps telemetry running; dropping it flushes what is left.
pub struct Telemetry {}

/// Starts logging for this process. Calling it again changes nothing.
pub fn start(config: &Config, standalone: bool) -> Telemetry {
    // Libraries speak up only when something is wrong.
    let ours = config.log_level;
    let filter = Targets::new().with_default(ours.min(LevelFilter::WARN)).with_target("shared", ours);
    let filter = OUR_CRATES.iter().fold(filter, |filter, name| filter.with_target(*name, ours));
    let readable = standalone && std::io::stdout().is_terminal();
    let lines = if readable {
        fmt::layer().with_target(false).boxed()
    } else {
        fmt::layer().json().flatten_event(true).with_span_list(false).boxed()
    };
    let _ = tracing_subscriber::registry().with(lines.with_filter(filter)).try_init();
    Telemetry {}
}

/// Log targets of the function crates.
const OUR_CRATES: &[&str] = &[
    "ai_interviewer",
    "all",
    "applications",
    "candidates",
    "create_organisation",
    "extract_requirements",
    "generate_shortlist",
    "identity",
    "jobs",
    "parse_resume",
    "platform_ops",
    "score_interview",
    "send_invitation",
    "talenti",
];
