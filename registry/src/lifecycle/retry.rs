//! A request to try again what failed.

use super::{Code, Decision, Note, change, is_heard, noted, overtaken, successor};
use crate::tenant::{Due, Request, Tenant, Wish};
use chrono::{DateTime, Utc};

pub(super) fn decide(tenant: &Tenant, request: Request, now: DateTime<Utc>) -> Decision {
    if is_heard(tenant, Wish::Retry, request) {
        return Decision::Duplicate(Note {
            code: Code::AlreadyRetried,
            reason: format!("this retry came before and the tenant is {}", tenant.status),
        });
    }
    if let Some(note) = overtaken(tenant, request, &[Wish::Retry]) {
        return Decision::Stale(note);
    }
    if let Some(open) = &tenant.operation {
        let reason = format!("operation {} ({}) is under way", open.id, open.kind);
        return noted(tenant, (Wish::Retry, request), Note { code: Code::OperationRunning, reason }, now);
    }
    // A retry takes the place of a clean-up that waits: provisioning clears
    // away what an earlier attempt left.
    if tenant.due.is_some_and(|due| !due.clean_up) {
        let reason = "an operation waits for its turn already".to_owned();
        return noted(tenant, (Wish::Retry, request), Note { code: Code::OperationWaiting, reason }, now);
    }
    if !tenant.status.is_failed() {
        return Decision::Refused(Note {
            code: Code::NothingToRetry,
            reason: format!("nothing failed: the tenant is {}", tenant.status),
        });
    }
    let mut next = successor(tenant, now);
    next.due = Some(Due::new(now, false));
    next.request = request;
    next.heard.keep(Wish::Retry, request);
    change(next, format!("retry accepted: attempt {} follows", tenant.attempt + 1))
}
