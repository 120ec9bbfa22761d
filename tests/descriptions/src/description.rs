//! One description: its operations, and what a request has to be to be one of them.

use crate::document::{Documents, Place, beside, json};
use crate::parameter::{In, Parameter};
use crate::schema::{Way, faults, validator};
use crate::xml;
use axum::http::{HeaderMap, Method};
use jsonschema::Validator;
use regex::Regex;
use serde_json::Value;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Sent by every HTTP client, or allowed everywhere by Azure's guidelines for its interfaces.
const USUAL_HEADERS: [&str; 17] = [
    "accept",
    "accept-encoding",
    "authorization",
    "connection",
    "content-length",
    "content-type",
    "date",
    "host",
    // Storage takes it for `x-ms-range`.
    "range",
    "te",
    "traceparent",
    "tracestate",
    "transfer-encoding",
    "user-agent",
    "x-ms-client-request-id",
    "x-ms-date",
    "x-ms-return-client-request-id",
];

/// A request as it arrived.
pub struct Request<'a> {
    pub method: &'a Method,
    /// Percent-encoded.
    pub path: &'a str,
    pub query: &'a str,
    pub headers: &'a HeaderMap,
    pub body: &'a [u8],
}

pub struct Description {
    /// Of the file.
    pub name: String,
    pub version: String,
    operations: Vec<Operation>,
}

pub struct Operation {
    pub id: String,
    method: Method,
    path: Regex,
    /// Such as `comp=list`, which are part of the path in these descriptions.
    fixed: Vec<(String, String)>,
    parameters: Vec<Parameter>,
    /// Media types and what bodies of them must be.
    bodies: Vec<Body>,
    body_required: bool,
    /// By the name of the example.
    pub examples: Vec<(String, Value)>,
    /// By status, `default` among them.
    responses: HashMap<String, Validator>,
    is_lenient_on_version: bool,
}

/// A media type an operation takes.
struct Body {
    media_type: String,
    /// For JSON and XML.
    validator: Option<Validator>,
    /// For XML: its root element, and the elements that are repeated.
    xml: Option<(String, Vec<String>)>,
}

impl Body {
    fn value(&self, bytes: &[u8]) -> Option<Value> {
        let Some((root, lists)) = &self.xml else { return serde_json::from_slice(bytes).ok() };
        let (name, value) = xml::read(bytes, |name| lists.iter().any(|list| list == name))?;
        (name == *root).then_some(value)
    }
}

impl Description {
    /// The description in a file of `tests/fixtures/azure-api`.
    pub fn load(file: &str) -> Self {
        let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/azure-api"));
        let documents = Documents::load(&beside(&folder.join("_"), file));
        let main = documents.main();
        let version = main.value["info"]["version"].as_str().expect("a version").to_owned();
        let operations = ["paths", "x-ms-paths"]
            .iter()
            .filter_map(|section| main.value[*section].as_object())
            .flatten()
            .flat_map(|(path, item)| Operation::of_path(&documents, path, item))
            .collect();
        Self { name: file.to_owned(), version, operations }
    }

    /// Takes requests of later versions than the one described.
    pub fn lenient_on_version(mut self) -> Self {
        self.operations.iter_mut().for_each(|operation| operation.is_lenient_on_version = true);
        self
    }

    /// The operation a request is meant for, and what is wrong with it. `Err` when there is none.
    pub fn check(&self, request: &Request<'_>) -> Result<(&Operation, Vec<String>), String> {
        let query: Vec<(String, String)> =
            url::form_urlencoded::parse(request.query.as_bytes()).into_owned().collect();
        let here = self.operations.iter().filter(|operation| operation.path.is_match(request.path));
        let fits = |operation: &&Operation| {
            operation.method == *request.method && operation.fixed.iter().all(|fixed| query.contains(fixed))
        };
        // The most specific one: `?comp=list` before the same path without it.
        let meant: Vec<&Operation> = here.clone().filter(fits).collect();
        let most = meant.iter().map(|operation| operation.fixed.len()).max();
        let judged = meant
            .into_iter()
            .filter(|operation| Some(operation.fixed.len()) == most)
            .map(|operation| (operation, operation.faults(request, &query, &self.version)));
        // Overloads share a path and differ in a header or the body.
        judged.min_by_key(|(_, faults)| faults.len()).ok_or_else(|| {
            let known = if here.count() > 0 { "no such method here" } else { "no such path" };
            format!("{} {}: {known}", request.method, request.path)
        })
    }

    /// Whether it describes this operation.
    pub fn has(&self, id: &str) -> bool {
        self.operations.iter().any(|operation| operation.id == id)
    }
}

impl Operation {
    fn of_path(documents: &Documents, template: &str, item: &Value) -> Vec<Self> {
        let main = documents.main();
        let (path, query) = template.split_once('?').unwrap_or((template, ""));
        let fixed: Vec<_> = url::form_urlencoded::parse(query.as_bytes())
            .into_owned()
            // Markers that only tell overloads apart have no value.
            .filter(|(_, value)| !value.is_empty())
            .collect();
        let shared = item["parameters"].as_array().into_iter().flatten();
        let methods = item.as_object().into_iter().flatten();
        methods
            .filter_map(|(name, value)| Some((name.to_uppercase().parse().ok()?, value)))
            .filter(|(_, value): &(Method, &Value)| value.get("operationId").is_some())
            .map(|(method, value)| {
                let at = |value| Place { file: main.file, value };
                let own = value["parameters"].as_array().into_iter().flatten();
                let declared: Vec<Place<'_>> =
                    shared.clone().chain(own).map(|value| documents.resolve(at(value))).collect();
                let (bodies, body_required) = bodies(documents, value, &declared);
                Self {
                    id: value["operationId"].as_str().expect("an id").to_owned(),
                    method,
                    path: path_pattern(&prefix(main.value), path),
                    fixed: fixed.clone(),
                    parameters: declared
                        .iter()
                        .filter_map(|place| Parameter::read(documents, *place))
                        .collect(),
                    bodies,
                    body_required,
                    examples: examples(main.file, value),
                    responses: responses(documents, value),
                    is_lenient_on_version: false,
                }
            })
            .collect()
    }

    fn faults(&self, request: &Request<'_>, query: &[(String, String)], version: &str) -> Vec<String> {
        let mut faults = Vec::new();
        let parameters = |place| self.parameters.iter().filter(move |parameter| parameter.place == place);
        let segments = self.path.captures(request.path).expect("the path matches");
        for (number, parameter) in parameters(In::Path).enumerate() {
            // In the order of the template, which is that of the declarations wherever there are several.
            let sent = segments.get(number + 1).map_or("", |segment| segment.as_str());
            faults.extend(parameter.fault(&decoded(sent)));
        }
        for parameter in parameters(In::Query) {
            match query.iter().find(|(name, _)| *name == parameter.name) {
                Some((name, value)) if name == "api-version" && value != version => {
                    faults.push(format!("api-version is {value}, the description is of {version}"));
                }
                Some((_, value)) => faults.extend(parameter.fault(value)),
                None if parameter.required => {
                    faults.push(format!("query parameter {} is missing", parameter.name));
                }
                None => {}
            }
        }
        let known = |name: &str| {
            parameters(In::Query).any(|parameter| parameter.name == name)
                || self.fixed.iter().any(|(fixed, _)| fixed == name)
        };
        faults.extend(
            query
                .iter()
                .filter(|(name, _)| !known(name))
                .map(|(name, _)| format!("unknown query parameter {name}")),
        );
        self.header_faults(request.headers, &mut faults);
        self.body_faults(request, &mut faults);
        faults
    }

    fn header_faults(&self, headers: &HeaderMap, faults: &mut Vec<String>) {
        let parameters = || self.parameters.iter().filter(|parameter| parameter.place == In::Header);
        for parameter in parameters() {
            match headers.get(parameter.name.to_ascii_lowercase()) {
                Some(_) if self.is_lenient_on_version && parameter.name == "x-ms-version" => {}
                Some(value) => faults.extend(parameter.fault(&String::from_utf8_lossy(value.as_bytes()))),
                None if parameter.required => faults.push(format!("header {} is missing", parameter.name)),
                None => {}
            }
        }
        for name in headers.keys().map(axum::http::HeaderName::as_str) {
            let is_known = USUAL_HEADERS.contains(&name)
                || name == "api-key"
                || parameters().any(|parameter| {
                    parameter.name.eq_ignore_ascii_case(name)
                        || parameter.prefix.as_ref().is_some_and(|prefix| name.starts_with(prefix.as_str()))
                });
            if !is_known {
                faults.push(format!("unknown header {name}"));
            }
        }
    }

    fn body_faults(&self, request: &Request<'_>, faults: &mut Vec<String>) {
        if request.body.is_empty() {
            // A file may be empty.
            if self.body_required && self.bodies.iter().all(|body| body.validator.is_some()) {
                faults.push("the body is missing".to_owned());
            }
            return;
        }
        if self.bodies.is_empty() {
            faults.push("a body where none is taken".to_owned());
            return;
        }
        let sent =
            request.headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let sent = sent.split(';').next().unwrap_or_default().trim();
        let Some(body) = self.bodies.iter().find(|body| body.media_type.eq_ignore_ascii_case(sent)) else {
            faults.push(format!("media type {sent:?} is not taken"));
            return;
        };
        if let Some(validator) = &body.validator {
            match body.value(request.body) {
                Some(value) => faults.extend(self::faults(validator, &value)),
                None => faults.push(format!("the body is no {}", body.media_type)),
            }
        }
    }

    /// What is wrong with an answer of this status, so that a fake cannot answer what the service never would.
    pub fn answer_faults(&self, status: u16, body: &Value) -> Vec<String> {
        let described = self.responses.get(&status.to_string()).or_else(|| self.responses.get("default"));
        described.map_or_else(|| vec![format!("status {status} is not described")], |one| faults(one, body))
    }

    /// The body of the example whose name contains `part`.
    pub fn example(&self, part: &str, status: u16) -> Value {
        let found = self.examples.iter().find(|(name, _)| name.contains(part));
        let (_, example) = found.unwrap_or_else(|| panic!("{} has no example {part}", self.id));
        example["responses"][status.to_string()]["body"].clone()
    }
}

/// A path segment without its percent-encoding.
fn decoded(segment: &str) -> String {
    // A query of one name decodes as a path does, but for these characters.
    let segment = segment.replace('+', "%2B").replace('=', "%3D").replace('&', "%26");
    let decoded = url::form_urlencoded::parse(segment.as_bytes()).next();
    decoded.map(|(name, _)| name.into_owned()).unwrap_or_default()
}

/// What stands before the described paths.
fn prefix(document: &Value) -> String {
    let host = document["x-ms-parameterized-host"]["hostTemplate"].as_str();
    let server = document["servers"][0]["url"].as_str();
    let after_host = |text: &str| {
        let text = text.trim_start_matches("https://");
        text.split_once('}').map(|(_, path)| path.to_owned()).unwrap_or_default()
    };
    host.or(server).map(after_host).unwrap_or_default()
}

/// The parameter whose value may hold slashes, as its pattern in `blob.json` says: the last one of its paths.
const NAME_OF_FILE: &str = "blob";

/// `/documentModels/{modelId}:analyze` as an expression with a group for each parameter.
fn path_pattern(prefix: &str, template: &str) -> Regex {
    let mut pattern = format!("^{}", regex::escape(prefix));
    let mut rest = template;
    while let Some((literal, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').expect("a closed brace");
        pattern.push_str(&regex::escape(literal));
        pattern.push_str(if name == NAME_OF_FILE { "(.+)" } else { "([^/]+)" });
        rest = after;
    }
    pattern.push_str(&regex::escape(rest));
    pattern.push('$');
    Regex::new(&pattern).expect("an expression")
}

fn bodies(documents: &Documents, operation: &Value, declared: &[Place<'_>]) -> (Vec<Body>, bool) {
    let main = documents.main();
    if let Some(content) = operation["requestBody"]["content"].as_object() {
        let body = |(media_type, described): (&String, &Value)| {
            let schema = Place { file: main.file, value: &described["schema"] };
            Body {
                media_type: media_type.clone(),
                validator: Some(validator(documents, schema, Way::Request)),
                xml: None,
            }
        };
        return (content.iter().map(body).collect(), operation["requestBody"]["required"] == true);
    }
    let Some(declared) = declared.iter().find(|place| place.value["in"] == "body") else {
        return (Vec::new(), false);
    };
    let types = operation["consumes"].as_array().or_else(|| main.value["consumes"].as_array());
    let types = types.into_iter().flatten().filter_map(Value::as_str);
    let body = |media_type: &str| {
        let schema = Place { file: declared.file, value: &declared.value["schema"] };
        let is_file = schema.value["format"] == "file";
        let is_xml = media_type.ends_with("xml");
        let validator = (!is_file && (is_xml || media_type.ends_with("json")))
            .then(|| validator(documents, schema, Way::Request));
        let xml = (is_xml && !is_file).then(|| xml_form(documents, schema));
        Body { media_type: media_type.to_owned(), validator, xml }
    };
    (types.map(body).collect(), declared.value["required"] == true)
}

/// The root element of a schema in XML, and its members that are lists.
fn xml_form(documents: &Documents, schema: Place<'_>) -> (String, Vec<String>) {
    let resolved = documents.resolve(schema).value;
    let named = schema.value["$ref"].as_str().and_then(|reference| reference.rsplit('/').next());
    let root = resolved["xml"]["name"].as_str().or(named).unwrap_or_default().to_owned();
    let properties = resolved["properties"].as_object().into_iter().flatten();
    let lists = properties.filter(|(_, property)| property["type"] == "array").map(|(name, _)| name.clone());
    (root, lists.collect())
}

/// Those that are kept.
fn examples(file: &Path, operation: &Value) -> Vec<(String, Value)> {
    let named = operation["x-ms-examples"].as_object().into_iter().flatten();
    let located = named.filter_map(|(name, value)| {
        let path: PathBuf = beside(file, value["$ref"].as_str()?);
        Some((name.clone(), path))
    });
    located.filter(|(_, path)| path.is_file()).map(|(name, path)| (name, json(&path))).collect()
}

fn responses(documents: &Documents, operation: &Value) -> HashMap<String, Validator> {
    let main = documents.main();
    let empty = Value::Object(serde_json::Map::new());
    let described = operation["responses"].as_object().into_iter().flatten();
    described
        .map(|(status, response)| {
            let schema =
                response.get("schema").or_else(|| response["content"]["application/json"].get("schema"));
            let place = Place { file: main.file, value: schema.unwrap_or(&empty) };
            (status.clone(), validator(documents, place, Way::Response))
        })
        .collect()
}
