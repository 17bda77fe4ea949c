//! `sweeper`: every few minutes, looks after whatever a lost event or a lost
//! record left behind: events that are not known to be on the bus, operations
//! whose end nobody recorded, or that nobody started, and those that wait
//! although there is room.
//!
//! It costs what is under way, not how many tenants there are. In a healthy
//! system it repairs nothing; each repair is counted.

mod operation;

use crate::publisher;
use crate::reconciler::{self, ReconcilerError};
use crate::shared::fault::Fault;
use chrono::{DateTime, TimeDelta, Utc};
use lambda_runtime::tracing;
use operation::Repair;
use serde::Serialize;
use tenantry_registry::store::StoreError;

/// How long a change may take to reach the bus before the sweeper sends it.
const UNPUBLISHED: TimeDelta = TimeDelta::seconds(60);
/// How many unpublished lines one sweep sends at the most.
const LINES: i32 = 100;
/// How many open operations one sweep looks at, at the most.
const OPERATIONS: usize = 2_000;

/// What the function needs.
#[derive(Clone, Debug)]
pub struct Deps {
    /// To start, stop and begin operations.
    pub reconciler: reconciler::Deps,
    /// To send events.
    pub publisher: publisher::Deps,
}

/// What a sweep found and did.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Sweep {
    /// Operations under way.
    pub open: usize,
    /// Executions that nobody had started.
    pub started: usize,
    /// Ends that nobody had recorded.
    pub recorded: usize,
    /// Operations past their deadline, or that nobody wanted any more.
    pub stopped: usize,
    /// History lines whose events nobody had sent.
    pub published: usize,
    /// Operations that waited although there was room.
    pub begun: usize,
}

impl Sweep {
    /// How much was repaired: nothing, in a healthy system.
    #[must_use]
    pub const fn repairs(&self) -> usize {
        self.started + self.recorded + self.stopped + self.published + self.begun
    }
}

/// Why a sweep could not be made.
#[derive(Debug, thiserror::Error)]
pub enum SweeperError {
    /// The registry's indexes did not answer.
    #[error(transparent)]
    Registry(#[from] StoreError),
    /// Nothing could be begun.
    #[error(transparent)]
    Reconciler(#[from] ReconcilerError),
    /// Some tenants could not be looked after; the log says which, and why.
    #[error("{0} could not be looked after; the next sweep tries again")]
    Incomplete(usize),
}

impl Fault for SweeperError {
    fn name(&self) -> &'static str {
        match self {
            Self::Registry(error) => error.name(),
            Self::Reconciler(error) => error.name(),
            Self::Incomplete(_) => "SweepIncomplete",
        }
    }

    fn is_retryable(&self) -> bool {
        match self {
            Self::Registry(error) => error.is_retryable(),
            Self::Reconciler(error) => error.is_retryable(),
            Self::Incomplete(_) => true,
        }
    }
}

/// Makes one sweep. One tenant that cannot be looked after holds up no other.
///
/// # Errors
///
/// [`SweeperError`] when what there is to look after cannot be found out, or
/// some of it could not be looked after.
pub async fn handle(deps: &Deps, now: DateTime<Utc>) -> Result<Sweep, SweeperError> {
    let (mut sweep, mut failed) = (Sweep::default(), 0);
    let registry = &deps.reconciler.registry;
    for line in registry.unpublished(now - UNPUBLISHED, LINES).await? {
        let tenant = line.tenant_id.clone();
        match publisher::publish(&deps.publisher, line).await {
            Ok(()) => sweep.published += 1,
            Err(error) => complain(&mut failed, &tenant, &error),
        }
    }
    for id in registry.open_operations(OPERATIONS).await? {
        sweep.open += 1;
        match Box::pin(operation::look_after(&deps.reconciler, id, now)).await {
            Ok(Repair::None) => {}
            Ok(Repair::Started) => sweep.started += 1,
            Ok(Repair::Recorded) => sweep.recorded += 1,
            Ok(Repair::Stopped) => sweep.stopped += 1,
            Err(error) => complain(&mut failed, &id.to_string(), &error),
        }
    }
    sweep.begun = Box::pin(reconciler::admit_unlimited(&deps.reconciler, now)).await?;
    sweep.begun += Box::pin(reconciler::admit(&deps.reconciler, None, now)).await?;
    tracing::info!(repairs = sweep.repairs(), "{}", serde_json::to_string(&sweep).unwrap_or_default());
    if failed > 0 { Err(SweeperError::Incomplete(failed)) } else { Ok(sweep) }
}

fn complain(failed: &mut usize, tenant: &str, error: &impl Fault) {
    *failed += 1;
    tracing::error!(tenant, error = error.name(), "not looked after: {error}");
}
