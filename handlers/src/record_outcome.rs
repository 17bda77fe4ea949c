//! `record-outcome`: the last task of every state machine writes what became of
//! the operation into the registry, under its fencing token. Of an operation that
//! gives the tenant an administrator, it invites them first: see [`invitation`].

mod invitation;

pub use invitation::{InvitationError, ROLE};

use crate::engine::build::Payload;
use crate::shared::fault::Fault;
use aws_sdk_cognitoidentityprovider::Client;
use chrono::{DateTime, Utc};
use lambda_runtime::tracing;
use serde::Serialize;
use serde_json::Value;
use tenantry_events::ids::{CorrelationId, EventId};
use tenantry_registry::audit::Origin;
use tenantry_registry::lifecycle::{Decision, Input, OutcomeResult, UNSENT};
use tenantry_registry::notices::ADMINISTRATOR;
use tenantry_registry::store::{Asked, Registry, StoreError};
use tenantry_registry::tenant::{OperationKind, Tenant};

/// What the function needs.
#[derive(Clone, Debug)]
pub struct Deps {
    /// Where the outcome goes, and the administrators' addresses are.
    pub registry: Registry,
    /// Where administrators are created: the tenants' user pools.
    pub users: Client,
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
    /// The tenant's administrator could not be invited.
    #[error(transparent)]
    Invitation(#[from] InvitationError),
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
            Self::Invitation(error) => error.name(),
            Self::Superseded(_) => "Superseded",
            Self::InvalidPayload(_) => "InvalidPayload",
        }
    }

    fn is_retryable(&self) -> bool {
        match self {
            Self::Registry(error) => error.is_retryable(),
            Self::Invitation(error) => error.is_retryable(),
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
    let (tenant, id, mut outcome) = payload.read();
    let event_id = EventId::derive(&format!("{tenant}/{id}/outcome"));
    let known = deps.registry.tenant(tenant).await?;
    let open = known.as_ref().and_then(|tenant| tenant.operation.as_ref()).filter(|open| open.id == id);
    let correlation_id = open.map_or(CorrelationId::from(event_id), |open| open.request.correlation_id);
    if let (Some(known), Some(open)) = (&known, open)
        && gives_an_administrator(open.kind)
    {
        Box::pin(invite(deps, known, &mut outcome.result)).await?;
    }
    let origin = Origin {
        event_id,
        correlation_id,
        action: "recordOutcome".to_owned(),
        actor: "state machine".to_owned(),
        why: None,
    };
    let input = Input::Outcome(Box::new(outcome));
    let asked = Asked { id: tenant, input: &input, begin: None, origin: &origin };
    let applied = deps.registry.apply_to(known, asked, now).await?;
    tracing::info!(%tenant, operation = %id, correlation = %correlation_id, "{}", applied.decision.outline());
    let status = applied.tenant.map(|tenant| tenant.status.to_string()).unwrap_or_default();
    match applied.decision {
        Decision::Change(_) | Decision::Duplicate(_) | Decision::Noted(..) => {
            Ok(Answer { recorded: true, status })
        }
        Decision::Stale(note) | Decision::Refused(note) => Err(RecordOutcomeError::Superseded(note.reason)),
    }
}

/// Whether the tenant has an administrator with its present address after the
/// operation.
const fn gives_an_administrator(kind: OperationKind) -> bool {
    match kind {
        OperationKind::Provision | OperationKind::Update => true,
        OperationKind::CleanUp
        | OperationKind::Suspend
        | OperationKind::Resume
        | OperationKind::Deprovision => false,
    }
}

/// Invites the administrator of `tenant`, whose operation has succeeded, and adds who
/// it is to its outputs. A tenant without a user pool has none.
async fn invite(deps: &Deps, tenant: &Tenant, result: &mut OutcomeResult) -> Result<(), InvitationError> {
    let OutcomeResult::Succeeded { outputs, revision, .. } = result else { return Ok(()) };
    let pool = outputs.get("userPoolId").or(tenant.outputs.get("userPoolId"));
    if let Some(pool) = pool {
        let invited = invitation::renew(&deps.users, pool, tenant).await?;
        outputs.insert(ADMINISTRATOR.to_owned(), invited.administrator);
        if !invited.unsent.is_empty() {
            outputs.insert(UNSENT.to_owned(), invited.unsent);
        }
    }
    *revision = Some(tenant.revision);
    Ok(())
}
