//! What each event says: SBT's fields where SBT has them.

use super::{Destination, Notice};
use crate::audit::AuditEntry;
use crate::lifecycle::{ADMISSION, Answer, Change, REGISTRATION_STATUS, registration_status};
use crate::tenant::{OperationKind, Tenant};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use tenantry_events::attributes::Attributes;
use tenantry_events::details::{
    FailedJobOutput, JobFailure, JobOutput, JobSuccess, OffboardingRequest, OnboardingRequest,
    RequestRefused, TenantChanged, TenantNotice, TenantRequest, TenantUser,
};
use tenantry_events::failure::Failure;
use tenantry_events::metadata::Metadata;
use tenantry_events::name::EventName;
use tenantry_events::text::Email;

/// The most bytes of a tenant's outputs that events carry: both events of an
/// outcome wait in one item of the table, which takes 400 KB.
const OUTPUTS_MAX: usize = 64 * 1_024;

/// The event `name` about what a request, or a job, came to.
///
/// `tenantStatus` is the text that SBT's jobs send
/// (`src/core-app-plane/tenant-lifecycle-script-jobs.ts`).
pub(super) fn of_answer(
    name: EventName,
    tenant: &Tenant,
    answer: &Answer,
    metadata: Metadata,
) -> Result<Notice, serde_json::Error> {
    match (answer.asks, &answer.failure) {
        (OperationKind::Update | OperationKind::Suspend | OperationKind::Resume, failure) => {
            let detail = TenantNotice {
                tenant_id: Some(tenant.tenant_id),
                tenant_registration_id: Some(tenant.tenant_registration_id.clone()),
                failure: failure.clone(),
                metadata: Some(metadata.clone()),
                extra: Map::new(),
            };
            Notice::new(name, &metadata, &detail)
        }
        (kind, None) => Notice::new(name, &metadata.clone(), &success(tenant, kind, metadata)),
        (kind, Some(failure)) => {
            let detail = JobFailure {
                tenant_registration_id: Some(tenant.tenant_registration_id.clone()),
                job_output: FailedJobOutput { tenant_status: format!("Failed to {kind} tenant.") },
                tenant_id: Some(tenant.tenant_id),
                failure: Some(failure.clone()),
                metadata: Some(metadata.clone()),
            };
            Notice::new(name, &metadata, &detail)
        }
    }
}

/// The request `name` as it was admitted, for an external application plane: it
/// has what the registry knows of the tenant, whatever its publisher has sent.
pub(super) fn of_hand_over(
    name: EventName,
    tenant: &Tenant,
    kind: OperationKind,
    metadata: Metadata,
) -> Result<Notice, serde_json::Error> {
    let (tenant_id, registration) = (Some(tenant.tenant_id), Some(tenant.tenant_registration_id.clone()));
    let known = || {
        Map::from_iter([
            ("tenantName".to_owned(), tenant.tenant_name.to_string().into()),
            ("email".to_owned(), tenant.email.to_string().into()),
            ("tier".to_owned(), tenant.tier.to_string().into()),
        ])
    };
    let notice = match kind {
        OperationKind::Provision => {
            let detail = OnboardingRequest {
                tenant_id,
                tenant_registration_id: registration,
                tenant_name: tenant.tenant_name.clone(),
                email: tenant.email.clone(),
                tier: tenant.tier.clone(),
                metadata: Some(metadata.clone()),
                attributes: Attributes::try_from(tenant.attributes.clone())
                    .map_err(serde::de::Error::custom)?,
            };
            Notice::new(name, &metadata, &detail)?
        }
        OperationKind::Deprovision => {
            let detail = OffboardingRequest {
                tenant_id,
                tenant_registration_id: registration,
                metadata: Some(metadata.clone()),
                extra: known(),
            };
            Notice::new(name, &metadata, &detail)?
        }
        OperationKind::Suspend | OperationKind::Resume | OperationKind::Update | OperationKind::CleanUp => {
            let detail = TenantRequest {
                tenant_id,
                tenant_registration_id: registration,
                operation_id: None,
                reprovision: None,
                reason: None,
                requested_by: None,
                metadata: Some(metadata.clone()),
                extra: known(),
            };
            Notice::new(name, &metadata, &detail)?
        }
    };
    Ok(Notice { to: Destination::ApplicationPlane, ..notice })
}

/// The event that what is known of the tenant has changed, by the names of what
/// did.
pub(super) fn of_data(
    before: &Tenant,
    change: &Change,
    metadata: Metadata,
) -> Result<Notice, serde_json::Error> {
    let after = &change.tenant;
    let names = before.attributes.keys().chain(after.attributes.keys()).chain(before.registration.keys());
    let names = names.collect::<BTreeSet<_>>();
    let differs = |name: &&String| {
        before.attributes.get(*name) != after.attributes.get(*name)
            || before.registration.get(*name) != after.registration.get(*name)
    };
    let attributes: Vec<String> = names.into_iter().filter(differs).cloned().collect();
    let email = (before.email != after.email).then(|| "email".to_owned());
    let others = (!attributes.is_empty()).then(|| "attributes".to_owned());
    let detail = TenantChanged {
        tenant_id: after.tenant_id,
        tenant_registration_id: after.tenant_registration_id.clone(),
        changed: email.into_iter().chain(others).collect(),
        attributes,
        overtaken: change.overtaken.clone(),
        tenant_version: after.version,
        metadata: metadata.clone(),
    };
    Notice::new(EventName::TenantChanged, &metadata, &detail)
}

/// The event `name` about one of the tenant's users, whose address may be known.
pub(super) fn of_user(
    name: EventName,
    tenant: &Tenant,
    (user, email): (&str, Option<&Email>),
    metadata: Metadata,
) -> Result<Notice, serde_json::Error> {
    let detail = TenantUser {
        tenant_id: Some(tenant.tenant_id),
        tenant_registration_id: Some(tenant.tenant_registration_id.clone()),
        email: email.cloned(),
        user_id: Some(user.to_owned()),
        user_name: Some(user.to_owned()),
        metadata: Some(metadata.clone()),
        extra: Map::new(),
    };
    Notice::new(name, &metadata, &detail)
}

/// The event `name` about a request that was refused.
pub(super) fn of_refusal(
    name: EventName,
    entry: &AuditEntry,
    registration: &str,
    metadata: Metadata,
) -> Result<Notice, serde_json::Error> {
    let failure = Failure::new(entry.code.clone().unwrap_or_default().into(), ADMISSION, &entry.reason);
    if name == EventName::OnboardingFailure {
        let detail = JobFailure {
            tenant_registration_id: registration.parse().ok(),
            job_output: FailedJobOutput { tenant_status: "Failed to onboard tenant.".to_owned() },
            tenant_id: Some(entry.tenant_id),
            failure: Some(failure),
            metadata: Some(metadata.clone()),
        };
        return Notice::new(name, &metadata, &detail);
    }
    if name == EventName::RequestRefused {
        let detail = RequestRefused {
            tenant_id: entry.tenant_id,
            tenant_registration_id: registration.parse().ok(),
            request: entry.origin.action.clone(),
            failure,
            metadata: metadata.clone(),
        };
        return Notice::new(name, &metadata, &detail);
    }
    let detail = TenantNotice {
        tenant_id: Some(entry.tenant_id),
        tenant_registration_id: registration.parse().ok(),
        failure: Some(failure),
        metadata: Some(metadata.clone()),
        extra: Map::new(),
    };
    Notice::new(name, &metadata, &detail)
}

fn success(tenant: &Tenant, kind: OperationKind, metadata: Metadata) -> JobSuccess {
    JobSuccess {
        tenant_registration_id: tenant.tenant_registration_id.clone(),
        job_output: JobOutput {
            tenant_data: tenant_data(tenant),
            tenant_registration_data: registration_data(tenant, kind),
        },
        tenant_id: Some(tenant.tenant_id),
        tenant_name: Some(tenant.tenant_name.clone()),
        tier: Some(tenant.tier.clone()),
        metadata: Some(metadata),
    }
}

/// What SBT's own scripts export: the tenant's outputs, its status, and the
/// configuration that a login page needs as a JSON text (`tenantConfig`), unless
/// an external application plane gives its own.
fn tenant_data(tenant: &Tenant) -> Map<String, Value> {
    let outputs: usize = tenant.outputs.iter().map(|(name, value)| name.len() + value.len()).sum();
    let mut data = Map::new();
    // That it succeeded must be told, even where what it gave is too much.
    if outputs <= OUTPUTS_MAX {
        data.extend(tenant.outputs.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))));
    }
    if let Some(config) = tenant.tenant_config().filter(|_| !data.is_empty()) {
        data.insert("tenantConfig".to_owned(), config.into());
    }
    data.insert("tenantId".to_owned(), tenant.tenant_id.to_string().into());
    data.insert("tenantStatus".to_owned(), tenant.status.to_string().into());
    data
}

/// What the jobs gave for the registration. SBT's scripts export
/// `registrationStatus`, "created" or "deleted".
fn registration_data(tenant: &Tenant, kind: OperationKind) -> Map<String, Value> {
    let given = tenant.registration.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str())));
    let mut data: Map<String, Value> = given.collect();
    data.entry(REGISTRATION_STATUS).or_insert_with(|| registration_status(kind).into());
    data
}
