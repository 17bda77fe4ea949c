//! What the functions share that carry a request into the registry. The operation
//! that it leads to begins with it, in one transaction, unless it has to wait for its
//! turn: that one the reconciler lets begin.

use crate::engine::Beginnings;
use crate::shared::fault::Fault;
use crate::shared::identity::{self, Whom};
use crate::shared::intake::{Intake, IntakeError};
use chrono::{DateTime, Utc};
use lambda_runtime::tracing;
use tenantry_events::ids::TenantId;
use tenantry_events::receive::Received;
use tenantry_events::text::RegistrationId;
use tenantry_registry::audit::Origin;
use tenantry_registry::lifecycle::{Begin, Code, Decision, Input, Step, decide, next_step, unknown_tenant};
use tenantry_registry::store::{Applied, Asked, Queue, StoreError};
use tenantry_registry::tenant::Tenant;

/// What a function needs that takes requests in.
#[derive(Clone, Debug)]
pub struct Deps {
    /// How they come in.
    pub intake: Intake,
    /// How their operations begin.
    pub beginnings: Beginnings,
}

impl Deps {
    /// Lets `input` happen to the tenant `id`, and its operation begin if it may.
    ///
    /// # Errors
    ///
    /// As [`Registry::apply`](tenantry_registry::store::Registry::apply).
    pub async fn apply(
        &self,
        id: TenantId,
        input: &Input,
        origin: &Origin,
        now: DateTime<Utc>,
    ) -> Result<Applied, StoreError> {
        let seen = self.intake.registry.tenant(id).await?;
        let begin = self.at_once(seen.as_ref(), input, now).await?;
        self.intake.registry.apply_to(seen, Asked { id, input, begin, origin }, now).await
    }

    /// The operation that the tenant needs after `input`, if it may begin at once:
    /// nobody waits who was there before.
    async fn at_once(
        &self,
        tenant: Option<&Tenant>,
        input: &Input,
        now: DateTime<Utc>,
    ) -> Result<Option<Begin>, StoreError> {
        let Decision::Change(change) = decide(tenant, input, now) else { return Ok(None) };
        let next = &change.tenant;
        let Step::Begin { id, kind } = next_step(next) else { return Ok(None) };
        let mut tier = None;
        if next.plan.takes_capacity() {
            let first = self.intake.registry.waiting(Queue::Limited, 1, None).await?.tenants;
            if first.iter().any(|first| first.tenant_id != next.tenant_id) {
                return Ok(None);
            }
            tier = match input {
                Input::Onboard(onboard) => onboard.tier.clone(),
                Input::Offboard(_)
                | Input::Suspend(_)
                | Input::Resume(_)
                | Input::Retry(_)
                | Input::Reprovision(_)
                | Input::Cancel(_)
                | Input::ChangeData(_)
                | Input::Begin(_)
                | Input::Outcome(_) => self.intake.registry.tier(&next.tier).await?,
            };
        }
        match self.beginnings.begin(next, (id, kind), tier.as_ref(), now) {
            Ok(begin) => Ok(Some(begin)),
            // It waits for a deployment that can carry it out; the reconciler says so.
            Err(error) => {
                tracing::warn!(tenant = %next.tenant_id, "does not begin at once: {error}");
                Ok(None)
            }
        }
    }
}

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
    deps: &Deps,
    received: &Received<T>,
    tenant: Option<TenantId>,
    registration: Option<&RegistrationId>,
    input: &Input,
    origin: &Origin,
    now: DateTime<Utc>,
) -> Result<(), RequestError> {
    let ids = identity::ids(tenant, registration.map(RegistrationId::as_str));
    let tenant = match deps.intake.whom(&ids).await? {
        Whom::Tenant(tenant) => tenant,
        Whom::Unknown => return Err(RequestError::UnknownTenant(unknown_tenant().reason)),
        Whom::Contradiction { tenants, reason } => {
            return Ok(deps.intake.refuse_contradiction(received, origin, (&tenants, &reason), now).await?);
        }
    };
    if deps.intake.is_over(received, tenant, input, now).await? {
        return Ok(());
    }
    let applied = deps.apply(tenant, input, origin, now).await?;
    tracing::info!(%tenant, event = %received.event_id, correlation = %received.correlation_id, "{}", applied.decision.outline());
    match applied.decision {
        Decision::Refused(note) if note.code == Code::UnknownTenant => {
            Err(RequestError::UnknownTenant(note.reason))
        }
        _ => Ok(()),
    }
}
