use axum::extract::State;
use shared::http::Html;
use shared::report::{HomeView, home_page};
use shared::{Context, Result};

/// What is running, and where to go from here.
pub(crate) async fn home(State(ctx): State<Context>) -> Result<Html> {
    let link =
        |title: &str, address: &str, note: &str| (title.to_owned(), address.to_owned(), note.to_owned());
    let mut links = vec![
        link("Health", "/health", "Whether the process is alive."),
        link("Readiness", "/health/ready", "Whether store, queues, files, AI and e-mail answer."),
    ];
    let mut backends = Vec::new();
    // In production the page says no more than it must.
    if !ctx.config().is_production() {
        links.insert(0, link("API documentation", "/api/docs", "Every endpoint, to read and to try."));
        links.insert(1, link("OpenAPI 3.1", "/api/v1/openapi.json", "The same for programs."));
        links.push(link("Outbox", "/api/v1/dev/outbox", "Letters that would have been sent."));
        backends = ctx.describe().into_iter().map(|(part, backend)| (part.to_owned(), backend)).collect();
    }
    Ok(Html(home_page(&HomeView { version: shared::serve::VERSION.to_owned(), backends, links })))
}
