//! The whole platform as one program: `serve` (default), `demo`, `stage`, and the operator's commands.

mod demo;
mod operate;
mod staging;

use shared::clock::Clock;
use shared::config::Config;
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

const HELP: &str = "\
The open, self-hostable, auditable back end for AI interviews and recruiting.

Usage: talenti [COMMAND]

Commands:
  serve                     Run the platform (default). Settings are environment variables: see local.settings.json.example
  demo [--exit]             Do the main job once on sample files, show the scored report, and leave the platform running
  stage [OPTIONS]           Write one deployable folder and zip per function and one for all of them under target/apps
  provision                 Make what the platform needs in Azure, or check it, and bring index entries up to date
  make-super-admin EMAIL    Make an account platform staff
  check                     Ask store, queues, files, AI and e-mail whether they answer; say what to change when not
  poison COMMAND            List, show, send again or throw away messages that were given up
  --help, --version
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let is_help = |given: &[&str]| given.iter().any(|one| matches!(*one, "--help" | "-h"));
    let outcome = match arguments.as_slice() {
        ["check", rest @ ..] if is_help(rest) => say(operate::CHECK_HELP),
        ["poison", rest @ ..] if rest.is_empty() || is_help(rest) => say(operate::POISON_HELP),
        ["stage", options @ ..] => staging::run(options),
        given if is_help(given) => say(HELP),
        [] | ["serve"] => return shared::serve::serve(all::functions()),
        ["demo"] => demo::run(false),
        ["demo", "--exit"] => demo::run(true),
        ["provision"] => provision(),
        ["check"] => operate::check(),
        ["poison", rest @ ..] => operate::poison(rest),
        ["make-super-admin", email] => make_super_admin(email),
        ["help"] => say(HELP),
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

fn provision() -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    for line in runtime.block_on(shared::serve::provision(&Config::from_env()?, &all::functions()))? {
        say(&format!("{line}\n"))?;
    }
    Ok(())
}

fn make_super_admin(email: &str) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let ctx = shared::serve::context(Config::from_env()?, Arc::new(Clock::default()), &[])?;
    runtime.block_on(identity::make_super_admin(&ctx, email))?;
    say(&format!("{email} is platform staff now.\n"))
}
