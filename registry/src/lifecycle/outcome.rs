//! An operation ended.

use super::{Change, Claims, Decision, Note, successor};
use crate::tenant::{
    EndedOperation, OpenOperation, Operation, OperationKind, OperationState, Status, Tenant,
};
use crate::tier::Provisioner;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use tenantry_events::failure::Failure;
use tenantry_events::ids::OperationId;

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
        /// The release that is deployed now.
        release: Option<String>,
    },
    /// It did not.
    Failed(Failure),
    /// A newer wish stopped it.
    Cancelled,
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
        if is_known(tenant, outcome) {
            return Decision::Duplicate(Note {
                code: "AlreadyRecorded",
                reason: "the operation's end was recorded before".to_owned(),
            });
        }
        return Decision::Stale(Note {
            code: "Superseded",
            reason: format!("the outcome is of no operation that runs; the tenant is {}", tenant.status),
        });
    };
    let mut next = successor(tenant, now);
    next.operation = None;
    let (state, failure) = match &outcome.result {
        Result::Succeeded { outputs, release } => {
            succeed(&mut next, open.kind, outputs, release.as_deref());
            (OperationState::Succeeded, None)
        }
        Result::Failed(failure) => (OperationState::Failed, Some(failure.clone())),
        Result::Cancelled => (OperationState::Cancelled, Some(cancelled(open))),
    };
    if failure.is_some() {
        next.status = match open.kind {
            OperationKind::Provision => Status::ProvisionFailed,
            OperationKind::Deprovision => Status::DeprovisionFailed,
        };
    }
    next.failure.clone_from(&failure);
    next.last_operation = Some(EndedOperation { id: open.id, kind: open.kind, state, request: open.request });
    let claims = if next.status == Status::Deprovisioned { Claims::ReleaseName } else { Claims::Keep };
    let summary = match &failure {
        None => format!("operation {} ({}) {state}", open.id, open.kind),
        Some(failure) => format!("operation {} ({}) {state}: {}", open.id, open.kind, failure.reason),
    };
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
    Decision::Change(Box::new(Change { tenant: next, operation: Some(operation), claims, summary }))
}

fn is_of(tenant: &Tenant, open: &OpenOperation, fence: &Fence) -> bool {
    match fence {
        Fence::Operation(id) => open.id == *id,
        Fence::External(kind) => tenant.provisioner == Provisioner::External && open.kind == *kind,
    }
}

/// Whether the outcome is the one that was recorded last, delivered again.
fn is_known(tenant: &Tenant, outcome: &Outcome) -> bool {
    let state = match outcome.result {
        Result::Succeeded { .. } => OperationState::Succeeded,
        Result::Failed(_) => OperationState::Failed,
        Result::Cancelled => OperationState::Cancelled,
    };
    tenant.operation.is_none()
        && tenant.last_operation.as_ref().is_some_and(|last| {
            let same = match &outcome.fence {
                Fence::Operation(id) => last.id == *id,
                Fence::External(kind) => tenant.provisioner == Provisioner::External && last.kind == *kind,
            };
            same && last.state == state
        })
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
            next.outputs.clone_from(outputs);
            next.release = release.map(str::to_owned);
        }
        OperationKind::Deprovision => {
            next.status = Status::Deprovisioned;
            next.outputs.clear();
            next.release = None;
        }
    }
}

fn cancelled(open: &OpenOperation) -> Failure {
    Failure {
        code: "Cancelled".to_owned(),
        step: open.kind.to_string(),
        reason: "a newer request for the tenant stopped the operation".to_owned(),
        build_id: None,
        logs_url: None,
        left_behind: None,
        attempt: open.id.attempt,
        retryable: false,
    }
}
