//! The events, against the records.

use super::{Line, Picture, Published, Stage};
use std::collections::{BTreeMap, BTreeSet};
use tenantry_events::ids::EventId;
use tenantry_events::name::EventName;
use tenantry_registry::audit::Verdict;
use tenantry_registry::tenant::Tenant;

pub(super) fn check(picture: &Picture, wrong: &mut Vec<String>) {
    if picture.stage >= Stage::Quiet {
        for line in picture.history.iter().filter(|line| !line.outbox.is_empty()) {
            wrong.push(format!("{}: {} is unpublished", line.entry.tenant_id, line.entry.reason));
        }
    }
    let Some(published) = &picture.published else { return };
    let once = once(published, wrong);
    for event in once.values() {
        if !picture.history.iter().any(|line| gives(line, event)) {
            let id = event.metadata.event_id;
            wrong.push(format!("event {id} ({}) follows from no line of the history", event.name));
        }
    }
    outcomes(picture, &once, wrong);
    if picture.stage >= Stage::Quiet {
        for tenant in &picture.tenants {
            chain(tenant, &once, wrong);
        }
    }
}

/// The events by their ids, each with its one content.
fn once<'a>(published: &'a [Published], wrong: &mut Vec<String>) -> BTreeMap<EventId, &'a Published> {
    let mut once = BTreeMap::new();
    for event in published {
        let id = event.metadata.event_id;
        if *once.entry(id).or_insert(event) != event {
            wrong.push(format!("event {id} has two contents: {} and {}", once[&id].detail, event.detail));
        }
    }
    once
}

/// Whether the line gives rise to the event.
fn gives(line: &Line, event: &Published) -> bool {
    let id = event.metadata.event_id;
    match (line.entry.tenant_version, line.entry.verdict) {
        (Some(version), Verdict::Accepted) => {
            event.metadata.tenant_version == Some(version)
                && id == EventId::of_change(line.entry.tenant_id, version, event.name.as_str())
        }
        (_, Verdict::Refused) => {
            id == EventId::derive(&format!("{}/{}", line.entry.origin.event_id, event.name))
        }
        _ => false,
    }
}

/// An accepted request has one outcome. It may have none if another request
/// took its place before it was carried out, or if there was nothing to do for
/// it; and what a cancellation came to is the outcome of what it stopped.
fn outcomes(picture: &Picture, once: &BTreeMap<EventId, &Published>, wrong: &mut Vec<String>) {
    for line in picture.history.iter().filter(|line| line.entry.verdict == Verdict::Accepted) {
        let request = line.entry.origin.event_id;
        let Some(names) = line.entry.origin.action.parse().ok().and_then(outcomes_of) else { continue };
        // Those of an earlier refusal are not of its acceptance.
        let told = once.values().filter(|event| {
            event.metadata.causation_id == Some(request) && event.metadata.tenant_version.is_some()
        });
        let told: BTreeSet<_> =
            told.filter(|event| names.contains(&event.name)).map(|event| event.name).collect();
        let id = line.entry.tenant_id;
        let tenant = picture.tenants.iter().find(|tenant| tenant.tenant_id == id);
        let overtaken = picture.history.iter().any(|other| takes_its_place(other, line));
        let is_over = picture.stage >= Stage::Quiet
            && !overtaken
            && !tenant.is_some_and(|tenant| was_so_already(picture, tenant, request))
            && tenant.is_none_or(|tenant| !is_under_way(tenant, request));
        if told.len() > 1 || (is_over && told.is_empty()) {
            let told: Vec<_> = told.iter().map(|name| name.as_str()).collect();
            wrong.push(format!(
                "{id}: request {request} ({}) has the outcomes [{}]",
                line.entry.origin.action,
                told.join(", ")
            ));
        }
    }
}

/// Whether `other` is a request that was accepted after `line`.
fn takes_its_place(other: &Line, line: &Line) -> bool {
    let is_request = |name: EventName| outcomes_of(name).is_some() || name == EventName::CancelRequest;
    other.entry.tenant_id == line.entry.tenant_id
        && other.entry.verdict == Verdict::Accepted
        && other.entry.tenant_version > line.entry.tenant_version
        && other.entry.origin.action.parse().is_ok_and(is_request)
}

/// Whether the tenant's last wish needed no operation: a resumption that took
/// the place of a suspension that had not begun.
fn was_so_already(picture: &Picture, tenant: &Tenant, request: EventId) -> bool {
    let own = picture.operations.iter().filter(|(whose, _)| *whose == tenant.tenant_id);
    tenant.request.event_id == request
        && !own.into_iter().any(|(_, one)| one.id.generation == tenant.generation)
}

fn is_under_way(tenant: &Tenant, request: EventId) -> bool {
    let open = tenant.operation.as_ref().is_some_and(|open| open.request.event_id == request);
    open || (tenant.due.is_some() && tenant.request.event_id == request)
}

/// What a request can come to.
fn outcomes_of(request: EventName) -> Option<&'static [EventName]> {
    use EventName as E;
    match request {
        E::OnboardingRequest => Some(&[E::OnboardingSuccess, E::OnboardingFailure]),
        E::OffboardingRequest => Some(&[E::OffboardingSuccess, E::OffboardingFailure]),
        // Accepted while the tenant is provisioned, it comes to what that comes to.
        E::ActivateRequest => {
            Some(&[E::ActivateSuccess, E::ActivateFailure, E::OnboardingSuccess, E::OnboardingFailure])
        }
        E::DeactivateRequest => Some(&[E::DeactivateSuccess, E::DeactivateFailure, E::OnboardingFailure]),
        // It goes on with what had failed.
        E::RetryRequest => Some(&[
            E::OnboardingSuccess,
            E::OnboardingFailure,
            E::OffboardingSuccess,
            E::OffboardingFailure,
            E::ActivateSuccess,
            E::ActivateFailure,
            E::DeactivateSuccess,
            E::DeactivateFailure,
        ]),
        _ => None,
    }
}

/// Each change of status begins where the last one ended, and the last one ends
/// where the tenant is.
fn chain(tenant: &Tenant, once: &BTreeMap<EventId, &Published>, wrong: &mut Vec<String>) {
    let id = tenant.tenant_id.to_string();
    let own = once.values().filter(|event| {
        event.name == EventName::TenantStatusChanged && event.detail["tenantId"].as_str() == Some(&id)
    });
    let mut own: Vec<_> = own.collect();
    own.sort_by_key(|event| event.metadata.tenant_version);
    let mut at = None;
    for event in own {
        let (from, to) = (event.detail["from"].as_str(), event.detail["to"].as_str());
        if from != at {
            wrong
                .push(format!("{id}: it was {at:?}, and an event says that it goes from {from:?} to {to:?}"));
        }
        at = to;
    }
    if at != Some(tenant.status.as_str()) {
        wrong.push(format!("{id}: it is {}, and the last event says {at:?}", tenant.status));
    }
}
