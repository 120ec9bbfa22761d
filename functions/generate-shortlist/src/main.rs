//! The function generate-shortlist as a program of its own.

fn main() -> std::process::ExitCode {
    shared::serve::serve(vec![generate_shortlist::function()])
}
