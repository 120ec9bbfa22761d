//! Logs and traces: JSON lines under a host, readable text on a terminal; OpenTelemetry when a collector is named. Personal
//! data and secrets never reach them: their types have no Debug, and queries, headers and bodies are not recorded.

mod lines;
mod otlp;

pub use otlp::adopt;
pub use tracing::level_filters::LevelFilter;

use crate::clock::Clock;
use crate::config::Config;
use opentelemetry_sdk::trace::SdkTracerProvider;
use std::io::IsTerminal as _;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, fmt};

/// Keeps telemetry running; dropping it sends what is left.
pub struct Telemetry {
    traces: Option<SdkTracerProvider>,
}

impl Drop for Telemetry {
    fn drop(&mut self) {
        if let Some(traces) = self.traces.take() {
            // The process is ending: there is nobody left to tell.
            let _ = traces.shutdown();
        }
    }
}

/// Starts logging for this process. Calling it again changes nothing.
pub fn start(config: &Config, standalone: bool) -> Telemetry {
    let ours = config.log_level;
    let readable = standalone && std::io::stdout().is_terminal();
    let lines = if readable {
        fmt::layer().with_target(false).boxed()
    } else {
        let lines = lines::Lines { clock: Clock::default() };
        fmt::layer().event_format(lines).fmt_fields(lines::Members).boxed()
    };
    let traces = config.otlp_endpoint.as_deref().and_then(|endpoint| {
        otlp::provider(endpoint, &config.service_name)
            .inspect_err(|error| tracing::error!(%error, "traces cannot be exported"))
            .ok()
    });
    let spans = traces.as_ref().map(|traces| otlp::layer(traces).with_filter(targets(LevelFilter::INFO)));
    let _ = tracing_subscriber::registry().with(spans).with(lines.with_filter(targets(ours))).try_init();
    Telemetry { traces }
}

/// Our own crates at `ours`; libraries speak up only when something is wrong.
fn targets(ours: LevelFilter) -> Targets {
    let filter = Targets::new().with_default(ours.min(LevelFilter::WARN));
    OUR_CRATES.iter().fold(filter, |filter, name| filter.with_target(*name, ours))
}

/// Log targets of our crates.
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
    "shared",
    "talenti",
];
