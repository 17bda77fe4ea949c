//! A request to offboard a tenant.

use super::{Change, Claims, Code, Decision, Note, alone, change, is_heard, noted, overtaken, wished};
use crate::tenant::{DesiredState, Request, Status, Tenant, Wish};
use chrono::{DateTime, Utc};

pub(super) fn decide(tenant: &Tenant, request: Request, now: DateTime<Utc>) -> Decision {
    if tenant.desired == DesiredState::Deprovisioned && !may_try_again(tenant, request) {
        let note = Note {
            code: Code::AlreadyOffboarded,
            reason: format!("offboarding was accepted before and the tenant is {}", tenant.status),
        };
        return noted(tenant, (Wish::Offboard, request), note, now);
    }
    if tenant.is_untouched() {
        let mut next = wished(tenant, (Wish::Offboard, request), DesiredState::Deprovisioned, now);
        gone(&mut next);
        let summary = "offboarding accepted and done: nothing was ever built".to_owned();
        return Decision::Change(Box::new(Change { claims: Claims::ReleaseName, ..alone(next, summary) }));
    }
    let summary = match &tenant.operation {
        Some(open) if open.kind.is_cancellable() => {
            format!("offboarding accepted; the running {} is stopped first", open.kind)
        }
        Some(open) => format!("offboarding accepted; the running {} comes first", open.kind),
        None => "offboarding accepted".to_owned(),
    };
    change(wished(tenant, (Wish::Offboard, request), DesiredState::Deprovisioned, now), summary)
}

/// Makes a tombstone of a tenant for which nothing was built.
pub(super) fn gone(next: &mut Tenant) {
    next.status = Status::Deprovisioned;
    next.failure = None;
    next.due = None;
}

/// A new request after a failed offboarding asks for another try; one that came
/// before, or was made before, does not.
fn may_try_again(tenant: &Tenant, request: Request) -> bool {
    tenant.status == Status::DeprovisionFailed
        && tenant.operation.is_none()
        && tenant.due.is_none()
        && !is_heard(tenant, Wish::Offboard, request)
        && overtaken(tenant, request, &[Wish::Offboard]).is_none()
}
