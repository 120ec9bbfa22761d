//! Invitations: sending, resending, validating, accepting; the letters themselves.

use shared::function::Function;

/// The declaration.
pub fn function() -> Function {
    Function::new(
        "send-invitation",
        "Invitations: sending, resending, validating, accepting; the letters themselves.",
    )
}
