//! The function extract-requirements as a program of its own.

fn main() -> std::process::ExitCode {
    shared::serve::serve(vec![extract_requirements::function()])
}
