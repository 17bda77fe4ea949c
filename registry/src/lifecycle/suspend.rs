//! Requests to suspend a tenant and to resume it (SBT's deactivateRequest and
//! activateRequest): two directions of one wish.

use super::{Code, Decision, Note, change, is_heard, noted, overtaken, wished};
use crate::tenant::{DesiredState, Request, Status, Tenant, Wish};
use chrono::{DateTime, Utc};

/// `desired` is `Suspended` or `Active`.
pub(super) fn decide(
    tenant: &Tenant,
    request: Request,
    desired: DesiredState,
    now: DateTime<Utc>,
) -> Decision {
    let (wish, rival, done, doing) = match desired {
        DesiredState::Suspended => (Wish::Suspend, Wish::Resume, "suspended", "suspension"),
        DesiredState::Active | DesiredState::Deprovisioned => {
            (Wish::Resume, Wish::Suspend, "active", "resumption")
        }
    };
    if tenant.desired == DesiredState::Deprovisioned {
        return Decision::Refused(Note {
            code: Code::TenantOffboarded,
            reason: format!("a tenant that is offboarded can not be {done}"),
        });
    }
    if tenant.request.event_id == request.event_id
        || (tenant.desired == desired && tenant.status != Status::UpdateFailed)
    {
        let note = Note {
            code: Code::AlreadyRequested,
            reason: format!("the tenant is to be {done} already, and is {}", tenant.status),
        };
        return noted(tenant, (wish, request), note, now);
    }
    if let Some(note) = overtaken(tenant, request, &[rival]) {
        return Decision::Stale(note);
    }
    if is_heard(tenant, wish, request) {
        return Decision::Duplicate(Note {
            code: Code::AlreadyReceived,
            reason: format!("this request came before and the tenant is {}", tenant.status),
        });
    }
    if tenant.status == Status::ProvisionFailed {
        return Decision::Refused(Note {
            code: Code::NotProvisioned,
            reason: "the tenant could not be provisioned; retry or offboard it".to_owned(),
        });
    }
    change(wished(tenant, (wish, request), desired, now), format!("{doing} accepted"))
}
