//! The function candidates as a program of its own.

fn main() -> std::process::ExitCode {
    shared::serve::serve(vec![candidates::function()])
}
