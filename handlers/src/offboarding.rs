//! `offboarding`: an offboardingRequest becomes a tenant that should be gone.

pub use crate::requests::Deps;
use crate::requests::{RequestError, carry_out};
use crate::shared::intake::{origin, request};
use crate::shared::payload::Payload;

use chrono::{DateTime, Utc};
use tenantry_events::details::OffboardingRequest;
use tenantry_registry::lifecycle::Input;

/// Why a request could not be taken in.
pub type OffboardingError = RequestError;

/// Takes one request in.
///
/// # Errors
///
/// [`OffboardingError`] when the registry or the quarantine does not answer, or
/// the tenant is not known (yet); the event is delivered again and finds what
/// it has done.
pub async fn handle(deps: &Deps, payload: &Payload, now: DateTime<Utc>) -> Result<(), OffboardingError> {
    let Some(received) = deps.intake.read::<OffboardingRequest>(payload, now).await? else { return Ok(()) };
    let OffboardingRequest { tenant_id, tenant_registration_id, .. } = &received.detail;
    let input = Input::Offboard(request(&received, now));
    let registration = tenant_registration_id.as_ref();
    carry_out(deps, &received, *tenant_id, registration, &input, &origin(&received), now).await
}
