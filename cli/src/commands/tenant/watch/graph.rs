//! A state machine as a picture of a few lines: the way that it takes when all
//! goes well, the way after a failure, and whatever else it went through.

use serde::Deserialize;
use std::collections::HashMap;
use tenantry_operations::timeline::StateRun;

/// The states of a machine and how they follow each other.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Graph {
    start_at: String,
    states: HashMap<String, State>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct State {
    r#type: String,
    next: Option<String>,
    default: Option<String>,
    #[serde(default)]
    catch: Vec<Catcher>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Catcher {
    error_equals: Vec<String>,
    next: String,
}

/// What became of a state.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Lit {
    /// Not entered.
    Not,
    /// The execution is in it.
    Now,
    /// It was left without an error.
    Done,
    /// It ended in an error, or is where the execution failed.
    Failed,
}

/// A state in the picture.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Node {
    pub(super) name: String,
    pub(super) lit: Lit,
}

impl State {
    /// A state that only says which way to go: it does nothing that one would watch.
    fn is_choice(&self) -> bool {
        self.r#type == "Choice"
    }
}

impl Graph {
    /// Reads a definition in Amazon States Language.
    pub(super) fn read(definition: &str) -> Option<Self> {
        serde_json::from_str(definition).ok()
    }

    /// The rows of the picture, for what the execution went through.
    pub(super) fn rows(&self, runs: &[StateRun], is_running: bool) -> Vec<Vec<Node>> {
        let mut rows = vec![self.way(&self.start_at)];
        let failure = self.states.get(&self.start_at).and_then(|state| {
            state.catch.iter().find(|catch| catch.error_equals.iter().any(|error| error == "States.ALL"))
        });
        rows.extend(failure.map(|catch| self.way(&catch.next)));
        for run in runs {
            let is_choice = self.states.get(&run.state).is_some_and(State::is_choice);
            if !is_choice && !rows.iter().flatten().any(|name| *name == run.state) {
                rows.push(vec![run.state.clone()]);
            }
        }
        let node = |name: String| Node { lit: self.lit(&name, runs, is_running), name };
        rows.into_iter().map(|row| row.into_iter().map(node).collect()).collect()
    }

    /// The states from `first` on, each once, without the choices on the way.
    fn way(&self, first: &str) -> Vec<String> {
        let mut way: Vec<String> = Vec::new();
        let mut next = Some(first.to_owned());
        while let Some(name) = next.filter(|name| !way.contains(name)) {
            let state = self.states.get(&name);
            next = state.and_then(|state| state.next.clone().or(state.default.clone()));
            if !state.is_some_and(State::is_choice) {
                way.push(name);
            }
        }
        way
    }

    fn lit(&self, name: &str, runs: &[StateRun], is_running: bool) -> Lit {
        let Some(place) = runs.iter().rposition(|run| run.state == name) else { return Lit::Not };
        let (run, is_last) = (&runs[place], place + 1 == runs.len());
        let is_fail = self.states.get(name).is_some_and(|state| state.r#type == "Fail");
        // A retried task has an error and is left all the same; a caught one
        // is followed by what it did not name as next.
        let next = self.states.get(name).and_then(|state| state.next.as_deref());
        let is_caught = runs.get(place + 1).is_some_and(|after| Some(after.state.as_str()) != next);
        match (is_last, is_running, is_fail) {
            (true, true, _) => Lit::Now,
            (_, _, true) => Lit::Failed,
            (true, false, false) if run.exited_at.is_none() => Lit::Failed,
            _ if is_caught => Lit::Failed,
            _ => Lit::Done,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    const PROVISION: &str = include_str!("../../../../../statemachines/provision-silo.asl.json");

    fn run(state: &str, exited: bool) -> StateRun {
        let entered_at = DateTime::UNIX_EPOCH;
        let exited_at = exited.then_some(entered_at);
        StateRun {
            state: state.to_owned(),
            entered_at,
            exited_at,
            milliseconds: None,
            attempts: 1,
            error: None,
        }
    }

    /// The picture as text: `-` not entered, `>` now, `+` done, `!` failed.
    fn picture(runs: &[StateRun], is_running: bool) -> Vec<String> {
        let mark = |lit| match lit {
            Lit::Not => '-',
            Lit::Now => '>',
            Lit::Done => '+',
            Lit::Failed => '!',
        };
        let rows = Graph::read(PROVISION).unwrap_or_default().rows(runs, is_running);
        let text = |node: &Node| format!("{}{}", mark(node.lit), node.name);
        rows.iter().map(|row| row.iter().map(text).collect::<Vec<_>>().join(" ")).collect()
    }

    #[test]
    fn the_state_that_it_is_in_is_lit() {
        let rows = picture(&[run("Deploy", false)], true);
        assert_eq!(rows, [">Deploy -Record", "-CleanUp -RecordFailure -ProvisionFailed"]);
    }

    #[test]
    fn a_failure_is_seen_where_it_was() {
        let runs = [
            run("Deploy", true),
            run("CleanUp", true),
            run("RecordFailure", true),
            run("ProvisionFailed", false),
        ];
        let rows = picture(&runs, false);
        assert_eq!(rows, ["!Deploy -Record", "+CleanUp +RecordFailure !ProvisionFailed"]);
    }

    #[test]
    fn what_is_on_neither_way_has_a_row_of_its_own() {
        let rows = picture(&[run("Deploy", true), run("Defer", true)], false);
        assert_eq!(rows[2], "+Defer");
    }

    #[test]
    fn an_execution_that_was_aborted_failed_where_it_was() {
        assert_eq!(picture(&[run("Deploy", false)], false)[0], "!Deploy -Record");
    }
}
