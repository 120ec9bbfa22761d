//! Health, documentation, audit, background work.

mod audit;
mod docs;
mod health;
mod home;
mod outbox;
mod poison;
mod work;

use shared::auth::{Action, Resource};
use shared::function::{Access, Function, get, post};
use shared::http::RateClass;

/// The declaration.
pub fn function() -> Function {
    let reads_audit = Access::Can(Resource::AuditEvent, Action::Read);
    Function::new("platform-ops", "Health, documentation, audit, background work.")
        .serve([
            get("/", Access::Open, "What is running", home::home).at_root(),
            get("/health", Access::Open, "Alive", health::health).at_root().rate(RateClass::Exempt),
            get("/health/ready", Access::Open, "Ready to work", health::ready)
                .at_root()
                .rate(RateClass::Exempt),
            get("/api/docs", Access::Open, "The API documentation", docs::page).at_root(),
            get("/api/docs/{file}", Access::Open, "A part of the API documentation", docs::file).at_root(),
            get("/openapi.json", Access::Open, "The API's description (OpenAPI 3.1)", docs::openapi),
            get("/audit-events", reads_audit, "What happened", audit::list),
            get(
                "/audit-events/{entity_type}/{entity_id}",
                reads_audit,
                "What happened to one thing",
                audit::of_entity,
            ),
            get("/ai-calls", reads_audit, "Every call of a model", audit::ai_calls),
            get("/background-jobs/{id}", Access::SignedIn, "Work that goes on after the answer", work::job),
            get(
                "/platform/background-jobs",
                Access::SignedIn,
                "Work that goes on after the answer, of one organisation",
                work::list,
            ),
            post(
                "/platform/background-jobs/{id}/retry",
                Access::SignedIn,
                "Try again what failed for good",
                work::retry,
            ),
            get(
                "/platform/poison-queues",
                Access::SuperAdmin,
                "Every queue with what waits and what was given up",
                poison::queues,
            ),
            get(
                "/platform/poison-queues/{queue}/messages",
                Access::SuperAdmin,
                "The oldest messages that were given up, and why",
                poison::list,
            ),
            get(
                "/platform/poison-queues/{queue}/messages/{id}",
                Access::SuperAdmin,
                "One message that was given up, with its text",
                poison::show,
            ),
            post(
                "/platform/poison-queues/{queue}/messages/{id}/requeue",
                Access::SuperAdmin,
                "Send a message again",
                poison::requeue,
            ),
            post(
                "/platform/poison-queues/{queue}/messages/{id}/discard",
                Access::SuperAdmin,
                "Throw a message away for good",
                poison::discard,
            ),
            post(
                "/platform/poison-queues/{queue}/requeue",
                Access::SuperAdmin,
                "Send everything again that was given up",
                poison::requeue_all,
            ),
            get(
                "/platform/failed-messages",
                Access::SuperAdmin,
                "Messages that failed, also those that worked later, and why",
                work::failed,
            ),
            get("/dev/outbox", Access::Open, "Letters in the outbox folder (development only)", outbox::list),
        ])
        .on_schedule("outbox-sweep", "*/15 * * * * *", work::sweep)
}
