//! Events that a state machine or a template would emit by itself, past the
//! publisher: held to the same schemas.

use serde_json::{Value, json};
use tenantry_events::name::EventName;
use tenantry_tests::{machine, schemas, template};

/// Every entry of every `events:putEvents` task and every schedule onto a bus
/// below `value`.
fn entries(value: &Value) -> Vec<Value> {
    let own = match value {
        Value::Object(fields) => {
            let puts = fields
                .get("Resource")
                .and_then(Value::as_str)
                .is_some_and(|r| r.contains("events:putEvents"));
            let arguments = fields.get("Arguments").or_else(|| fields.get("Parameters"));
            let tasks = arguments.filter(|_| puts).and_then(|arguments| arguments["Entries"].as_array());
            let schedule = fields.get("EventBridgeParameters").map(
                |parameters| json!({ "DetailType": parameters["DetailType"], "Detail": fields.get("Input") }),
            );
            assert!(
                !puts || tasks.is_some(),
                "the entries of {value} are made at run time and cannot be checked"
            );
            tasks.cloned().into_iter().flatten().chain(schedule).collect()
        }
        _ => Vec::new(),
    };
    let below: Vec<Value> = match value {
        Value::Array(items) => items.iter().flat_map(entries).collect(),
        Value::Object(fields) => fields.values().flat_map(entries).collect(),
        _ => Vec::new(),
    };
    [own, below].concat()
}

/// What is wrong with an entry, as far as it can be told before it is sent.
fn wrong(entry: &Value) -> Vec<String> {
    let Some(Ok(name)) = entry["DetailType"].as_str().map(str::parse::<EventName>) else {
        return vec![format!("{} is no event of the catalogue", entry["DetailType"])];
    };
    let detail = match &entry["Detail"] {
        Value::String(text) => serde_json::from_str(text).unwrap_or_default(),
        detail => detail.clone(),
    };
    schemas::errors(name, &detail)
}

/// The machines and the template emit nothing that the contract does not know.
#[test]
fn what_machines_and_templates_emit_is_valid() {
    let machines = machine::definitions();
    assert!(machines.len() >= 2, "the machines are found");
    for document in machines.values().chain([&template::load("control-plane.yaml")]) {
        for entry in entries(document) {
            assert_eq!(wrong(&entry), Vec::<String>::new(), "{entry}");
        }
    }
}

/// A task that emits an event is found wherever it stands, and held to the
/// schema of the event that it names.
#[test]
fn an_event_of_a_machine_is_found_and_checked() {
    let machine = |detail: Value| {
        let put = json!({
            "Type": "Task", "Resource": "arn:aws:states:::events:putEvents",
            "Arguments": { "Entries": [{ "DetailType": "sbt_aws_provisionFailure", "Detail": detail }] }
        });
        json!({ "States": { "All": { "Type": "Parallel", "Branches": [{ "States": { "Tell": put } }] } } })
    };
    let found = |detail: Value| entries(&machine(detail)).iter().flat_map(wrong).collect::<Vec<_>>();
    let right = json!({ "tenantRegistrationId": "r", "jobOutput": { "tenantStatus": "Failed." } });
    assert_eq!(found(right.clone()), Vec::<String>::new());
    assert_eq!(found(json!(right.to_string())), Vec::<String>::new());
    assert!(found(json!({ "tenantRegistrationId": "r" }))[0].contains("jobOutput"));
}
