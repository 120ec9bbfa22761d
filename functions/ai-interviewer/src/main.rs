//! The function ai-interviewer as a program of its own.

fn main() -> std::process::ExitCode {
    shared::serve::serve(vec![ai_interviewer::function()])
}
