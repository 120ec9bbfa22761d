//! Accounts, sign-in, members, teams and roles.

use shared::function::Function;

/// The declaration.
pub fn function() -> Function {
    Function::new("identity", "Accounts, sign-in, members, teams and roles.")
}
