//! The check every error body has to pass.

use super::answer::Answer;
use serde_json::Value;
use shared::error::Code;
use std::sync::LazyLock;

/// The schema in the appendix of RFC 9457, unfolded.
const SCHEMA: &str = include_str!("../../fixtures/schemas/rfc9457.json");

static VALIDATOR: LazyLock<jsonschema::Validator> = LazyLock::new(|| {
    let schema: Value = serde_json::from_str(SCHEMA).expect("the fixture is JSON");
    jsonschema::draft202012::options()
        .should_validate_formats(true)
        .build(&schema)
        .expect("the fixture is a schema")
});

/// The problem in an answer, or what is wrong with it.
pub(crate) fn check(answer: &Answer) -> Result<Value, String> {
    let media = answer.header("content-type").unwrap_or("none");
    if media != "application/problem+json" {
        return Err(format!("its media type is {media}"));
    }
    let problem: Value = serde_json::from_slice(&answer.body).map_err(|error| error.to_string())?;
    if let Err(error) = VALIDATOR.validate(&problem) {
        return Err(format!("{error} at {}", error.instance_path()));
    }
    for member in ["type", "title", "detail", "instance", "code", "trace_id"] {
        if problem[member].as_str().is_none_or(str::is_empty) {
            return Err(format!("member {member} is missing or empty"));
        }
    }
    if problem["status"] != answer.status.as_u16() {
        return Err(format!("its status member is {}", problem["status"]));
    }
    let code = problem["code"].as_str().unwrap_or_default();
    match Code::ALL.iter().find(|known| known.as_str() == code) {
        None => return Err(format!("code {code} is in no table")),
        Some(known) if known.status() != answer.status.as_u16() => {
            return Err(format!("code {code} belongs to {}", known.status()));
        }
        Some(_) => {}
    }
    let path = answer.path.split('?').next().unwrap_or_default();
    if problem["instance"] != path {
        return Err(format!("instance {} is not the path asked for", problem["instance"]));
    }
    for entry in problem["errors"].as_array().into_iter().flatten() {
        for member in ["pointer", "code", "detail"] {
            if !entry[member].is_string() {
                return Err(format!("an entry of errors has no {member}"));
            }
        }
    }
    Ok(problem)
}
