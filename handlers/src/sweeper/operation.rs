//! One open operation: what became of it, and what is to be done.

use crate::ending::{Ending, done, failed, outcome_of, with_job};
use crate::reconciler::{Deps, ReconcilerError, Trace, end, run_again, stop};
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
    let seen = match &open.execution_arn {
        Some(arn) => deps.machines.look(arn).await?,
        None => None,
    };
    let overdue = now > open.deadline;
    match &seen {
        Some(seen) if !seen.runs() => {
            let ending =
                Ending { status: &seen.status, error: seen.error.as_deref(), cause: seen.cause.as_deref() };
            let trace = trace(deps, &open).await?;
            end(deps, &tenant, &open, ending.outcome(&tenant, &open, &trace), now).await?;
            Ok(Repair::Recorded)
        }
        _ if matches!(next_step(&tenant), Step::Stop(_)) => {
            stop(deps, &tenant, &open, now).await?;
            Ok(Repair::Stopped)
        }
        Some(_) | None if overdue => give_up(deps, &tenant, &open, seen.is_some(), now).await,
        None if open.execution_arn.is_some() => {
            Ok(if run_again(deps, &tenant, &open, now).await? { Repair::Started } else { Repair::Recorded })
        }
        Some(_) | None => Ok(Repair::None),
    }
}

/// What the history of the operation's execution says. None of its builds runs
/// any more: what follows must not meet one at the tenant's stack.
async fn trace(deps: &Deps, open: &OpenOperation) -> Result<Trace, ReconcilerError> {
    let Some(arn) = &open.execution_arn else { return Ok(Trace::default()) };
    let trace = deps.builds.trace(arn).await?;
    deps.builds.stop(&trace.jobs).await?;
    Ok(trace)
}

async fn give_up(
    deps: &Deps,
    tenant: &Tenant,
    open: &OpenOperation,
    runs: bool,
    now: DateTime<Utc>,
) -> Result<Repair, ReconcilerError> {
    let reason = match &open.execution_arn {
        Some(arn) if runs => {
            deps.machines.stop(arn).await?;
            "the operation was not over by its deadline, and was stopped"
        }
        Some(_) => "the operation's execution could not be started by its deadline",
        None => "the application plane had not answered by the operation's deadline",
    };
    let trace = trace(deps, open).await?;
    let given_up = || with_job(outcome_of(open, failed(open, "DeadlineExceeded", reason)), &trace);
    end(deps, tenant, open, done(tenant, open, &trace).unwrap_or_else(given_up), now).await?;
    Ok(Repair::Stopped)
}
