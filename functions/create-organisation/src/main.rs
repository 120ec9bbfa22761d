//! The function create-organisation as a program of its own.

fn main() -> std::process::ExitCode {
    shared::serve::serve(vec![create_organisation::function()])
}
