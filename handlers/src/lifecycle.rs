//! `lifecycle`: requests to suspend a tenant, to resume it, to try again what
//! failed, and to stop what is under way.

use crate::shared::intake::{Intake, origin, request};
use crate::shared::wish::{WishError, carry_out};
use chrono::{DateTime, Utc};
use serde_json::Value;
use tenantry_events::details::TenantRequest;
use tenantry_events::name::EventName;
use tenantry_events::receive::Received;
use tenantry_registry::audit::Origin;
use tenantry_registry::lifecycle::{Cancel, Input};

/// What the function needs.
pub type Deps = Intake;

/// Why a request could not be taken in.
pub type LifecycleError = WishError;

/// Takes one request in.
///
/// # Errors
///
/// [`LifecycleError`] when the registry or the quarantine does not answer, or
/// the tenant is not known (yet); the event is delivered again and finds what
/// it has done.
pub async fn handle(deps: &Deps, payload: &Value, now: DateTime<Utc>) -> Result<(), LifecycleError> {
    let Some(received) = deps.read::<TenantRequest>(payload, now).await? else { return Ok(()) };
    let detail = &received.detail;
    let input = input(&received, now);
    let registration = detail.tenant_registration_id.as_ref();
    carry_out(deps, &received, detail.tenant_id, registration, &input, &by_whom(&received), now).await
}

fn input(received: &Received<TenantRequest>, now: DateTime<Utc>) -> Input {
    let request = request(received, now);
    match received.name {
        EventName::DeactivateRequest => Input::Suspend(request),
        EventName::ActivateRequest => Input::Resume(request),
        EventName::RetryRequest => Input::Retry(request),
        // The type takes no fifth event.
        _ => Input::Cancel(Cancel { request, operation: received.detail.operation_id }),
    }
}

/// Who asked, with the person and the reason if they are given.
fn by_whom(received: &Received<TenantRequest>) -> Origin {
    let mut origin = origin(received);
    if let Some(person) = &received.detail.requested_by {
        origin.actor = format!("{}, {person}", origin.actor);
    }
    origin.why = received.detail.reason.as_ref().map(ToString::to_string);
    origin
}
