//! Shortlists: candidates ranked against a job.

use shared::function::Function;

/// The declaration.
pub fn function() -> Function {
    Function::new("generate-shortlist", "Shortlists: candidates ranked against a job.")
}
