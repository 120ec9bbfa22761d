//! Requirements read from a job advert.

use shared::function::Function;

/// The declaration.
pub fn function() -> Function {
    Function::new("extract-requirements", "Requirements read from a job advert.")
}
