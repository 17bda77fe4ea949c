//! A request to try again what failed.

use super::{Decision, Note, change, overtaken, successor};
use crate::tenant::{Due, Request, Tenant};
use chrono::{DateTime, Utc};

pub(super) fn decide(tenant: &Tenant, request: Request, now: DateTime<Utc>) -> Decision {
    if tenant.request.event_id == request.event_id {
        return Decision::Duplicate(Note {
            code: "AlreadyRetried",
            reason: format!("this retry was accepted before and the tenant is {}", tenant.status),
        });
    }
    if let Some(note) = overtaken(tenant, request) {
        return Decision::Stale(note);
    }
    if let Some(open) = &tenant.operation {
        return Decision::Duplicate(Note {
            code: "OperationRunning",
            reason: format!("operation {} ({}) is under way", open.id, open.kind),
        });
    }
    // A retry takes the place of a clean-up that waits: provisioning clears
    // away what an earlier attempt left.
    if tenant.due.is_some_and(|due| !due.clean_up) {
        return Decision::Duplicate(Note {
            code: "OperationWaiting",
            reason: "an operation waits for its turn already".to_owned(),
        });
    }
    if !tenant.status.is_failed() {
        return Decision::Refused(Note {
            code: "NothingToRetry",
            reason: format!("nothing failed: the tenant is {}", tenant.status),
        });
    }
    let mut next = successor(tenant, now);
    next.due = Some(Due { since: now, clean_up: false });
    next.request = request;
    change(next, format!("retry accepted: attempt {} follows", tenant.attempt + 1))
}
