//! `execution-ended`: an execution that failed, timed out or was aborted
//! without its machine recording it (`States.Runtime`, the machine's own time
//! limit, an abort by hand, an outcome that could not be recorded) is recorded
//! here: as what its history says was done.

use crate::engine::EngineError;
use crate::engine::build::Builds;
use crate::engine::ending::Ending;
use crate::shared::fault::Fault;
use chrono::{DateTime, Utc};
use lambda_runtime::tracing;
use serde::Deserialize;
use tenantry_events::ids::{EventId, OperationId};
use tenantry_registry::audit::Origin;
use tenantry_registry::lifecycle::Input;
use tenantry_registry::store::{Registry, StoreError};

/// What the function needs.
#[derive(Clone, Debug)]
pub struct Deps {
    /// Where the ending goes.
    pub registry: Registry,
    /// What the execution did.
    pub builds: Builds,
}

/// 'Step Functions Execution Status Change', as far as it matters.
///
/// Source: "Automating Step Functions event delivery with EventBridge", AWS
/// Step Functions Developer Guide.
#[derive(Clone, Debug, Deserialize)]
pub struct StatusChange {
    /// The event itself.
    pub id: String,
    /// What it says.
    pub detail: StatusChangeDetail,
}

/// The detail of a status change.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StatusChangeDetail {
    /// The execution.
    pub execution_arn: String,
    /// Its name, which says which operation of which tenant it is.
    pub name: String,
    /// `FAILED`, `TIMED_OUT` or `ABORTED`.
    pub status: String,
    /// The error's name, if it failed.
    #[serde(default)]
    pub error: Option<String>,
    /// What it says of the cause.
    #[serde(default)]
    pub cause: Option<String>,
}

/// Why an ending was not recorded.
#[derive(Debug, thiserror::Error)]
pub enum ExecutionEndedError {
    /// The registry did not answer.
    #[error(transparent)]
    Registry(#[from] StoreError),
    /// Step Functions or CodeBuild did not say what the execution did.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl Fault for ExecutionEndedError {
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

/// Records one ending, unless the machine itself has.
///
/// # Errors
///
/// [`ExecutionEndedError`] when the registry, Step Functions or CodeBuild does
/// not answer; the event is delivered again and finds what it has done.
pub async fn handle(deps: &Deps, event: StatusChange, now: DateTime<Utc>) -> Result<(), ExecutionEndedError> {
    let detail = event.detail;
    let Some((id, operation)) = OperationId::from_execution_name(&detail.name) else {
        tracing::info!(execution = detail.execution_arn, "not an operation: started by hand");
        return Ok(());
    };
    let Some(tenant) = deps.registry.tenant(id).await? else { return Ok(()) };
    let open = tenant.operation.clone().filter(|open| {
        // The ARN too: a namesake of another machine is another execution.
        open.id == operation && open.execution_arn.as_deref() == Some(detail.execution_arn.as_str())
    });
    let Some(open) = open else { return Ok(()) };
    let ending =
        Ending { status: &detail.status, error: detail.error.as_deref(), cause: detail.cause.as_deref() };
    let outcome = deps.builds.ended(&tenant, &open, &ending).await?;
    let origin = Origin {
        event_id: event.id.parse().unwrap_or_else(|_| EventId::derive(&event.id)),
        correlation_id: open.request.correlation_id,
        action: "recordOutcome".to_owned(),
        actor: "execution status event".to_owned(),
        why: None,
    };
    let applied = deps.registry.apply(id, &Input::Outcome(Box::new(outcome)), &origin, now).await?;
    tracing::info!(tenant = %id, operation = %operation, correlation = %open.request.correlation_id, "{}", applied.decision.outline());
    Ok(())
}
