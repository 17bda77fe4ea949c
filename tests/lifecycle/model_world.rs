//! The world that the model checker explores: tenants, their executions, their
//! stacks, and what may still happen.

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use tenantry_events::ids::OperationId;
use tenantry_registry::lifecycle::{Decision, Fence, Input, OutcomeResult, Step, decide, next_step};
use tenantry_registry::tenant::{DesiredState, OperationKind, Status, Tenant, Wish};
use tenantry_tests::builders::{
    begin, cancel, deferred, failure, noon, offboarding, onboarding, outcome, request, success, unclean,
};

/// The requests that each tenant gets, in any order.
const REQUESTS: [&str; 5] = ["onboard", "suspend", "retry", "cancel", "offboard"];

/// How often what may happen to each tenant.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget {
    /// How often each request is delivered, at most.
    pub(crate) deliveries: [u8; REQUESTS.len()],
    /// How many executions die without recording anything.
    pub(crate) crashes: u8,
    /// How often there is no room for a build.
    pub(crate) deferrals: u8,
}

/// Something happens to the tenant with this number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Act {
    Deliver(u8, usize),
    Begin(u8),
    Start(u8),
    /// The execution is stopped, but its end not yet recorded.
    Halt(u8),
    RecordHalt(u8),
    Succeed(u8, OperationId),
    Fail(u8, OperationId),
    Defer(u8, OperationId),
    /// The execution dies without recording anything.
    Crash(u8, OperationId),
    /// The machine, or the sweeper, records what became of an execution.
    Record(u8, OperationId),
}

/// An execution.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
enum Execution {
    Running,
    Succeeded,
    Failed,
    Deferred,
    Crashed,
    Halted,
}

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
enum Stack {
    None,
    Half,
    Full,
}

#[derive(Clone, Debug, Eq, Hash, PartialEq)]
struct One {
    tenant: Option<Record>,
    stack: Stack,
    executions: BTreeMap<OperationId, (OperationKind, Execution)>,
    left: [u8; REQUESTS.len()],
    crashes: u8,
    deferrals: u8,
}

/// A tenant that can be hashed: by what tells it from others.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Record(pub(crate) Tenant);

impl Eq for Record {}

impl Hash for Record {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let Tenant { status, version, generation, attempt, due, operation, last_operation, cancel, .. } =
            &self.0;
        (status, version, generation, attempt, due.map(|due| (due.since, due.clean_up))).hash(state);
        operation.as_ref().map(|open| (open.id, open.kind, open.cancelled_by.is_some())).hash(state);
        last_operation.as_ref().map(|last| (last.id, last.kind, last.state as u8)).hash(state);
        (cancel.map(|cancel| cancel.event_id), self.0.desired as u8, self.0.request.event_id).hash(state);
        self.0.open_requests.iter().for_each(|open| (open.asks, open.request.event_id).hash(state));
        for wish in [Wish::Suspend, Wish::Resume, Wish::Retry, Wish::Offboard] {
            self.0.heard.of(wish).map(|heard| heard.event_id).hash(state);
        }
    }
}

#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) struct World {
    all: Vec<One>,
    pub(crate) broken: Option<&'static str>,
}

impl World {
    pub(crate) fn new(tenants: u8, budget: Budget) -> Self {
        let one = One {
            tenant: None,
            stack: Stack::None,
            executions: BTreeMap::new(),
            left: budget.deliveries,
            crashes: budget.crashes,
            deferrals: budget.deferrals,
        };
        Self { all: vec![one; usize::from(tenants)], broken: None }
    }

    /// Everything that can happen next.
    pub(crate) fn acts(&self, acts: &mut Vec<Act>) {
        for (n, one) in (0..).zip(&self.all) {
            acts.extend((0..REQUESTS.len()).filter(|r| one.left[*r] > 0).map(|r| Act::Deliver(n, r)));
            if let Some(Record(tenant)) = &one.tenant {
                match next_step(tenant) {
                    Step::Begin { .. } => acts.push(Act::Begin(n)),
                    Step::Run(open) if !one.executions.contains_key(&open.id) => acts.push(Act::Start(n)),
                    Step::Stop(open) => match one.executions.get(&open.id) {
                        Some((_, Execution::Running)) => acts.push(Act::Halt(n)),
                        _ => acts.push(Act::RecordHalt(n)),
                    },
                    Step::Run(_) | Step::Rest => {}
                }
            }
            for (id, (_, state)) in &one.executions {
                if *state == Execution::Running {
                    acts.extend([Act::Succeed(n, *id), Act::Fail(n, *id)]);
                    acts.extend((one.crashes > 0).then_some(Act::Crash(n, *id)));
                    acts.extend((one.deferrals > 0).then_some(Act::Defer(n, *id)));
                } else {
                    acts.push(Act::Record(n, *id));
                }
            }
        }
    }

    pub(crate) fn after(&self, act: Act) -> Self {
        let mut next = self.clone();
        match act {
            Act::Deliver(n, r) => {
                next.one(n).left[r] -= 1;
                next.apply(n, &asked(r));
            }
            Act::Begin(n) => {
                let input = begin(&next.one(n).tenant.as_ref().unwrap().0);
                next.apply(n, &input);
            }
            Act::Start(n) => next.start(n),
            Act::Halt(n) => {
                let open = next.open(n);
                next.end(n, open, Execution::Halted);
            }
            Act::RecordHalt(n) => {
                let input = outcome(Fence::Operation(next.open(n)), OutcomeResult::Cancelled);
                next.apply(n, &input);
            }
            Act::Succeed(n, id) => next.end(n, id, Execution::Succeeded),
            Act::Fail(n, id) => next.end(n, id, Execution::Failed),
            Act::Defer(n, id) => {
                next.one(n).deferrals -= 1;
                next.end(n, id, Execution::Deferred);
            }
            Act::Crash(n, id) => {
                next.one(n).crashes -= 1;
                next.end(n, id, Execution::Crashed);
            }
            Act::Record(n, id) => {
                let result = match next.one(n).executions[&id].1 {
                    Execution::Succeeded => success(),
                    Execution::Failed => failure(),
                    Execution::Deferred => deferred(),
                    Execution::Halted => OutcomeResult::Cancelled,
                    Execution::Crashed | Execution::Running => unclean(),
                };
                next.apply(n, &outcome(Fence::Operation(id), result));
            }
        }
        next
    }

    fn one(&mut self, n: u8) -> &mut One {
        &mut self.all[usize::from(n)]
    }

    fn open(&mut self, n: u8) -> OperationId {
        self.one(n).tenant.as_ref().and_then(|record| record.0.operation.as_ref()).unwrap().id
    }

    /// What a writer does: decide, and write what was decided.
    fn apply(&mut self, n: u8, input: &Input) {
        let before = self.one(n).tenant.clone().map(|record| record.0);
        let decision = decide(before.as_ref(), input, noon());
        let Some(change) = decision.change() else { return };
        let after = change.tenant.clone();
        let wish =
            !matches!(input, Input::ChangeData(_) | Input::Cancel(_) | Input::Begin(_) | Input::Outcome(_));
        let accepted = usize::from(wish && matches!(decision, Decision::Change(_)));
        let open = before.as_ref().map_or(0, |before| before.open_requests.len());
        if open + accepted != after.open_requests.len() + change.answers.len() {
            self.broken = Some("a request is forgotten, or answered twice");
        }
        if let Some(before) = &before {
            if after.version != before.version + 1 || after.generation < before.generation {
                self.broken = Some("a version or a generation does not grow");
            }
            if before.status == Status::Deprovisioned {
                self.broken = Some("a tombstone changed");
            }
        }
        self.one(n).tenant = Some(Record(after));
    }

    /// Step Functions takes a name once.
    fn start(&mut self, n: u8) {
        let open = self.one(n).tenant.as_ref().and_then(|record| record.0.operation.clone()).unwrap();
        if self.one(n).executions.values().any(|(_, state)| *state == Execution::Running) {
            self.broken = Some("two executions at one stack");
        }
        self.one(n).executions.insert(open.id, (open.kind, Execution::Running));
    }

    /// What the end of an execution leaves of the stack.
    fn end(&mut self, n: u8, id: OperationId, end: Execution) {
        let one = self.one(n);
        let (kind, state) = one.executions.get_mut(&id).unwrap();
        *state = end;
        let cut_off = matches!(end, Execution::Crashed | Execution::Halted);
        one.stack = match (*kind, end) {
            (_, Execution::Deferred) => one.stack,
            (OperationKind::Provision, Execution::Succeeded) => Stack::Full,
            // The machine has cleaned up.
            (OperationKind::Provision, Execution::Failed) => Stack::None,
            (OperationKind::CleanUp | OperationKind::Deprovision, Execution::Succeeded) => Stack::None,
            (OperationKind::Update | OperationKind::Suspend | OperationKind::Resume, _) => one.stack,
            (_, _) if cut_off => Stack::Half,
            _ => one.stack,
        };
    }

    /// What is said of each tenant is true of its stack.
    pub(crate) fn agree(&self) -> bool {
        self.all.iter().all(|one| match one.tenant.as_ref().map(|record| &record.0) {
            None => one.stack == Stack::None,
            Some(tenant) => match tenant.status {
                Status::Pending | Status::Deprovisioned => one.stack == Stack::None,
                Status::Active | Status::Suspended if tenant.operation.is_none() => one.stack == Stack::Full,
                Status::ProvisionFailed if tenant.operation.is_none() && tenant.due.is_none() => {
                    let left = tenant.failure.as_ref().is_some_and(|failure| failure.left_behind.is_some());
                    left || one.stack == Stack::None
                }
                _ => true,
            },
        })
    }

    pub(crate) fn is_over(&self) -> bool {
        let mut acts = Vec::new();
        self.acts(&mut acts);
        acts.into_iter().all(|act| self.after(act) == *self)
    }

    pub(crate) fn is_settled(&self) -> bool {
        self.all.iter().all(|one| one.tenant.as_ref().is_some_and(|Record(tenant)| is_settled(tenant)))
    }

    pub(crate) fn some_suspended(&self) -> bool {
        self.has(Status::Suspended).next().is_some()
    }

    pub(crate) fn all_gone(&self) -> bool {
        self.has(Status::Deprovisioned).count() == self.all.len()
    }

    fn has(&self, status: Status) -> impl Iterator<Item = &One> {
        let is = move |one: &&One| one.tenant.as_ref().is_some_and(|record| record.0.status == status);
        self.all.iter().filter(is)
    }
}

/// As wished or explained, with every request answered.
pub(crate) fn is_settled(tenant: &Tenant) -> bool {
    let as_wished = matches!(
        (tenant.desired, tenant.status),
        (DesiredState::Active, Status::Active)
            | (DesiredState::Suspended, Status::Suspended)
            | (DesiredState::Deprovisioned, Status::Deprovisioned)
    );
    let explained = tenant.status.is_failed() && tenant.failure.is_some();
    let rests = tenant.operation.is_none() && next_step(tenant) == Step::Rest;
    rests && tenant.open_requests.is_empty() && (as_wished || explained)
}

fn asked(r: usize) -> Input {
    match REQUESTS[r] {
        "onboard" => onboarding("acme"),
        "suspend" => Input::Suspend(request("suspend")),
        "retry" => Input::Retry(request("retry")),
        "cancel" => cancel("cancel"),
        _ => offboarding("offboard"),
    }
}
