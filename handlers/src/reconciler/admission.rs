//! Who begins next: those that wait, in the order of arrival, as long as there
//! is room.

use super::{Deps, ReconcilerError, begin, still};
use chrono::{DateTime, Utc};
use lambda_runtime::tracing;
use std::collections::HashSet;
use tenantry_events::text::TierName;
use tenantry_registry::lifecycle::{Code, Decision, next_step};
use tenantry_registry::store::{Queue, Waits};
use tenantry_registry::tenant::Tenant;

/// How many of those that wait are looked at, at once.
const PAGE: i32 = 25;
/// How many are looked at in one invocation at the most: those of a tier that
/// is full are passed over, and there may be many of them.
const MOST: usize = 200;

/// Begins the operations of those that wait, oldest first, until there is no
/// more room; how many began.
///
/// `newcomer` has just come to wait. The index of those that wait is eventually
/// consistent and may not have it yet: then it comes last.
///
/// # Errors
///
/// [`ReconcilerError`] when the registry does not answer.
pub async fn admit(
    deps: &Deps,
    newcomer: Option<&Tenant>,
    now: DateTime<Utc>,
) -> Result<usize, ReconcilerError> {
    let under_way = deps.registry.operations_under_way(None).await?;
    if deps.beginnings.max_operations.is_some_and(|most| under_way >= most) {
        return Ok(0);
    }
    let mut begun = 0;
    let mut full: HashSet<TierName> = HashSet::new();
    let mut seen = HashSet::new();
    let mut after = None;
    loop {
        let page = deps.registry.waiting(Queue::Limited, PAGE, after.as_ref()).await?;
        for Waits { tenant_id: id, tier } in page.tenants {
            seen.insert(id);
            // Its record need not be read to pass it over.
            if full.contains(&tier) {
                continue;
            }
            let Some(tenant) = deps.registry.tenant(id).await? else { continue };
            match try_begin(deps, &tenant, &mut full, now).await? {
                Tried::Begun => begun += 1,
                Tried::Passed => {}
                Tried::Full => return Ok(begun),
            }
        }
        after = page.next;
        if after.is_none() || seen.len() >= MOST {
            break;
        }
    }
    if let Some(newcomer) = newcomer.filter(|tenant| !seen.contains(&tenant.tenant_id))
        && let Some(tenant) = still(deps, newcomer, &next_step(newcomer)).await?
        && matches!(try_begin(deps, &tenant, &mut full, now).await?, Tried::Begun)
    {
        begun += 1;
    }
    Ok(begun)
}

/// Begins what waits for no capacity and was not begun by its own change; how
/// many began.
///
/// # Errors
///
/// As [`admit`].
pub async fn admit_unlimited(deps: &Deps, now: DateTime<Utc>) -> Result<usize, ReconcilerError> {
    let mut begun = 0;
    for Waits { tenant_id, .. } in deps.registry.waiting(Queue::Unlimited, PAGE, None).await?.tenants {
        let Some(tenant) = deps.registry.tenant(tenant_id).await? else { continue };
        if matches!(begin(deps, &tenant, now).await?, Decision::Change(_)) {
            begun += 1;
        }
    }
    Ok(begun)
}

enum Tried {
    Begun,
    /// Another one may still begin.
    Passed,
    /// No other one can.
    Full,
}

async fn try_begin(
    deps: &Deps,
    tenant: &Tenant,
    full: &mut HashSet<TierName>,
    now: DateTime<Utc>,
) -> Result<Tried, ReconcilerError> {
    if full.contains(&tenant.tier) {
        return Ok(Tried::Passed);
    }
    match begin(deps, tenant, now).await {
        Ok(Decision::Change(_)) => Ok(Tried::Begun),
        Ok(Decision::Refused(note)) if note.code == Code::Full => Ok(Tried::Full),
        Ok(Decision::Refused(note)) if note.code == Code::TierFull => {
            full.insert(tenant.tier.clone());
            Ok(Tried::Passed)
        }
        Ok(_) => Ok(Tried::Passed),
        // One tenant that cannot begin must not hold up those behind it.
        Err(error @ ReconcilerError::Engine(_)) => {
            tracing::error!(tenant = %tenant.tenant_id, "cannot begin: {error}");
            Ok(Tried::Passed)
        }
        Err(error) => Err(error),
    }
}
