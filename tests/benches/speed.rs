//! `cargo bench -p benches`: what the platform costs, beside yardsticks measured in the same run.
//!
//! Servers run on one core, clients and the scripted model on another; what is compared runs in turns, so that whatever
//! else the machine does falls on both. Latencies and rates need a machine that does little else; ratios of processor
//! time bear company. Words given as arguments (`-- start requests`) choose groups of rows.

mod rows;
mod support;

use std::path::PathBuf;
use std::process::{Command, ExitCode};
use support::table::{Table, say};
use support::{Fallible, server};

/// A group of rows: its name and what measures it.
type Group = (&'static str, fn(&Programs, &mut Table) -> Fallible<()>);

const GROUPS: &[Group] = &[
    ("start", rows::start::measure),
    ("offline", rows::offline::measure),
    ("requests", rows::requests::measure),
    ("streams", rows::streams::measure),
    ("interviews", rows::interviews::measure),
];

/// The binaries under measurement and their yardsticks.
struct Programs {
    all: PathBuf,
    single: PathBuf,
    hello: PathBuf,
    by_hand: PathBuf,
}

fn main() -> ExitCode {
    let chosen: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let mut table = Table::default();
    let outcome = run(&chosen, &mut table);
    table.print();
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("broken off: {error}\n"));
            ExitCode::FAILURE
        }
    }
}

fn run(chosen: &[String], table: &mut Table) -> Fallible<()> {
    let programs = build()?;
    let mut broken = Vec::new();
    for (name, measure) in GROUPS {
        if !chosen.is_empty() && !chosen.iter().any(|word| word == name) {
            continue;
        }
        say(&format!("{name}\n"));
        // A starting process may use every core, as it will in use.
        if *name != "start" && *name != "offline" {
            server::move_to_load_core()?;
        }
        // One group's trouble leaves the others to be measured.
        if let Err(error) = measure(&programs, table) {
            say(&format!("  broken off: {error}\n"));
            broken.push(*name);
        }
    }
    if broken.is_empty() { Ok(()) } else { Err(broken.join(", ").into()) }
}

/// The binaries as they are shipped: built without the features that test dependencies turn on.
fn build() -> Fallible<Programs> {
    let hello = PathBuf::from(env!("CARGO_BIN_EXE_bare-hello"));
    let folder = hello.parent().ok_or("no target folder")?.to_owned();
    let target = folder.parent().ok_or("no target folder")?;
    let mut cargo = Command::new(env!("CARGO"));
    cargo.arg("--quiet").env("CARGO_TARGET_DIR", target);
    let built = cargo.args(["build", "--release", "--package", "all", "--package", "identity"]).status()?;
    if !built.success() {
        return Err("the platform could not be built".into());
    }
    Ok(Programs {
        all: folder.join("talenti"),
        single: folder.join("identity"),
        by_hand: PathBuf::from(env!("CARGO_BIN_EXE_by-hand")),
        hello,
    })
}
