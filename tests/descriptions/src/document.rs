//! A description as it stands in its file, with references followed into the files beside it.

use serde_json::Value;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Files by path. A place is a file and a JSON pointer into it.
pub(crate) struct Documents {
    files: HashMap<PathBuf, Value>,
    main: PathBuf,
}

#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) file: &'a Path,
    pub(crate) value: &'a Value,
}

/// What a description gets wrong, as (file name, pointer, what stands there, what is meant).
type Erratum = (&'static str, &'static str, &'static str, &'static str);

/// Corrections, each with its reason. A correction that does not fit any more stops the tests.
const ERRATA: &[Erratum] = &[
    // `type` is required of an object that has no such property; it belongs to the one around it.
    (
        "inference.json",
        "/components/schemas/ResponseFormatJsonSchema/properties/json_schema/required",
        r#"["type","name"]"#,
        r#"["name"]"#,
    ),
    // Taken by the service and left out of its description: Azure/azure-rest-api-specs issue 30810.
    (
        "inference.json",
        "/components/schemas/createChatCompletionRequest/allOf/1/properties/stream_options",
        "null",
        r#"{"type":"object","properties":{"include_usage":{"type":"boolean"}}}"#,
    ),
    // Would forbid every name with a dash; the service takes any characters.
    (
        "blob.json",
        "/parameters/Blob/pattern",
        r#""^[a-zA-Z0-9]+(?:/[a-zA-Z0-9]+)*(?:\\.[a-zA-Z0-9]+){0,1}$""#,
        r#"".*""#,
    ),
];

impl Documents {
    /// The file and every file it refers to.
    pub(crate) fn load(main: &Path) -> Self {
        let mut files = HashMap::new();
        let mut todo = vec![main.to_owned()];
        while let Some(path) = todo.pop() {
            if files.contains_key(&path) {
                continue;
            }
            let mut document = json(&path);
            correct(&path, &mut document);
            references(&document, &mut |reference| {
                if let Some((file, _)) = reference.split_once('#')
                    && !file.is_empty()
                {
                    todo.push(beside(&path, file));
                }
            });
            files.insert(path, document);
        }
        Self { files, main: main.to_owned() }
    }

    pub(crate) fn main(&self) -> Place<'_> {
        Place { file: &self.main, value: &self.files[&self.main] }
    }

    /// What `reference`, written in `file`, points to.
    pub(crate) fn follow(&self, file: &Path, reference: &str) -> Place<'_> {
        let (name, pointer) = reference.split_once('#').expect("a reference has a fragment");
        let path = if name.is_empty() { file.to_owned() } else { beside(file, name) };
        let (file, document) = self.files.get_key_value(&path).expect("the file was loaded");
        let value = document.pointer(pointer);
        Place { file, value: value.unwrap_or_else(|| panic!("{}: no {pointer}", file.display())) }
    }

    /// The place itself, or what it refers to.
    pub(crate) fn resolve<'a>(&'a self, place: Place<'a>) -> Place<'a> {
        match place.value["$ref"].as_str() {
            Some(reference) => self.resolve(self.follow(place.file, reference)),
            None => place,
        }
    }
}

fn correct(path: &Path, document: &mut Value) {
    for (file, pointer, wrong, right) in ERRATA {
        if path.file_name().is_none_or(|name| name != *file) {
            continue;
        }
        let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
        let parent = document.pointer_mut(parent).unwrap_or_else(|| panic!("{file}: no {parent}"));
        let parse = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
        assert_eq!(parent[name], parse(wrong), "{file}: {pointer} was corrected at its source");
        parent[name] = parse(right);
    }
}

/// Examples are loaded when they are used; not all of them are kept.
fn references(value: &Value, found: &mut impl FnMut(&str)) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(reference) if name == "$ref" => found(reference),
                    _ if name == "x-ms-examples" => {}
                    _ => references(member, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

pub(crate) fn json(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// `../x.json` as seen from a file.
pub(crate) fn beside(file: &Path, relative: &str) -> PathBuf {
    let mut path = file.parent().expect("a folder").to_owned();
    for part in relative.split('/') {
        match part {
            "." | "" => {}
            ".." => {
                path.pop();
            }
            name => path.push(name),
        }
    }
    path
}
