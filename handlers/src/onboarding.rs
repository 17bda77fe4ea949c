//! `onboarding`: an onboardingRequest becomes a tenant that should be active.

pub use crate::requests::Deps;
use crate::shared::fault::Fault;
use crate::shared::intake::{Intake, IntakeError, origin, request};
use crate::shared::payload::Payload;
use chrono::{DateTime, Utc};
use lambda_runtime::tracing;
use tenantry_events::details::OnboardingRequest;
use tenantry_events::ids::TenantId;
use tenantry_events::receive::Received;
use tenantry_registry::lifecycle::{Code, Decision, Input, Onboard};
use tenantry_registry::store::StoreError;

/// Why a request could not be taken in.
#[derive(Debug, thiserror::Error)]
pub enum OnboardingError {
    /// It could not be read or put away.
    #[error(transparent)]
    Intake(#[from] IntakeError),
}

impl From<StoreError> for OnboardingError {
    fn from(error: StoreError) -> Self {
        Self::Intake(error.into())
    }
}

impl Fault for OnboardingError {
    fn name(&self) -> &'static str {
        let Self::Intake(error) = self;
        error.name()
    }

    fn is_retryable(&self) -> bool {
        let Self::Intake(error) = self;
        error.is_retryable()
    }
}

/// Takes one request in.
///
/// # Errors
///
/// [`OnboardingError`] when the registry or the quarantine does not answer (the
/// event is delivered again and finds what it has done), or what was re-driven
/// is still refused.
pub async fn handle(deps: &Deps, payload: &Payload, now: DateTime<Utc>) -> Result<(), OnboardingError> {
    let Some(received) = deps.intake.read::<OnboardingRequest>(payload, now).await? else { return Ok(()) };
    let onboard = intent(&deps.intake, &received, now).await?;
    let tenant = onboard.tenant_id;
    let input = Input::Onboard(Box::new(onboard));
    if deps.intake.is_over(&received, tenant, &input, now).await? {
        return Ok(());
    }
    let applied = deps.apply(tenant, &input, &origin(&received), now).await?;
    tracing::info!(%tenant, event = %received.event_id, correlation = %received.correlation_id, "{}", applied.decision.outline());
    if let Decision::Refused(note) = &applied.decision
        && note.code == Code::UnknownTier
    {
        // Once the tier is there, re-driving the event from the queue succeeds.
        deps.intake.give_up(payload, received.redriven, note.code.as_str(), &note.reason).await?;
    }
    Ok(())
}

async fn intent(
    deps: &Intake,
    received: &Received<OnboardingRequest>,
    now: DateTime<Utc>,
) -> Result<Onboard, StoreError> {
    let detail = &received.detail;
    let registration = detail.tenant_registration_id.clone();
    // A tenant and a registration that are not each other's are refused by the
    // lifecycle, or by the claim on the registration.
    let tenant_id = match (detail.tenant_id, &registration) {
        (Some(tenant), _) => tenant,
        (None, Some(registration)) => {
            let known = deps.registry.tenant_of_registration(registration.as_str()).await?;
            known.unwrap_or_else(|| TenantId::derive(registration.as_str()))
        }
        (None, None) => TenantId::of_event(received.event_id),
    };
    let tier = deps.registry.tier(&detail.tier).await?;
    Ok(Onboard {
        tenant_id,
        tenant_registration_id: registration.unwrap_or_else(|| tenant_id.into()),
        tenant_name: detail.tenant_name.clone(),
        email: detail.email.clone(),
        tier_name: detail.tier.clone(),
        tier,
        attributes: detail.attributes.clone().into(),
        request: request(received, now),
    })
}
