//! Rules of the house that no lint knows.

use crate::support::snapshot::{read, repository};
use std::path::{Path, PathBuf};

/// Files longer than this are two files.
const MOST_LINES: usize = 500;

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries {
        let path = entry.expect("an entry").path();
        if path.is_dir() && path.file_name().is_none_or(|name| name != "target") {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

fn own_files() -> Vec<PathBuf> {
    ["shared", "functions", "tests"]
        .iter()
        .flat_map(|folder| rust_files(&repository().join(folder)))
        .collect()
}

fn shown(path: &Path) -> String {
    path.strip_prefix(repository()).unwrap_or(path).display().to_string()
}

#[test]
fn the_domain_knows_no_framework() {
    const BANNED: &[&str] = &["axum", "tokio", "reqwest", "rusqlite", "tower", "lettre", "hyper"];
    let domain = repository().join("shared/src/domain");
    let mut faults = Vec::new();
    for file in rust_files(&domain).into_iter().chain([repository().join("shared/src/domain/mod.rs")]) {
        for (number, line) in read(&file).lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            if BANNED.iter().any(|banned| code.contains(&format!("{banned}::"))) {
                faults.push(format!("{}:{}: {}", shown(&file), number + 1, line.trim()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn no_file_is_longer_than_somebody_reads() {
    let long: Vec<String> = own_files()
        .into_iter()
        .map(|file| (read(&file).lines().count(), file))
        .filter(|(lines, _)| *lines > MOST_LINES)
        .map(|(lines, file)| format!("{} has {lines} lines", shown(&file)))
        .collect();
    assert!(long.is_empty(), "{}", long.join("\n"));
}

#[test]
fn a_function_is_a_library_and_a_program_of_three_lines() {
    let folder = repository().join("functions");
    let mut names = Vec::new();
    for entry in std::fs::read_dir(&folder).expect("the functions") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().and_then(|name| name.to_str()).expect("a name").to_owned();
        if name == "all" || !path.is_dir() {
            continue;
        }
        let manifest = read(&path.join("Cargo.toml"));
        assert!(manifest.contains(&format!("\nname = \"{name}\"\n")), "{name}: crate and folder differ");
        let main = read(&path.join("src/main.rs"));
        let code: Vec<&str> =
            main.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//")).collect();
        let serve = format!("shared::serve::serve(vec![{}::function()])", name.replace('-', "_"));
        assert_eq!(code, ["fn main() -> std::process::ExitCode {", serve.as_str(), "}"], "{name}");
        names.push(name);
    }
    names.sort_unstable();
    let mut declared: Vec<String> =
        all::functions().iter().map(|function| function.name.to_owned()).collect();
    declared.sort_unstable();
    assert_eq!(names, declared, "the folders and what `all` composes");
}

#[test]
fn functions_do_not_depend_on_each_other() {
    let names: Vec<String> = all::functions().iter().map(|function| function.name.to_owned()).collect();
    for name in &names {
        let manifest = read(&repository().join("functions").join(name).join("Cargo.toml"));
        let needs = manifest.split("[dependencies]").nth(1).and_then(|rest| rest.split("\n[").next());
        for other in names.iter().filter(|other| *other != name && *name != "talenti-frontend") {
            let line = format!("{other} = {{");
            let depends = needs.unwrap_or_default().lines().any(|own| own.starts_with(&line));
            assert!(!depends, "{name} depends on {other}");
        }
    }
}

#[test]
fn nothing_is_called_a_heap() {
    const BANNED: &[&str] = &["utils", "util", "helpers", "helper", "common", "misc", "types", "manager"];
    for file in own_files() {
        let stem = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        assert!(!BANNED.contains(&stem), "{} says nothing about what is in it", shown(&file));
    }
}

#[test]
fn lints_are_silenced_with_a_reason_only() {
    let allow = concat!("#[all", "ow(");
    let expect = concat!("#[exp", "ect(");
    for file in own_files() {
        let text = read(&file);
        assert!(!text.contains(allow), "{}: expect, with a reason", shown(&file));
        for (place, _) in text.match_indices(expect) {
            let end = text[place..].find(")]").map_or(text.len(), |end| place + end);
            assert!(text[place..end].contains("reason"), "{}: an expectation without a reason", shown(&file));
        }
    }
}
