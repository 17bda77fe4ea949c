//! A request to stop what is under way, or what waits.

use super::{Code, Decision, Note, Step, alone, change, next_step, overtaken, successor};
use crate::tenant::{DesiredState, Due, OpenOperation, OperationKind, Request, Status, Tenant};
use chrono::{DateTime, Utc};
use tenantry_events::failure::{Failure, FailureCode};
use tenantry_events::ids::OperationId;

/// What a cancelRequest asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cancel {
    /// The event that carried the request.
    pub request: Request,
    /// The operation that is meant; `None` means whatever is under way or waits.
    pub operation: Option<OperationId>,
}

pub(super) fn decide(tenant: &Tenant, cancel: Cancel, now: DateTime<Utc>) -> Decision {
    let request = cancel.request;
    if tenant.cancel.is_some_and(|cancel| cancel.event_id == request.event_id) {
        return Decision::Duplicate(Note {
            code: Code::AlreadyCancelled,
            reason: format!("this cancellation was accepted before and the tenant is {}", tenant.status),
        });
    }
    if let Some(note) = overtaken(tenant, request, &[]) {
        return Decision::Stale(note);
    }
    let step = next_step(tenant);
    let current = match (&tenant.operation, &step) {
        (Some(open), _) => Some(open.id),
        (None, Step::Begin { id, .. }) => Some(*id),
        (None, _) => None,
    };
    if let Some(meant) = cancel.operation.filter(|meant| current != Some(*meant)) {
        return Decision::Stale(Note {
            code: Code::OperationOver,
            reason: format!("operation {meant} is neither under way nor waits"),
        });
    }
    match (&tenant.operation, step) {
        (Some(open), _) => stop(tenant, open, request, now),
        (None, Step::Begin { kind, .. }) => withdraw(tenant, kind, request, now),
        (None, _) => Decision::Refused(Note {
            code: Code::NothingToCancel,
            reason: format!("nothing is under way or waits: the tenant is {}", tenant.status),
        }),
    }
}

fn stop(tenant: &Tenant, open: &OpenOperation, request: Request, now: DateTime<Utc>) -> Decision {
    if open.cancelled_by.is_some() {
        let reason = format!("operation {} ({}) is being stopped already", open.id, open.kind);
        // What was asked for between the two cancellations may still arrive.
        let next = Tenant { cancel: Some(request), ..successor(tenant, now) };
        let note = Note { code: Code::AlreadyCancelled, reason: reason.clone() };
        return Decision::Noted(Box::new(alone(next, reason)), note);
    }
    if !open.kind.is_cancellable() {
        return Decision::Refused(not_cancellable(open.kind));
    }
    let mut next = successor(tenant, now);
    next.cancel = Some(request);
    next.operation = Some(OpenOperation { cancelled_by: Some(request), ..open.clone() });
    change(next, format!("cancellation accepted: operation {} ({}) is stopped", open.id, open.kind))
}

/// What has not begun leaves no trace but its refusal.
fn withdraw(tenant: &Tenant, kind: OperationKind, request: Request, now: DateTime<Utc>) -> Decision {
    if !kind.is_cancellable() {
        return Decision::Refused(not_cancellable(kind));
    }
    let mut next = successor(tenant, now);
    next.due = None;
    next.cancel = Some(request);
    undo(&mut next, kind, now);
    change(next, format!("cancellation accepted: the waiting {kind} does not begin"))
}

/// Makes `next`, which has no operation, what it is without the one of `kind`
/// that has done nothing.
pub(super) fn undo(next: &mut Tenant, kind: OperationKind, now: DateTime<Utc>) {
    match (kind, next.status) {
        (OperationKind::Provision, _) => {
            let left_behind = next.failure.as_ref().and_then(|failure| failure.left_behind.clone());
            // A retry had taken the place of a clean-up.
            next.due = left_behind.as_ref().map(|_| Due::new(now, true));
            next.status = Status::ProvisionFailed;
            next.desired = DesiredState::Active;
            next.failure = Some(Failure { left_behind, ..withdrawn(next, kind) });
        }
        (OperationKind::Update, Status::Active | Status::Suspended) => {
            next.status = Status::UpdateFailed;
            next.failure = Some(withdrawn(next, kind));
        }
        (OperationKind::Suspend, Status::Active) => next.desired = DesiredState::Active,
        (OperationKind::Resume, Status::Suspended) => next.desired = DesiredState::Suspended,
        // After a failed update the failure stays as it is; the others are not
        // cancelled.
        (OperationKind::Update | OperationKind::Suspend | OperationKind::Resume, _)
        | (OperationKind::CleanUp | OperationKind::Deprovision, _) => {}
    }
}

fn not_cancellable(kind: OperationKind) -> Note {
    Note { code: Code::NotCancellable, reason: format!("a {kind} goes on to its end") }
}

fn withdrawn(tenant: &Tenant, kind: OperationKind) -> Failure {
    let reason = format!("a person cancelled the {kind} before it began");
    let failure = Failure::new(FailureCode::Cancelled, super::ADMISSION, &reason);
    Failure { attempt: tenant.attempt, retryable: true, ..failure }
}
