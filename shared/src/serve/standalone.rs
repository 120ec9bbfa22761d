//! The platform in one process: HTTP, queue pump and timers on the embedded backends.

use super::{VERSION, pump, router, timers};
use crate::context::Context;
use crate::function::Function;
use axum::ServiceExt as _;
use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Open requests get this long to finish on a clean stop.
const DRAIN: Duration = Duration::from_secs(5);

/// A running platform; stops cleanly by [`Running::stop`].
pub struct Running {
    address: SocketAddr,
    ctx: Context,
    stop: CancellationToken,
    tasks: TaskTracker,
}

/// Binds, then serves requests, messages and timers until stopped.
pub async fn launch(
    ctx: Context,
    functions: Vec<Function>,
) -> Result<Running, Box<dyn std::error::Error + Send + Sync>> {
    let config = ctx.config();
    let listener = tokio::net::TcpListener::bind((config.bind, config.port)).await.map_err(|error| {
        let (bind, port) = (config.bind, config.port);
        format!("{bind}:{port} cannot be listened on ({error}); set PORT to a free one")
    })?;
    let address = listener.local_addr()?;
    let functions: Arc<[Function]> = functions.into();
    let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
    let app = router(&ctx, &functions).into_make_service_with_connect_info::<SocketAddr>();
    let stopped = stop.clone();
    tasks.spawn(async move {
        let serving = axum::serve(listener, app).with_graceful_shutdown(stopped.clone().cancelled_owned());
        let drained = async {
            stopped.cancelled().await;
            tokio::time::sleep(DRAIN).await;
        };
        tokio::select! {
            outcome = serving => if let Err(error) = outcome { tracing::error!(%error, "serving ended") },
            () = drained => {}
        }
    });
    tasks.spawn(pump::run(ctx.clone(), functions.clone(), stop.clone()));
    timers::spawn(&ctx, &functions, &tasks, &stop);
    tasks.close();
    Ok(Running { address, ctx, stop, tasks })
}

impl Running {
    pub fn address(&self) -> SocketAddr {
        self.address
    }
    pub fn context(&self) -> &Context {
        &self.ctx
    }
    /// Lets running work finish and what is in the outbox leave.
    pub async fn stop(self) {
        self.stop.cancel();
        self.tasks.wait().await;
        self.ctx.outbox().settle().await;
    }
}

/// What uses which backend, and where to look.
pub fn print_banner(ctx: &Context, address: SocketAddr) {
    let host = if address.ip().is_loopback() { "localhost".to_owned() } else { address.ip().to_string() };
    let base = format!("http://{host}:{}", address.port());
    let mut lines = vec![format!("Talenti {VERSION} is running.  Ctrl-C stops it."), String::new()];
    lines.extend(super::describe(ctx).into_iter().map(|(part, backend)| format!("  {part:<8} {backend}")));
    lines.extend([
        String::new(),
        format!("  Start page         {base}/"),
        format!("  API documentation  {base}/api/docs"),
        format!("  Health             {base}/health"),
        String::new(),
    ]);
    let _ = writeln!(std::io::stdout().lock(), "{}", lines.join("\n"));
}
