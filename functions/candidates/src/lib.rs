//! Candidates, their skills, experience, education and documents.

use shared::function::Function;

/// The declaration.
pub fn function() -> Function {
    Function::new("candidates", "Candidates, their skills, experience, education and documents.")
}
