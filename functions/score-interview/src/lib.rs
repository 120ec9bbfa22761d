//! Scoring interviews: on request, by queue, again, overridden, replayed.

use shared::function::Function;

/// The declaration.
pub fn function() -> Function {
    Function::new("score-interview", "Scoring interviews: on request, by queue, again, overridden, replayed.")
}
