//! `statemachines/<machine>.asl.json`, from `statemachines/machines.yaml`.

use super::source;
use yaml_serde::{Mapping, Value};

/// The fields of machines, states, retriers and catchers in the order in which
/// they are read; others stay in the source's order, before these.
const ORDER: [&str; 27] = [
    "ErrorEquals",
    "Name",
    "Type",
    "Value",
    "Comment",
    "QueryLanguage",
    "StartAt",
    "Resource",
    "Arguments",
    "Choices",
    "Condition",
    "Default",
    "TimeoutSeconds",
    "Retry",
    "Catch",
    "IntervalSeconds",
    "BackoffRate",
    "MaxDelaySeconds",
    "MaxAttempts",
    "JitterStrategy",
    "Assign",
    "Output",
    "Error",
    "Cause",
    "Next",
    "End",
    "States",
];

/// Path and definition of every state machine of the source.
///
/// # Panics
///
/// When the source is not as its head says.
#[must_use]
pub fn definitions() -> Vec<(String, String)> {
    let source = source("statemachines/machines.yaml");
    let machines = source["Machines"].as_mapping().expect("the source has Machines");
    let definition = |(name, machine): (&Value, &Value)| {
        let name = name.as_str().expect("a machine has a name");
        let text = serde_json::to_string_pretty(&ordered(machine)).expect("a definition is JSON");
        (format!("statemachines/{name}.asl.json"), format!("{text}\n"))
    };
    machines.iter().map(definition).collect()
}

fn ordered(value: &Value) -> Value {
    match value {
        Value::Sequence(items) => items.iter().map(ordered).collect(),
        Value::Mapping(fields) => {
            let place = |key: &Value| ORDER.iter().position(|known| key.as_str() == Some(known));
            let mut fields: Vec<_> =
                fields.iter().map(|(key, value)| (key.clone(), ordered(value))).collect();
            fields.sort_by_key(|(key, _)| place(key));
            Value::Mapping(Mapping::from_iter(fields))
        }
        plain => plain.clone(),
    }
}
