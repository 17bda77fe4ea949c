//! The fault matrix: a delivery runs once without faults, and its calls are
//! recorded; then once more for every call and every fault that it can meet,
//! each time in a fresh world. After the fault the payload is delivered again,
//! as AWS does, and everything must be as if there had been no fault.
//!
//! Then with two faults: one at a call, and another one at a later call, of the
//! same delivery or of the next one. Those that can follow are found in the same
//! way, by recording what is called after the first.
//!
//! Nobody adds a call to it: what a function calls is what is tried.

mod tally;

pub use tally::Tally;

use crate::builders::noon;
use crate::faults::{Call, Fault, Plan, Span};
use crate::invariants::broken;
use crate::world::{Function, State, World, again, is_done};
use chrono::TimeDelta;
use serde_json::Value;
use std::fmt;
use std::future::Future;
use std::pin::Pin;

/// How long after a delivery the next one comes: sooner than the sweeper thinks
/// that an event is lost, which is another story.
const AGAIN: TimeDelta = TimeDelta::seconds(20);

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

    /// The function that it is delivered to.
    #[must_use]
    pub fn function(&self) -> Function {
        self.function
    }
}

/// What came of the cases.
#[derive(Default)]
pub struct Report {
    /// What was tried.
    pub tally: Tally,
    wrong: Vec<String>,
}

impl Report {
    /// Fails if a case was wrong, or there were fewer than `least` with a
    /// single fault.
    ///
    /// # Panics
    ///
    /// Then.
    pub fn assert_right(&self, least: usize) {
        let wrong = self.wrong.join("\n\n");
        assert!(self.wrong.is_empty(), "{}\n{} cases are wrong:\n{wrong}", self.tally, self.wrong.len());
        assert!(self.tally.singles >= least, "{}\nfewer than {least}", self.tally);
    }
}

/// A fault of a call in its place.
#[derive(Clone)]
struct Strike {
    call: Call,
    fault: Fault,
    span: Span,
}

impl Strike {
    /// Everything that can happen to each of `calls`, in the order of the calls.
    fn all(calls: &[Call]) -> Vec<Self> {
        let first = calls.iter().filter(|call| call.attempt == 1);
        let each = first.flat_map(|call| {
            Fault::of(call).into_iter().map(|(fault, span)| Self { call: call.clone(), fault, span })
        });
        each.collect()
    }

    fn plan(&self) -> Plan {
        Plan::at(self.call.place, (self.fault, self.span))
    }
}

impl fmt::Display for Strike {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Call { place, operation, subject, .. } = &self.call;
        write!(f, "call {place} ({operation} {subject}) {} {}", self.fault, self.span)
    }
}

/// How many pairs of a scenario are tried, unless `TENANTRY_FAULTS=all`.
const SAMPLE: usize = 12;

/// Runs all cases with a single fault of all `scenarios`, and pairs of faults.
pub async fn run(scenarios: &[Scenario]) -> Report {
    let mut report = Report::default();
    for scenario in scenarios {
        // Boxed: futures of this depth take their toll of the stack.
        Box::pin(singles_and_pairs(scenario, &mut report)).await;
    }
    report
}

async fn singles_and_pairs(scenario: &Scenario, report: &mut Report) {
    let name = format!("{}: {}", scenario.function, scenario.name);
    let world = World::new().await;
    let payload = (scenario.prepare)(world.clone()).await;
    world.faulty().start(Vec::new());
    let outcome = world.invoke(scenario.function, &payload, noon()).await;
    assert!(is_done(&outcome), "{name}, without a fault: {outcome:?}");
    let expected = world.look().await.0;
    let firsts = Strike::all(&world.faulty().calls());
    for first in &firsts {
        report.tally.single(scenario.function, first);
        if let Err(wrong) = Box::pin(case(scenario, &expected, &[vec![first.plan()]])).await {
            report.wrong.push(format!("{name}, {first}: {wrong}"));
        }
    }
    let all = std::env::var("TENANTRY_FAULTS").is_ok_and(|size| size == "all");
    let tried = if all { firsts.len() } else { SAMPLE.min(firsts.len()) };
    for number in 0..tried {
        // Spread over all of them, always the same ones.
        let first = &firsts[number * firsts.len() / tried];
        let (here, later) = Box::pin(after(scenario, first)).await;
        let seconds = here.into_iter().map(|second| (second, true));
        let seconds: Vec<_> = seconds.chain(later.into_iter().map(|second| (second, false))).collect();
        let chosen = match all {
            true => seconds.as_slice(),
            false if seconds.is_empty() => &[],
            false => std::slice::from_ref(&seconds[number * 7_919 % seconds.len()]),
        };
        for (second, together) in chosen {
            report.tally.pair(scenario.function, first, second);
            let deliveries = match together {
                true => vec![vec![first.plan(), second.plan()]],
                false => vec![vec![first.plan()], vec![second.plan()]],
            };
            if let Err(wrong) = Box::pin(case(scenario, &expected, &deliveries)).await {
                report.wrong.push(format!("{name}, {first}, then {second}: {wrong}"));
            }
        }
    }
}

/// What else can happen after `first`: in the same delivery, and when the
/// payload is delivered again.
async fn after(scenario: &Scenario, first: &Strike) -> (Vec<Strike>, Vec<Strike>) {
    let world = World::new().await;
    let payload = (scenario.prepare)(world.clone()).await;
    world.faulty().start(vec![first.plan()]);
    let ended = world.faulty().run(world.invoke(scenario.function, &payload, noon())).await;
    world.faulty().restart().await;
    let calls = world.faulty().calls();
    let in_first = calls.len();
    let payload = again(&payload, ended.as_ref());
    drop(world.invoke(scenario.function, &payload, noon() + AGAIN).await);
    let all = world.faulty().calls();
    let here: Vec<_> = calls.into_iter().filter(|call| call.place > first.call.place).collect();
    (Strike::all(&here), Strike::all(&all[in_first..]))
}

/// The faults of each delivery happen, one after the other; then the payload is
/// delivered once more, and everything must be as if there had been none.
async fn case(scenario: &Scenario, expected: &State, deliveries: &[Vec<Plan>]) -> Result<(), String> {
    let world = World::new().await;
    let mut payload = (scenario.prepare)(world.clone()).await;
    let function = scenario.function;
    let mut now = noon();
    let mut ends = Vec::new();
    world.faulty().start(Vec::new());
    for plans in deliveries {
        world.faulty().plan(plans.clone());
        let end = world.faulty().run(world.invoke(function, &payload, now)).await;
        if !world.faulty().all_met() {
            return Err("the fault was not met: the calls are not the same each time".to_owned());
        }
        world.faulty().restart().await;
        let told_of_failure = world.answers().iter().any(|answer| answer["Status"] == "FAILED");
        if end.as_ref().is_some_and(is_done)
            && !told_of_failure
            && let Some(difference) = world.look().await.0.differs_from(expected)
        {
            return Err(format!("it says that it is done, and {difference}"));
        }
        payload = again(&payload, end.as_ref());
        now += AGAIN;
        ends.push(end);
    }
    let last = world.invoke(function, &payload, now).await;
    if !is_done(&last) {
        return Err(format!("delivered again, it is not done: {last:?}; before: {ends:?}"));
    }
    let (state, picture) = world.look().await;
    if let Some(difference) = state.differs_from(expected) {
        return Err(format!("delivered again, {difference}"));
    }
    let wrong = broken(&picture);
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
}
