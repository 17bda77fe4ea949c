//! The reconciler begins an operation.

use super::{Capacity, Change, Claims, Code, Decision, Note, Step, answers, next_step, successor};
use crate::tenant::{OpenOperation, Operation, OperationKind, OperationState, Status, Tenant};
use chrono::{DateTime, Utc};
use tenantry_events::ids::OperationId;

/// The operation that begins: what [`next_step`] asked for, and where it runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Begin {
    /// Which of the tenant's operations.
    pub id: OperationId,
    /// What it does.
    pub kind: OperationKind,
    /// The execution that will carry it out; `None` when an external application
    /// plane does.
    pub execution_arn: Option<String>,
    /// Whether the request that it serves is published for an external application
    /// plane.
    pub hand_over: bool,
    /// When it must have ended.
    pub deadline: DateTime<Utc>,
    /// How many operations may be under way at once, this one included.
    pub room: Room,
}

/// How many operations may be under way at once; `None` is no limit.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Room {
    /// In the whole deployment.
    pub all: Option<u32>,
    /// On tenants of the same tier.
    pub tier: Option<u32>,
}

/// What becomes of `change` if the operation that the tenant then needs begins with
/// it, as `begin` says; the change alone if that is not what it needs. One version,
/// one history line: nobody sees the tenant wait.
pub(super) fn at_once(change: Change, begin: &Begin, now: DateTime<Utc>) -> Change {
    if change.operation.is_some() || change.capacity != Capacity::Keep {
        return change;
    }
    let Decision::Change(begun) = decide(&change.tenant, begin, now) else { return change };
    let mut tenant = begun.tenant;
    tenant.version = change.tenant.version;
    Change {
        tenant,
        operation: begun.operation,
        hand_over: begun.hand_over,
        capacity: begun.capacity,
        summary: format!("{}; {}", change.summary, begun.summary),
        ..change
    }
}

pub(super) fn decide(tenant: &Tenant, begin: &Begin, now: DateTime<Utc>) -> Decision {
    if next_step(tenant) != (Step::Begin { id: begin.id, kind: begin.kind }) {
        return Decision::Stale(Note {
            code: Code::OperationNotDue,
            reason: format!("operation {} ({}) is not what the tenant needs now", begin.id, begin.kind),
        });
    }
    let request = answers::served(tenant, begin.kind);
    let mut next = successor(tenant, now);
    next.attempt = begin.id.attempt;
    next.due = None;
    next.status = match begin.kind {
        OperationKind::Provision => Status::Provisioning,
        OperationKind::CleanUp => Status::ProvisionFailed,
        OperationKind::Update | OperationKind::Suspend | OperationKind::Resume => Status::Updating,
        OperationKind::Deprovision => Status::Deprovisioning,
    };
    // The last failure stays to be read, and what it left is not forgotten,
    // until an operation succeeds.
    // As the tenant's own times, no earlier than what came before, whatever the clocks
    // say: the event that hands it over is of this moment.
    let started_at = next.updated_at;
    next.operation = Some(OpenOperation {
        id: begin.id,
        kind: begin.kind,
        execution_arn: begin.execution_arn.clone(),
        request,
        revision: tenant.revision,
        started_at,
        deadline: begin.deadline,
        before: tenant.status,
        waited: tenant.due,
        cancelled_by: None,
    });
    let operation = Operation {
        id: begin.id,
        kind: begin.kind,
        state: OperationState::Running,
        execution_arn: begin.execution_arn.clone(),
        build_id: None,
        logs_url: None,
        failure: None,
        correlation_id: request.correlation_id,
        started_at,
        ended_at: None,
    };
    Decision::Change(Box::new(Change {
        tenant: next,
        operation: Some(operation),
        answers: Vec::new(),
        overtaken: Vec::new(),
        hand_over: begin.hand_over,
        claims: Claims::Keep,
        capacity: Capacity::of_begin(tenant, begin.room),
        summary: format!("operation {} ({}) begins", begin.id, begin.kind),
    }))
}
