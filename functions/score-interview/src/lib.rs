//! Scores interviews: on request, from the queue, with overrides, replay and contest.

mod analyze;
mod basis;
mod contest;
mod human;
mod judging;
mod mask;
mod queue;
mod replay;
mod results;
mod store;

use shared::auth::{Action, Resource};
use shared::function::{Access, Function, delete, get, post, put};
use shared::http::RateClass;

/// 2000 segments; far above what an interview holds.
const ANALYZE_BYTES: usize = 4 * 1024 * 1024;

const EXECUTE: Access = Access::CanOrSubject(Resource::Score, Action::Execute);
const READ: Access = Access::CanOrSubject(Resource::Score, Action::Read);
const UPDATE: Access = Access::Can(Resource::Score, Action::Update);

/// The declaration.
pub fn function() -> Function {
    Function::new("score-interview", "Interview scores: made, read, overridden, replayed, contested.")
        .serve([
            post("/scoring/analyze", EXECUTE, "Score an interview now", analyze::analyze)
                .contract()
                .rate(RateClass::Ai)
                .body_limit(ANALYZE_BYTES),
            get("/scoring/{interview_id}/results", READ, "Read a score", results::read).contract(),
            post(
                "/scoring/{interview_id}/rescore",
                Access::Can(Resource::Score, Action::Execute),
                "Score an interview again",
                queue::rescore,
            ),
            put("/scoring/{interview_id}/override", UPDATE, "Override a score", human::override_score),
            delete(
                "/scoring/{interview_id}/override",
                UPDATE,
                "Go back to the AI's score",
                human::remove_override,
            ),
            post(
                "/scoring/{interview_id}/replay",
                Access::Can(Resource::Score, Action::Execute),
                "Make a score again and compare",
                replay::replay,
            )
            .rate(RateClass::Ai),
            post("/scoring/{interview_id}/contest", Access::SignedIn, "Contest a score", contest::contest),
            get("/scoring/{interview_id}/contest", READ, "Read the contest of a score", contest::read),
            post(
                "/scoring/{interview_id}/contest/answer",
                UPDATE,
                "Answer the contest of a score",
                contest::answer,
            ),
        ])
        .on_message(queue::score)
        .on_message(queue::score_again)
}
