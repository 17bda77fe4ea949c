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
    /// Who it is for.
    pub to: Destination,
}

/// Which bus an event is sent to.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Destination {
    /// The tenant bus: for everybody.
    #[default]
    Everybody,
    /// The external application plane: its own bus, where it has one.
    ApplicationPlane,
}

impl Destination {
    #[allow(clippy::trivially_copy_pass_by_ref)] // as serde calls it
    const fn is_everybody(&self) -> bool {
        matches!(self, Self::Everybody)
    }
}

/// [`Notice`] as the table has it.
#[derive(Clone, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    name: String,
    event_id: EventId,
    detail: String,
    #[serde(default, skip_serializing_if = "Destination::is_everybody")]
    to: Destination,
}

impl From<Notice> for Wire {
    fn from(notice: Notice) -> Self {
        let Notice { name, event_id, detail, to } = notice;
        Self { name: name.as_str().to_owned(), event_id, detail, to }
    }
}

impl TryFrom<Wire> for Notice {
    type Error = UnknownEvent;

    fn try_from(wire: Wire) -> Result<Self, UnknownEvent> {
        Ok(Self { name: wire.name.parse()?, event_id: wire.event_id, detail: wire.detail, to: wire.to })
    }
}

/// The output that names the tenant's administrator.
pub const ADMINISTRATOR: &str = "administrator";

impl Notice {
    fn new(name: EventName, metadata: &Metadata, detail: &impl Serialize) -> Result<Self, serde_json::Error> {
        let (event_id, detail) = (metadata.event_id, serde_json::to_string(detail)?);
        Ok(Self { name, event_id, detail, to: Destination::Everybody })
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
    if let Some(open) = after.operation.as_ref().filter(|_| change.hand_over)
        && let Some(name) = asks(open.kind)
    {
        let metadata = metadata(after, name, open.request);
        notices.push(details::of_hand_over(name, after, open.kind, metadata)?);
    }
    // An update has one event, whether a retry asked for it or a change led to it.
    let answered = |ended: &EndedOperation| {
        let same = |answer: &Answer| answer.request == ended.request && answer.asks == ended.kind;
        ended.kind == OperationKind::Update && change.answers.iter().any(same)
    };
    if let Some(ended) = ended.filter(|ended| !answered(ended))
        && let Some(name) = job(after, ended)
    {
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
    for (name, user) in ended.into_iter().flat_map(|ended| administrators(before, after, ended)) {
        // The address of one who was replaced is forgotten.
        let replaced = ended.is_some_and(|ended| ended.kind == OperationKind::Update)
            && name == EventName::TenantUserDeleted;
        let email = (!replaced).then_some(&after.email);
        notices.push(details::of_user(name, after, (user, email), metadata(after, name, request))?);
    }
    Ok(notices)
}

/// The tenant's administrators who came and went with the operation, by their
/// names in the tenant's own pool.
fn administrators<'a>(
    before: Option<&'a Tenant>,
    after: &'a Tenant,
    ended: &EndedOperation,
) -> Vec<(EventName, &'a str)> {
    if ended.state != OperationState::Succeeded || !after.plan.is_ours() {
        return Vec::new();
    }
    let came = after.outputs.get(ADMINISTRATOR);
    let went = before.and_then(|before| before.outputs.get(ADMINISTRATOR));
    let (came, went) = match ended.kind {
        OperationKind::Provision => (came, None),
        OperationKind::Update if came == went => (None, None),
        OperationKind::Update => (came, went),
        OperationKind::Deprovision => (None, went),
        OperationKind::Suspend | OperationKind::Resume | OperationKind::CleanUp => (None, None),
    };
    let came = came.map(|user| (EventName::TenantUserCreated, user.as_str()));
    let went = went.map(|user| (EventName::TenantUserDeleted, user.as_str()));
    came.into_iter().chain(went).collect()
}

/// The event of a job's outcome, unless an external application plane publishes it
/// itself. A deferral is no end, and a clean-up is part of a failure.
fn job(tenant: &Tenant, ended: &EndedOperation) -> Option<EventName> {
    use EventName as E;
    let succeeded = ended.state == OperationState::Succeeded;
    let name = match (ended.kind, succeeded) {
        (OperationKind::Provision, true) => E::ProvisionSuccess,
        (OperationKind::Provision, false) => E::ProvisionFailure,
        (OperationKind::Deprovision, true) => E::DeprovisionSuccess,
        (OperationKind::Deprovision, false) => E::DeprovisionFailure,
        (OperationKind::Update, true) => E::UpdateSuccess,
        (OperationKind::Update, false) => E::UpdateFailure,
        (OperationKind::Suspend | OperationKind::Resume | OperationKind::CleanUp, _) => return None,
    };
    let published = ended.state != OperationState::Deferred && tenant.plan.is_ours();
    published.then_some(name)
}

/// The event by which an external application plane is asked for an operation;
/// `None` for what it has not.
const fn asks(kind: OperationKind) -> Option<EventName> {
    match kind {
        OperationKind::Provision => Some(EventName::OnboardingRequest),
        OperationKind::Deprovision => Some(EventName::OffboardingRequest),
        OperationKind::Suspend => Some(EventName::DeactivateRequest),
        OperationKind::Resume => Some(EventName::ActivateRequest),
        OperationKind::CleanUp | OperationKind::Update => None,
    }
}

/// The event of what a request came to.
fn outcome(answer: &Answer) -> EventName {
    use EventName as E;
    match (answer.asks, answer.failure.is_none()) {
        (OperationKind::Provision | OperationKind::CleanUp, true) => E::OnboardingSuccess,
        (OperationKind::Provision | OperationKind::CleanUp, false) => E::OnboardingFailure,
        (OperationKind::Update, true) => E::UpdateSuccess,
        (OperationKind::Update, false) => E::UpdateFailure,
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
pub(crate) fn is_change(entry: &AuditEntry) -> bool {
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
