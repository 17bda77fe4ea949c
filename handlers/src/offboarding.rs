//! `offboarding`: an offboardingRequest becomes a tenant that should be gone.

use crate::shared::fault::Fault;
use crate::shared::intake::{Intake, IntakeError, origin, request};
use chrono::{DateTime, Utc};
use lambda_runtime::tracing;
use serde_json::Value;
use tenantry_events::details::OffboardingRequest;
use tenantry_events::text::RegistrationId;
use tenantry_registry::lifecycle::{Decision, Input, Offboard};
use tenantry_registry::store::StoreError;

/// What the function needs.
pub type Deps = Intake;

/// Why a request could not be taken in.
#[derive(Debug, thiserror::Error)]
pub enum OffboardingError {
    /// It could not be read or put away.
    #[error(transparent)]
    Intake(#[from] IntakeError),
    /// The registry knows no such tenant. Its onboarding may be under way, as
    /// EventBridge keeps no order: the event is tried again, and then put into
    /// the dead-letter queue.
    #[error("{0}")]
    UnknownTenant(String),
}

impl From<StoreError> for OffboardingError {
    fn from(error: StoreError) -> Self {
        Self::Intake(error.into())
    }
}

impl Fault for OffboardingError {
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

/// Takes one request in.
///
/// # Errors
///
/// [`OffboardingError`] when the registry or the quarantine does not answer, or
/// the tenant is not known (yet); the event is delivered again and finds what
/// it has done.
pub async fn handle(deps: &Deps, payload: &Value, now: DateTime<Utc>) -> Result<(), OffboardingError> {
    let Some(received) = deps.read::<OffboardingRequest>(payload, now).await? else { return Ok(()) };
    let detail = &received.detail;
    let registration = detail.tenant_registration_id.as_ref().map(RegistrationId::as_str);
    let tenant = deps.identify(detail.tenant_id, registration, &received.event_id.to_string()).await?;
    let from = origin(&received, &received.source);
    let input = Input::Offboard(Offboard { request: request(&received) });
    let applied = deps.registry.apply(tenant, &input, &from, now).await?;
    tracing::info!(%tenant, event = %received.event_id, correlation = %received.correlation_id, "{}", applied.decision);
    match applied.decision {
        Decision::Refused(note) if note.code == "UnknownTenant" => {
            Err(OffboardingError::UnknownTenant(note.reason))
        }
        _ => Ok(()),
    }
}
