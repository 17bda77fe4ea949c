//! Requests to suspend a tenant and to resume it (SBT's deactivateRequest and
//! activateRequest): two directions of one wish.

use super::{Decision, Note, change, overtaken, wish};
use crate::tenant::{DesiredState, Request, Status, Tenant};
use chrono::{DateTime, Utc};

/// `desired` is `Suspended` or `Active`.
pub(super) fn decide(
    tenant: &Tenant,
    request: Request,
    desired: DesiredState,
    now: DateTime<Utc>,
) -> Decision {
    let (done, doing) = match desired {
        DesiredState::Suspended => ("suspended", "suspension"),
        DesiredState::Active | DesiredState::Deprovisioned => ("active", "resumption"),
    };
    if tenant.desired == DesiredState::Deprovisioned {
        return Decision::Refused(Note {
            code: "TenantOffboarded",
            reason: format!("a tenant that is offboarded can not be {done}"),
        });
    }
    if tenant.request.event_id == request.event_id
        || (tenant.desired == desired && tenant.status != Status::UpdateFailed)
    {
        return Decision::Duplicate(Note {
            code: "AlreadyWished",
            reason: format!("the tenant is to be {done} already, and is {}", tenant.status),
        });
    }
    if let Some(note) = overtaken(tenant, request) {
        return Decision::Stale(note);
    }
    if tenant.status == Status::ProvisionFailed {
        return Decision::Refused(Note {
            code: "NotProvisioned",
            reason: "the tenant could not be provisioned; retry or offboard it".to_owned(),
        });
    }
    change(wish(tenant, desired, request, now), format!("{doing} accepted"))
}
