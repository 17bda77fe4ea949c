//! A request to provision a tenant again whose stack is gone: a retry that says
//! so.
//!
//! It is a request of its own because of what it admits: the tenant's data went
//! with its stack, and a new one begins empty. So nothing here happens by
//! itself, and only to a tenant whose stack an operation has found gone.

use super::{Code, Decision, Note, change, is_heard, noted, overtaken, retry, successor};
use crate::tenant::{Deployed, DesiredState, Due, Request, Status, Tenant, Wish};
use chrono::{DateTime, Utc};
use tenantry_events::failure::FailureCode;

pub(super) fn decide(tenant: &Tenant, request: Request, now: DateTime<Utc>) -> Decision {
    // What was never provisioned is by any retry.
    if tenant.status == Status::ProvisionFailed {
        return retry::decide(tenant, request, now);
    }
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
    if tenant.desired == DesiredState::Deprovisioned {
        return Decision::Refused(Note {
            code: Code::TenantOffboarded,
            reason: "a tenant that is offboarded can not be provisioned again".to_owned(),
        });
    }
    if tenant.due.is_some() {
        let reason = "an operation waits for its turn already".to_owned();
        return noted(tenant, (Wish::Retry, request), Note { code: Code::OperationWaiting, reason }, now);
    }
    if !is_gone(tenant) {
        return Decision::Refused(Note {
            code: Code::StackNotGone,
            reason: format!(
                "`reprovision`: no operation has found the tenant's stack gone, and the tenant is {}; \
                 a suspension finds it out",
                tenant.status
            ),
        });
    }
    let mut next = successor(tenant, now);
    next.status = Status::Pending;
    next.due = Some(Due::new(now, false));
    next.request = request;
    next.heard.keep(Wish::Retry, request);
    // They are of the stack that is gone.
    next.outputs.clear();
    next.release = None;
    next.deployed = Deployed::default();
    change(next, format!("reprovisioning accepted: attempt {} makes a new stack", tenant.attempt + 1))
}

fn is_gone(tenant: &Tenant) -> bool {
    tenant.status == Status::UpdateFailed
        && tenant.failure.as_ref().is_some_and(|failure| failure.code == FailureCode::StackGone)
}
