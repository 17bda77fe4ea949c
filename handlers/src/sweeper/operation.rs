//! One open operation: what became of it, and what is to be done.

use crate::engine::Look;
use crate::reconciler::{Deps, ReconcilerError, end, run_again, stop};
use chrono::{DateTime, Utc};
use tenantry_events::ids::TenantId;
use tenantry_registry::lifecycle::{Step, next_step};

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
    let engine = deps.engines.of(tenant.plan);
    match engine.look(&tenant, &open).await? {
        Look::Ended(outcome) => {
            end(deps, &tenant, &open, *outcome, now).await?;
            Ok(Repair::Recorded)
        }
        Look::Runs | Look::Unknown if matches!(next_step(&tenant), Step::Stop(_)) => {
            stop(deps, &tenant, &open, now).await?;
            Ok(Repair::Stopped)
        }
        Look::Runs | Look::Unknown if now > open.deadline => {
            let outcome = engine.give_up(&tenant, &open).await?;
            end(deps, &tenant, &open, outcome, now).await?;
            Ok(Repair::Stopped)
        }
        Look::Unknown => {
            Ok(if run_again(deps, &tenant, &open, now).await? { Repair::Started } else { Repair::Recorded })
        }
        Look::Runs => Ok(Repair::None),
    }
}
