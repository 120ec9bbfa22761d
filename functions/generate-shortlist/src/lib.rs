//! Candidates of a job, compared and ranked.

mod generate;
mod shortlist;

use shared::auth::{Action, Resource};
use shared::function::{Access, Function, get, post};
use shared::http::RateClass;

/// Two hundred candidates with their summaries.
const CANDIDATES_BYTES: usize = 4 * 1024 * 1024;

/// The declaration.
pub fn function() -> Function {
    let can = |action| Access::Can(Resource::Shortlist, action);
    Function::new("generate-shortlist", "Candidates of a job, compared and ranked.").serve([
        post("/shortlist/generate", can(Action::Execute), "Rank candidates of a job", generate::generate)
            .contract()
            .rate(RateClass::Ai)
            .body_limit(CANDIDATES_BYTES),
        get("/shortlists", can(Action::Read), "List shortlists", shortlist::list),
        get("/shortlists/{id}", can(Action::Read), "Read a shortlist", shortlist::read),
    ])
}
