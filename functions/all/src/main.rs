//! The whole platform as one program: `serve` (default), `demo`, `stage`, and the operator's commands.

fn main() -> std::process::ExitCode {
    shared::serve::serve(all::functions())
}
