//! What a publisher sends beyond the contract's fields: kept, within limits,
//! and never in place of a field that the control plane owns.

use crate::text::{is_hidden, no_hidden, shorten};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use std::borrow::Cow;

/// The most attributes that a tenant has.
pub const MAX_COUNT: usize = 50;
/// The most characters of an attribute's name.
pub const MAX_NAME: usize = 100;
/// The most bytes of all attributes, as JSON.
pub const MAX_BYTES: usize = 16 * 1_024;
/// How deep an attribute's value may be nested.
pub const MAX_DEPTH: usize = 8;

/// Names by which a publisher evidently means a field of the control plane:
/// refused, so that nobody believes to have set it. Nothing rests on this list:
/// attributes stay under `attributes` wherever they are shown or sent, whatever
/// they are called.
pub const OWNED: &[&str] = &[
    "attempt",
    "attention",
    "createdAt",
    "deadline",
    "desired",
    "failure",
    "generation",
    "isolation",
    "lastOperation",
    "listing",
    "nameKey",
    "onboardedBy",
    "openOperation",
    "operation",
    "outputs",
    "provisioner",
    "record",
    "release",
    "request",
    "status",
    "updatedAt",
    "version",
];

/// Attributes within their limits.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Attributes(Map<String, Value>);

/// Which limit attributes broke.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum AttributesError {
    /// A field that the control plane owns.
    #[error("`{0}` is set by the control plane and must not be sent")]
    Owned(String),
    /// Too many.
    #[error("there must be at most {MAX_COUNT} fields beyond the contract's, there were {0}")]
    TooMany(usize),
    /// A name that is too long, or none; a field's within another's is called
    /// with the outer one's.
    #[error("`{0}`: a field's name must be 1 to {MAX_NAME} characters long")]
    Name(String),
    /// A name with a character that nobody can see.
    #[error("`{0}`: a field's name must not contain control or invisible characters")]
    HiddenName(String),
    /// Too much in all.
    #[error("all fields beyond the contract's must be at most {MAX_BYTES} bytes as JSON, were {0}")]
    TooLarge(usize),
    /// Too deep.
    #[error("`{0}` must be nested at most {MAX_DEPTH} deep")]
    TooDeep(String),
}

impl TryFrom<Map<String, Value>> for Attributes {
    type Error = AttributesError;

    fn try_from(map: Map<String, Value>) -> Result<Self, AttributesError> {
        let short = |name: &str| shorten(name, 80);
        if let Some(owned) = map.keys().find(|name| OWNED.contains(&name.as_str())) {
            return Err(AttributesError::Owned(owned.clone()));
        }
        if map.len() > MAX_COUNT {
            return Err(AttributesError::TooMany(map.len()));
        }
        if let Some((name, _)) = map.iter().find(|(_, value)| depth(value) > MAX_DEPTH) {
            return Err(AttributesError::TooDeep(short(name)));
        }
        check_names(&map, "")?;
        let bytes = serde_json::to_vec(&map).map_or(usize::MAX, |json| json.len());
        if bytes > MAX_BYTES { Err(AttributesError::TooLarge(bytes)) } else { Ok(Self(map)) }
    }
}

impl From<Attributes> for Map<String, Value> {
    fn from(attributes: Attributes) -> Self {
        attributes.0
    }
}

impl<'de> Deserialize<'de> for Attributes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Map::deserialize(deserializer)?.try_into().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Attributes {
    fn schema_name() -> Cow<'static, str> {
        "Attributes".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let owned: Map<String, Value> = OWNED.iter().map(|name| ((*name).to_owned(), false.into())).collect();
        json_schema!({
            "type": "object",
            "properties": owned,
            "propertyNames": { "minLength": 1, "maxLength": MAX_NAME, "pattern": no_hidden() },
            "additionalProperties": true
        })
    }
}

/// Names at any depth: DynamoDB takes no empty one there either ("Naming rules
/// and data types", Amazon DynamoDB Developer Guide).
pub(crate) fn check_names(fields: &Map<String, Value>, outer: &str) -> Result<(), AttributesError> {
    for (name, value) in fields {
        let path = || shorten(&format!("{outer}{name}"), 80);
        if name.is_empty() || name.chars().count() > MAX_NAME {
            return Err(AttributesError::Name(path()));
        }
        if name.chars().any(is_hidden) {
            return Err(AttributesError::HiddenName(path()));
        }
        check_value(value, &format!("{outer}{name}."))?;
    }
    Ok(())
}

fn check_value(value: &Value, outer: &str) -> Result<(), AttributesError> {
    match value {
        Value::Object(fields) => check_names(fields, outer),
        Value::Array(items) => items.iter().try_for_each(|item| check_value(item, outer)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
    }
}

/// How deep a value is nested: 0 for a text, 1 for a list of texts.
fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or_default(),
        Value::Object(fields) => 1 + fields.values().map(depth).max().unwrap_or_default(),
        _ => 0,
    }
}
