//! Which events a change of the registry gives rise to. Pure.
//!
//! They are written with the change's history line, in the same transaction,
//! and stay there until they are on the bus: a change is never without its
//! events, nor an event without its change. Their ids follow from the change,
//! so that sending one again is sending the same one.

mod details;

use crate::audit::{AuditEntry, Verdict};
use crate::lifecycle::{Answer, Change};
use crate::tenant::{EndedOperation, OperationKind, OperationState, Request, Tenant};
use crate::tier::Provisioner;
use serde::{Deserialize, Serialize};
use tenantry_events::delivery::{Entry, EntryError};
use tenantry_events::details::{StatusOperation, TenantStatusChanged};
use tenantry_events::ids::EventId;
use tenantry_events::metadata::{Metadata, PRODUCER};
use tenantry_events::name::{EventName, UnknownEvent};
use tenantry_events::sources::Sources;

/// An event that is to be sent.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "Wire", into = "Wire")]
pub struct Notice {
    /// Which event.
    pub name: EventName,
    /// Its identity, the same on every re-send.
    pub event_id: EventId,
    /// Its detail, as JSON text.
    pub detail: String,
}

/// [`Notice`] as the table has it.
#[derive(Clone, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    name: String,
    event_id: EventId,
    detail: String,
}

impl From<Notice> for Wire {
    fn from(notice: Notice) -> Self {
        Self { name: notice.name.as_str().to_owned(), event_id: notice.event_id, detail: notice.detail }
    }
}

impl TryFrom<Wire> for Notice {
    type Error = UnknownEvent;

    fn try_from(wire: Wire) -> Result<Self, UnknownEvent> {
        Ok(Self { name: wire.name.parse()?, event_id: wire.event_id, detail: wire.detail })
    }
}

/// The output that names the tenant's administrator.
pub const ADMINISTRATOR: &str = "administrator";

impl Notice {
    fn new(name: EventName, metadata: &Metadata, detail: &impl Serialize) -> Result<Self, serde_json::Error> {
        Ok(Self { name, event_id: metadata.event_id, detail: serde_json::to_string(detail)? })
    }

    /// The event as an entry for the bus.
    ///
    /// # Errors
    ///
    /// [`EntryError`] when it is larger than the bus and its consumers take.
    pub fn entry(self, sources: &Sources) -> Result<Entry, EntryError> {
        Entry::of_text(self.name, self.event_id, self.detail, sources)
    }
}

/// The events of what `change` makes of `before`, in the order in which they
/// are sent: the new status, the job's outcome, what requests came to.
///
/// # Errors
///
/// When a detail cannot be written as JSON.
pub fn of_change(before: Option<&Tenant>, change: &Change) -> Result<Vec<Notice>, serde_json::Error> {
    let after = &change.tenant;
    let mut notices = Vec::new();
    let ended = after
        .last_operation
        .as_ref()
        .filter(|last| before.is_none_or(|before| before.last_operation.as_ref() != Some(last)));
    let open = after.operation.as_ref().map(|open| open.request);
    let request = ended.map(|ended| ended.request).or(open).unwrap_or(after.request);
    if before.map(|before| before.status) != Some(after.status) {
        let name = EventName::TenantStatusChanged;
        let running = after.operation.as_ref().map(|open| (open.id, open.kind));
        let operation = running.or(ended.map(|ended| (ended.id, ended.kind)));
        let detail = TenantStatusChanged {
            tenant_id: after.tenant_id,
            tenant_registration_id: after.tenant_registration_id.clone(),
            from: before.map(|before| before.status.to_string()),
            to: after.status.to_string(),
            operation: operation
                .map(|(id, kind)| StatusOperation { operation_id: id.to_string(), kind: kind.to_string() }),
            tenant_version: after.version,
            metadata: metadata(after, name, request),
        };
        notices.push(Notice::new(name, &detail.metadata, &detail)?);
    }
    if let Some((ended, name)) = ended.and_then(|ended| Some((ended, job(after, ended)?))) {
        let answer = Answer {
            asks: ended.kind,
            request,
            failure: after.failure.clone().filter(|_| ended.state != OperationState::Succeeded),
        };
        notices.push(details::of_answer(name, after, &answer, metadata(after, name, request))?);
    }
    for answer in &change.answers {
        let name = outcome(answer);
        let metadata = Metadata {
            event_id: EventId::of_answer(
                after.tenant_id,
                after.version,
                name.as_str(),
                answer.request.event_id,
            ),
            ..metadata(after, name, answer.request)
        };
        notices.push(details::of_answer(name, after, answer, metadata)?);
    }
    if let (Some(before), Some(request)) = (before, after.changed_by)
        && before.changed_by != after.changed_by
    {
        let name = EventName::TenantChanged;
        notices.push(details::of_data(before, change, metadata(after, name, request))?);
    }
    if let Some((name, user)) = ended.and_then(|ended| administrator(before, after, ended)) {
        notices.push(details::of_user(name, after, user, metadata(after, name, request))?);
    }
    Ok(notices)
}

/// The tenant's administrator, who comes with its resources and goes with them:
/// the user's name in the tenant's own pool.
fn administrator<'a>(
    before: Option<&'a Tenant>,
    after: &'a Tenant,
    ended: &EndedOperation,
) -> Option<(EventName, &'a str)> {
    // A foreign application plane's users are its own.
    if ended.state != OperationState::Succeeded || after.provisioner == Provisioner::External {
        return None;
    }
    let (name, outputs) = match ended.kind {
        OperationKind::Provision => (EventName::TenantUserCreated, &after.outputs),
        OperationKind::Deprovision => (EventName::TenantUserDeleted, &before?.outputs),
        OperationKind::Suspend | OperationKind::Resume | OperationKind::CleanUp => return None,
    };
    Some((name, outputs.get(ADMINISTRATOR)?))
}

/// The event of a job's outcome, unless a foreign application plane has told it
/// itself. A deferral is no end, and a clean-up is part of a failure.
fn job(tenant: &Tenant, ended: &EndedOperation) -> Option<EventName> {
    use EventName as E;
    let succeeded = ended.state == OperationState::Succeeded;
    let name = match (ended.kind, succeeded) {
        (OperationKind::Provision, true) => E::ProvisionSuccess,
        (OperationKind::Provision, false) => E::ProvisionFailure,
        (OperationKind::Deprovision, true) => E::DeprovisionSuccess,
        (OperationKind::Deprovision, false) => E::DeprovisionFailure,
        (OperationKind::Suspend | OperationKind::Resume | OperationKind::CleanUp, _) => return None,
    };
    let told = ended.state != OperationState::Deferred && tenant.provisioner == Provisioner::Codebuild;
    told.then_some(name)
}

/// The event of what a request came to.
fn outcome(answer: &Answer) -> EventName {
    use EventName as E;
    match (answer.asks, answer.failure.is_none()) {
        (OperationKind::Provision | OperationKind::CleanUp, true) => E::OnboardingSuccess,
        (OperationKind::Provision | OperationKind::CleanUp, false) => E::OnboardingFailure,
        (OperationKind::Suspend, true) => E::DeactivateSuccess,
        (OperationKind::Suspend, false) => E::DeactivateFailure,
        (OperationKind::Resume, true) => E::ActivateSuccess,
        (OperationKind::Resume, false) => E::ActivateFailure,
        (OperationKind::Deprovision, true) => E::OffboardingSuccess,
        (OperationKind::Deprovision, false) => E::OffboardingFailure,
    }
}

/// Whether somebody asked for a change of what is known of the tenant: such a
/// request is answered also when others were faster.
fn is_change(entry: &AuditEntry) -> bool {
    entry.origin.action == EventName::ChangeRequest.as_str()
}

/// The answer to a refused request that would otherwise never be answered.
/// Only what passed the contract is: who sends what is none gets no event back.
///
/// # Errors
///
/// When a detail cannot be written as JSON.
pub fn of_refusal(entry: &AuditEntry) -> Result<Vec<Notice>, serde_json::Error> {
    let name = match entry.origin.action.parse() {
        Ok(EventName::OnboardingRequest) => EventName::OnboardingFailure,
        Ok(EventName::DeactivateRequest) => EventName::DeactivateFailure,
        Ok(EventName::ActivateRequest) => EventName::ActivateFailure,
        // SBT knows no such requests, and so no failures of them.
        Ok(EventName::RetryRequest | EventName::CancelRequest | EventName::ChangeRequest) => {
            EventName::RequestRefused
        }
        _ => return Ok(Vec::new()),
    };
    // A line without registration is of an event that did not pass the contract.
    let Some(registration) = &entry.tenant_registration_id else { return Ok(Vec::new()) };
    let overtaken = entry.verdict == Verdict::Stale && is_change(entry);
    if entry.verdict != Verdict::Refused && !overtaken {
        return Ok(Vec::new());
    }
    let metadata = Metadata {
        event_id: EventId::derive(&format!("{}/{name}", entry.origin.event_id)),
        schema_version: 1,
        occurred_at: entry.at,
        correlation_id: entry.origin.correlation_id,
        causation_id: Some(entry.origin.event_id),
        producer: PRODUCER.to_owned(),
        tenant_version: None,
    };
    Ok(vec![details::of_refusal(name, entry, registration, metadata)?])
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
