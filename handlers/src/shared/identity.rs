//! Whom an event means that is about a tenant who is there, by every id that it
//! names.

use super::intake::{Intake, IntakeError};
use chrono::{DateTime, Utc};
use lambda_runtime::tracing;
use tenantry_events::ids::TenantId;
use tenantry_events::receive::Received;
use tenantry_registry::audit::{AuditEntry, Origin, Verdict};
use tenantry_registry::store::StoreError;

/// The refusal of an event whose ids are not of one tenant.
pub const CONTRADICTORY: &str = "ContradictoryIds";

/// An id that an event names a tenant by.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Id {
    /// The tenant's own.
    Tenant(TenantId),
    /// Its registration's.
    Registration(String),
    /// What stands where a tenant's id would, and can be none.
    Nonsense,
}

/// An id, and the field that has it.
pub type Named = (&'static str, Id);

/// Whom all ids of an event mean.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Whom {
    /// One tenant.
    Tenant(TenantId),
    /// Nobody whom the registry knows, or knows yet: EventBridge keeps no order.
    Unknown,
    /// Not one tenant: at least one of the ids is of another, or of none.
    Contradiction {
        /// The tenants that they do name, each once.
        tenants: Vec<TenantId>,
        /// Which fields do not agree.
        reason: String,
    },
}

/// Whom `ids` mean, once it is known whose they are: a registration's tenant, or
/// `None` for an id of nobody. Pure.
#[must_use]
pub fn whom(ids: &[(&'static str, Option<TenantId>)]) -> Whom {
    let mut tenants: Vec<TenantId> = Vec::new();
    for tenant in ids.iter().filter_map(|(_, tenant)| *tenant) {
        if !tenants.contains(&tenant) {
            tenants.push(tenant);
        }
    }
    let all_known = ids.iter().all(|(_, tenant)| tenant.is_some());
    match tenants.as_slice() {
        [] => Whom::Unknown,
        [tenant] if all_known => Whom::Tenant(*tenant),
        _ => {
            let fields: Vec<String> = ids.iter().map(|(field, _)| format!("`{field}`")).collect();
            let reason = format!("{} must name the same tenant, and do not", fields.join(" and "));
            Whom::Contradiction { tenants, reason }
        }
    }
}

impl Intake {
    /// Whom `ids` mean.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the registry does not answer.
    pub async fn whom(&self, ids: &[Named]) -> Result<Whom, StoreError> {
        let mut known = Vec::new();
        for (field, id) in ids {
            let tenant = match id {
                Id::Tenant(tenant) => Some(*tenant),
                Id::Registration(id) => self.registry.tenant_of_registration(id).await?,
                Id::Nonsense => None,
            };
            known.push((*field, tenant));
        }
        match whom(&known) {
            // A tenant's id may come before the tenant does: then its registration
            // is nobody's yet either, and both are unknown.
            Whom::Contradiction { tenants, reason } => match self.there(&tenants).await? {
                there if there.is_empty() => Ok(Whom::Unknown),
                there => Ok(Whom::Contradiction { tenants: there, reason }),
            },
            whom => Ok(whom),
        }
    }

    async fn there(&self, tenants: &[TenantId]) -> Result<Vec<TenantId>, StoreError> {
        let mut there = Vec::new();
        for tenant in tenants {
            there.extend(self.registry.tenant(*tenant).await?.map(|found| found.tenant_id));
        }
        Ok(there)
    }

    /// Refuses an event whose ids are not of one tenant: a line in the history of
    /// each that they name, and one answer to who asked.
    ///
    /// # Errors
    ///
    /// [`IntakeError`] when the registry does not answer, or the event was
    /// re-driven and stays where it is.
    pub async fn refuse_contradiction<T>(
        &self,
        received: &Received<T>,
        origin: &Origin,
        (tenants, reason): (&[TenantId], &str),
        now: DateTime<Utc>,
    ) -> Result<(), IntakeError> {
        tracing::warn!(event = %received.event_id, correlation = %received.correlation_id, "refused: {reason}");
        if received.redriven {
            return Err(IntakeError::StillRefused { code: CONTRADICTORY, reason: reason.to_owned() });
        }
        for (place, id) in tenants.iter().enumerate() {
            let known = self.registry.tenant(*id).await?;
            let was_said =
                received.replayed && !self.registry.decisions(*id, received.event_id).await?.is_empty();
            let Some(tenant) = known.filter(|_| !was_said) else { continue };
            let registration = tenant.tenant_registration_id.to_string();
            let entry = AuditEntry {
                tenant_id: *id,
                at: now,
                origin: origin.clone(),
                verdict: Verdict::Refused,
                code: Some(CONTRADICTORY.to_owned()),
                reason: reason.to_owned(),
                // The line with a registration is the one that the answer is sent for.
                tenant_registration_id: Some(registration).filter(|_| place == 0),
                tenant_version: None,
            };
            self.registry.record(&entry).await?;
        }
        Ok(())
    }
}

/// The ids of a request about a tenant, by the fields that all of them have.
#[must_use]
pub fn ids(tenant: Option<TenantId>, registration: Option<&str>) -> Vec<Named> {
    let tenant = tenant.map(|id| ("tenantId", Id::Tenant(id)));
    let registration = registration.map(|id| ("tenantRegistrationId", Id::Registration(id.to_owned())));
    tenant.into_iter().chain(registration).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two ids are one tenant's only if both are known to be; all else is refused
    /// or unknown, in any order.
    #[test]
    fn ids_of_one_tenant_mean_it_and_no_others_mean_anybody() {
        let (a, b) = (TenantId::derive("a"), TenantId::derive("b"));
        let of = |first: Option<TenantId>, second: Option<TenantId>| whom(&[("x", first), ("y", second)]);
        assert_eq!(of(Some(a), Some(a)), Whom::Tenant(a));
        assert_eq!(of(None, None), Whom::Unknown);
        assert_eq!(whom(&[]), Whom::Unknown);
        for (first, second) in [(Some(a), Some(b)), (Some(b), Some(a)), (Some(a), None), (None, Some(a))] {
            let Whom::Contradiction { tenants, reason } = of(first, second) else {
                panic!("{first:?} and {second:?}")
            };
            assert_eq!(tenants, first.into_iter().chain(second).collect::<Vec<_>>());
            assert_eq!(reason, "`x` and `y` must name the same tenant, and do not");
        }
    }
}
