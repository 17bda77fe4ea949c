//! What the functions share that carry a request about a known tenant into the
//! registry.

use super::fault::Fault;
use super::identity::{self, Whom};
use super::intake::{Intake, IntakeError};
use chrono::{DateTime, Utc};
use lambda_runtime::tracing;
use tenantry_events::ids::TenantId;
use tenantry_events::receive::Received;
use tenantry_events::text::RegistrationId;
use tenantry_registry::audit::Origin;
use tenantry_registry::lifecycle::{Code, Decision, Input, unknown_tenant};
use tenantry_registry::store::StoreError;

/// Why a request about a known tenant could not be taken in.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// It could not be read or put away.
    #[error(transparent)]
    Intake(#[from] IntakeError),
    /// The registry knows no such tenant. Its onboarding may be under way, as
    /// EventBridge keeps no order: the event is tried again, and then put into
    /// the dead-letter queue.
    #[error("{0}")]
    UnknownTenant(String),
}

impl From<StoreError> for RequestError {
    fn from(error: StoreError) -> Self {
        Self::Intake(error.into())
    }
}

impl Fault for RequestError {
    fn name(&self) -> &'static str {
        match self {
            Self::Intake(error) => error.name(),
            Self::UnknownTenant(_) => "UnknownTenant",
        }
    }

    fn is_retryable(&self) -> bool {
        match self {
            Self::Intake(error) => error.is_retryable(),
            Self::UnknownTenant(_) => true,
        }
    }
}

/// Lets `input` happen to the tenant that the event names by its id, by its
/// registration or by both; two that are not one tenant's are refused.
///
/// # Errors
///
/// [`RequestError`]; the event is delivered again and finds what it has done.
pub async fn carry_out<T>(
    deps: &Intake,
    received: &Received<T>,
    tenant: Option<TenantId>,
    registration: Option<&RegistrationId>,
    input: &Input,
    origin: &Origin,
    now: DateTime<Utc>,
) -> Result<(), RequestError> {
    let ids = identity::ids(tenant, registration.map(RegistrationId::as_str));
    let tenant = match deps.whom(&ids).await? {
        Whom::Tenant(tenant) => tenant,
        Whom::Unknown => return Err(RequestError::UnknownTenant(unknown_tenant().reason)),
        Whom::Contradiction { tenants, reason } => {
            return Ok(deps.refuse_contradiction(received, origin, (&tenants, &reason), now).await?);
        }
    };
    if deps.is_over(received, tenant, input, now).await? {
        return Ok(());
    }
    let applied = deps.registry.apply(tenant, input, origin, now).await?;
    tracing::info!(%tenant, event = %received.event_id, correlation = %received.correlation_id, "{}", applied.decision.outline());
    match applied.decision {
        Decision::Refused(note) if note.code == Code::UnknownTenant => {
            Err(RequestError::UnknownTenant(note.reason))
        }
        _ => Ok(()),
    }
}
