//! Where a machine can go: everywhere it has a state for, and to an end.

use super::{Machine, machines};
use serde_json::Value;
use std::collections::BTreeSet;
use tenantry_tests::template::list;

/// Every state can be reached, and every target is a state (or the walk ends
/// the test).
#[test]
fn every_state_is_reached() {
    for machine in machines() {
        let start = machine.definition["StartAt"].as_str().expect("a start");
        let reached = reached(&machine, [start]);
        let all = machine.states().into_iter().map(|(name, _)| name.to_owned()).collect();
        assert_eq!(reached, all, "{}", machine.name);
    }
}

/// Every state leads on, ends the execution, or is an end; none does two of
/// these.
#[test]
fn every_state_leads_somewhere() {
    for machine in machines() {
        for (name, state) in machine.states() {
            let ways = [
                state["Next"].is_string(),
                state["Default"].is_string(),
                state["End"] == true,
                matches!(state["Type"].as_str(), Some("Fail" | "Succeed")),
            ];
            let ways = ways.into_iter().filter(|way| *way).count();
            assert_eq!(ways, 1, "{}: {name}", machine.name);
        }
    }
}

/// Whatever is caught ends the execution red: an operator sees it. Only what
/// goes back to those that wait is no failure.
#[test]
fn failure_paths_end_in_fail() {
    for machine in machines() {
        let mut caught = BTreeSet::new();
        for (_, state) in machine.states() {
            caught.extend(list(&state["Catch"]).into_iter().filter_map(|catcher| catcher["Next"].as_str()));
        }
        assert!(!caught.is_empty());
        caught.remove("Defer");
        for name in reached(&machine, caught) {
            if name == "Defer" {
                continue;
            }
            let state = machine.state(&name);
            assert!(
                state["End"] != true && state["Type"] != "Succeed",
                "{}: {name} ends green",
                machine.name
            );
        }
    }
}

/// The states that follow a state, by any way.
pub(super) fn successors(state: &Value) -> Vec<&str> {
    let catchers = list(&state["Catch"]);
    let nexts = catchers.iter().map(|catcher| &catcher["Next"]).chain([&state["Next"], &state["Default"]]);
    let choices = list(&state["Choices"]);
    let choices = choices.iter().map(|choice| &choice["Next"]);
    nexts.chain(choices).filter_map(Value::as_str).collect()
}

fn reached<'a>(machine: &Machine, from: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    let mut open: Vec<String> = from.into_iter().map(str::to_owned).collect();
    let mut seen = BTreeSet::new();
    while let Some(name) = open.pop() {
        let state = machine.state(&name);
        if seen.insert(name) {
            open.extend(successors(state).into_iter().map(str::to_owned));
        }
    }
    seen
}
