//! `lifecycle`: requests to suspend a tenant, to resume it, to try again what
//! failed, to stop what is under way, and to change what is known of it.

pub use crate::requests::Deps;
use crate::requests::{RequestError, carry_out};
use crate::shared::intake::{origin, request};
use crate::shared::payload::Payload;

use chrono::{DateTime, Utc};
use tenantry_events::details::{ChangeRequest, TenantRequest};
use tenantry_events::name::EventName;
use tenantry_events::receive::Received;
use tenantry_events::text::{Person, Reason};
use tenantry_registry::audit::Origin;
use tenantry_registry::lifecycle::{Cancel, ChangeData, Input};

/// Why a request could not be taken in.
pub type LifecycleError = RequestError;

/// Takes one request in.
///
/// # Errors
///
/// [`LifecycleError`] when the registry or the quarantine does not answer, or
/// the tenant is not known (yet); the event is delivered again and finds what
/// it has done.
pub async fn handle(deps: &Deps, payload: &Payload, now: DateTime<Utc>) -> Result<(), LifecycleError> {
    let detail_type = payload.detail_type();
    if detail_type == Some(EventName::ChangeRequest.detail_type()) {
        // Boxed: two deep futures in one are deeper than the compiler looks.
        return Box::pin(change(deps, payload, now)).await;
    }
    let Some(received) = deps.intake.read::<TenantRequest>(payload, now).await? else { return Ok(()) };
    let detail = &received.detail;
    let input = input(&received, now);
    let registration = detail.tenant_registration_id.as_ref();
    let origin = by_whom(&received, detail.requested_by.as_ref(), detail.reason.as_ref());
    carry_out(deps, &received, detail.tenant_id, registration, &input, &origin, now).await
}

async fn change(deps: &Deps, payload: &Payload, now: DateTime<Utc>) -> Result<(), LifecycleError> {
    let Some(received) = deps.intake.read::<ChangeRequest>(payload, now).await? else { return Ok(()) };
    let detail = &received.detail;
    let input = Input::ChangeData(Box::new(ChangeData {
        request: request(&received, now),
        email: detail.email.clone(),
        attributes: detail.attributes.clone().unwrap_or_default().into(),
        expected_version: detail.expected_version,
    }));
    let registration = detail.tenant_registration_id.as_ref();
    let origin = by_whom(&received, detail.requested_by.as_ref(), detail.reason.as_ref());
    carry_out(deps, &received, detail.tenant_id, registration, &input, &origin, now).await
}

fn input(received: &Received<TenantRequest>, now: DateTime<Utc>) -> Input {
    let request = request(received, now);
    match received.name {
        EventName::DeactivateRequest => Input::Suspend(request),
        EventName::ActivateRequest => Input::Resume(request),
        EventName::RetryRequest if received.detail.reprovision == Some(true) => Input::Reprovision(request),
        EventName::RetryRequest => Input::Retry(request),
        // The type takes no fifth event.
        _ => Input::Cancel(Cancel { request, operation: received.detail.operation_id }),
    }
}

/// Who asked, with the person and the reason if they are given.
fn by_whom<T>(received: &Received<T>, person: Option<&Person>, reason: Option<&Reason>) -> Origin {
    let mut origin = origin(received);
    if let Some(person) = person {
        origin.actor = format!("{}, {person}", origin.actor);
    }
    origin.why = reason.map(ToString::to_string);
    origin
}
