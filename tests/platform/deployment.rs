//! What the deployment derives from the declarations: packages, the queues and apps the templates make, the settings they
//! set.

use crate::support::snapshot::{assert_recorded, read, repository};
use serde_json::{Value, json};
use shared::config::{Config, VARIABLES};
use shared::serve::{Trigger, pack, stage, triggers};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;

#[test]
fn a_package_holds_the_staged_app_and_its_program_can_be_executed() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let program = folder.path().join("program");
    std::fs::write(&program, "#!/bin/sh\n").expect("written");
    let functions = all::functions();
    let (app, archive) = (folder.path().join("app"), folder.path().join("app.zip"));
    stage(&functions, &program, &app).expect("staged");
    pack(&app, &archive).expect("packed");

    let bytes = std::fs::read(&archive).expect("the package");
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(&bytes)).expect("a zip");
    let mut names = BTreeSet::new();
    for index in 0..zip.len() {
        let mut entry = zip.by_index(index).expect("an entry");
        let name = entry.name().expect("a name").into_owned();
        let mode = entry.unix_mode().expect("made by Unix") & 0o777;
        assert_eq!(mode, if name == "handler" { 0o755 } else { 0o644 }, "{name}");
        let mut content = Vec::new();
        entry.read_to_end(&mut content).expect("readable");
        assert_eq!(content, std::fs::read(app.join(&name)).expect("staged"), "{name}");
        names.insert(name);
    }
    let mut expected: BTreeSet<String> = ["handler".to_owned(), "host.json".to_owned()].into();
    expected.extend(triggers(&functions).iter().map(|trigger| format!("{}/function.json", trigger.folder())));
    assert_eq!(names, expected);

    pack(&app, &archive).expect("packed again");
    assert_eq!(std::fs::read(&archive).expect("the package"), bytes, "the same app makes the same package");
}

#[test]
fn what_the_templates_make_for_the_declarations_is_recorded() {
    let functions = all::functions();
    let names: Vec<&str> = functions.iter().map(|function| function.name).collect();
    let queues: BTreeSet<&str> = triggers(&functions)
        .into_iter()
        .filter_map(|trigger| match trigger {
            Trigger::Queue { queue } => Some(queue),
            _ => None,
        })
        .collect();
    let text = serde_json::to_string_pretty(&json!({ "functions": names, "queues": queues })).expect("JSON");
    assert_recorded(&repository().join("bicep/declared.json"), &format!("{text}\n"));
}

/// `NAME: expression` of every setting in main.bicep.
fn set_by_the_template() -> BTreeMap<String, String> {
    let text = read(&repository().join("bicep/main.bicep"));
    let (_, rest) = text.split_once("\nvar settings = {\n").expect("main.bicep sets the settings");
    let (block, _) = rest.split_once("\n}\n").expect("the settings end");
    let lines = block.lines().map(str::trim).filter(|line| !line.starts_with("//"));
    let pairs = lines.map(|line| line.split_once(": ").unwrap_or_else(|| panic!("{line} is no setting")));
    let mut settings = BTreeMap::new();
    for (name, value) in pairs {
        let other = settings.insert(name.to_owned(), value.to_owned());
        assert!(other.is_none(), "{name} is set twice");
    }
    settings
}

fn settings_json() -> Value {
    serde_json::from_str(&read(&repository().join("bicep/settings.json"))).expect("settings.json is JSON")
}

fn keys(value: &Value) -> BTreeSet<String> {
    value.as_object().expect("an object").keys().cloned().collect()
}

#[test]
fn every_setting_is_set_comes_from_the_vault_or_is_left_out_for_a_reason() {
    let set: BTreeSet<String> = set_by_the_template().into_keys().collect();
    let file = settings_json();
    let (vault, left_out) = (keys(&file["from_vault"]), keys(&file["left_out"]));
    for (one, other) in [(&set, &vault), (&set, &left_out), (&vault, &left_out)] {
        let twice: Vec<_> = one.intersection(other).collect();
        assert!(twice.is_empty(), "{twice:?} are in two places");
    }
    let decided: BTreeSet<String> = set.iter().chain(&vault).chain(&left_out).cloned().collect();
    let known: BTreeSet<String> = VARIABLES.iter().map(|variable| variable.name.to_owned()).collect();
    let forgotten: Vec<_> = known.difference(&decided).collect();
    assert!(
        forgotten.is_empty(),
        "{forgotten:?}: set them in bicep/main.bicep or say why not in settings.json"
    );
    let unknown: Vec<_> = decided.difference(&known).collect();
    assert!(unknown.is_empty(), "{unknown:?}: nothing reads them");

    for variable in VARIABLES {
        assert!(!(variable.secret && set.contains(variable.name)), "{} is a secret", variable.name);
        assert!(variable.secret || !vault.contains(variable.name), "{} is no secret", variable.name);
    }
    for (name, reason) in file["left_out"].as_object().expect("an object") {
        assert!(reason.as_str().is_some_and(|reason| reason.len() > 10), "{name} is left out for no reason");
    }
}

#[test]
fn the_settings_of_the_template_start_a_production_platform() {
    let mut settings = set_by_the_template();
    for (name, value) in &mut settings {
        let literal = value.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
        *value = match literal.filter(|literal| !literal.contains("${")) {
            Some(literal) => literal.to_owned(),
            // A stand-in for what only the deployment knows: its default's kind, or an address.
            None => match VARIABLES.iter().find(|variable| variable.name == name.as_str()) {
                Some(variable) if !variable.default.is_empty() => variable.default.to_owned(),
                _ => format!("https://{}.example/", name.to_lowercase().replace('_', "-")),
            },
        };
    }
    // The template's own choice of what comes from the vault.
    settings.extend(["AUTH_SIGNING_KEY", "FIELD_KEYS"].map(|name| (name.to_owned(), "secret".to_owned())));
    match Config::read(&|name| settings.get(name).cloned()) {
        Ok(config) => assert!(config.is_production() && config.limits.enabled),
        Err(error) => panic!("{error}"),
    }
}
