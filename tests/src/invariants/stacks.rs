//! The stacks, against the records.

use super::{Picture, Stage};
use tenantry_registry::tenant::{OperationKind, Status, Tenant};

pub(super) fn check(picture: &Picture, wrong: &mut Vec<String>) {
    let Some(stacks) = &picture.stacks else { return };
    for id in stacks {
        if !picture.tenants.iter().any(|tenant| tenant.tenant_id == *id) {
            wrong.push(format!("{id}: a stack of no tenant"));
        }
    }
    for tenant in &picture.tenants {
        let has = stacks.contains(&tenant.tenant_id);
        if should(tenant, picture.stage).is_some_and(|should| should != has) {
            let (id, status) = (tenant.tenant_id, tenant.status);
            wrong.push(match has {
                true => format!("{id}: it is {status}, and has a stack"),
                false => format!("{id}: it is {status}, and has no stack"),
            });
        }
    }
}

/// Whether there should be a stack; `None` where there may be one or not.
fn should(tenant: &Tenant, stage: Stage) -> Option<bool> {
    if !tenant.plan.is_ours() {
        return Some(false);
    }
    if let Some(open) = &tenant.operation {
        return match open.kind {
            OperationKind::Update | OperationKind::Suspend | OperationKind::Resume => Some(true),
            // Half made, half taken down.
            OperationKind::Provision | OperationKind::CleanUp | OperationKind::Deprovision => None,
        };
    }
    match tenant.status {
        Status::Active | Status::Suspended | Status::UpdateFailed => Some(true),
        Status::Pending | Status::Deprovisioned => Some(false),
        Status::ProvisionFailed => {
            let left = tenant.failure.as_ref().is_some_and(|failure| failure.left_behind.is_some());
            // What was stopped may take a moment to stop.
            (!left && stage >= Stage::Quiet).then_some(false)
        }
        // A person looks after what is left.
        Status::DeprovisionFailed => None,
        Status::Provisioning | Status::Updating | Status::Deprovisioning => None,
    }
}
