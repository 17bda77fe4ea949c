//! A state machine's definition: which errors its tasks tell apart, and which
//! way an execution goes when some of them fail.

use serde_json::Value;
use std::collections::{BTreeSet, VecDeque};
use tenantry_tests::machine;
use tenantry_tests::template::list;

/// The integration that runs a build and waits for it.
const BUILD: &str = "arn:aws:states:::codebuild:startBuild.sync";
/// The function that writes outcomes into the registry.
const RECORD: &str = "${RecordOutcomeArn}";
/// An error that no task names: what a failed job is told as.
pub(super) const UNFORESEEN: &str = "States.TaskFailed";
/// What a task that does not answer in time fails with.
pub(super) const TIMEOUT: &str = "States.Timeout";
/// What no Retry and no Catch takes in.
pub(super) const UNCATCHABLE: &str = "States.Runtime";

/// A definition in `statemachines/`, by its name.
#[derive(Clone, Debug)]
pub(super) struct Machine {
    pub(super) name: String,
    definition: Value,
}

/// A task that does not go well.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Fault {
    pub(super) state: String,
    pub(super) error: String,
    /// In how many of its first attempts; `None` is in all.
    pub(super) times: Option<u64>,
    /// Whether it is done nevertheless.
    pub(super) does: bool,
}

/// The way of an execution.
#[derive(Debug)]
pub(super) struct Walk {
    /// The states that it enters.
    pub(super) path: Vec<String>,
    /// The error that it fails with; `None` if it succeeds.
    pub(super) error: Option<String>,
    /// The payload that the registry's function was called with last, whatever
    /// came of the call: it says what was done.
    pub(super) recorded: Option<Value>,
    /// The first error that was caught.
    pub(super) first: Option<String>,
    /// The tasks whose errors were caught.
    pub(super) caught: Vec<String>,
    /// What failed, as the first catcher calls it.
    pub(super) failed: Option<String>,
}

/// Every definition there is.
pub(super) fn all() -> Vec<Machine> {
    let machine = |(name, definition): (&String, &Value)| Machine {
        name: name.clone(),
        definition: definition.clone(),
    };
    machine::definitions().iter().map(machine).collect()
}

impl Machine {
    pub(super) fn states(&self) -> Vec<&str> {
        self.definition["States"].as_object().expect("states").keys().map(String::as_str).collect()
    }

    pub(super) fn state(&self, name: &str) -> &Value {
        &self.definition["States"][name]
    }

    pub(super) fn is_build(&self, name: &str) -> bool {
        self.state(name)["Resource"] == BUILD
    }

    /// One error of each kind that the task tells apart, those that it does not
    /// try again first.
    pub(super) fn kinds(&self, name: &str) -> Vec<String> {
        let state = self.state(name);
        let named = ["Retry", "Catch"].into_iter().flat_map(|field| list(&state[field]));
        let named = named.flat_map(|clause| list(&clause["ErrorEquals"])).filter_map(Value::as_str);
        let mut seen = BTreeSet::new();
        let mut kinds: Vec<String> = Vec::new();
        for error in [UNFORESEEN].into_iter().chain(named) {
            let own = !matches!(error, "States.ALL" | TIMEOUT);
            if own && seen.insert((clause(&state["Retry"], error), clause(&state["Catch"], error))) {
                kinds.push(error.to_owned());
            }
        }
        kinds.sort_by_key(|error| self.retries(name, error));
        kinds
    }

    /// How often the task is tried again after the error.
    pub(super) fn retries(&self, name: &str, error: &str) -> u64 {
        let retriers = &self.state(name)["Retry"];
        clause(retriers, error).map_or(0, |place| retriers[place]["MaxAttempts"].as_u64().unwrap_or(3))
    }

    /// The faults that lead to the state, as few as possible.
    pub(super) fn way_to(&self, name: &str) -> Vec<Fault> {
        let start = self.definition["StartAt"].as_str().expect("a start").to_owned();
        let mut seen = BTreeSet::from([start.clone()]);
        let mut open = VecDeque::from([(start, Vec::new())]);
        while let Some((at, faults)) = open.pop_front() {
            if at == name {
                return faults;
            }
            let state = self.state(&at);
            // A choice goes its default way, unless a build had no capacity.
            let next = state["Next"].as_str().or(state["Default"].as_str());
            let success = next.map(|next| (next.to_owned(), faults.clone()));
            let caught = self.kinds(&at).into_iter().filter_map(|error| {
                let next = state["Catch"][clause(&state["Catch"], &error)?]["Next"].as_str()?.to_owned();
                let fault = Fault { state: at.clone(), error, times: None, does: false };
                Some((next, [&faults[..], &[fault]].concat()))
            });
            for (next, faults) in success.into_iter().chain(caught) {
                if seen.insert(next.clone()) {
                    open.push_back((next, faults));
                }
            }
        }
        panic!("{}: no way leads to {name}", self.name)
    }

    /// The way that an execution goes with these faults.
    pub(super) fn walk(&self, faults: &[Fault]) -> Walk {
        let mut walk = Walk {
            path: Vec::new(),
            error: None,
            recorded: None,
            first: None,
            caught: Vec::new(),
            failed: None,
        };
        let (mut at, mut last) = (self.definition["StartAt"].as_str().expect("a start"), None);
        loop {
            walk.path.push(at.to_owned());
            let state = self.state(at);
            match state["Type"].as_str().expect("a type") {
                "Task" => {}
                "Choice" => {
                    at = state["Default"].as_str().expect("a default");
                    continue;
                }
                "Fail" => {
                    let error = state["Error"].as_str().expect("an error");
                    walk.error = match error {
                        "{% $failure.Error %}" => walk.first.clone(),
                        "{% $unrecorded.Error %}" => last,
                        literal => Some(literal.to_owned()),
                    };
                    return walk;
                }
                "Succeed" => return walk,
                other => panic!("{}: {at} is a {other}: say here which way it goes", self.name),
            }
            walk.called(state);
            let fault = faults.iter().find(|fault| fault.state == at);
            let lasts = |fault: &&Fault| {
                fault.error == UNCATCHABLE
                    || fault.times.is_none_or(|times| times > self.retries(at, &fault.error))
            };
            let Some(fault) = fault.filter(lasts) else {
                match state["Next"].as_str() {
                    Some(next) => at = next,
                    None => return walk,
                }
                continue;
            };
            let catcher = clause(&state["Catch"], &fault.error).filter(|_| fault.error != UNCATCHABLE);
            let Some(catcher) = catcher else {
                walk.error = Some(fault.error.clone());
                return walk;
            };
            walk.caught.push(at.to_owned());
            walk.first.get_or_insert(fault.error.clone());
            last = Some(fault.error.clone());
            let failed = &state["Catch"][catcher]["Assign"]["failed"];
            walk.failed = walk.failed.or(failed.as_str().map(str::to_owned));
            at = state["Catch"][catcher]["Next"].as_str().expect("a catcher leads somewhere");
        }
    }
}

impl Walk {
    fn called(&mut self, state: &Value) {
        if state["Arguments"]["FunctionName"] == RECORD {
            self.recorded = Some(state["Arguments"]["Payload"].clone());
        }
    }
}

/// The first clause that takes the error in: `States.TaskFailed` is any error of
/// a task but a timeout ("Handling errors", AWS Step Functions Developer Guide).
fn clause(clauses: &Value, error: &str) -> Option<usize> {
    list(clauses).iter().position(|clause| {
        let mut names = list(&clause["ErrorEquals"]).into_iter().filter_map(Value::as_str);
        names.any(|name| name == error || name == "States.ALL" || (name == UNFORESEEN && error != TIMEOUT))
    })
}
