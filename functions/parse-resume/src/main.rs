//! The function parse-resume as a program of its own.

fn main() -> std::process::ExitCode {
    shared::serve::serve(vec![parse_resume::function()])
}
