//! One open operation: what became of it, and what is to be done.

use crate::reconciler::{Deps, ReconcilerError, end, run, stop};
use crate::shared::ending::{Ending, failed};
use chrono::{DateTime, Utc};
use tenantry_events::ids::TenantId;
use tenantry_registry::lifecycle::{Step, next_step};
use tenantry_registry::tenant::{OpenOperation, Tenant};

/// What was done about an operation.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Repair {
    /// Nothing: it is as it should be.
    None,
    /// Its execution was started.
    Started,
    /// Its end was recorded.
    Recorded,
    /// It was stopped.
    Stopped,
}

/// Looks after the open operation of one tenant.
pub(super) async fn look_after(
    deps: &Deps,
    id: TenantId,
    now: DateTime<Utc>,
) -> Result<Repair, ReconcilerError> {
    let Some(tenant) = deps.registry.tenant(id).await? else { return Ok(Repair::None) };
    // The index is eventually consistent: the operation may be over.
    let Some(open) = tenant.operation.clone() else { return Ok(Repair::None) };
    if matches!(next_step(&tenant), Step::Stop(_)) {
        stop(deps, &tenant, &open, now).await?;
        return Ok(Repair::Stopped);
    }
    let overdue = now > open.deadline;
    let Some(arn) = &open.execution_arn else {
        return if overdue { give_up(deps, &tenant, &open, now).await } else { Ok(Repair::None) };
    };
    match deps.machines.look(arn).await? {
        None => Ok(if run(deps, &tenant, &open, now).await? { Repair::Started } else { Repair::Recorded }),
        Some(seen) if matches!(seen.status.as_str(), "RUNNING" | "PENDING_REDRIVE") => {
            if !overdue {
                return Ok(Repair::None);
            }
            deps.machines.stop(arn).await?;
            give_up(deps, &tenant, &open, now).await
        }
        Some(seen) => {
            let ending =
                Ending { status: &seen.status, error: seen.error.as_deref(), cause: seen.cause.as_deref() };
            end(deps, &tenant, &open, ending.outcome(&tenant, &open), now).await?;
            Ok(Repair::Recorded)
        }
    }
}

async fn give_up(
    deps: &Deps,
    tenant: &Tenant,
    open: &OpenOperation,
    now: DateTime<Utc>,
) -> Result<Repair, ReconcilerError> {
    let reason = match open.execution_arn {
        Some(_) => "the operation was not over by its deadline, and was stopped",
        None => "the application plane had not answered by the operation's deadline",
    };
    end(deps, tenant, open, failed(open, "DeadlineExceeded", reason), now).await?;
    Ok(Repair::Stopped)
}
