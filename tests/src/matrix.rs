//! The fault matrix: a delivery runs once without faults, and its calls are
//! recorded; then once more for every call and every fault that it can meet,
//! each time in a fresh world. After the fault the payload is delivered again,
//! as AWS does, and everything must be as if there had been no fault.
//!
//! Nobody adds a call to it: what a function calls is what is tried.

use crate::builders::noon;
use crate::faults::{Fault, Plan, Span};
use crate::world::{Function, State, World, again, is_done};
use chrono::TimeDelta;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::future::Future;
use std::pin::Pin;

type Prepare = Box<dyn Fn(World) -> Pin<Box<dyn Future<Output = Value>>>>;

/// A delivery: what there is before, and the payload.
pub struct Scenario {
    function: Function,
    name: &'static str,
    prepare: Prepare,
}

impl Scenario {
    /// The delivery to `function` that `prepare` makes ready; it gives the
    /// payload.
    pub fn new<F: Future<Output = Value> + 'static>(
        function: Function,
        name: &'static str,
        prepare: impl Fn(World) -> F + 'static,
    ) -> Self {
        Self { function, name, prepare: Box::new(move |world| Box::pin(prepare(world))) }
    }
}

/// What was tried: by scenario and call, each fault, and what was wrong then.
#[derive(Default)]
pub struct Report {
    rows: BTreeMap<(String, usize, String), Vec<String>>,
    wrong: Vec<String>,
    /// How many cases there were.
    pub cases: usize,
}

impl Report {
    /// Fails if a case was wrong, or there were fewer than `least`.
    ///
    /// # Panics
    ///
    /// Then.
    pub fn assert_right(&self, least: usize) {
        assert!(self.wrong.is_empty(), "{self}\n{}", self.wrong.join("\n\n"));
        assert!(self.cases >= least, "{self}\nonly {} cases, not {least}", self.cases);
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut table = String::new();
        for ((scenario, place, call), faults) in &self.rows {
            writeln!(
                table,
                "{scenario:<46} {place:>2} {call:<52} {:>3}  {}",
                faults.len(),
                faults.join(", ")
            )?;
        }
        let (cases, wrong) = (self.cases, self.wrong.len());
        write!(f, "{table}{cases} cases, {wrong} wrong")
    }
}

/// Runs all cases of all `scenarios`.
pub async fn run(scenarios: &[Scenario]) -> Report {
    let mut report = Report::default();
    for scenario in scenarios {
        let name = format!("{}: {}", scenario.function, scenario.name);
        let world = World::new().await;
        let payload = (scenario.prepare)(world.clone()).await;
        world.faulty().start(Vec::new());
        let outcome = world.invoke(scenario.function, &payload, noon()).await;
        assert!(is_done(&outcome), "{name}, without a fault: {outcome:?}");
        let calls = world.faulty().calls();
        let expected = world.state().await;
        for call in calls.iter().filter(|call| call.attempt == 1) {
            let what = format!("{} {}", call.operation, call.subject);
            let row = report.rows.entry((name.clone(), call.place, what.clone())).or_default();
            for (fault, span) in Fault::of(call) {
                row.push(match span {
                    Span::Once => fault.to_string(),
                    Span::Throughout => format!("{fault} {span}"),
                });
                report.cases += 1;
                // Boxed: futures of this depth take their toll of the stack.
                let case = Box::pin(case(scenario, &expected, Plan::at(call.place, (fault, span))));
                if let Err(wrong) = case.await {
                    report
                        .wrong
                        .push(format!("{name}, call {} ({what}) {fault} {span}: {wrong}", call.place));
                }
            }
        }
    }
    report
}

async fn case(scenario: &Scenario, expected: &State, plan: Plan) -> Result<(), String> {
    let world = World::new().await;
    let payload = (scenario.prepare)(world.clone()).await;
    let function = scenario.function;
    world.faulty().start(vec![plan]);
    let first = world.faulty().run(world.invoke(function, &payload, noon())).await;
    if !world.faulty().all_met() {
        return Err("the fault was not met: the calls are not the same each time".to_owned());
    }
    world.faulty().restart().await;
    let told_of_failure = world.answers().iter().any(|answer| answer["Status"] == "FAILED");
    if first.as_ref().is_some_and(is_done)
        && !told_of_failure
        && let Some(difference) = world.state().await.differs_from(expected)
    {
        return Err(format!("it says that it is done, and {difference}"));
    }
    let payload = again(&payload, first.as_ref());
    let second = world.invoke(function, &payload, noon() + TimeDelta::minutes(1)).await;
    if !is_done(&second) {
        return Err(format!("delivered again, it is not done: {second:?}; at first: {first:?}"));
    }
    match world.state().await.differs_from(expected) {
        None => Ok(()),
        Some(difference) => Err(format!("delivered again, {difference}")),
    }
}
