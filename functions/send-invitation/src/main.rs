//! The function send-invitation as a program of its own.

fn main() -> std::process::ExitCode {
    shared::serve::serve(vec![send_invitation::function()])
}
