//! The state machines, as the template deploys them.

mod errors;
mod flow;
mod input;
mod outcome;
mod schema;
mod time;
mod wiring;

use crate::support::control_plane;
use serde_json::Value;
use std::collections::BTreeSet;
use tenantry_tests::template::of_type;
use tenantry_tests::{machine, workspace};

/// The integration that runs a build and waits for it.
const BUILD: &str = "arn:aws:states:::codebuild:startBuild.sync";
/// The integration that calls a function.
const CALL: &str = "arn:aws:states:::lambda:invoke";

/// The function that invites administrators and records outcomes.
const RECORD: &str = "${RecordOutcomeArn}";

/// The function that a task calls, if it calls one.
fn function(task: &Value) -> Option<&str> {
    task["Arguments"]["FunctionName"].as_str()
}

/// A state machine: its definition, and the resource that deploys it.
struct Machine {
    /// The definition's name, such as `provision-silo`.
    name: String,
    /// The definition as text.
    source: String,
    /// The definition, parsed.
    definition: Value,
    /// The resource's properties.
    resource: Value,
}

/// A state, with its name.
type State<'a> = (&'a str, &'a Value);

impl Machine {
    fn states(&self) -> Vec<State<'_>> {
        let states = self.definition["States"].as_object().expect("states");
        states.iter().map(|(name, state)| (name.as_str(), state)).collect()
    }

    fn state(&self, name: &str) -> &Value {
        let state = &self.definition["States"][name];
        assert!(state.is_object(), "{}: there is no state {name}", self.name);
        state
    }

    fn tasks(&self) -> Vec<State<'_>> {
        self.states().into_iter().filter(|(_, state)| state["Type"] == "Task").collect()
    }
}

/// Every machine of the template.
fn machines() -> Vec<Machine> {
    let template = control_plane();
    let deployed = of_type(&template, "AWS::Serverless::StateMachine").into_values().map(|resource| {
        let uri = resource["DefinitionUri"].as_str().expect("a path");
        let source = workspace::read(uri.strip_prefix("../").expect("beside infra/"));
        let name =
            uri.rsplit('/').next().and_then(|file| file.strip_suffix(".asl.json")).expect("a definition");
        let definition = serde_json::from_str(&source).unwrap_or_else(|error| panic!("{name}: {error}"));
        Machine { name: name.to_owned(), source, definition, resource: resource.clone() }
    });
    deployed.collect()
}

/// Every definition is deployed, as a Standard workflow with a trace and a log
/// that holds no tenant's data.
#[test]
fn every_definition_is_deployed() {
    let machines = machines();
    let deployed: BTreeSet<_> = machines.iter().map(|machine| &machine.name).collect();
    assert_eq!(deployed, machine::definitions().keys().collect());
    for Machine { name, definition, resource, .. } in &machines {
        assert_eq!(definition["QueryLanguage"], "JSONata", "{name}");
        assert_eq!(resource["Type"], "STANDARD", "{name}");
        assert_eq!(resource["Logging"]["IncludeExecutionData"], false, "{name}");
        assert_eq!(resource["Tracing"]["Enabled"], true, "{name}");
    }
}
