//! Resume upload and parsing.

mod jobs;
mod parse;
mod upload;

use shared::auth::{Action, Resource};
use shared::function::{Access, Function, post};
use shared::http::RateClass;

/// The declaration.
pub fn function() -> Function {
    let upload = Access::CanOrSubject(Resource::Document, Action::Create);
    let parse = Access::CanOrSubject(Resource::Candidate, Action::Update);
    Function::new("parse-resume", "Resume upload and parsing.")
        .serve([
            post("/resume/upload", upload, "Upload a resume (PDF)", upload::upload)
                .contract()
                .rate(RateClass::Upload)
                .body_limit(upload::BODY_LIMIT),
            post("/resume/parse", parse, "Read an uploaded resume", parse::parse)
                .contract()
                .rate(RateClass::Ai),
        ])
        .on_message(jobs::parse)
}
