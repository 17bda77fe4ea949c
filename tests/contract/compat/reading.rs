//! What a schema says, in the one form that the gate compares.

use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// A schema's keywords.
pub(super) type Object = Map<String, Value>;

/// Lower limits: a higher one is tighter.
pub(super) const LOWER: [&str; 5] = ["exclusiveMinimum", "minItems", "minLength", "minProperties", "minimum"];
/// Upper limits: a lower one is tighter.
pub(super) const UPPER: [&str; 5] = ["exclusiveMaximum", "maxItems", "maxLength", "maxProperties", "maximum"];
/// Rules that are compared as a whole.
pub(super) const RULES: [&str; 4] = ["format", "multipleOf", "pattern", "uniqueItems"];
/// Lists of schemas.
pub(super) const COMBINED: [&str; 3] = ["allOf", "anyOf", "oneOf"];
/// Compared one by one.
const OWN: [&str; 7] = ["additionalProperties", "const", "enum", "items", "properties", "required", "type"];
/// What says nothing about what is valid.
const WORDS: [&str; 9] =
    ["$comment", "$defs", "$id", "$schema", "default", "deprecated", "description", "examples", "title"];
const TYPES: [&str; 7] = ["array", "boolean", "integer", "null", "number", "object", "string"];

/// Whether the gate knows what a keyword means.
pub(super) fn is_known(name: &str) -> bool {
    [&LOWER[..], &UPPER, &RULES, &COMBINED, &OWN, &WORDS].iter().any(|names| names.contains(&name))
}

/// `schema` with what its reference means, `true` as `{}`, `false` as `{"not": {}}`.
pub(super) fn resolved(root: &Value, schema: &Value) -> Object {
    let mut own = match schema {
        Value::Object(own) => own.clone(),
        Value::Bool(false) => Map::from_iter([("not".to_owned(), json!({}))]),
        _ => Object::new(),
    };
    while let Some(target) = own.remove("$ref") {
        let target = target.as_str().and_then(|target| root.pointer(target.strip_prefix('#')?)).cloned();
        let Some(Value::Object(target)) = target else { break };
        own = target.into_iter().chain(own).collect();
    }
    own
}

/// Whether nothing is valid.
pub(super) fn nothing(schema: &Object) -> bool {
    schema.get("not").is_some_and(|not| *not == json!({}) || *not == json!(true))
}

pub(super) fn types(schema: &Object) -> BTreeSet<String> {
    let named = match schema.get("type") {
        None => TYPES.iter().map(|name| (*name).to_owned()).collect(),
        Some(Value::String(name)) => BTreeSet::from([name.clone()]),
        Some(_) => texts(schema, "type"),
    };
    // Every integer is a number.
    if named.contains("number") { named.into_iter().chain(["integer".to_owned()]).collect() } else { named }
}

pub(super) fn values(schema: &Object) -> Option<Vec<Value>> {
    let few = schema.get("enum").and_then(Value::as_array).cloned();
    few.or_else(|| schema.get("const").map(|only| vec![only.clone()]))
}

pub(super) fn texts(schema: &Object, name: &str) -> BTreeSet<String> {
    let items = schema.get(name).and_then(Value::as_array).into_iter().flatten();
    items.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The fields that a schema names.
pub(super) fn properties(schema: &Object) -> Object {
    schema.get("properties").and_then(Value::as_object).cloned().unwrap_or_default()
}

/// The schema under a keyword; without one, anything is valid.
pub(super) fn schema_of(schema: &Object, name: &str) -> Value {
    schema.get(name).cloned().unwrap_or(json!(true))
}

pub(super) fn list(texts: &BTreeSet<String>) -> String {
    texts.iter().map(String::as_str).collect::<Vec<_>>().join(" or ")
}
