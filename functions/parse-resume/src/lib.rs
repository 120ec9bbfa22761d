//! Resume upload and parsing.

use shared::function::Function;

/// The declaration.
pub fn function() -> Function {
    Function::new("parse-resume", "Resume upload and parsing.")
}
