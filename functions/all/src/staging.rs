//! `talenti stage`: build every function and lay out the folders the Functions host takes.

use crate::Outcome;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Builds with the given cargo profile and writes `target/apps/<name>` for each function and `target/apps/all`.
pub(crate) fn run(profile: &str) -> Outcome {
    let built =
        Command::new("cargo").args(["build", "--workspace", "--bins", "--profile", profile]).status()?;
    if !built.success() {
        return Err("the functions could not be built".into());
    }
    let target = target_folder()?;
    let binaries = target.join(if profile == "dev" { "debug" } else { profile });
    let functions = all::functions();
    for function in &functions {
        let folder = target.join("apps").join(function.name);
        shared::serve::stage(std::slice::from_ref(function), &binaries.join(function.name), &folder)?;
        crate::say(&format!("{}\n", folder.display()))?;
    }
    let folder = target.join("apps").join("all");
    shared::serve::stage(&functions, &binaries.join("talenti"), &folder)?;
    crate::say(&format!("{}\n", folder.display()))
}

/// The folder this program was built into: `target/<profile>/talenti` lies in it.
fn target_folder() -> Result<PathBuf, Box<dyn std::error::Error + Send + Sync>> {
    let program = std::env::current_exe()?;
    program.ancestors().nth(2).map(Path::to_path_buf).ok_or_else(|| "run this from a cargo build".into())
}
