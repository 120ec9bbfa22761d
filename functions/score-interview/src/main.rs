//! The function score-interview as a program of its own.

fn main() -> std::process::ExitCode {
    shared::serve::serve(vec![score_interview::function()])
}
