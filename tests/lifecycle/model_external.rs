//! A tenant of an external application plane, model-checked: the real `decide` and
//! `next_step`, with a plane that says anything at any time, in every order, or
//! nothing at all.

use crate::model::most;
use crate::model_world::{Record, is_settled};
use stateright::{Checker, Expectation, Model, Property};
use tenantry_registry::lifecycle::{
    Capacity, Change, Decision, Fence, Input, Onboard, OutcomeResult, Step, decide, next_step,
};
use tenantry_registry::tenant::{OperationKind as Kind, Status, Tenant};
use tenantry_tests::builders::{
    begin, cancel, failure, foreign, noon, offboarding, onboard, outcome, request, success, unclean,
};

const KINDS: [Kind; 4] = [Kind::Provision, Kind::Suspend, Kind::Resume, Kind::Deprovision];
const REQUESTS: [&str; 6] = ["onboard", "suspend", "resume", "retry", "cancel", "offboard"];

#[derive(Clone, Copy, Debug)]
struct Lifecycle {
    /// How often each request is delivered, at the most.
    deliveries: [u8; REQUESTS.len()],
    /// How often the plane says something, asked or not.
    answers: u8,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Act {
    Deliver(usize),
    Begin,
    /// The plane says that a job of this kind succeeded, or did not.
    Answer(Kind, bool),
    /// The deadline is over.
    GiveUp,
    /// What nobody wants any more is stopped.
    Stop,
}

#[derive(Clone, Debug, Eq, Hash, PartialEq)]
struct World {
    tenant: Option<Record>,
    left: [u8; REQUESTS.len()],
    answers: u8,
    /// Whether an answer has ended an operation before it began.
    early: bool,
    broken: Option<&'static str>,
}

impl World {
    fn tenant(&self) -> Option<&Tenant> {
        self.tenant.as_ref().map(|record| &record.0)
    }

    /// What a writer does: decide, and write what was decided.
    fn apply(&mut self, act: Act, input: &Input) {
        let before = self.tenant().cloned();
        let decision = decide(before.as_ref(), input, noon());
        let Some(change) = decision.change() else { return };
        let noted = matches!(decision, Decision::Noted(..));
        self.broken = self.broken.or_else(|| broken(before.as_ref(), change, act, noted));
        let waits = before.as_ref().is_some_and(|before| before.operation.is_none());
        self.early |= matches!(act, Act::Answer(..)) && waits;
        self.tenant = Some(Record(change.tenant.clone()));
    }
}

/// Which promise the change breaks.
fn broken(before: Option<&Tenant>, change: &Change, act: Act, noted: bool) -> Option<&'static str> {
    let after = &change.tenant;
    let wish = matches!(act, Act::Deliver(r) if REQUESTS[r] != "cancel") && !noted;
    let open = before.map_or(0, |before| before.open_requests.len());
    let ended = change.operation.as_ref().filter(|operation| operation.ended_at.is_some());
    let promises = [
        (
            open + usize::from(wish) == after.open_requests.len() + change.answers.len(),
            "a request is forgotten, or answered twice",
        ),
        (
            before.is_none_or(|before| {
                after.version == before.version + 1
                    && after.generation >= before.generation
                    && before.status != Status::Deprovisioned
            }),
            "a version or a generation does not grow, or a tombstone changed",
        ),
        (change.capacity == Capacity::Keep, "capacity is taken"),
        (
            change.operation.as_ref().is_none_or(|operation| after.plan.supports(operation.kind))
                && !after.due.is_some_and(|due| due.clean_up),
            "nobody carries an operation out",
        ),
        (
            !matches!(act, Act::Answer(kind, _) if ended.is_none_or(|ended| ended.kind != kind)),
            "an answer ends what it is not of",
        ),
        (
            !matches!(act, Act::Answer(_, succeeded)
                if ended.is_some_and(|ended| ended.failure.is_none() != succeeded)),
            "an answer is turned round",
        ),
    ];
    promises.into_iter().find(|(kept, _)| !kept).map(|(_, what)| what)
}

impl Model for Lifecycle {
    type State = World;
    type Action = Act;

    fn init_states(&self) -> Vec<World> {
        let (left, answers) = (self.deliveries, self.answers);
        vec![World { tenant: None, left, answers, early: false, broken: None }]
    }

    fn actions(&self, world: &World, acts: &mut Vec<Act>) {
        acts.extend((0..REQUESTS.len()).filter(|r| world.left[*r] > 0).map(Act::Deliver));
        if world.answers > 0 {
            acts.extend(
                KINDS.into_iter().flat_map(|kind| [Act::Answer(kind, true), Act::Answer(kind, false)]),
            );
        }
        match world.tenant().map(next_step) {
            Some(Step::Begin { .. }) => acts.push(Act::Begin),
            Some(Step::Run(_)) => acts.push(Act::GiveUp),
            Some(Step::Stop(_)) => acts.push(Act::Stop),
            Some(Step::Rest) | None => {}
        }
    }

    fn next_state(&self, world: &World, act: Act) -> Option<World> {
        let mut next = world.clone();
        let tenant = world.tenant();
        let open = || tenant.and_then(|tenant| tenant.operation.as_ref()).expect("an operation runs").id;
        let input = match act {
            Act::Deliver(r) => {
                next.left[r] -= 1;
                asked(r)
            }
            Act::Begin => begin(tenant.expect("a tenant")),
            Act::Answer(kind, succeeded) => {
                next.answers -= 1;
                outcome(Fence::External(kind), if succeeded { success() } else { failure() })
            }
            Act::GiveUp => outcome(Fence::Operation(open()), unclean_without_words()),
            Act::Stop => outcome(Fence::Operation(open()), OutcomeResult::Cancelled),
        };
        next.apply(act, &input);
        (next != *world).then_some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("no step breaks a promise", |_, world: &World| world.broken.is_none()),
            Property::always("everything ends as wished or explained", |model: &Self, world: &World| {
                let mut acts = Vec::new();
                model.actions(world, &mut acts);
                // What it says when nobody asks any more changes nothing that must be.
                acts.iter().any(|act| !matches!(act, Act::Answer(..)))
                    || world.tenant().is_none_or(is_settled)
            }),
            Property::sometimes("it is suspended", |_, world: &World| is(world, Status::Suspended)),
            Property::sometimes("it is gone", |_, world: &World| is(world, Status::Deprovisioned)),
            Property::sometimes("an answer comes early", |_, world: &World| world.early),
        ]
    }
}

fn is(world: &World, status: Status) -> bool {
    world.tenant().is_some_and(|tenant| tenant.status == status)
}

/// As the engine gives up: it says nothing of what may be left.
fn unclean_without_words() -> OutcomeResult {
    match unclean() {
        OutcomeResult::Failed { mut failure, unclean } => {
            failure.left_behind = None;
            OutcomeResult::Failed { failure, unclean }
        }
        other => other,
    }
}

fn asked(r: usize) -> Input {
    match REQUESTS[r] {
        "onboard" => {
            let onboard = Onboard { tier: Some(foreign()), tier_name: foreign().name, ..onboard("acme") };
            Input::Onboard(Box::new(onboard))
        }
        "suspend" => Input::Suspend(request("suspend")),
        "resume" => Input::Resume(request("resume")),
        "retry" => Input::Retry(request("retry")),
        "cancel" => cancel("cancel"),
        _ => offboarding("offboard"),
    }
}

/// Every request, the first one twice, and a plane that says four things at any time: to the very
/// end of every order no promise is broken, and all is as wished or explained.
#[test]
fn an_external_plane_can_say_anything_at_any_time() {
    let lifecycle = Lifecycle { deliveries: [2, 1, 1, 1, 1, 1], answers: 4 };
    let checker = match most() {
        None => lifecycle.checker(),
        Some(states) => lifecycle.checker().target_state_count(states),
    };
    let checker = checker.threads(2).spawn_bfs().join();
    println!("{} states, {} of them unique", checker.state_count(), checker.unique_state_count());
    for property in checker.model().properties() {
        if property.expectation == Expectation::Always {
            checker.assert_no_discovery(property.name);
        }
    }
    if most().is_none() {
        checker.assert_properties();
    }
}
