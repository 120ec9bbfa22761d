//! Organisations and their settings.

use shared::function::Function;

/// The declaration.
pub fn function() -> Function {
    Function::new("create-organisation", "Organisations and their settings.")
}
