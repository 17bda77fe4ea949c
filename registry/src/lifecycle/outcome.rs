//! An operation ended.

use super::answers::is_as_wished;
use super::cancel::undo;
use super::offboard::gone;
use super::registration::register;
use super::{Begin, Capacity, Change, Claims, Code, Decision, Note, Room, Step, begin, next_step, successor};
use crate::tenant::{
    Deployed, DesiredState, Due, EndedOperation, OpenOperation, Operation, OperationKind, OperationState,
    Status, Tenant,
};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use tenantry_events::failure::{Failure, FailureCode, REASON_MAX};
use tenantry_events::ids::OperationId;
use tenantry_events::text::shorten;

/// Which operation an outcome is of.
#[derive(Clone, Debug, PartialEq)]
pub enum Fence {
    /// Exactly this one.
    Operation(OperationId),
    /// Whichever of this kind runs, if an external application plane provisions
    /// the tenant: SBT's outcomes carry no operation.
    External(OperationKind),
}

/// How it ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Result {
    /// It did what it was for.
    Succeeded {
        /// What it gave, by name.
        outputs: BTreeMap<String, String>,
        /// What it gave for the registration, by name.
        registration: BTreeMap<String, String>,
        /// The release that is deployed now.
        release: Option<String>,
        /// The tenant's revision that it was brought to, of an operation that
        /// reads what is known of the tenant while it runs; 0 if nothing is known
        /// to have been brought to any, so that an update follows.
        revision: Option<u64>,
    },
    /// It did not.
    Failed {
        /// Why.
        failure: Failure,
        /// Whether it could not clean up after itself, so that something may be
        /// half made.
        unclean: bool,
    },
    /// A newer wish, or a person, stopped it.
    Cancelled,
    /// There was no room for it, and nothing was done: it waits again.
    Deferred {
        /// What was full.
        reason: String,
    },
}

/// The end of an operation.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Which operation ended.
    pub fence: Fence,
    /// How.
    pub result: Result,
    /// The build that did the work.
    pub build_id: Option<String>,
    /// Where its log can be read.
    pub logs_url: Option<String>,
}

pub(super) fn decide(tenant: &Tenant, outcome: &Outcome, now: DateTime<Utc>) -> Decision {
    if let Some(open) = tenant.operation.as_ref().filter(|open| is_of(tenant, open, &outcome.fence)) {
        return Decision::Change(Box::new(ended(tenant, open, outcome, now)));
    }
    if is_known(tenant, outcome) {
        return Decision::Duplicate(Note {
            code: Code::AlreadyRecorded,
            reason: "the operation's end was recorded before".to_owned(),
        });
    }
    match early(tenant, &outcome.fence, now) {
        // Both in one: the plane was asked by the request itself, and was faster.
        Some((begun, open)) => {
            let mut change = ended(&begun, &open, outcome, now);
            change.tenant.version = tenant.version + 1;
            // Nothing was counted when it began.
            change.capacity = Capacity::Keep;
            Decision::Change(Box::new(change))
        }
        None => nothing(tenant, outcome),
    }
}

/// The tenant as if the operation had begun that an external plane has carried
/// out before its turn.
fn early(tenant: &Tenant, fence: &Fence, now: DateTime<Utc>) -> Option<(Tenant, OpenOperation)> {
    let (Fence::External(kind), Step::Begin { id, kind: due }) = (fence, next_step(tenant)) else {
        return None;
    };
    if *kind != due || !tenant.plan.answers_by_event() {
        return None;
    }
    let (room, hand_over) = (Room::default(), false);
    let begin = Begin { id, kind: due, execution_arn: None, hand_over, deadline: now, room };
    let Decision::Change(change) = begin::decide(tenant, &begin, now) else { return None };
    let open = change.tenant.operation.clone()?;
    Some((change.tenant, open))
}

fn ended(tenant: &Tenant, open: &OpenOperation, outcome: &Outcome, now: DateTime<Utc>) -> Change {
    let mut next = successor(tenant, now);
    next.operation = None;
    let state = match &outcome.result {
        Result::Deferred { .. } if is_withdrawn(tenant, open) => OperationState::Cancelled,
        result => state_of(result),
    };
    let failure = match &outcome.result {
        Result::Succeeded { outputs, registration, release, revision } => {
            if matches!(open.kind, OperationKind::Provision | OperationKind::Update) {
                next.deployed.revision = revision.unwrap_or(open.revision).min(next.revision);
            }
            succeed(&mut next, open.kind, outputs, release.as_deref());
            register(&mut next, open.kind, registration);
            // A wish that came while the tenant was not ready for it is next.
            if next.due.is_none() && !is_as_wished(&next) && open.kind != OperationKind::CleanUp {
                next.due = Some(Due::new(now, false));
            }
            None
        }
        // Nothing was done, and it does not wait again.
        Result::Deferred { .. } if is_withdrawn(tenant, open) => {
            next.status = open.before;
            if next.due.is_none() {
                undo(&mut next, open.kind, now);
            }
            Some(Failure { left_behind: None, ..cancelled(tenant, open) })
        }
        Result::Deferred { .. } => {
            next.status = open.before;
            // It keeps its place: it has waited since it was wanted.
            let waited =
                open.waited.unwrap_or(Due::new(open.started_at, open.kind == OperationKind::CleanUp));
            let again = Due { deferrals: waited.deferrals.saturating_add(1), ..waited };
            next.due = next.due.or(Some(again));
            if next.desired == DesiredState::Deprovisioned && next.is_untouched() {
                gone(&mut next);
            }
            None
        }
        Result::Failed { failure, unclean } => {
            fail(&mut next, open, failure.clone(), *unclean, now);
            Some(failure.clone())
        }
        Result::Cancelled => {
            let failure = cancelled(tenant, open);
            fail(&mut next, open, failure.clone(), true, now);
            Some(failure)
        }
    };
    next.last_operation = Some(EndedOperation {
        id: open.id,
        kind: open.kind,
        state,
        execution_arn: open.execution_arn.clone(),
        request: open.request,
    });
    let claims = if next.status == Status::Deprovisioned { Claims::ReleaseName } else { Claims::Keep };
    let why = match (&failure, &outcome.result) {
        (Some(failure), _) => format!(": {}", failure.reason),
        (None, Result::Deferred { reason }) => format!(": {reason}"),
        (None, _) => String::new(),
    };
    let summary = format!("operation {} ({}) {state}{why}", open.id, open.kind);
    let operation = Operation {
        id: open.id,
        kind: open.kind,
        state,
        execution_arn: open.execution_arn.clone(),
        build_id: outcome.build_id.clone(),
        logs_url: outcome.logs_url.clone(),
        failure,
        correlation_id: open.request.correlation_id,
        started_at: open.started_at,
        ended_at: Some(next.updated_at),
    };
    let capacity = Capacity::of_end(tenant);
    let answers = Vec::new();
    Change {
        tenant: next,
        operation: Some(operation),
        answers,
        overtaken: Vec::new(),
        hand_over: false,
        claims,
        capacity,
        summary,
    }
}

/// Whether a person stopped the operation, and the tenant stays.
fn is_withdrawn(tenant: &Tenant, open: &OpenOperation) -> bool {
    open.cancelled_by.is_some() && tenant.desired != DesiredState::Deprovisioned
}

/// The outcome is of no operation that runs.
fn nothing(tenant: &Tenant, outcome: &Outcome) -> Decision {
    if let Fence::External(kind) = outcome.fence
        && tenant.plan.answers_by_event()
        && (tenant.open_requests.iter().any(|open| open.asks == kind) || is_ahead(tenant, kind))
    {
        return Decision::Stale(Note {
            code: Code::NotYet,
            reason: format!("the tenant is {}, and nothing has asked for its {kind} so far", tenant.status),
        });
    }
    Decision::Stale(Note {
        code: Code::Superseded,
        reason: format!("the outcome is of no operation that runs; the tenant is {}", tenant.status),
    })
}

/// Whether an answer may be of a request that is still on its way: a plane on the
/// tenant bus sees the request at the same moment as the registry does. What the
/// tenant's last operation did is not asked for anew without being seen here.
fn is_ahead(tenant: &Tenant, kind: OperationKind) -> bool {
    let could_be = match kind {
        OperationKind::Deprovision => tenant.desired != DesiredState::Deprovisioned,
        OperationKind::Suspend => tenant.desired == DesiredState::Active,
        OperationKind::Resume => tenant.desired == DesiredState::Suspended,
        OperationKind::Provision | OperationKind::Update | OperationKind::CleanUp => false,
    };
    could_be && tenant.last_operation.as_ref().is_none_or(|last| last.kind != kind)
}

fn is_of(tenant: &Tenant, open: &OpenOperation, fence: &Fence) -> bool {
    match fence {
        Fence::Operation(id) => open.id == *id,
        Fence::External(kind) => tenant.plan.answers_by_event() && open.kind == *kind,
    }
}

/// Whether the outcome is the one that was recorded last, delivered again; the
/// next operation may have begun since.
fn is_known(tenant: &Tenant, outcome: &Outcome) -> bool {
    tenant.last_operation.as_ref().is_some_and(|last| {
        let same = match &outcome.fence {
            Fence::Operation(id) => last.id == *id,
            Fence::External(kind) => {
                tenant.operation.is_none() && tenant.plan.answers_by_event() && last.kind == *kind
            }
        };
        // A deferral of what a person has stopped is its cancellation.
        let withdrawn = matches!(outcome.result, Result::Deferred { .. });
        let withdrawn = withdrawn && last.state == OperationState::Cancelled;
        same && (withdrawn || last.state == state_of(&outcome.result))
    })
}

fn state_of(result: &Result) -> OperationState {
    match result {
        Result::Succeeded { .. } => OperationState::Succeeded,
        Result::Failed { .. } => OperationState::Failed,
        Result::Cancelled => OperationState::Cancelled,
        Result::Deferred { .. } => OperationState::Deferred,
    }
}

fn succeed(
    next: &mut Tenant,
    kind: OperationKind,
    outputs: &BTreeMap<String, String>,
    release: Option<&str>,
) {
    match kind {
        OperationKind::Provision => {
            next.status = Status::Active;
            next.deployed.state = Some(DesiredState::Active);
            next.failure = None;
            next.outputs.clone_from(outputs);
            next.release = release.map(str::to_owned);
        }
        OperationKind::Update => {
            next.status = match next.deployed.state {
                Some(DesiredState::Suspended) => Status::Suspended,
                Some(DesiredState::Active | DesiredState::Deprovisioned) | None => Status::Active,
            };
            next.failure = None;
            // That the last invitation could not be sent is no longer so.
            next.outputs.remove(UNSENT);
            next.outputs.extend(outputs.clone());
        }
        // The failure that it followed stays, with nothing left behind.
        OperationKind::CleanUp => {
            if let Some(failure) = &mut next.failure {
                failure.left_behind = None;
            }
        }
        OperationKind::Suspend => {
            next.status = Status::Suspended;
            next.deployed.state = Some(DesiredState::Suspended);
            next.failure = None;
        }
        OperationKind::Resume => {
            next.status = Status::Active;
            next.deployed.state = Some(DesiredState::Active);
            next.failure = None;
        }
        OperationKind::Deprovision => {
            next.status = Status::Deprovisioned;
            next.failure = None;
            next.due = None;
            next.outputs.clear();
            next.release = None;
            next.deployed = Deployed::default();
        }
    }
}

fn fail(next: &mut Tenant, open: &OpenOperation, failure: Failure, unclean: bool, now: DateTime<Utc>) {
    match open.kind {
        OperationKind::Provision => {
            next.status = Status::ProvisionFailed;
            // Offboarding cleans up by itself; what else was asked meanwhile
            // needs a tenant that is provisioned.
            if next.desired != DesiredState::Deprovisioned {
                next.desired = DesiredState::Active;
                let clean_up = unclean && next.plan.supports(OperationKind::CleanUp);
                next.due = clean_up.then_some(Due::new(now, true));
            }
            next.failure = Some(failure);
        }
        OperationKind::CleanUp => {
            let left = format!(
                "the clean-up failed ({}), so resources may be left: {}",
                failure.code, failure.reason
            );
            match &mut next.failure {
                Some(first) => first.left_behind = Some(shorten(&left, REASON_MAX)),
                None => next.failure = Some(failure),
            }
        }
        OperationKind::Update => {
            next.status = Status::UpdateFailed;
            next.failure = Some(failure);
        }
        OperationKind::Suspend | OperationKind::Resume => {
            next.status = Status::UpdateFailed;
            // It may have happened all the same.
            next.deployed.state = None;
            next.failure = Some(failure);
        }
        OperationKind::Deprovision => {
            next.status = Status::DeprovisionFailed;
            next.failure = Some(failure);
        }
    }
}

fn cancelled(tenant: &Tenant, open: &OpenOperation) -> Failure {
    let by_a_person = open.cancelled_by.is_some();
    let unclean = open.kind == OperationKind::Provision && tenant.plan.supports(OperationKind::CleanUp);
    let reason = match by_a_person {
        true => "a person cancelled the operation",
        false => "a newer request for the tenant stopped the operation",
    };
    Failure {
        left_behind: unclean.then(|| LEFT.to_owned()),
        attempt: open.id.attempt,
        retryable: tenant.desired != DesiredState::Deprovisioned,
        ..Failure::new(FailureCode::Cancelled, open.kind.to_string(), reason)
    }
}

/// The output that says why the administrator's invitation could not be sent.
pub const UNSENT: &str = "invitationUnsent";

/// What is said until the clean-up, or the deprovisioning, that follows is done.
pub const LEFT: &str = "the tenant's stack may be half made; what follows takes it down";
