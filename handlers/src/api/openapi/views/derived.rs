//! The schemas of what is answered, from the types that are answered.

use crate::api::executions::View as Execution;
use crate::api::queues::{Discarded, Queue, Redriven};
use schemars::generate::SchemaSettings;
use schemars::transform::{Transform, transform_subschemas};
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value};
use tenantry_operations::dead_letter::DeadLetter;
use tenantry_operations::executions::Summary;

/// Each type's schema under the type's name, with those of the types in it.
pub(super) fn schemas() -> Map<String, Value> {
    let settings = SchemaSettings::draft2020_12().for_serialize().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.transforms = vec![Box::new(AbsentIsNotNull)];
    });
    let mut generator = SchemaGenerator::new(settings);
    for of in [
        SchemaGenerator::subschema_for::<DeadLetter>,
        SchemaGenerator::subschema_for::<Discarded>,
        SchemaGenerator::subschema_for::<Execution>,
        SchemaGenerator::subschema_for::<Queue>,
        SchemaGenerator::subschema_for::<Redriven>,
        SchemaGenerator::subschema_for::<Summary>,
    ] {
        of(&mut generator);
    }
    generator.take_definitions(true)
}

/// A field that an answer may lack is there with a value or not at all: it is
/// never `null`. How Rust keeps a number is left out.
#[derive(Clone, Debug)]
struct AbsentIsNotNull;

impl Transform for AbsentIsNotNull {
    fn transform(&mut self, schema: &mut Schema) {
        let required = schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
        let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
        for (name, property) in properties.into_iter().flatten() {
            if !required.contains(&Value::from(name.as_str())) {
                never_null(property);
            }
        }
        if schema.get("format").and_then(Value::as_str).is_some_and(|format| format.contains("int")) {
            schema.remove("format");
        }
        transform_subschemas(self, schema);
    }
}

/// Takes `null` out of what a property may be.
pub(in crate::api) fn never_null(property: &mut Value) {
    if let Some([one, Value::String(null)]) = property["type"].as_array().map(Vec::as_slice)
        && null == "null"
    {
        property["type"] = one.clone();
    }
    if let Some([one, null]) = property["anyOf"].as_array().map(Vec::as_slice)
        && null["type"] == "null"
        && let (Some(one), Some(property)) = (one.as_object().cloned(), property.as_object_mut())
    {
        property.remove("anyOf");
        property.extend(one);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// A field that may be absent is not `null`; one that is always there may be.
    #[test]
    fn what_may_be_absent_is_never_null() {
        let schemas = schemas();
        let run = &schemas["StateRun"];
        assert_eq!(run["properties"]["error"]["type"], "string");
        assert_eq!(run["required"], json!(["state", "enteredAt", "attempts"]));
        assert_eq!(schemas["DeadLetter"]["properties"]["tenantId"]["type"], json!(["string", "null"]));
        assert_eq!(schemas["Execution"]["properties"]["tenantId"]["$ref"], "#/components/schemas/TenantId");
        assert!(schemas["DeadLetter"]["required"].as_array().unwrap().contains(&json!("tenantId")));
    }
}
