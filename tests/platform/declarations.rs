//! What is derived from the declarations and depended on by others: the inventory of endpoints, the OpenAPI document,
//! the example of the settings. Reviewed as text in every change.

use crate::support::snapshot::{assert_recorded, fixture, read, repository};
use crate::surface;
use serde_json::{Map, Value, json};
use shared::config::VARIABLES;
use std::collections::{BTreeMap, BTreeSet};

#[test]
fn the_inventory_of_endpoints_is_recorded() {
    let mut lines: Vec<String> = surface::endpoints()
        .iter()
        .map(|surface| {
            let contract = if surface.is_contract() { "  contract" } else { "" };
            format!(
                "{:<6} {:<64} {}{contract}",
                surface.method().as_str(),
                surface.template(),
                surface.access()
            )
        })
        .collect();
    lines.sort_by_key(|line| {
        let mut words = line.split_whitespace();
        let method = words.next().map(str::to_owned);
        (words.next().map(str::to_owned), method)
    });
    assert_recorded(&fixture("endpoints.txt"), &format!("{}\n", lines.join("\n")));
}

#[test]
fn no_endpoint_is_declared_twice() {
    let mut seen = BTreeSet::new();
    for surface in surface::endpoints() {
        // Parameters match alike whatever they are called.
        let shape: Vec<&str> = surface
            .template()
            .split('/')
            .map(|part| if part.starts_with('{') { "{}" } else { part })
            .collect();
        assert!(seen.insert((surface.method().to_string(), shape.join("/"))), "{surface} is there twice");
    }
}

#[test]
fn the_openapi_document_is_recorded() {
    let text = serde_json::to_string_pretty(surface::document()).expect("it is JSON");
    assert_recorded(&fixture("openapi.json"), &format!("{text}\n"));
}

/// What the document points to.
fn references(document: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    visit(document, &mut |value| found.extend(value["$ref"].as_str().map(str::to_owned)));
    found
}

#[test]
fn every_reference_of_the_openapi_document_leads_somewhere() {
    let document = surface::document();
    for reference in references(document) {
        let pointer = reference.strip_prefix('#').unwrap_or_else(|| panic!("{reference} leads outside"));
        assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
}

/// Clients are generated from the names: a numbered one is two types with one name, an unused one is noise.
#[test]
fn every_schema_of_the_openapi_document_has_a_name_of_its_own_and_is_used() {
    let document = surface::document();
    let used = references(document);
    for name in document["components"]["schemas"].as_object().into_iter().flat_map(Map::keys) {
        assert!(!name.ends_with(|c: char| c.is_ascii_digit()), "{name} is the name of another schema too");
        assert!(used.contains(&format!("#/components/schemas/{name}")), "{name} is not used");
    }
}

fn visit(value: &Value, see: &mut impl FnMut(&Value)) {
    see(value);
    match value {
        Value::Object(members) => members.values().for_each(|member| visit(member, see)),
        Value::Array(items) => items.iter().for_each(|item| visit(item, see)),
        _ => {}
    }
}

#[test]
fn every_operation_is_named_once_and_declares_its_path_parameters() {
    let document = surface::document();
    let mut names = BTreeMap::new();
    let mut count = 0;
    for (path, operations) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in operations.as_object().into_iter().flatten() {
            count += 1;
            let here = format!("{method} {path}");
            let name = operation["operationId"].as_str().unwrap_or_default().to_owned();
            assert!(!name.is_empty(), "{here} has no operationId");
            if let Some(other) = names.insert(name.clone(), here.clone()) {
                panic!("{here} and {other} are both called {name}");
            }
            let in_path: BTreeSet<&str> = path
                .split('/')
                .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
                .map(|part| part.trim_start_matches('*'))
                .collect();
            let parameters = operation["parameters"].as_array();
            let declared: BTreeSet<&str> = parameters
                .into_iter()
                .flatten()
                .filter(|parameter| parameter["in"] == "path")
                .filter_map(|parameter| parameter["name"].as_str())
                .collect();
            assert_eq!(in_path, declared, "{here}");
            let answers = operation["responses"].as_object();
            let succeeds =
                answers.is_some_and(|answers| answers.keys().any(|status| status.starts_with('2')));
            // The pages of the documentation are for people.
            assert!(succeeds || path.starts_with("/api/docs"), "{here} documents no success");
        }
    }
    assert_eq!(count, surface::endpoints().len());
}

#[test]
fn every_schema_of_the_openapi_document_is_one() {
    let schemas = surface::document()["components"]["schemas"].as_object().expect("there are schemas");
    for (name, schema) in schemas {
        assert!(jsonschema::meta::is_valid(schema), "{name} is no JSON schema");
    }
}

/// Settings that belong to the Functions host, not to us.
const HOST_SETTINGS: &[(&str, &str)] =
    &[("FUNCTIONS_WORKER_RUNTIME", "custom"), ("AzureWebJobsStorage", "UseDevelopmentStorage=true")];

/// Every variable with its default; what has none stands empty.
fn example_settings() -> Value {
    let mut values = Map::new();
    values.extend(HOST_SETTINGS.iter().map(|(name, value)| ((*name).to_owned(), json!(value))));
    values.extend(VARIABLES.iter().map(|variable| (variable.name.to_owned(), json!(variable.default))));
    json!({ "IsEncrypted": false, "Values": values, "Host": { "LocalHttpPort": 7071 } })
}

#[test]
fn the_example_of_the_settings_names_exactly_what_is_read() {
    let path = repository().join("local.settings.json.example");
    let text = serde_json::to_string_pretty(&example_settings()).expect("it is JSON");
    assert_recorded(&path, &format!("{text}\n"));

    let settings: Value = serde_json::from_str(&read(&path)).expect("the example is JSON");
    let named: BTreeSet<&str> =
        settings["Values"].as_object().expect("values").keys().map(String::as_str).collect();
    let read_ones = VARIABLES.iter().map(|variable| variable.name);
    let expected: BTreeSet<&str> = read_ones.chain(HOST_SETTINGS.iter().map(|(name, _)| *name)).collect();
    assert_eq!(named, expected);

    let schema: Value =
        serde_json::from_str(&read(&fixture("schemas/local.settings.json"))).expect("the schema is JSON");
    let validator = jsonschema::validator_for(&schema).expect("the schema is one");
    let faults: Vec<String> = validator.iter_errors(&settings).map(|error| error.to_string()).collect();
    assert!(faults.is_empty(), "{faults:?}");
}

#[test]
fn the_example_of_the_settings_starts_the_platform() {
    let settings: Value =
        serde_json::from_str(&read(&repository().join("local.settings.json.example"))).expect("JSON");
    let read = |name: &str| settings["Values"][name].as_str().map(str::to_owned);
    if let Err(error) = shared::config::Config::read(&read) {
        panic!("{error}");
    }
}
