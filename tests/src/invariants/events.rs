//! The events, against the records.

use super::{Line, Picture, Published, Stage};
use std::collections::BTreeMap;
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
    let is_answer = || id == EventId::derive(&format!("{}/{}", line.entry.origin.event_id, event.name));
    match (line.entry.tenant_version, line.entry.verdict) {
        (Some(version), Verdict::Accepted) => {
            let (tenant, name) = (line.entry.tenant_id, event.name.as_str());
            let answers = |request| id == EventId::of_answer(tenant, version, name, request);
            event.metadata.tenant_version == Some(version)
                && (id == EventId::of_change(tenant, version, name)
                    || event.metadata.causation_id.is_some_and(answers))
        }
        (_, Verdict::Refused) => is_answer(),
        // Of a change that came too late its publisher is told, too.
        (_, Verdict::Stale) => line.entry.origin.action == EventName::ChangeRequest.as_str() && is_answer(),
        _ => false,
    }
}

/// An accepted request has exactly one outcome, and none while it is open. What
/// a cancellation came to is the outcome of what it stopped.
fn outcomes(picture: &Picture, once: &BTreeMap<EventId, &Published>, wrong: &mut Vec<String>) {
    for line in picture.history.iter().filter(|line| line.entry.verdict == Verdict::Accepted) {
        let (id, request) = (line.entry.tenant_id, line.entry.origin.event_id);
        let Some(names) = line.entry.origin.action.parse().ok().and_then(outcomes_of) else { continue };
        // Those of an earlier refusal are not of its acceptance.
        let told = once.values().filter(|event| {
            event.metadata.causation_id == Some(request) && event.metadata.tenant_version.is_some()
        });
        let told: Vec<_> =
            told.filter(|event| names.contains(&event.name)).map(|event| event.name.as_str()).collect();
        let tenant = picture.tenants.iter().find(|tenant| tenant.tenant_id == id);
        let open = tenant
            .is_some_and(|tenant| tenant.open_requests.iter().any(|open| open.request.event_id == request));
        // Before everything is published, some may still be on their way.
        let missing = picture.stage >= Stage::Quiet && !open && told.is_empty();
        if told.len() > 1 || (open && !told.is_empty()) || missing {
            let state = if open { ", is open and" } else { "" };
            wrong.push(format!(
                "{id}: request {request} ({}){state} has the outcomes [{}]",
                line.entry.origin.action,
                told.join(", ")
            ));
        }
    }
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
            E::UpdateSuccess,
            E::UpdateFailure,
        ]),
        E::ChangeRequest => Some(&[E::TenantChanged]),
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
