//! OpenAPI 3.1 of what this process serves, from the declarations and the types' own schemas.

use super::admit::{needs_if_match, takes_idempotency_key};
use super::describe::{Answer, Presence};
use super::limits::RateClass;
use crate::function::{Access, Endpoint, Function};
use axum::http::Method;
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// The whole document.
pub fn document(functions: &[Function], version: &str, server: &str) -> Value {
    let settings = SchemaSettings::draft2020_12()
        .with(|settings| settings.definitions_path = "/components/schemas".into());
    let mut generator = settings.into_generator();
    let mut paths: Map<String, Value> = Map::new();
    let mut tags = Vec::new();
    for function in functions.iter().filter(|function| !function.endpoints.is_empty()) {
        tags.push(json!({ "name": function.name, "description": function.about }));
        for endpoint in &function.endpoints {
            // OpenAPI knows no catch-all: `{*path}` is a parameter like others there.
            let entry = paths.entry(endpoint.path.replace("{*", "{")).or_insert_with(|| json!({}));
            entry[endpoint.method.as_str().to_lowercase()] = operation(function, endpoint, &mut generator);
        }
    }
    let mut schemas = generator.take_definitions(true);
    schemas.insert("Problem".into(), problem_schema());
    keep_referenced(&mut schemas, &paths);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Talenti",
            "version": version,
            "summary": "The open, self-hostable, auditable back end for AI interviews and recruiting.",
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": server }],
        "tags": tags,
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "bearer": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT" },
            },
            "responses": {
                "Problem": {
                    "description": "A problem (RFC 9457).",
                    "content": {
                        "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } },
                        "application/json": { "schema": { "$ref": "#/components/schemas/Problem" } },
                    },
                },
            },
        },
    })
}

fn operation(function: &Function, endpoint: &Endpoint, generator: &mut SchemaGenerator) -> Value {
    let described = endpoint.operation();
    let mut parameters = Vec::new();
    let names = endpoint.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    for (index, name) in names.enumerate() {
        let schema = described
            .path
            .get(index)
            .map_or_else(|| json!({ "type": "string" }), |schema| schema(generator).into());
        let name = name.trim_start_matches('*');
        parameters.push(json!({ "name": name, "in": "path", "required": true, "schema": schema }));
    }
    if let Some(query) = described.query {
        parameters.extend(query_parameters(query(generator).into(), generator));
    }
    if let Some(presence) = described.if_match {
        parameters.push(json!({
            "name": "If-Match", "in": "header", "required": presence == Presence::Required,
            "schema": { "type": "string" }, "description": "The ETag of the version the change is meant for.",
        }));
    }
    if takes_idempotency_key(&endpoint.method, &described) {
        parameters.push(json!({
            "name": "Idempotency-Key", "in": "header", "required": false,
            "schema": { "type": "string", "minLength": 1, "maxLength": 255 },
            "description": "The same key and body within 24 h give the first answer.",
        }));
    }
    let mut responses = Map::new();
    for answer in &described.answers {
        let value = response(answer, generator);
        match responses.get_mut(&answer.status.to_string()) {
            Some(known) => merge_content(known, &value),
            None => {
                responses.insert(answer.status.to_string(), value);
            }
        }
    }
    for status in problem_statuses(endpoint) {
        responses
            .entry(status.to_string())
            .or_insert_with(|| json!({ "$ref": "#/components/responses/Problem" }));
    }
    let mut value = json!({
        "tags": [function.name],
        "operationId": operation_id(endpoint),
        "summary": endpoint.summary,
        "description": format!("Access: {}.", endpoint.access),
        "parameters": parameters,
        "responses": responses,
    });
    if let Some((media, schema)) = described.body {
        let mut schema: Value = schema(generator).into();
        if media == "application/merge-patch+json" {
            schema = without_required(schema, generator);
        }
        let content = if media == "application/merge-patch+json" {
            json!({ media: { "schema": schema.clone() }, "application/json": { "schema": schema } })
        } else {
            json!({ media: { "schema": schema } })
        };
        value["requestBody"] = json!({ "required": true, "content": content });
    }
    match endpoint.access {
        Access::Open => value["security"] = json!([{}, { "bearer": [] }]),
        Access::SignedLink => value["security"] = json!([]),
        _ => value["security"] = json!([{ "bearer": [] }]),
    }
    value
}

fn response(answer: &Answer, generator: &mut SchemaGenerator) -> Value {
    let description = match answer.status {
        200 => "Done.",
        201 => "Created.",
        202 => "Queued; follow the job.",
        204 => "Done; no content.",
        _ => "See the status.",
    };
    let mut value = json!({ "description": description });
    if let Some(media) = answer.media_type {
        let schema =
            answer.schema.map_or_else(|| json!({ "type": "string" }), |schema| schema(generator).into());
        value["content"] = json!({ media: { "schema": schema } });
    }
    let mut headers = Map::new();
    if answer.tagged {
        headers.insert("ETag".into(), json!({ "schema": { "type": "string" } }));
    }
    if answer.status == 201 {
        headers.insert("Location".into(), json!({ "schema": { "type": "string" } }));
    }
    if !headers.is_empty() {
        value["headers"] = Value::Object(headers);
    }
    value
}

fn merge_content(known: &mut Value, other: &Value) {
    if let (Some(known), Some(other)) = (known["content"].as_object_mut(), other["content"].as_object()) {
        known.extend(other.clone());
    }
}

/// Which problem statuses an endpoint can give follows from what it takes and who may call it.
fn problem_statuses(endpoint: &Endpoint) -> Vec<u16> {
    let described = endpoint.operation();
    let mut statuses = vec![400, 401, 406, 422, 500, 503];
    if !matches!(endpoint.access, Access::Open) {
        statuses.extend([403, 404]);
    }
    // What is named may be somebody else's, not there, gone, or not in the state for it.
    if endpoint.path.contains('{') || described.body.is_some() {
        statuses.extend([403, 404, 409, 410]);
    }
    // A query may name something that is not there.
    if described.query.is_some() {
        statuses.push(404);
    }
    if !matches!(endpoint.method, Method::GET | Method::HEAD) {
        statuses.extend([403, 409, 413, 502, 504]);
    }
    if described.body.is_some() {
        statuses.push(415);
    }
    if described.if_match.is_some() {
        statuses.push(412);
    }
    if needs_if_match(&described) {
        statuses.push(428);
    }
    match endpoint.rate {
        RateClass::Exempt => {}
        RateClass::SignIn => statuses.extend([423, 429]),
        RateClass::Ordinary | RateClass::Chat | RateClass::Ai | RateClass::Upload => statuses.push(429),
    }
    if matches!(endpoint.rate, RateClass::Ai | RateClass::Chat) {
        statuses.extend([502, 504]);
    }
    statuses.sort_unstable();
    statuses.dedup();
    statuses
}

/// Drops the schemas nothing points to: queries are parameters, and bodies of patches are written out.
fn keep_referenced(schemas: &mut Map<String, Value>, paths: &Map<String, Value>) {
    let mut kept = BTreeSet::new();
    // What every response `Problem` shows.
    let mut open = vec!["Problem".to_owned()];
    open.extend(paths.values().flat_map(references));
    while let Some(name) = open.pop() {
        if let Some(schema) = schemas.get(&name)
            && kept.insert(name)
        {
            open.extend(references(schema));
        }
    }
    schemas.retain(|name, _| kept.contains(name));
}

/// The names of the schemas it points to.
fn references(value: &Value) -> Vec<String> {
    match value {
        Value::Object(members) => {
            let here = members.get("$ref").and_then(Value::as_str);
            let here = here.and_then(|path| path.strip_prefix("#/components/schemas/")).map(str::to_owned);
            here.into_iter().chain(members.values().flat_map(references)).collect()
        }
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

fn resolve(schema: Value, generator: &SchemaGenerator) -> Value {
    let name = schema
        .get("$ref")
        .and_then(Value::as_str)
        .and_then(|path| path.rsplit('/').next())
        .map(str::to_owned);
    match name {
        Some(name) => generator.definitions().get(&name).cloned().unwrap_or(schema),
        None => schema,
    }
}

fn without_required(schema: Value, generator: &SchemaGenerator) -> Value {
    let mut schema = resolve(schema, generator);
    if let Some(members) = schema.as_object_mut() {
        members.remove("required");
    }
    schema
}

fn query_parameters(schema: Value, generator: &SchemaGenerator) -> Vec<Value> {
    let schema = resolve(schema, generator);
    let required: Vec<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    schema["properties"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, schema)| {
            let mut schema = schema.clone();
            drop_null(&mut schema);
            let description = schema.as_object_mut().and_then(|members| members.remove("description"));
            let mut parameter =
                json!({ "name": name, "in": "query", "required": required.contains(&name.as_str()), "schema": schema });
            if let Some(description) = description {
                parameter["description"] = description;
            }
            parameter
        })
        .collect()
}

/// An optional parameter is absent, not null.
fn drop_null(schema: &mut Value) {
    if let Some(types) = schema.get_mut("type").and_then(Value::as_array_mut) {
        types.retain(|one| one != "null");
        if let [only] = types.as_slice() {
            schema["type"] = only.clone();
        }
    }
    if let Some(any) = schema.get_mut("anyOf").and_then(Value::as_array_mut) {
        any.retain(|one| one.get("type").is_none_or(|kind| kind != "null"));
        if let [only] = any.as_slice() {
            let only = only.clone();
            let description = schema.get("description").cloned();
            *schema = only;
            if let Some(description) = description {
                schema["description"] = description;
            }
        }
    }
}

fn operation_id(endpoint: &Endpoint) -> String {
    let words = endpoint.path.trim_start_matches("/api/v1").split('/').filter(|part| !part.is_empty());
    let words: Vec<String> = words
        .map(|part| match part.strip_prefix('{') {
            Some(name) => format!("by_{}", name.trim_matches(['{', '}', '*'])),
            None => part.replace(['-', '.'], "_"),
        })
        .collect();
    // The same address with a slash at its end is an operation of its own.
    let alias = if endpoint.path.len() > 1 && endpoint.path.ends_with('/') { "_with_slash" } else { "" };
    format!("{}_{}{alias}", endpoint.method.as_str().to_lowercase(), words.join("_"))
}

fn problem_schema() -> Value {
    json!({
        "type": "object",
        "required": ["type", "title", "status", "detail", "instance", "code", "trace_id"],
        "properties": {
            "type": { "type": "string", "format": "uri" },
            "title": { "type": "string" },
            "status": { "type": "integer" },
            "detail": { "type": "string" },
            "instance": { "type": "string" },
            "code": { "type": "string" },
            "trace_id": { "type": "string" },
            "errors": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["pointer", "code", "detail"],
                    "properties": {
                        "pointer": { "type": "string" },
                        "code": { "type": "string" },
                        "detail": { "type": "string" },
                    },
                },
            },
        },
    })
}
