//! A request to offboard a tenant.

use super::{Decision, Note, change, wish};
use crate::tenant::{DesiredState, Request, Status, Tenant};
use chrono::{DateTime, Utc};

pub(super) fn decide(tenant: &Tenant, request: Request, now: DateTime<Utc>) -> Decision {
    if tenant.desired == DesiredState::Deprovisioned && !may_try_again(tenant, request) {
        return Decision::Duplicate(Note {
            code: "AlreadyOffboarded",
            reason: format!("offboarding was accepted before and the tenant is {}", tenant.status),
        });
    }
    let summary = match &tenant.operation {
        Some(open) if open.kind.is_cancellable() => {
            format!("offboarding accepted; the running {} is stopped first", open.kind)
        }
        Some(open) => format!("offboarding accepted; the running {} comes first", open.kind),
        None => "offboarding accepted".to_owned(),
    };
    change(wish(tenant, DesiredState::Deprovisioned, request, now), summary)
}

/// A new request after a failed offboarding asks for another try; the old one,
/// delivered again, does not.
fn may_try_again(tenant: &Tenant, request: Request) -> bool {
    tenant.status == Status::DeprovisionFailed
        && tenant.operation.is_none()
        && tenant.due.is_none()
        && tenant.request.event_id != request.event_id
}
