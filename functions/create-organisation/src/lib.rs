//! Organisations and their settings.

mod found;

use shared::function::{Access, Function, post};

/// The declaration.
pub fn function() -> Function {
    use Access::SignedIn;
    Function::new("create-organisation", "Organisations and their settings.").serve([
        post("/organisations", SignedIn, "Found an organisation", found::found).contract(),
        post("/organisations/", SignedIn, "Found an organisation", found::found).contract(),
    ])
}
