//! The arithmetic of time limits: what the definitions claim in their comments
//! is what their numbers say, and everything fits into what is around it.

use super::{BUILD, Machine, flow::successors, machines};
use crate::support::control_plane;
use serde_json::Value;
use tenantry_tests::template::{list, named, of_type};
use tenantry_tests::workspace;

/// What a call takes at most that is refused, in seconds: CodeBuild answers at
/// once, and the numbers leave it a few.
const REFUSED_CALL: f64 = 5.0;

/// Every state takes at most what the machine's comment says it does.
#[test]
fn states_keep_to_what_is_claimed() {
    for machine in machines() {
        for (name, claimed) in claims(&machine) {
            let longest = longest_of(machine.state(&name));
            assert!(longest <= claimed, "{}: {name} takes up to {longest} s", machine.name);
        }
    }
}

/// The states that the comment adds up follow each other, no way takes longer,
/// and the machine's own time limit, which nothing can catch, is beyond that.
#[test]
fn the_longest_way_fits_into_the_machines_limit() {
    for machine in machines() {
        let claims = claims(&machine);
        let start = machine.definition["StartAt"].as_str().unwrap();
        assert_eq!(claims[0].0, start, "{}", machine.name);
        for pair in claims.windows(2) {
            let next = successors(machine.state(&pair[0].0));
            assert!(next.contains(&pair[1].0.as_str()), "{}: {} does not follow", machine.name, pair[1].0);
        }
        let claimed: f64 = claims.iter().map(|(_, seconds)| seconds).sum();
        let longest = longest_way(&machine, start, &[]);
        let limit = seconds(&machine.definition["TimeoutSeconds"]);
        assert!(
            longest <= claimed && claimed <= limit,
            "{}: {longest} <= {claimed} <= {limit}",
            machine.name
        );
    }
}

/// A machine ends before its operation's deadline, with ten minutes left for
/// the way from the registry to its start.
#[test]
fn machines_end_before_the_operations_deadline() {
    let source = workspace::read("handlers/src/engine/beginnings.rs");
    let (_, hours) =
        source.split_once("const DEADLINE: TimeDelta = TimeDelta::hours(").expect("the deadline");
    let hours: f64 = hours.split(')').next().and_then(|hours| hours.parse().ok()).expect("a number of hours");
    for machine in machines() {
        let limit = seconds(&machine.definition["TimeoutSeconds"]);
        assert!(limit + 600.0 <= hours * 3_600.0, "{}: {limit} s", machine.name);
    }
}

/// A task waits longer for a build than the build's project lets it queue and
/// run, so that it is CodeBuild that ends it and says why.
#[test]
fn tasks_outlast_their_builds() {
    let template = control_plane();
    let projects = of_type(&template, "AWS::CodeBuild::Project");
    for machine in machines() {
        for (name, task) in machine.tasks().into_iter().filter(|(_, task)| task["Resource"] == BUILD) {
            let project = projects[machine.substituted(&task["Arguments"]["ProjectName"])];
            let minutes = seconds(&project["QueuedTimeoutInMinutes"]) + seconds(&project["TimeoutInMinutes"]);
            let limit = seconds(&task["TimeoutSeconds"]);
            assert!(minutes * 60.0 < limit, "{}: {name}: {minutes} min", machine.name);
        }
    }
}

/// A build's script gives up before its project ends it, so that it can say
/// why.
#[test]
fn builds_outlast_their_scripts() {
    let source = workspace::read("infra/silo/silo.py");
    let template = control_plane();
    let projects = of_type(&template, "AWS::CodeBuild::Project");
    for (name, project) in
        [("PROVISION_SECONDS", "ProvisionProject"), ("DEPROVISION_SECONDS", "DeprovisionProject")]
    {
        let line = source.lines().find_map(|line| line.strip_prefix(&format!("{name} = ")));
        let minutes =
            line.and_then(|line| line.strip_suffix(" * 60")).and_then(|minutes| minutes.parse().ok());
        let minutes: f64 = minutes.unwrap_or_else(|| panic!("silo.py gives {name} in minutes"));
        assert!(minutes + 2.0 <= seconds(&projects[project]["TimeoutInMinutes"]), "{name}");
    }
}

impl Machine {
    /// The resource that a `${…}` in the definition stands for.
    pub(super) fn substituted(&self, placeholder: &Value) -> &str {
        let name = placeholder.as_str().and_then(|text| text.strip_prefix("${")?.strip_suffix('}'));
        let name = name.unwrap_or_else(|| panic!("{}: {placeholder} is no substitution", self.name));
        named(&self.resource["DefinitionSubstitutions"][name]).expect("a resource of the template")
    }
}

/// What the machine's comment says of its longest way: `(Deploy 4,500 s, …)`.
fn claims(machine: &Machine) -> Vec<(String, f64)> {
    let comment = machine.definition["Comment"].as_str().expect("a comment");
    let (_, rest) = comment.split_once('(').expect("the longest way, in brackets");
    let (claims, _) = rest.split_once(')').unwrap();
    let claim = |claim: &str| {
        let (name, seconds) =
            claim.strip_suffix(" s")?.split_once(' ').map(|(n, s)| (n, s.replace(',', "")))?;
        Some((name.to_owned(), seconds.parse().ok()?))
    };
    claims.split(", ").map(|text| claim(text).unwrap_or_else(|| panic!("not a claim: {text}"))).collect()
}

/// The longest that a state can take: its waits, and its attempts.
///
/// An attempt that ran into the time limit counts in full; it is followed by
/// another one only where `States.Timeout`, or everything, is retried. What else is retried is
/// a refused call.
fn longest_of(state: &Value) -> f64 {
    let limit = state["TimeoutSeconds"].as_f64().unwrap_or_default();
    let retriers = list(&state["Retry"]);
    let waits: f64 = retriers.iter().map(|retrier| waits(retrier)).sum();
    let attempts = retriers.iter().map(|retrier| {
        let errors = list(&retrier["ErrorEquals"]);
        let full = errors.iter().any(|error| *error == "States.Timeout" || *error == "States.ALL");
        seconds(&retrier["MaxAttempts"]) * if full { limit } else { REFUSED_CALL }
    });
    waits + attempts.sum::<f64>() + limit
}

/// The longest that a retrier waits in all: full jitter draws at most the
/// delay itself.
fn waits(retrier: &Value) -> f64 {
    let attempts = retrier["MaxAttempts"].as_i64().and_then(|attempts| i32::try_from(attempts).ok());
    let delay =
        |attempt| seconds(&retrier["IntervalSeconds"]) * seconds(&retrier["BackoffRate"]).powi(attempt);
    (0..attempts.expect("a number of attempts"))
        .map(|n| delay(n).min(seconds(&retrier["MaxDelaySeconds"])))
        .sum()
}

/// The longest way from a state to an end, in seconds.
fn longest_way(machine: &Machine, name: &str, before: &[&str]) -> f64 {
    assert!(!before.contains(&name), "{}: {name} follows itself, so no time limit holds", machine.name);
    let state = machine.state(name);
    let before = [before, &[name]].concat();
    let ways = successors(state).into_iter().map(|next| longest_way(machine, next, &before));
    longest_of(state) + ways.max_by(f64::total_cmp).unwrap_or_default()
}

fn seconds(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("not a number: {value}"))
}
