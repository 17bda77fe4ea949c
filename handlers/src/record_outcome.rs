//! `record-outcome`: the last task of every state machine writes what became of
//! the operation into the registry, under its fencing token.

use crate::engine::build::Payload;
use crate::shared::fault::Fault;
use chrono::{DateTime, Utc};
use lambda_runtime::tracing;
use serde::Serialize;
use serde_json::Value;
use tenantry_events::ids::{CorrelationId, EventId};
use tenantry_registry::audit::Origin;
use tenantry_registry::lifecycle::{Decision, Input};
use tenantry_registry::store::{Registry, StoreError};

/// What the function needs.
#[derive(Clone, Debug)]
pub struct Deps {
    /// Where the outcome goes.
    pub registry: Registry,
}

/// What the state machine gets back.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Answer {
    /// Always true: what is not recorded is an error.
    pub recorded: bool,
    /// The tenant's status now.
    pub status: String,
}

/// Why an outcome was not recorded.
#[derive(Debug, thiserror::Error)]
pub enum RecordOutcomeError {
    /// The registry did not answer.
    #[error(transparent)]
    Registry(#[from] StoreError),
    /// The operation is not the tenant's current one: another has taken over.
    #[error("{0}")]
    Superseded(String),
    /// The payload is not what a state machine sends.
    #[error("the payload is not an outcome: {0}")]
    InvalidPayload(String),
}

impl Fault for RecordOutcomeError {
    fn name(&self) -> &'static str {
        match self {
            Self::Registry(error) => error.name(),
            Self::Superseded(_) => "Superseded",
            Self::InvalidPayload(_) => "InvalidPayload",
        }
    }

    fn is_retryable(&self) -> bool {
        match self {
            Self::Registry(error) => error.is_retryable(),
            Self::Superseded(_) | Self::InvalidPayload(_) => false,
        }
    }
}

/// Records one outcome. Recording it again is success.
///
/// # Errors
///
/// [`RecordOutcomeError`], by names that the state machines know.
pub async fn handle(deps: &Deps, payload: Value, now: DateTime<Utc>) -> Result<Answer, RecordOutcomeError> {
    let payload: Payload = serde_json::from_value(payload)
        .map_err(|error| RecordOutcomeError::InvalidPayload(error.to_string()))?;
    let (tenant, id, outcome) = payload.read();
    let event_id = EventId::derive(&format!("{tenant}/{id}/outcome"));
    let known = deps.registry.tenant(tenant).await?;
    let correlation_id = known
        .and_then(|tenant| tenant.operation)
        .map_or(CorrelationId::from(event_id), |open| open.request.correlation_id);
    let origin = Origin {
        event_id,
        correlation_id,
        action: "recordOutcome".to_owned(),
        actor: "state machine".to_owned(),
        why: None,
    };
    let applied = deps.registry.apply(tenant, &Input::Outcome(Box::new(outcome)), &origin, now).await?;
    tracing::info!(%tenant, operation = %id, correlation = %correlation_id, "{}", applied.decision.outline());
    let status = applied.tenant.map(|tenant| tenant.status.to_string()).unwrap_or_default();
    match applied.decision {
        Decision::Change(_) | Decision::Duplicate(_) | Decision::Noted(..) => {
            Ok(Answer { recorded: true, status })
        }
        Decision::Stale(note) | Decision::Refused(note) => Err(RecordOutcomeError::Superseded(note.reason)),
    }
}
