//! What a machine tells `record-outcome` is what that function reads.

use super::{Machine, RECORD, machines};
use serde_json::{Value, json};
use tenantry_handlers::engine::build::{CleanUp, Payload};
use tenantry_tests::template::list;

/// Every payload, with every value that its variables can have, is readable,
/// and a success is one and a failure a failure.
#[test]
fn payloads_are_readable() {
    for machine in machines() {
        let mut outcomes = Vec::new();
        for (name, task) in
            machine.tasks().into_iter().filter(|(_, task)| super::function(task) == Some(RECORD))
        {
            for clean_up in clean_ups(&machine) {
                let payload = evaluated(&task["Arguments"]["Payload"], &clean_up);
                let read: Payload = serde_json::from_value(payload.clone())
                    .unwrap_or_else(|error| panic!("{}: {name}: {error}: {payload}", machine.name));
                outcomes.push(matches!(read, Payload::Succeeded { .. }));
            }
        }
        assert!(outcomes.contains(&true) && outcomes.contains(&false), "{}", machine.name);
    }
}

/// A machine that cleans up says what became of it: that it was done, or that
/// it failed and how.
#[test]
fn every_ending_of_a_clean_up_is_told() {
    let machine = machines().into_iter().find(|machine| machine.name == "provision-silo").unwrap();
    let told = clean_ups(&machine).into_iter().map(|value| serde_json::from_value(value).unwrap());
    let told: Vec<CleanUp> = told.collect();
    assert!(told.iter().any(|c| matches!(c, CleanUp::Succeeded)));
    assert!(told.iter().any(|c| matches!(c, CleanUp::Failed { .. })));
}

/// Every value that the machine gives its variable `cleanUp`; one that it is
/// not asked for, if it has no such variable.
fn clean_ups(machine: &Machine) -> Vec<Value> {
    let mut values = Vec::new();
    for (_, state) in machine.states() {
        let assigns =
            list(&state["Catch"]).into_iter().map(|catcher| &catcher["Assign"]).chain([&state["Assign"]]);
        values.extend(
            assigns.filter_map(|assign| assign.get("cleanUp")).map(|value| evaluated(value, &Value::Null)),
        );
    }
    if values.is_empty() { vec![Value::Null] } else { values }
}

/// The value with its expressions in the place of what they might give.
fn evaluated(value: &Value, clean_up: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| (name.clone(), evaluated(value, clean_up))).collect()
        }
        Value::String(text) if text.starts_with("{%") => match text.trim_matches(['{', '%', '}', ' ']) {
            "$cleanUp" => clean_up.clone(),
            "$states.context.Execution.Input.tenantId" => json!("0b6ad4c4-6f0c-4c1d-8a35-0d1f6c0f3a11"),
            "$states.context.Execution.Input.operationId" => json!("1-1"),
            "$revision" => json!(1),
            _ => json!("text"),
        },
        other => other.clone(),
    }
}
