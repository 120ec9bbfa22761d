//! JSON schemas in the strict subset that structured outputs accept.
//! <https://learn.microsoft.com/azure/ai-services/openai/how-to/structured-outputs>

use schemars::JsonSchema;
use serde_json::{Map, Value, json};

/// Keywords the strict subset knows; anything else (formats, bounds, defaults, titles) is refused by it and left out.
const KNOWN: [&str; 11] = [
    "$defs",
    "$ref",
    "additionalProperties",
    "anyOf",
    "const",
    "description",
    "enum",
    "items",
    "properties",
    "required",
    "type",
];

/// Every object closed, every property required, `oneOf` as `anyOf`, nothing beside a `$ref`.
pub(super) fn strict<T: JsonSchema>() -> Value {
    strictly(schemars::schema_for!(T).to_value())
}

fn strictly(schema: Value) -> Value {
    let Value::Object(mut schema) = schema else {
        // `true`: anything goes. The subset has no such schema, and none of our answers needs one.
        return json!({});
    };
    if let Some(target) = schema.remove("$ref") {
        let mut reference = Map::new();
        reference.insert("$ref".into(), target);
        if let Some(Value::Object(definitions)) = schema.remove("$defs") {
            reference.insert("$defs".into(), each(definitions));
        }
        return Value::Object(reference);
    }
    if let Some(choices) = schema.remove("oneOf") {
        schema.insert("anyOf".into(), choices);
    }
    schema.retain(|keyword, _| KNOWN.contains(&keyword.as_str()));
    for keyword in ["properties", "$defs"] {
        if let Some(Value::Object(named)) = schema.remove(keyword) {
            schema.insert(keyword.into(), each(named));
        }
    }
    if let Some(items) = schema.remove("items") {
        schema.insert("items".into(), strictly(items));
    }
    if let Some(Value::Array(choices)) = schema.remove("anyOf") {
        schema.insert("anyOf".into(), choices.into_iter().map(strictly).collect());
    }
    let names: Option<Vec<Value>> = match schema.get("properties") {
        Some(Value::Object(properties)) => Some(properties.keys().map(|name| json!(name)).collect()),
        _ => None,
    };
    if let Some(names) = names {
        schema.insert("required".into(), Value::Array(names));
        schema.insert("additionalProperties".into(), json!(false));
    }
    Value::Object(schema)
}

fn each(named: Map<String, Value>) -> Value {
    Value::Object(named.into_iter().map(|(name, schema)| (name, strictly(schema))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{requirements::Requirements, resume::ParsedResume},
        prompts::{Judgements, Ranking},
    };

    /// The rules of the subset, stated apart from the code that follows them.
    fn assert_strict(schema: &Value, at: &str) {
        let Value::Object(object) = schema else { panic!("{at} is no object") };
        assert!(!object.is_empty(), "{at} allows anything");
        for keyword in object.keys() {
            assert!(KNOWN.contains(&keyword.as_str()), "{at} uses {keyword}");
        }
        if object.contains_key("$ref") {
            assert!(object.keys().all(|keyword| keyword == "$ref" || keyword == "$defs"), "{at}");
        }
        if let Some(Value::Object(properties)) = object.get("properties") {
            assert_eq!(object["additionalProperties"], json!(false), "{at}");
            let required: Vec<&str> =
                object["required"].as_array().expect(at).iter().filter_map(Value::as_str).collect();
            assert_eq!(required, properties.keys().map(String::as_str).collect::<Vec<_>>(), "{at}");
            properties.iter().for_each(|(name, inner)| assert_strict(inner, &format!("{at}.{name}")));
        }
        if let Some(Value::Object(definitions)) = object.get("$defs") {
            definitions.iter().for_each(|(name, inner)| assert_strict(inner, &format!("{at}#{name}")));
        }
        if let Some(items) = object.get("items") {
            assert_strict(items, &format!("{at}[]"));
        }
        for choice in object.get("anyOf").and_then(Value::as_array).into_iter().flatten() {
            assert_strict(choice, &format!("{at}|"));
        }
    }

    #[test]
    fn every_answer_has_a_strict_schema() {
        for (name, schema) in [
            ("requirements", strict::<Requirements>()),
            ("resume", strict::<ParsedResume>()),
            ("judgements", strict::<Judgements>()),
            ("ranking", strict::<Ranking>()),
        ] {
            assert_eq!(schema["type"], "object", "{name}: the root is an object");
            assert_strict(&schema, name);
        }
    }

    #[test]
    fn optional_members_are_required_but_may_be_null() {
        let schema = strict::<ParsedResume>();
        assert_eq!(schema["properties"]["summary"]["type"], json!(["string", "null"]));
        assert!(schema["required"].as_array().expect("an object").contains(&json!("summary")));
    }

    #[test]
    fn no_answer_has_room_for_a_total() {
        for schema in [strict::<Judgements>(), strict::<Ranking>()] {
            let text = schema["properties"].to_string() + &schema["$defs"].to_string();
            for word in ["overall", "total", "\"rank\"", "band", "weight", "recommendation", "decision"] {
                assert!(!text.contains(word), "{word} in {text}");
            }
        }
    }
}
