//! Which events a change of the registry gives rise to. Pure.

use crate::shared::stream::RegistryChange;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use tenantry_events::delivery::{Entry, EntryError};
use tenantry_events::details::{
    FailedJobOutput, JobFailure, JobOutput, JobSuccess, StatusOperation, TenantStatusChanged,
};
use tenantry_events::failure::Failure;
use tenantry_events::ids::{EventId, OperationId};
use tenantry_events::metadata::{Metadata, PRODUCER};
use tenantry_events::name::EventName;
use tenantry_events::sources::Sources;
use tenantry_registry::audit::{AuditEntry, Verdict};
use tenantry_registry::lifecycle::ADMISSION;
use tenantry_registry::tenant::{EndedOperation, OperationKind, OperationState, Request, Tenant};
use tenantry_registry::tier::Provisioner;

/// The events that `change` gives rise to, in the order in which they are sent.
///
/// # Errors
///
/// [`EntryError`] when one would be larger than the bus and its consumers take.
pub fn of(change: &RegistryChange, sources: &Sources) -> Result<Vec<Entry>, EntryError> {
    match change {
        RegistryChange::Tenant { before, after } => of_tenant(before.as_deref(), after, sources),
        RegistryChange::Audit(entry) => of_audit(entry, sources),
        RegistryChange::Other => Ok(Vec::new()),
    }
}

fn of_tenant(before: Option<&Tenant>, after: &Tenant, sources: &Sources) -> Result<Vec<Entry>, EntryError> {
    let mut entries = Vec::new();
    let ended = after
        .last_operation
        .as_ref()
        .filter(|last| before.is_none_or(|before| before.last_operation.as_ref() != Some(last)));
    let request = ended.map_or(after.request, |ended| ended.request);
    if before.map(|before| before.status) != Some(after.status) {
        let name = EventName::TenantStatusChanged;
        let running = after.operation.as_ref().map(|open| (open.id, open.kind));
        let detail = TenantStatusChanged {
            tenant_id: after.tenant_id,
            tenant_registration_id: after.tenant_registration_id.clone(),
            from: before.map(|before| before.status.to_string()),
            to: after.status.to_string(),
            operation: running.or(ended.map(|ended| (ended.id, ended.kind))).map(operation),
            tenant_version: after.version,
            metadata: metadata(after, name, request),
        };
        entries.push(Entry::new(name, detail.metadata.event_id, &detail, sources)?);
    }
    if let Some(ended) = ended {
        for name in names(after, ended) {
            let metadata = metadata(after, name, request);
            let event_id = metadata.event_id;
            entries.push(match (&after.failure, ended.state) {
                (None, _) | (_, OperationState::Succeeded) => {
                    let mut detail = success(after, ended, metadata);
                    match Entry::new(name, event_id, &detail, sources) {
                        // That it succeeded must be told, even where what it gave is too much.
                        Err(EntryError::TooLarge { .. }) => {
                            detail.job_output.tenant_data = identity(after);
                            Entry::new(name, event_id, &detail, sources)?
                        }
                        entry => entry?,
                    }
                }
                (Some(failure), _) => {
                    Entry::new(name, event_id, &failure_of(after, ended, failure, metadata), sources)?
                }
            });
        }
    }
    Ok(entries)
}

/// The job's outcome (unless a foreign application plane has told it itself)
/// and the request's.
fn names(tenant: &Tenant, ended: &EndedOperation) -> Vec<EventName> {
    let succeeded = ended.state == OperationState::Succeeded;
    let (job, request) = match (ended.kind, succeeded) {
        (OperationKind::Provision, true) => (EventName::ProvisionSuccess, EventName::OnboardingSuccess),
        (OperationKind::Provision, false) => (EventName::ProvisionFailure, EventName::OnboardingFailure),
        (OperationKind::Deprovision, true) => (EventName::DeprovisionSuccess, EventName::OffboardingSuccess),
        (OperationKind::Deprovision, false) => (EventName::DeprovisionFailure, EventName::OffboardingFailure),
    };
    match tenant.provisioner {
        Provisioner::Codebuild => vec![job, request],
        Provisioner::External => vec![request],
    }
}

/// A refused onboarding is answered, since no tenant will ever tell of it. Only
/// what passed the contract is: who sends what is none gets no event back.
fn of_audit(entry: &AuditEntry, sources: &Sources) -> Result<Vec<Entry>, EntryError> {
    let name = EventName::OnboardingFailure;
    let Some(registration) = &entry.tenant_registration_id else { return Ok(Vec::new()) };
    if entry.verdict != Verdict::Refused {
        return Ok(Vec::new());
    }
    let event_id = EventId::derive(&format!("{}/{name}", entry.origin.event_id));
    let detail = JobFailure {
        tenant_registration_id: registration.parse().ok(),
        job_output: FailedJobOutput { tenant_status: "Failed to onboard tenant.".to_owned() },
        tenant_id: Some(entry.tenant_id),
        failure: Some(Failure {
            code: entry.code.clone().unwrap_or_default(),
            step: ADMISSION.to_owned(),
            reason: entry.reason.clone(),
            build_id: None,
            logs_url: None,
            left_behind: None,
            attempt: 0,
            retryable: false,
        }),
        metadata: Some(Metadata {
            event_id,
            schema_version: 1,
            occurred_at: entry.at,
            correlation_id: entry.origin.correlation_id,
            causation_id: Some(entry.origin.event_id),
            producer: PRODUCER.to_owned(),
            tenant_version: None,
        }),
    };
    Ok(vec![Entry::new(name, event_id, &detail, sources)?])
}

fn operation((id, kind): (OperationId, OperationKind)) -> StatusOperation {
    StatusOperation { operation_id: id.to_string(), kind: kind.to_string() }
}

fn metadata(tenant: &Tenant, name: EventName, request: Request) -> Metadata {
    Metadata {
        event_id: EventId::of_change(tenant.tenant_id, tenant.version, name.as_str()),
        schema_version: 1,
        occurred_at: tenant.updated_at,
        correlation_id: request.correlation_id,
        causation_id: Some(request.event_id),
        producer: PRODUCER.to_owned(),
        tenant_version: Some(tenant.version),
    }
}

fn success(tenant: &Tenant, ended: &EndedOperation, metadata: Metadata) -> JobSuccess {
    JobSuccess {
        tenant_registration_id: tenant.tenant_registration_id.clone(),
        job_output: JobOutput {
            tenant_data: tenant_data(tenant),
            tenant_registration_data: registration_data(ended.kind),
        },
        tenant_id: Some(tenant.tenant_id),
        tenant_name: Some(tenant.tenant_name.clone()),
        tier: Some(tenant.tier.clone()),
        metadata: Some(metadata),
    }
}

/// What SBT's own scripts export: the tenant's outputs, its status, and the
/// configuration that a login page needs as a JSON text (`tenantConfig`).
fn tenant_data(tenant: &Tenant) -> Map<String, Value> {
    let mut data: Map<String, Value> =
        tenant.outputs.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect();
    data.extend(identity(tenant));
    // A foreign application plane gives its own.
    if !tenant.outputs.is_empty() && !data.contains_key("tenantConfig") {
        data.insert("tenantConfig".to_owned(), config(&tenant.outputs).to_string().into());
    }
    data
}

fn identity(tenant: &Tenant) -> Map<String, Value> {
    Map::from_iter([
        ("tenantId".to_owned(), tenant.tenant_id.to_string().into()),
        ("tenantStatus".to_owned(), tenant.status.to_string().into()),
    ])
}

fn config(outputs: &BTreeMap<String, String>) -> Value {
    let output = |name: &str| outputs.get(name).cloned().unwrap_or_default();
    json!({
        "apiGatewayUrl": output("apiUrl"),
        "userPoolId": output("userPoolId"),
        "appClientId": output("userPoolClientId"),
    })
}

/// SBT's scripts export `registrationStatus`, "created" or "deleted".
fn registration_data(kind: OperationKind) -> Map<String, Value> {
    let status = match kind {
        OperationKind::Provision => "created",
        OperationKind::Deprovision => "deleted",
    };
    Map::from_iter([("registrationStatus".to_owned(), status.into())])
}

/// `tenantStatus` is the text that SBT's jobs send
/// (`src/core-app-plane/tenant-lifecycle-script-jobs.ts`).
fn failure_of(tenant: &Tenant, ended: &EndedOperation, failure: &Failure, metadata: Metadata) -> JobFailure {
    JobFailure {
        tenant_registration_id: Some(tenant.tenant_registration_id.clone()),
        job_output: FailedJobOutput { tenant_status: format!("Failed to {} tenant.", ended.kind) },
        tenant_id: Some(tenant.tenant_id),
        failure: Some(failure.clone()),
        metadata: Some(metadata),
    }
}
