//! Requirements, read from a job advert.

mod extract;

use shared::auth::{Action, Resource};
use shared::function::{Access, Function, post};
use shared::http::RateClass;

/// An advert may have 50 000 characters.
const ADVERT_BYTES: usize = 512 * 1024;

/// The declaration.
pub fn function() -> Function {
    const WRITERS: &[(Resource, Action)] =
        &[(Resource::Job, Action::Create), (Resource::Job, Action::Update)];
    Function::new("extract-requirements", "Requirements, read from a job advert.").serve([post(
        "/jobs/extract",
        Access::Any(WRITERS),
        "Read skills, experience, qualifications, duties and questions out of an advert",
        extract::extract,
    )
    .contract()
    .rate(RateClass::Ai)
    .body_limit(ADVERT_BYTES)])
}
