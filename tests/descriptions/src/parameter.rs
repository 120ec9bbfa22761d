//! Parameters in paths, queries and headers.

use crate::document::{Documents, Place};
use crate::schema::{Way, validator};
use jsonschema::Validator;
use serde_json::{Map, Value};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum In {
    Path,
    Query,
    Header,
}

pub(crate) struct Parameter {
    pub(crate) name: String,
    pub(crate) place: In,
    pub(crate) required: bool,
    /// Headers that begin so belong to it, such as `x-ms-meta-`.
    pub(crate) prefix: Option<String>,
    kind: String,
    validator: Validator,
}

impl Parameter {
    /// `None` for bodies and forms.
    pub(crate) fn read(documents: &Documents, place: Place<'_>) -> Option<Self> {
        let place = documents.resolve(place);
        let text = |name: &str| place.value[name].as_str().map(str::to_owned);
        let at = match place.value["in"].as_str()? {
            "path" => In::Path,
            "query" => In::Query,
            "header" => In::Header,
            _ => return None,
        };
        // OpenAPI keeps the schema apart, Swagger 2.0 has its keywords among the parameter's own.
        let own: Value;
        let schema = match place.value.get("schema") {
            Some(schema) => documents.resolve(Place { file: place.file, value: schema }),
            None => {
                let keywords = place.value.as_object()?.iter().filter(|(name, _)| {
                    !matches!(
                        name.as_str(),
                        "name" | "in" | "required" | "collectionFormat" | "allowEmptyValue"
                    )
                });
                own =
                    keywords.map(|(name, value)| (name.clone(), value.clone())).collect::<Map<_, _>>().into();
                Place { file: place.file, value: &own }
            }
        };
        Some(Self {
            name: text("name")?,
            place: at,
            required: place.value["required"] == true,
            prefix: text("x-ms-header-collection-prefix"),
            kind: schema.value["type"].as_str().unwrap_or("string").to_owned(),
            validator: validator(documents, schema, Way::Request),
        })
    }

    /// What is wrong with a value as it was sent.
    pub(crate) fn fault(&self, text: &str) -> Option<String> {
        if self.prefix.is_some() {
            return None;
        }
        let string = || Value::String(text.to_owned());
        let value = match self.kind.as_str() {
            "integer" => text.parse::<i64>().map_or_else(|_| string(), Value::from),
            "number" => text.parse::<f64>().map_or_else(|_| string(), Value::from),
            "boolean" => text.parse::<bool>().map_or_else(|_| string(), Value::from),
            "array" => text.split(',').map(Value::from).collect(),
            _ => string(),
        };
        let fault = self.validator.iter_errors(&value).next()?;
        Some(format!("{:?} parameter {}: {}", self.place, self.name, fault.masked()).to_lowercase())
    }
}
