//! A request to offboard a tenant.

use super::{Change, Claims, Decision, Note, successor};
use crate::tenant::{DesiredState, Request, Status, Tenant};
use chrono::{DateTime, Utc};

/// What an offboardingRequest asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct Offboard {
    /// The event that carried the request.
    pub request: Request,
}

pub(super) fn decide(tenant: &Tenant, offboard: &Offboard, now: DateTime<Utc>) -> Decision {
    if tenant.desired == DesiredState::Deprovisioned && !may_try_again(tenant, offboard) {
        return Decision::Duplicate(Note {
            code: "AlreadyOffboarded",
            reason: format!("offboarding was accepted before and the tenant is {}", tenant.status),
        });
    }
    let mut next = successor(tenant, now);
    next.desired = DesiredState::Deprovisioned;
    next.generation += 1;
    next.attempt = 0;
    next.request = offboard.request;
    let summary = match &tenant.operation {
        Some(operation) => format!("offboarding accepted; the running {} is stopped first", operation.kind),
        None => "offboarding accepted".to_owned(),
    };
    Decision::Change(Box::new(Change { tenant: next, operation: None, claims: Claims::Keep, summary }))
}

/// A new request after a failed offboarding asks for another try; the old one,
/// delivered again, does not.
fn may_try_again(tenant: &Tenant, offboard: &Offboard) -> bool {
    tenant.status == Status::DeprovisionFailed
        && tenant.operation.is_none()
        && tenant.attempt > 0
        && tenant.request.event_id != offboard.request.event_id
}
