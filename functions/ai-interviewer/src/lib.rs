//! The AI interview: chat, start, end, transcript, report; practice interviews.

use shared::function::Function;

/// The declaration.
pub fn function() -> Function {
    Function::new(
        "ai-interviewer",
        "The AI interview: chat, start, end, transcript, report; practice interviews.",
    )
}
