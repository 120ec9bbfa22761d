//! The whole platform as one program: `serve` (default), `demo`, `stage`, and the operator's commands.

mod demo;
mod staging;

use std::io::Write as _;
use std::process::ExitCode;

const HELP: &str = "\
The open, self-hostable, auditable back end for AI interviews and recruiting.

Usage: talenti [COMMAND]

Commands:
  serve                     Run the platform (default). Settings are environment variables: see local.settings.json.example
  demo [--exit]             Do the main job once on sample files, show the scored report, and leave the platform running
  stage [--dev]             Write one deployable folder per function and one for all of them under target/apps
  --help, --version
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments.as_slice() {
        [] | ["serve"] => return shared::serve::serve(all::functions()),
        ["demo"] => demo::run(false),
        ["demo", "--exit"] => demo::run(true),
        ["stage"] => staging::run("release"),
        ["stage", "--dev"] => staging::run("dev"),
        ["--help" | "-h" | "help"] => say(HELP),
        ["--version" | "-V"] => say(&format!("talenti {}\n", shared::serve::VERSION)),
        _ => Err(format!("unknown command\n\n{HELP}").into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr().lock(), "talenti: {error}");
            ExitCode::FAILURE
        }
    }
}

type Outcome = Result<(), Box<dyn std::error::Error + Send + Sync>>;

fn say(text: &str) -> Outcome {
    Ok(std::io::stdout().lock().write_all(text.as_bytes())?)
}
