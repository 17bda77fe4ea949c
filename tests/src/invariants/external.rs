//! What is asked of an external application plane, and what it has answered.

use super::{Line, Picture, PlaneSeen, Published, Stage};
use std::collections::BTreeMap;
use tenantry_events::ids::EventId;
use tenantry_events::name::EventName;
use tenantry_registry::audit::Verdict;
use tenantry_registry::lifecycle::LEFT;
use tenantry_registry::tenant::{Operation, OperationKind, OperationState, Tenant};

pub(super) fn check(picture: &Picture, wrong: &mut Vec<String>) {
    for tenant in picture.tenants.iter().filter(|tenant| !tenant.plan.is_ours()) {
        let id = tenant.tenant_id;
        let left = tenant.failure.as_ref().and_then(|failure| failure.left_behind.as_deref());
        if tenant.due.is_some_and(|due| due.clean_up) || left == Some(LEFT) {
            wrong.push(format!("{id}: a clean-up is to follow that nobody runs"));
        }
        for operation in operations(picture, tenant) {
            if !tenant.plan.supports(operation.kind) {
                wrong.push(format!("{id}: a {} of a tenant of the plan {}", operation.kind, tenant.plan));
            }
            if let Some(plane) = &picture.plane {
                answered(plane, tenant, operation, wrong);
            }
        }
    }
    if let (Some(plane), Some(published)) = (&picture.plane, &picture.published) {
        handed_over(picture, plane, published, wrong);
    }
}

fn operations<'a>(picture: &'a Picture, tenant: &Tenant) -> impl Iterator<Item = &'a Operation> {
    let id = tenant.tenant_id;
    picture.operations.iter().filter(move |(whose, _)| *whose == id).map(|(_, operation)| operation)
}

/// What succeeded, the plane has said so of a job of that kind.
fn answered(plane: &PlaneSeen, tenant: &Tenant, operation: &Operation, wrong: &mut Vec<String>) {
    let Some(ended) = operation.ended_at.filter(|_| operation.state == OperationState::Succeeded) else {
        return;
    };
    let id = tenant.tenant_id;
    let says = plane.answers.iter().any(|answer| {
        answer.tenant == id && answer.kind == operation.kind && answer.succeeded && answer.at <= ended
    });
    if !says {
        wrong.push(format!("{id}: operation {} succeeded, and the plane has not said so", operation.id));
    }
}

/// Each beginning is handed over once: all of them on a bus of the plane's own;
/// on the tenant bus those that the plane has not seen a publisher ask for.
fn handed_over(picture: &Picture, plane: &PlaneSeen, published: &[Published], wrong: &mut Vec<String>) {
    let requests = published.iter().filter(|event| is_request(event.name));
    let once: BTreeMap<EventId, &Published> =
        requests.map(|event| (event.metadata.event_id, event)).collect();
    let mut of_operations = 0;
    for tenant in &picture.tenants {
        let id = tenant.tenant_id;
        for operation in operations(picture, tenant) {
            let is_its = |event: &&&Published| {
                event.detail["tenantId"] == id.to_string()
                    && request_of(operation.kind) == Some(event.name)
                    && event.metadata.occurred_at == operation.started_at
            };
            let times = once.values().filter(is_its).count();
            of_operations += times;
            let unseen = operation.id.attempt > 1 || is_unseen(picture, tenant, operation);
            // One that the plane answered before its turn began and ended at once.
            let early = operation.ended_at == Some(operation.started_at);
            let asked = !tenant.plan.is_ours() && !early && (plane.has_own_bus || unseen);
            let least = usize::from(asked && picture.stage >= Stage::Quiet);
            let most = usize::from(!tenant.plan.is_ours());
            if times < least || times > most {
                let (kind, of) = (operation.kind, operation.id);
                wrong.push(format!("{id}: operation {of} ({kind}) was handed over {times} times"));
            }
        }
    }
    if of_operations != once.len() {
        let asked = once.len();
        wrong.push(format!("the plane was asked {asked} times, and {of_operations} are of operations"));
    }
}

/// Whether the plane cannot have acted on the request as its publisher sent it: it
/// is a retry, or came while another operation ran.
fn is_unseen(picture: &Picture, tenant: &Tenant, operation: &Operation) -> bool {
    let of_request = |line: &&Line| {
        line.entry.tenant_id == tenant.tenant_id
            && line.entry.origin.correlation_id == operation.correlation_id
            && line.entry.verdict == Verdict::Accepted
            && line.entry.at <= operation.started_at
    };
    let Some(accepted) =
        picture.history.iter().filter(of_request).map(|line| &line.entry).min_by_key(|e| e.at)
    else {
        return false;
    };
    let ran = |other: &Operation| {
        other.started_at < accepted.at && other.ended_at.is_some_and(|ended| ended > accepted.at)
    };
    accepted.origin.action == EventName::RetryRequest.as_str() || operations(picture, tenant).any(ran)
}

fn request_of(kind: OperationKind) -> Option<EventName> {
    match kind {
        OperationKind::Provision => Some(EventName::OnboardingRequest),
        OperationKind::Deprovision => Some(EventName::OffboardingRequest),
        OperationKind::Suspend => Some(EventName::DeactivateRequest),
        OperationKind::Resume => Some(EventName::ActivateRequest),
        OperationKind::CleanUp | OperationKind::Update => None,
    }
}

fn is_request(name: EventName) -> bool {
    matches!(
        name,
        EventName::OnboardingRequest
            | EventName::OffboardingRequest
            | EventName::DeactivateRequest
            | EventName::ActivateRequest
    )
}
