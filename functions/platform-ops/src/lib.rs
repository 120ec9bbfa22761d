//! Health, documentation, audit, background work.

use shared::function::Function;

/// The declaration.
pub fn function() -> Function {
    Function::new("platform-ops", "Health, documentation, audit, background work.")
}
