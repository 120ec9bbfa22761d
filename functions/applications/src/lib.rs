//! Applications, notes, feedback and the pipeline.

use shared::function::Function;

/// The declaration.
pub fn function() -> Function {
    Function::new("applications", "Applications, notes, feedback and the pipeline.")
}
