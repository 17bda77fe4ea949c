//! The way of an event into the registry: read it, and where it cannot be
//! read, say so in the tenant's history or in quarantine. What comes from the
//! quarantine itself and is refused again stays there.

use super::fault::Fault;
use super::payload::Payload;
use super::quarantine::{Quarantine, QuarantineError};
use chrono::{DateTime, Utc};
use lambda_runtime::tracing;
use serde_json::Value;
use tenantry_events::envelope::{Delivered, Envelope, REDRIVE};
use tenantry_events::ids::{CorrelationId, TenantId};
use tenantry_events::receive::{Detail, Received, Rejection, receive};
use tenantry_events::sources::Sources;
use tenantry_events::text::shorten;
use tenantry_registry::audit::{AuditEntry, Origin, Verdict};
use tenantry_registry::lifecycle::{Code, Decision, Input, decide};
use tenantry_registry::store::{Registry, StoreError};
use tenantry_registry::tenant::{Request, Tenant};

/// What a function that takes events in needs.
#[derive(Clone, Debug)]
pub struct Intake {
    /// Where intent goes.
    pub registry: Registry,
    /// Where poison goes.
    pub quarantine: Quarantine,
    /// Which sources are right.
    pub sources: Sources,
}

/// Why an event could not be taken in.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// The registry did not answer.
    #[error(transparent)]
    Registry(#[from] StoreError),
    /// The quarantine did not answer.
    #[error(transparent)]
    Quarantine(#[from] QuarantineError),
    /// The event was re-driven from the dead-letter queue and is refused once
    /// more: the message stays where it is.
    #[error("{reason}")]
    StillRefused {
        /// Why, by a name that never changes; the error has the same.
        code: &'static str,
        /// Why, in a sentence.
        reason: String,
    },
}

impl Fault for IntakeError {
    fn name(&self) -> &'static str {
        match self {
            Self::Registry(error) => error.name(),
            Self::Quarantine(_) => "QuarantineUnavailable",
            Self::StillRefused { code, .. } => code,
        }
    }

    fn is_retryable(&self) -> bool {
        match self {
            Self::Registry(error) => error.is_retryable(),
            Self::Quarantine(_) => true,
            Self::StillRefused { .. } => false,
        }
    }
}

/// The refusals whose reason can be put right: their events wait in quarantine
/// until they are re-driven.
const CURABLE: [Code; 2] = [Code::UnknownTier, Code::UnknownTenant];

impl Intake {
    /// The event in `payload` as a `T`; `None` if it is none and has been put
    /// where a person finds it.
    ///
    /// # Errors
    ///
    /// [`IntakeError`] when it could not be put away, and is delivered again, or
    /// is there already.
    pub async fn read<T: Detail>(
        &self,
        payload: &Payload,
        now: DateTime<Utc>,
    ) -> Result<Option<Received<T>>, IntakeError> {
        let envelope: Delivered = match serde_json::from_str(payload.text()) {
            Ok(envelope) => envelope,
            Err(error) => {
                let redriven = payload.value().get("replay-name").is_some_and(|name| name == REDRIVE);
                self.give_up(payload, redriven, "NotAnEvent", &error.to_string()).await?;
                return Ok(None);
            }
        };
        match receive::<T>(&envelope, &self.sources) {
            Ok(received) => Ok(Some(received)),
            Err(rejection) => {
                self.put_away(payload, &envelope.with(Value::Null), &rejection, now).await?;
                Ok(None)
            }
        }
    }

    /// Whether a replay delivers an event that was decided on before: then it
    /// must not have any effect again, not even that of a refused request whose
    /// reason is gone meanwhile. Only what waits in quarantine for that is
    /// decided on once more when it is re-driven.
    ///
    /// # Errors
    ///
    /// [`IntakeError`] when the registry does not answer, or `input` would be
    /// refused again.
    pub async fn is_over<T>(
        &self,
        received: &Received<T>,
        tenant: TenantId,
        input: &Input,
        now: DateTime<Utc>,
    ) -> Result<bool, IntakeError> {
        if !received.replayed {
            return Ok(false);
        }
        let earlier = self.registry.decisions(tenant, received.event_id).await?;
        if earlier.is_empty() {
            return Ok(false);
        }
        let curable = |line: &AuditEntry| {
            line.code.as_deref().is_some_and(|code| CURABLE.iter().any(|it| it.as_str() == code))
        };
        if received.redriven && earlier.iter().all(curable) {
            let known = self.registry.tenant(tenant).await?;
            return match decide(known.as_ref(), input, now) {
                Decision::Refused(note) => {
                    Err(IntakeError::StillRefused { code: note.code.as_str(), reason: note.reason })
                }
                _ => Ok(false),
            };
        }
        tracing::info!(%tenant, event = %received.event_id, "replayed, and decided on before");
        Ok(true)
    }

    /// Puts an event into quarantine, unless that is where it comes from.
    ///
    /// # Errors
    ///
    /// [`IntakeError`] when the quarantine does not take it, or has it already.
    pub async fn give_up(
        &self,
        payload: &Payload,
        redriven: bool,
        code: &'static str,
        reason: &str,
    ) -> Result<(), IntakeError> {
        if redriven {
            return Err(IntakeError::StillRefused { code, reason: reason.to_owned() });
        }
        Ok(self.quarantine.put(payload, code, reason).await?)
    }

    /// The tenant that a refused event is about, as far as that can be read: by
    /// its id, or by its registration, which is all that SBT's outcomes name.
    async fn whose(&self, rejection: &Rejection) -> Result<Option<Tenant>, StoreError> {
        let id = match (rejection.tenant_id, &rejection.tenant_registration_id) {
            (Some(id), _) => Some(id),
            (None, Some(registration)) => self.registry.tenant_of_registration(registration.as_str()).await?,
            (None, None) => None,
        };
        match id {
            Some(id) => self.registry.tenant(id).await,
            None => Ok(None),
        }
    }

    async fn put_away(
        &self,
        payload: &Payload,
        envelope: &Envelope,
        rejection: &Rejection,
        now: DateTime<Utc>,
    ) -> Result<(), IntakeError> {
        let code = rejection.code.as_str();
        // What was refused when it came first is in its place already.
        if envelope.replay_name.as_deref().is_some_and(|name| name != REDRIVE) {
            tracing::info!(code, event = %rejection.event_id, "replayed, and refused before");
            return Ok(());
        }
        tracing::warn!(
            code,
            field = rejection.field.as_deref(),
            event = %rejection.event_id,
            tenant = rejection.tenant_id.map(|id| id.to_string()),
            "refused"
        );
        let known = self.whose(rejection).await?;
        let redriven = envelope.replay_name.is_some();
        let Some(tenant) = known.filter(|_| !redriven) else {
            return self.give_up(payload, redriven, code, &rejection.message).await;
        };
        let entry = AuditEntry {
            tenant_id: tenant.tenant_id,
            at: now,
            origin: Origin {
                event_id: rejection.event_id,
                correlation_id: CorrelationId::from(rejection.event_id),
                action: envelope.detail_type.chars().take(100).collect(),
                actor: envelope.source.chars().take(100).collect(),
                why: None,
            },
            verdict: Verdict::Refused,
            code: Some(code.to_owned()),
            reason: rejection.message.clone(),
            tenant_registration_id: None,
            tenant_version: None,
        };
        Ok(self.registry.record(&entry).await?)
    }
}

/// Who asked for what, as the history keeps it.
#[must_use]
pub fn origin<T>(received: &Received<T>) -> Origin {
    let source = &received.source;
    let actor = match &received.producer {
        Some(producer) => format!("{source} ({})", shorten(producer, 100)),
        None => source.clone(),
    };
    Origin {
        event_id: received.event_id,
        correlation_id: received.correlation_id,
        action: received.name.as_str().to_owned(),
        actor,
        why: None,
    }
}

/// The request that an event carries. One that claims to be from the future is
/// from now, so that nobody can claim to be younger than all that follow.
#[must_use]
pub fn request<T>(received: &Received<T>, now: DateTime<Utc>) -> Request {
    Request {
        event_id: received.event_id,
        correlation_id: received.correlation_id,
        at: received.occurred_at.min(now),
    }
}
