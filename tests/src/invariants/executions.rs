//! The executions, against the records.

use super::{Picture, Stage};
use std::collections::BTreeSet;
use tenantry_events::ids::OperationId;

pub(super) fn check(picture: &Picture, wrong: &mut Vec<String>) {
    let mut names = BTreeSet::new();
    for execution in &picture.executions {
        // What a person started by hand is no operation.
        let Some((id, operation)) = OperationId::from_execution_name(&execution.name) else { continue };
        if !names.insert(&execution.name) {
            wrong.push(format!("{id}: operation {operation} ran twice"));
        }
        if !picture.operations.iter().any(|(whose, known)| *whose == id && known.id == operation) {
            wrong.push(format!("{id}: an execution of operation {operation}, which is not in the registry"));
        }
        let tenant = picture.tenants.iter().find(|tenant| tenant.tenant_id == id);
        let open = tenant.and_then(|tenant| tenant.operation.as_ref()).map(|open| open.id);
        if picture.stage >= Stage::Quiet && is_running(&execution.status) && open != Some(operation) {
            wrong.push(format!("{id}: operation {operation} is over, and its execution runs"));
        }
    }
    if picture.stage < Stage::Quiet {
        return;
    }
    for tenant in &picture.tenants {
        let Some(open) = tenant.operation.as_ref().filter(|open| open.execution_arn.is_some()) else {
            continue;
        };
        let name = open.id.execution_name(tenant.tenant_id);
        if !picture.executions.iter().any(|one| one.name == name && is_running(&one.status)) {
            wrong.push(format!(
                "{}: operation {} is open, and no execution of it runs",
                tenant.tenant_id, open.id
            ));
        }
    }
}

fn is_running(status: &str) -> bool {
    matches!(status, "RUNNING" | "PENDING_REDRIVE")
}
