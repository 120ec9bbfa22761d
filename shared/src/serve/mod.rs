//! Running functions: under a Functions host, under Lambda, or as a platform of its own. Recognised by the environment.

mod functions_host;
mod invoke;
mod lambda;
mod provision;
mod pump;
mod router;
mod stage;
mod standalone;
mod start;
mod timers;

pub use invoke::FailedMessage;
pub use provision::provision;
pub use router::router;
pub use stage::{Trigger, function_json, host_json, pack, stage, triggers};
pub use standalone::{Running, launch, print_banner};
pub use start::{StartError, backends, context, outbox_folder};

use crate::clock::Clock;
use crate::config::Config;
use crate::context::Context;
use crate::function::Function;
use crate::{telemetry, vitals};
use start::context_under_host;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::sync::Arc;

/// Version of this build, as `/health` gives it.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Which host started the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Host {
    /// Azure Functions custom handler, listening on this port.
    Functions(u16),
    Lambda,
    Standalone,
}

impl Host {
    pub fn detect() -> Result<Self, crate::config::ConfigError> {
        #[expect(clippy::disallowed_methods, reason = "the host announces itself by environment")]
        let (port, lambda) =
            (std::env::var("FUNCTIONS_CUSTOMHANDLER_PORT").ok(), std::env::var_os("AWS_LAMBDA_RUNTIME_API"));
        match (port, lambda) {
            (Some(port), _) => port.parse().map(Self::Functions).map_err(|_| crate::config::ConfigError {
                name: "FUNCTIONS_CUSTOMHANDLER_PORT",
                reason: "must be a port".into(),
            }),
            (None, Some(_)) => Ok(Self::Lambda),
            (None, None) => Ok(Self::Standalone),
        }
    }
}

/// The `main` of every function binary.
pub fn serve(functions: Vec<Function>) -> ExitCode {
    match run(functions) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Before anything else is set up, or when it could not be: one clear line.
            let mut stderr = std::io::stderr().lock();
            let _ = std::io::Write::write_fmt(&mut stderr, format_args!("talenti cannot run: {error}\n"));
            ExitCode::FAILURE
        }
    }
}

fn run(functions: Vec<Function>) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let config = Config::from_env()?;
    let host = Host::detect()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let _telemetry = telemetry::start(&config, host == Host::Standalone);
    runtime.block_on(async move {
        match host {
            Host::Functions(port) => {
                // Bound first: the host's probe waits in the backlog while the backends open.
                let listener =
                    tokio::net::TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await?;
                let ctx = context_under_host(config, Arc::new(Clock::default()), &functions)?;
                vitals::check_in_background(&ctx);
                functions_host::run(ctx, functions, listener).await
            }
            Host::Lambda => {
                let ctx = context_under_host(config, Arc::new(Clock::default()), &functions)?;
                vitals::check_in_background(&ctx);
                lambda::run(ctx, functions).await
            }
            Host::Standalone => {
                let ctx = context(config, Arc::new(Clock::default()), &functions)?;
                let running = launch(ctx.clone(), functions).await?;
                standalone::print_banner(&ctx, running.address());
                vitals::check_in_background(&ctx);
                shutdown_signal().await;
                tracing::info!("stopping");
                running.stop().await;
                Ok(())
            }
        }
    })
}

async fn shutdown_signal() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        let Ok(mut terminate) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
        else {
            let _ = interrupt.await;
            return;
        };
        tokio::select! {
            _ = interrupt => {}
            _ = terminate.recv() => {}
        }
    }
    #[cfg(not(unix))]
    let _ = interrupt.await;
}

/// What `/` and the banner tell.
pub fn describe(ctx: &Context) -> Vec<(&'static str, String)> {
    ctx.describe()
}
