//! `talenti stage`: build the functions and lay out the folders and zips the Functions host takes.

use crate::Outcome;
use shared::function::Function;
use std::path::{Path, PathBuf};
use std::process::Command;

const HELP: &str = "\
Builds the functions for Azure Functions with a custom handler and writes, under target/apps, one folder and one zip per
function and `all` and `all.zip` with every function in one program.

Usage: talenti stage [OPTIONS]

Options:
  --only NAME        One app: `all`, or the name of a function
  --glibc VERSION    Newest glibc the programs may need (default 2.31, the oldest on images of the Functions host). Links
                     for x86-64 Linux from any machine: needs cargo-zigbuild and Zig (pip install cargo-zigbuild ziglang)
  --glibc host       Link for this machine instead: needs only Rust, but runs only where glibc is as new as here
  --dev              Build without optimisation, for this machine; to try things out
  --help
";

/// What the Functions host's Linux images run on.
const TARGET: &str = "x86_64-unknown-linux-gnu";
/// glibc of the oldest images still met (Debian 11).
const OLDEST_GLIBC: &str = "2.31";
/// The app with every function.
const ALL: &str = "all";

struct Options {
    profile: &'static str,
    /// None links against this machine's.
    glibc: Option<String>,
    only: Option<String>,
}

pub(crate) fn run(arguments: &[&str]) -> Outcome {
    if arguments.iter().any(|one| matches!(*one, "--help" | "-h")) {
        return crate::say(HELP);
    }
    let functions = all::functions();
    let options = read(arguments, &functions)?;
    let target = target_folder()?;
    build(&options, &target)?;
    let mut binaries = target.clone();
    if options.glibc.is_some() {
        binaries.push(TARGET);
    }
    binaries.push(if options.profile == "dev" { "debug" } else { options.profile });

    let apps = target.join("apps");
    for function in functions.iter().filter(|function| options.wants(function.name)) {
        write(std::slice::from_ref(function), &binaries.join(function.name), &apps.join(function.name))?;
    }
    if options.wants(ALL) {
        write(&functions, &binaries.join("talenti"), &apps.join(ALL))?;
    }
    Ok(())
}

impl Options {
    fn wants(&self, app: &str) -> bool {
        self.only.as_deref().is_none_or(|only| only == app)
    }
}

fn read(arguments: &[&str], functions: &[Function]) -> Result<Options, String> {
    let mut options = Options { profile: "release", glibc: Some(OLDEST_GLIBC.to_owned()), only: None };
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let mut value = || rest.next().ok_or_else(|| format!("{argument} needs a value\n\n{HELP}"));
        match *argument {
            "--dev" => (options.profile, options.glibc) = ("dev", None),
            "--glibc" => {
                let version = *value()?;
                let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
                options.glibc = match version.split_once('.') {
                    _ if version == "host" => None,
                    Some((major, minor)) if digits(major) && digits(minor) => Some(version.to_owned()),
                    _ => return Err(format!("--glibc takes a version such as {OLDEST_GLIBC}, or host")),
                };
            }
            "--only" => {
                let name = *value()?;
                if name != ALL && functions.iter().all(|function| function.name != name) {
                    return Err(format!("there is no app {name}"));
                }
                options.only = Some(name.to_owned());
            }
            other => return Err(format!("unknown option {other}\n\n{HELP}")),
        }
    }
    Ok(options)
}

fn build(options: &Options, target: &Path) -> Outcome {
    let mut cargo = Command::new("cargo");
    match &options.glibc {
        Some(version) => cargo.args(["zigbuild", "--target", &format!("{TARGET}.{version}")]),
        None => cargo.arg("build"),
    };
    cargo.args(["--profile", options.profile, "--bins"]).arg("--target-dir").arg(target);
    match options.only.as_deref() {
        Some(package) => cargo.args(["--package", package]),
        None => cargo.arg("--workspace"),
    };
    if cargo.status()?.success() {
        return Ok(());
    }
    let hint = if options.glibc.is_some() {
        ". Linking for an older glibc needs cargo-zigbuild and Zig (pip install cargo-zigbuild ziglang), or say --glibc host"
    } else {
        ""
    };
    Err(format!("the functions could not be built{hint}").into())
}

fn write(functions: &[Function], binary: &Path, folder: &Path) -> Outcome {
    let archive = folder.with_extension("zip");
    shared::serve::stage(functions, binary, folder)?;
    shared::serve::pack(folder, &archive)?;
    crate::say(&format!("{}\n", archive.display()))
}

/// The folder this program was built into: `target/<profile>/talenti` lies in it.
fn target_folder() -> Result<PathBuf, Box<dyn std::error::Error + Send + Sync>> {
    let program = std::env::current_exe()?;
    program.ancestors().nth(2).map(Path::to_path_buf).ok_or_else(|| "run this from a cargo build".into())
}
