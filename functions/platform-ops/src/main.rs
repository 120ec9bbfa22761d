//! The function platform-ops as a program of its own.

fn main() -> std::process::ExitCode {
    shared::serve::serve(vec![platform_ops::function()])
}
