//! One open operation: what became of it, and what is to be done.

use crate::reconciler::{Deps, Job, ReconcilerError, end, run_again, stop};
use crate::shared::ending::{Ending, failed, with_job};
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
            let jobs = last_jobs(deps, &open).await?;
            let job = jobs.first();
            end(deps, &tenant, &open, with_job(ending.outcome(&tenant, &open), job), job, now).await?;
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

/// The builds of the operation, the latest first. None of them runs any more:
/// what follows must not meet one at the tenant's stack.
async fn last_jobs(deps: &Deps, open: &OpenOperation) -> Result<Vec<Job>, ReconcilerError> {
    let Some(arn) = &open.execution_arn else { return Ok(Vec::new()) };
    let jobs = deps.builds.of(arn).await?;
    deps.builds.stop(&jobs).await?;
    Ok(jobs)
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
    let jobs = last_jobs(deps, open).await?;
    let job = jobs.first();
    end(deps, tenant, open, with_job(failed(open, "DeadlineExceeded", reason), job), job, now).await?;
    Ok(Repair::Stopped)
}
