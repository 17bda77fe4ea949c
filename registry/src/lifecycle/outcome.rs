//! An operation ended.

use super::answers::is_as_wished;
use super::cancel::undo;
use super::offboard::gone;
use super::{Capacity, Change, Claims, Decision, Note, successor};
use crate::tenant::{
    DesiredState, Due, EndedOperation, OpenOperation, Operation, OperationKind, OperationState, Status,
    Tenant,
};
use crate::tier::Provisioner;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use tenantry_events::failure::{Failure, REASON_MAX};
use tenantry_events::ids::OperationId;
use tenantry_events::text::shorten;

/// Which operation an outcome is of.
#[derive(Clone, Debug, PartialEq)]
pub enum Fence {
    /// Exactly this one.
    Operation(OperationId),
    /// Whichever of this kind runs, if a foreign application plane provisions
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
    let Some(open) = tenant.operation.as_ref().filter(|open| is_of(tenant, open, &outcome.fence)) else {
        return nothing(tenant, outcome);
    };
    let mut next = successor(tenant, now);
    next.operation = None;
    let state = match &outcome.result {
        Result::Deferred { .. } if is_withdrawn(tenant, open) => OperationState::Cancelled,
        result => state_of(result),
    };
    let failure = match &outcome.result {
        Result::Succeeded { outputs, registration, release } => {
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
    next.last_operation = Some(EndedOperation { id: open.id, kind: open.kind, state, request: open.request });
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
        ended_at: Some(now),
    };
    let capacity = Capacity::of_end(tenant);
    let answers = Vec::new();
    Decision::Change(Box::new(Change {
        tenant: next,
        operation: Some(operation),
        answers,
        overtaken: Vec::new(),
        claims,
        capacity,
        summary,
    }))
}

/// Whether a person stopped the operation, and the tenant stays.
fn is_withdrawn(tenant: &Tenant, open: &OpenOperation) -> bool {
    open.cancelled_by.is_some() && tenant.desired != DesiredState::Deprovisioned
}

/// The outcome is of no operation that runs.
fn nothing(tenant: &Tenant, outcome: &Outcome) -> Decision {
    if is_known(tenant, outcome) {
        return Decision::Duplicate(Note {
            code: "AlreadyRecorded",
            reason: "the operation's end was recorded before".to_owned(),
        });
    }
    Decision::Stale(Note {
        code: "Superseded",
        reason: format!("the outcome is of no operation that runs; the tenant is {}", tenant.status),
    })
}

fn is_of(tenant: &Tenant, open: &OpenOperation, fence: &Fence) -> bool {
    match fence {
        Fence::Operation(id) => open.id == *id,
        Fence::External(kind) => tenant.provisioner == Provisioner::External && open.kind == *kind,
    }
}

/// Whether the outcome is the one that was recorded last, delivered again; the
/// next operation may have begun since.
fn is_known(tenant: &Tenant, outcome: &Outcome) -> bool {
    tenant.last_operation.as_ref().is_some_and(|last| {
        let same = match &outcome.fence {
            Fence::Operation(id) => last.id == *id,
            Fence::External(kind) => {
                tenant.operation.is_none()
                    && tenant.provisioner == Provisioner::External
                    && last.kind == *kind
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

/// The field of a registration that SBT's scripts export.
pub const REGISTRATION_STATUS: &str = "registrationStatus";

/// What SBT's scripts export there when they are done.
///
/// Source: awslabs/sbt-aws, `src/core-app-plane/integ.default.ts`.
#[must_use]
pub fn registration_status(kind: OperationKind) -> &'static str {
    match kind {
        OperationKind::Deprovision => "deleted",
        OperationKind::Provision
        | OperationKind::CleanUp
        | OperationKind::Suspend
        | OperationKind::Resume => "created",
    }
}

/// Keeps what a job gave for the registration; one that says nothing of the
/// status has made or deleted it.
fn register(next: &mut Tenant, kind: OperationKind, registration: &BTreeMap<String, String>) {
    next.registration.extend(registration.clone());
    let says = registration.contains_key(REGISTRATION_STATUS);
    if !says && matches!(kind, OperationKind::Provision | OperationKind::Deprovision) {
        next.registration.insert(REGISTRATION_STATUS.to_owned(), registration_status(kind).to_owned());
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
            next.failure = None;
            next.outputs.clone_from(outputs);
            next.release = release.map(str::to_owned);
        }
        // The failure that it followed stays, with nothing left behind.
        OperationKind::CleanUp => {
            if let Some(failure) = &mut next.failure {
                failure.left_behind = None;
            }
        }
        OperationKind::Suspend => {
            next.status = Status::Suspended;
            next.failure = None;
        }
        OperationKind::Resume => {
            next.status = Status::Active;
            next.failure = None;
        }
        OperationKind::Deprovision => {
            next.status = Status::Deprovisioned;
            next.failure = None;
            next.due = None;
            next.outputs.clear();
            next.release = None;
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
                next.due = unclean.then_some(Due::new(now, true));
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
        OperationKind::Suspend | OperationKind::Resume => {
            next.status = Status::UpdateFailed;
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
    let unclean = open.kind == OperationKind::Provision;
    Failure {
        code: "Cancelled".to_owned(),
        step: open.kind.to_string(),
        reason: match by_a_person {
            true => "a person cancelled the operation",
            false => "a newer request for the tenant stopped the operation",
        }
        .to_owned(),
        build_id: None,
        logs_url: None,
        left_behind: unclean.then(|| LEFT.to_owned()),
        attempt: open.id.attempt,
        retryable: tenant.desired != DesiredState::Deprovisioned,
    }
}

/// What is said until the clean-up, or the deprovisioning, that follows is done.
pub const LEFT: &str = "the tenant's stack may be half made; what follows takes it down";
