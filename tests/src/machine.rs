//! The state machines, as far as functions see them: the payloads that their
//! definitions give.

use crate::workspace;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::LazyLock;

/// Read once.
static DEFINITIONS: LazyLock<BTreeMap<String, Value>> = LazyLock::new(|| {
    let files = workspace::files(&workspace::root().join("statemachines"));
    let read = |file: PathBuf| {
        let name = file.file_name()?.to_str()?.strip_suffix(".asl.json")?.to_owned();
        let definition = workspace::read(&format!("statemachines/{name}.asl.json"));
        Some((name, serde_json::from_str(&definition).expect("a definition is JSON")))
    };
    files.into_iter().filter_map(read).collect()
});

/// The definition of every state machine, by its name.
#[must_use]
pub fn definitions() -> &'static BTreeMap<String, Value> {
    &DEFINITIONS
}

/// What the definition's state sends, with `values` for its expressions.
///
/// # Panics
///
/// When there is no such machine, or no value for one of the expressions.
#[must_use]
pub fn payload(machine: &str, state: &str, values: &[(&str, Value)]) -> Value {
    render(&DEFINITIONS[machine]["States"][state]["Arguments"]["Payload"], values)
}

/// A definition's JSON with its expressions replaced.
///
/// # Panics
///
/// When there is no value for one of them.
#[must_use]
pub fn render(value: &Value, values: &[(&str, Value)]) -> Value {
    match value {
        Value::Object(fields) => {
            fields.iter().map(|(name, field)| (name.clone(), render(field, values))).collect()
        }
        Value::String(text) => match text.strip_prefix("{% ").and_then(|text| text.strip_suffix(" %}")) {
            None => value.clone(),
            Some(expression) => {
                let known = values.iter().find(|(known, _)| *known == expression);
                known.unwrap_or_else(|| panic!("no value for {expression}")).1.clone()
            }
        },
        _ => value.clone(),
    }
}

/// A build as `startBuild.sync` gives it.
#[must_use]
pub fn build(status: &str, exported: &Value) -> Value {
    json!({
        "Id": "tenantry-provision:1",
        "Arn": "arn:aws:codebuild:us-east-1:000000000000:build/tenantry-provision:1",
        "BuildStatus": status,
        "ExportedEnvironmentVariables": exported,
        "Logs": { "DeepLink": "https://logs", "GroupName": "/aws/codebuild/tenantry-provision" },
        "Phases": [
            { "PhaseType": "INSTALL", "PhaseStatus": "SUCCEEDED" },
            { "PhaseType": "BUILD", "PhaseStatus": status, "Contexts": [{ "Message": "exit status 1" }] },
        ],
    })
}
