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

/// An accepted request has one outcome. What a cancellation came to is the
/// outcome of what it stopped.
fn outcomes(picture: &Picture, once: &BTreeMap<EventId, &Published>, wrong: &mut Vec<String>) {
    for line in picture.history.iter().filter(|line| line.entry.verdict == Verdict::Accepted) {
        let request = line.entry.origin.event_id;
        let Some(names) = line.entry.origin.action.parse().ok().and_then(outcomes_of) else { continue };
        let told = once.values().filter(|event| event.metadata.causation_id == Some(request));
        let told: BTreeSet<_> =
            told.filter(|event| names.contains(&event.name)).map(|event| event.name).collect();
        let id = line.entry.tenant_id;
        let tenant = picture.tenants.iter().find(|tenant| tenant.tenant_id == id);
        let is_over =
            picture.stage >= Stage::Quiet && tenant.is_none_or(|tenant| !is_under_way(tenant, request));
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
        E::ActivateRequest => Some(&[E::ActivateSuccess, E::ActivateFailure]),
        E::DeactivateRequest => Some(&[E::DeactivateSuccess, E::DeactivateFailure]),
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
