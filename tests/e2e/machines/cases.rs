//! What can happen at each task of a machine, read off its definition.

use super::definition::{Fault, Machine, TIMEOUT, UNCATCHABLE, UNFORESEEN};
use serde_json::{Value, json};

/// The time limit of a task that does not answer, in seconds.
const LIMIT: f64 = 0.5;

/// One execution that does not go as it should.
#[derive(Clone, Debug)]
pub(super) struct Case {
    /// The state that is to fail.
    pub(super) state: String,
    /// What happens to it, for the report.
    pub(super) what: String,
    /// All that happens: the way to the state, and what happens there.
    pub(super) faults: Vec<Fault>,
}

/// Every case of the machine's tasks.
pub(super) fn of(machine: &Machine) -> Vec<Case> {
    let tasks = machine.states().into_iter().filter(|name| machine.state(name)["Type"] == "Task");
    tasks.flat_map(|state| of_task(machine, state)).collect()
}

fn of_task(machine: &Machine, state: &str) -> Vec<Case> {
    let fault =
        |error: &str, times, does| Fault { state: state.to_owned(), error: error.to_owned(), times, does };
    let (kinds, is_build) = (machine.kinds(state), machine.is_build(state));
    let way = machine.way_to(state);
    let mut all = Vec::new();
    for error in &kinds {
        // A refusal does nothing; a job that failed has done its work, but not one that clears up after another.
        let does = is_build && error == UNFORESEEN && way.is_empty();
        all.push((format!("fails: {error}"), fault(error, None, does)));
    }
    if let Some(passing) = kinds.iter().find(|error| machine.retries(state, error) > 0) {
        all.push((format!("is repeated: done, but {passing}"), fault(passing, Some(1), true)));
        if is_build {
            all.push((format!("is refused once: {passing}"), fault(passing, Some(1), false)));
        } else {
            all.push((format!("is repeated in vain: done, but {passing}"), fault(passing, None, true)));
        }
    }
    all.push((format!("never answers: {TIMEOUT}"), fault(TIMEOUT, None, false)));
    if machine.retries(state, TIMEOUT) > 0 {
        all.push((format!("does not answer once: {TIMEOUT}"), fault(TIMEOUT, Some(1), false)));
    }
    all.push((format!("ends it all: {UNCATCHABLE}"), fault(UNCATCHABLE, None, false)));
    let case = |(what, at_it): (String, Fault)| {
        let mut faults = way.clone();
        for before in &mut faults {
            // A clean-up that fails leaves something only if there is something.
            let matters = at_it.error == UNFORESEEN || at_it.does;
            before.does = matters && is_build && machine.is_build(&before.state);
        }
        faults.push(at_it);
        Case { state: state.to_owned(), what, faults }
    };
    all.into_iter().map(case).collect()
}

impl Case {
    /// The plan for `tests/cloud/machine_faults.py`.
    pub(super) fn plan(&self, machine: &Machine) -> Value {
        let fault = |fault: &Fault| {
            let mut plan =
                json!({ "state": fault.state, "error": fault.error, "cause": cause(&fault.state) });
            if let Some(times) = fault.times {
                plan["times"] = json!(times);
            }
            if fault.error == TIMEOUT {
                plan["hangs"] = json!(LIMIT);
            }
            if fault.does {
                // A start whose answer is lost: the repetition finds the build that it began.
                let lost = machine.is_build(&fault.state) && fault.times.is_some();
                plan["does"] = if lost { json!("started") } else { json!(true) };
            }
            plan
        };
        json!({ "faults": self.faults.iter().map(fault).collect::<Vec<_>>() })
    }
}

/// What a task says that fails on purpose.
pub(super) fn cause(state: &str) -> String {
    format!("{state} fails, as this test wants")
}
