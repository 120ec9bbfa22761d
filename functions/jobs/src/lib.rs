//! Jobs and their life cycle.

use shared::function::Function;

/// The declaration.
pub fn function() -> Function {
    Function::new("jobs", "Jobs and their life cycle.")
}
