//! Schemas of Swagger 2.0 and OpenAPI 3.0 as JSON Schema (draft 4, which both derive from), and read strictly.

use crate::document::{Documents, Place};
use base64::Engine as _;
use jsonschema::{Draft, Validator};
use serde_json::{Map, Value, json};
use std::path::Path;

/// Which way a value travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// From us: what the service sets may not be there, and nothing that is not named.
    Request,
    /// To us: services add to their answers without telling.
    Response,
}

/// A validator of what stands at `place`.
pub(crate) fn validator(documents: &Documents, place: Place<'_>, way: Way) -> Validator {
    let mut converter = Converter { documents, way, definitions: Map::new() };
    let root = converter.convert(place);
    let whole = json!({ "allOf": [root], "definitions": converter.definitions });
    jsonschema::options()
        .with_draft(Draft::Draft4)
        .should_validate_formats(true)
        // Formats that draft 4 does not know.
        .with_format("uuid", is_uuid)
        .with_format("byte", |text: &str| base64::prelude::BASE64_STANDARD.decode(text).is_ok())
        .build(&whole)
        .unwrap_or_else(|error| panic!("{}: {error}", place.file.display()))
}

fn is_uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.concat().chars().all(|c| c.is_ascii_hexdigit())
}

/// What is wrong with a value, one line each; values are not repeated.
pub(crate) fn faults(validator: &Validator, value: &Value) -> Vec<String> {
    let fault = |error: jsonschema::ValidationError<'_>| {
        let place = error.instance_path().to_string();
        format!("body{place}: {}", error.masked())
    };
    validator.iter_errors(value).map(fault).collect()
}

struct Converter<'a> {
    documents: &'a Documents,
    way: Way,
    definitions: Map<String, Value>,
}

/// Say nothing about values, or are dealt with here.
const DROPPED: [&str; 9] = [
    "description",
    "title",
    "example",
    "default",
    "externalDocs",
    "deprecated",
    "xml",
    "readOnly",
    "nullable",
];

impl Converter<'_> {
    fn convert(&mut self, place: Place<'_>) -> Value {
        if let Some(reference) = place.value["$ref"].as_str() {
            let target = self.documents.follow(place.file, reference);
            let name = name_of(target.file, reference);
            if !self.definitions.contains_key(&name) {
                // Known before it is done: schemas refer to themselves.
                self.definitions.insert(name.clone(), Value::Null);
                let converted = self.convert(target);
                self.definitions.insert(name.clone(), converted);
            }
            let known = json!({ "$ref": format!("#/definitions/{name}") });
            return nullable(place.value, known);
        }
        let Some(members) = self.merged(place) else { return place.value.clone() };
        let mut out = Map::new();
        for (keyword, (file, value)) in &members {
            if keyword.starts_with("x-") || DROPPED.contains(&keyword.as_str()) {
                continue;
            }
            let at = |value| Place { file, value };
            let converted = match keyword.as_str() {
                "properties" | "required" | "discriminator" => continue,
                "items" | "additionalProperties" | "not" if value.is_object() => self.convert(at(value)),
                "oneOf" | "anyOf" | "allOf" => {
                    value.as_array().into_iter().flatten().map(|one| self.convert(at(one))).collect()
                }
                _ => value.clone(),
            };
            out.insert(keyword.clone(), converted);
        }
        self.properties(&members, &mut out);
        nullable(place.value, Value::Object(out))
    }

    fn properties(&mut self, members: &Members<'_>, out: &mut Map<String, Value>) {
        let required = members.get("required").and_then(|(_, required)| required.as_array());
        let mut required: Vec<Value> = required.cloned().unwrap_or_default();
        let Some((file, Value::Object(properties))) = members.get("properties") else {
            if !required.is_empty() {
                out.insert("required".into(), required.into());
            }
            return;
        };
        let mut converted = Map::new();
        for (name, property) in properties {
            if self.way == Way::Request && property["readOnly"] == true {
                required.retain(|one| one != name);
                converted.insert(name.clone(), json!({ "not": {} }));
                continue;
            }
            // Merged properties remember the file they come from.
            let file = property.get(FILE).and_then(Value::as_str).map_or(*file, Path::new);
            converted.insert(name.clone(), self.convert(Place { file, value: property }));
        }
        let is_whole = !out.contains_key("oneOf") && !out.contains_key("anyOf") && !out.contains_key("allOf");
        if self.way == Way::Request && is_whole && !out.contains_key("additionalProperties") {
            out.insert("additionalProperties".into(), false.into());
        }
        out.insert("properties".into(), converted.into());
        // Draft 4 does not know an empty list.
        if !required.is_empty() {
            out.insert("required".into(), required.into());
        }
    }

    /// The keywords of a schema, those of its `allOf` taken in: an object that is put together of parts is still one object
    /// whose properties are all known. `None` for a schema that is no object.
    fn merged<'p>(&self, place: Place<'p>) -> Option<Members<'p>>
    where
        Self: 'p,
    {
        let Value::Object(own) = place.value else { return None };
        let mut members: Members<'p> = own
            .iter()
            .filter(|(keyword, _)| *keyword != "allOf")
            .map(|(keyword, value)| (keyword.clone(), (place.file, value.clone())))
            .collect();
        for part in own.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            let part = self.resolve(Place { file: place.file, value: part });
            for (keyword, (file, value)) in self.merged(part).unwrap_or_default() {
                match members.get_mut(&keyword) {
                    None => {
                        members.insert(keyword, (file, value));
                    }
                    Some((_, Value::Object(ours))) if keyword == "properties" => {
                        for (name, property) in value.as_object().into_iter().flatten() {
                            ours.entry(name.clone()).or_insert_with(|| filed(property, file));
                        }
                    }
                    Some((_, Value::Array(ours))) if keyword == "required" => {
                        ours.extend(value.as_array().into_iter().flatten().cloned());
                        ours.sort_by_key(Value::to_string);
                        ours.dedup();
                    }
                    // What stands nearer wins.
                    Some(_) => {}
                }
            }
        }
        Some(members)
    }

    fn resolve<'p>(&self, place: Place<'p>) -> Place<'p>
    where
        Self: 'p,
    {
        let documents: &'p Documents = self.documents;
        documents.resolve(place)
    }
}

type Members<'p> = std::collections::BTreeMap<String, (&'p Path, Value)>;

/// Marks a merged property with the file its references are relative to.
const FILE: &str = "x-file";

fn filed(property: &Value, file: &Path) -> Value {
    let mut property = property.clone();
    if let Value::Object(members) = &mut property {
        members.insert(FILE.into(), file.to_string_lossy().into());
    }
    property
}

fn nullable(schema: &Value, converted: Value) -> Value {
    if schema["nullable"] == true || schema["x-nullable"] == true {
        json!({ "anyOf": [{ "type": "null" }, converted] })
    } else {
        converted
    }
}

fn name_of(file: &Path, reference: &str) -> String {
    let pointer = reference.split_once('#').map_or("", |(_, pointer)| pointer);
    let stem = file.file_stem().map(|stem| stem.to_string_lossy()).unwrap_or_default();
    format!("{stem}{pointer}").replace(['/', '~', '%'], ".")
}
