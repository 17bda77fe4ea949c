//! `reconciler`: compares what a tenant should be with what it is, and begins,
//! starts or stops the operation that brings it there.
//!
//! Beginning is a write; the change that it makes comes back through the stream
//! and starts the execution. So there is never a write and a call that can come
//! apart: a crash between them is a record that is delivered again. What there
//! is no room for waits in the registry: see [`admit`].

mod admission;

pub use admission::{admit, admit_unlimited};

use crate::engine::{Beginnings, EngineError, Engines, Started, outcome_of};
use crate::shared::fault::Fault;
use crate::shared::stream::{Failures, RegistryChange, change, partition};
use aws_lambda_events::dynamodb::Event;
use aws_lambda_events::streams::DynamoDbEventResponse;
use chrono::{DateTime, Utc};
use lambda_runtime::tracing;
use tenantry_events::failure::{Failure, FailureCode};
use tenantry_events::ids::EventId;
use tenantry_registry::audit::Origin;
use tenantry_registry::lifecycle::{
    Code, Decision, Input, LEFT, Note, Outcome, OutcomeResult, Step, next_step, served,
};
use tenantry_registry::store::{Asked, Registry, StoreError};
use tenantry_registry::tenant::{OpenOperation, OperationKind, Request, Tenant};

/// What the function needs.
#[derive(Clone, Debug)]
pub struct Deps {
    /// What should be, and what is.
    pub registry: Registry,
    /// What brings the one to the other.
    pub engines: Engines,
    /// How what waits begins, and how much may be under way at once.
    pub beginnings: Beginnings,
}

/// Why a tenant could not be brought a step further.
#[derive(Debug, thiserror::Error)]
pub enum ReconcilerError {
    /// The registry did not answer.
    #[error(transparent)]
    Registry(#[from] StoreError),
    /// The engine did not do its part.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl Fault for ReconcilerError {
    fn name(&self) -> &'static str {
        match self {
            Self::Registry(error) => error.name(),
            Self::Engine(error) => error.name(),
        }
    }

    fn is_retryable(&self) -> bool {
        match self {
            Self::Registry(error) => error.is_retryable(),
            Self::Engine(error) => error.is_retryable(),
        }
    }
}

/// Takes a batch of the change stream; what could not be done is reported and
/// comes again.
///
/// # Errors
///
/// None of its own: failures are per record.
pub async fn handle(
    deps: &Deps,
    event: Event,
    now: DateTime<Utc>,
) -> Result<DynamoDbEventResponse, ReconcilerError> {
    let mut failures = Failures::default();
    for record in event.records {
        let (partition, sequence) = (partition(&record), record.change.sequence_number.clone());
        if failures.holds_up(&record) {
            failures.add(partition, sequence);
            continue;
        }
        let done = match change(record) {
            // Boxed: the SDK's futures nest too deep for the compiler otherwise.
            Ok(RegistryChange::Tenant { before, after }) => {
                let done = Box::pin(reconcile(deps, &after, now)).await;
                if done.is_ok() {
                    count_wait(before.as_deref(), &after);
                }
                if done.is_ok() && after.needs_a_person() && !before.is_some_and(|it| it.needs_a_person()) {
                    call_a_person(&after);
                }
                done
            }
            Ok(_) => Ok(()),
            Err(error) => Err(error.into()),
        };
        if let Err(error) = done {
            tracing::error!(tenant = partition, error = error.name(), "not reconciled: {error}");
            failures.add(partition, sequence);
        }
    }
    Ok(failures.response())
}

/// How often an operation is put off before a person must know.
const LONG: u32 = 2;

/// Counts a tenant whose operation was put off again for want of build capacity;
/// an alarm watches that.
fn count_wait(before: Option<&Tenant>, after: &Tenant) {
    let deferrals = |tenant: &Tenant| tenant.due.map_or(0, |due| due.deferrals);
    if deferrals(after) >= LONG && before.is_none_or(|before| deferrals(before) < deferrals(after)) {
        metrics::counter!("WaitsForCapacity").increment(1);
        let wait = after.waits_for_capacity().map(|due| due.to_string());
        tracing::warn!(tenant = %after.tenant_id, "{}", wait.unwrap_or_default());
    }
}

/// Counts a tenant of which something may be left; an alarm watches that.
fn call_a_person(tenant: &Tenant) {
    metrics::counter!("NeedsPerson").increment(1);
    let left = tenant.failure.as_ref().and_then(|failure| failure.left_behind.as_deref());
    tracing::error!(tenant = %tenant.tenant_id, "{}: {}", tenant.status, left.unwrap_or("resources may be left"));
}

/// Brings one tenant one step further. Safe to repeat, and safe with a record
/// that is out of date: each step is taken only if the registry still asks for
/// it.
///
/// # Errors
///
/// [`ReconcilerError`] when the registry or the engine does not do its part.
pub async fn reconcile(deps: &Deps, tenant: &Tenant, now: DateTime<Utc>) -> Result<(), ReconcilerError> {
    match next_step(tenant) {
        // What takes no capacity waits for nobody.
        step @ Step::Begin { .. } if !tenant.plan.takes_capacity() => match still(deps, tenant, &step).await?
        {
            Some(current) => begin(deps, &current, now).await.map(|_| ()),
            None => Ok(()),
        },
        Step::Begin { .. } => admit(deps, Some(tenant), now).await.map(|_| ()),
        Step::Run(open) => run(deps, tenant, &open, now).await.map(|_| ()),
        Step::Stop(open) => stop(deps, tenant, &open, now).await,
        // Its operation may have ended: there is room for another one.
        Step::Rest => admit(deps, None, now).await.map(|_| ()),
    }
}

/// Begins the operation that `tenant`, which was read a moment ago, waits for; why
/// not, if there is no room.
async fn begin(deps: &Deps, tenant: &Tenant, now: DateTime<Utc>) -> Result<Decision, ReconcilerError> {
    let Step::Begin { id, kind } = next_step(tenant) else { return Ok(not_due()) };
    let tier = match tenant.plan.takes_capacity() {
        true => deps.registry.tier(&tenant.tier).await?,
        false => None,
    };
    let begin = deps.beginnings.begin(tenant, (id, kind), tier.as_ref(), now)?;
    let request = served(tenant, kind);
    let origin = origin(tenant, request, "begin", &format!("{id}"));
    let input = Input::Begin(begin);
    let asked = Asked { id: tenant.tenant_id, input: &input, begin: None, origin: &origin };
    let applied = deps.registry.apply_to(Some(tenant.clone()), asked, now).await?;
    tracing::info!(tenant = %tenant.tenant_id, operation = %id, correlation = %request.correlation_id, "{}", applied.decision.outline());
    Ok(applied.decision)
}

/// Starts the execution of an operation, unless the record is out of date and
/// the operation has ended since: it must not run again then. Whether it was
/// started here.
///
/// # Errors
///
/// [`ReconcilerError`] when the registry or the engine does not do its part.
pub async fn run(
    deps: &Deps,
    tenant: &Tenant,
    open: &OpenOperation,
    now: DateTime<Utc>,
) -> Result<bool, ReconcilerError> {
    // Nothing was started, so nothing can be left.
    launch(deps, tenant, open, false, now).await
}

/// The same for an operation that began a while ago and of which the engine knows
/// nothing: it may have been forgotten with its machine, so what can not be
/// started may have left something.
///
/// # Errors
///
/// [`ReconcilerError`] when the registry or the engine does not do its part.
pub async fn run_again(
    deps: &Deps,
    tenant: &Tenant,
    open: &OpenOperation,
    now: DateTime<Utc>,
) -> Result<bool, ReconcilerError> {
    launch(deps, tenant, open, open.kind == OperationKind::Provision, now).await
}

async fn launch(
    deps: &Deps,
    tenant: &Tenant,
    open: &OpenOperation,
    unclean: bool,
    now: DateTime<Utc>,
) -> Result<bool, ReconcilerError> {
    let Some(current) = still(deps, tenant, &Step::Run(open.clone())).await? else { return Ok(false) };
    let engine = deps.engines.of(current.plan);
    // A build may outlive its execution, and must not meet the next one.
    if let Some(last) = &current.last_operation {
        engine.clear(last).await?;
    }
    match engine.start(&current, open).await? {
        Started::Now => {
            tracing::info!(tenant = %tenant.tenant_id, operation = %open.id, "operation started");
            Ok(true)
        }
        Started::Before => Ok(false),
        Started::Never(reason) => {
            let failure = impossible(open, &reason, unclean);
            end(deps, tenant, open, outcome_of(open, OutcomeResult::Failed { failure, unclean }), now)
                .await?;
            Ok(false)
        }
    }
}

/// Why an operation failed whose execution can never be started.
fn impossible(open: &OpenOperation, reason: &str, unclean: bool) -> Failure {
    Failure {
        left_behind: unclean.then(|| LEFT.to_owned()),
        attempt: open.id.attempt,
        retryable: true,
        ..Failure::new(FailureCode::ExecutionImpossible, "start", reason)
    }
}

/// The tenant as it is now, if `step` is what it still needs.
async fn still(deps: &Deps, tenant: &Tenant, step: &Step) -> Result<Option<Tenant>, StoreError> {
    let current = deps.registry.tenant(tenant.tenant_id).await?;
    Ok(current.filter(|current| next_step(current) == *step))
}

/// Stops an operation that nobody wants any more, unless that was done before,
/// and records its end.
///
/// # Errors
///
/// [`ReconcilerError`] when the registry or the engine does not do its part.
pub async fn stop(
    deps: &Deps,
    tenant: &Tenant,
    open: &OpenOperation,
    now: DateTime<Utc>,
) -> Result<(), ReconcilerError> {
    let Some(current) = still(deps, tenant, &Step::Stop(open.clone())).await? else { return Ok(()) };
    let stopped = deps.engines.of(current.plan).stop(&current, open).await?;
    // Then there is nothing to take down, which would wait for a build as well.
    let result = match stopped.untouched {
        true => {
            OutcomeResult::Deferred { reason: "it was stopped before a build could be started".to_owned() }
        }
        false => OutcomeResult::Cancelled,
    };
    end(deps, tenant, open, outcome_of(open, result), now).await
}

/// Records the end of an operation.
///
/// # Errors
///
/// [`ReconcilerError::Registry`].
pub async fn end(
    deps: &Deps,
    tenant: &Tenant,
    open: &OpenOperation,
    outcome: Outcome,
    now: DateTime<Utc>,
) -> Result<(), ReconcilerError> {
    let origin = origin(tenant, open.request, "recordOutcome", &format!("{}/end", open.id));
    deps.registry.apply(tenant.tenant_id, &Input::Outcome(Box::new(outcome)), &origin, now).await?;
    Ok(())
}

fn origin(tenant: &Tenant, request: Request, action: &str, step: &str) -> Origin {
    Origin {
        event_id: EventId::derive(&format!("{}/{step}/reconciler", tenant.tenant_id)),
        correlation_id: request.correlation_id,
        action: action.to_owned(),
        actor: "reconciler".to_owned(),
        why: None,
    }
}

fn not_due() -> Decision {
    Decision::Stale(Note {
        code: Code::OperationNotDue,
        reason: "the tenant waits for no operation".to_owned(),
    })
}
