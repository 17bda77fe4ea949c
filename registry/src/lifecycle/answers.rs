//! What accepted requests come to: each is answered exactly once, whether an
//! operation was carried out for it, nothing was left to do, or another request
//! took its place.

use super::{ADMISSION, Change, Input, Step, next_step};
use crate::tenant::{
    DesiredState, OpenRequest, OperationKind as Kind, OperationState, Request, Status, Tenant,
};
use tenantry_events::failure::{Failure, FailureCode};

/// What a request came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The operation that it asked for.
    pub asks: Kind,
    /// Who asked.
    pub request: Request,
    /// Why it is not so; `None` if the tenant is what was asked for.
    pub failure: Option<Failure>,
}

/// The request that an operation of `kind` would serve if it began now.
#[must_use]
pub fn served(tenant: &Tenant, kind: Kind) -> Request {
    if let (Kind::CleanUp, Some(last)) = (kind, &tenant.last_operation) {
        return last.request;
    }
    let mut open = tenant.open_requests.iter().rev();
    let asked = open.find(|open| open.asks == kind).map(|open| open.request);
    // Nobody asks for an update but by a retry: a change of data leads to it.
    let changed = tenant.changed_by.filter(|_| kind == Kind::Update);
    asked.or(changed).unwrap_or(tenant.request)
}

/// Adds to `change` what `input` asks for, and the answers to all requests that
/// are answered with it.
pub(super) fn settle(before: Option<&Tenant>, input: &Input, change: &mut Change) {
    if let Some(asks) = asks(input, &change.tenant) {
        change.tenant.open_requests.push(OpenRequest { asks, request: change.tenant.request });
    }
    end(before, change);
    supersede(change);
    withdraw(before, input, change);
    if change.tenant.operation.is_none() && is_as_wished(&change.tenant) {
        change.tenant.due = None;
        answer(change, None, |_| true);
    }
}

/// The operation that an accepted request asks for.
fn asks(input: &Input, next: &Tenant) -> Option<Kind> {
    match input {
        Input::Onboard(_) => Some(Kind::Provision),
        Input::Offboard(_) => Some(Kind::Deprovision),
        Input::Suspend(_) => Some(Kind::Suspend),
        Input::Resume(_) => Some(Kind::Resume),
        Input::Retry(_) | Input::Reprovision(_) => match next_step(next) {
            Step::Begin { kind, .. } => Some(kind),
            Step::Run(_) | Step::Stop(_) | Step::Rest => None,
        },
        Input::ChangeData(_) | Input::Cancel(_) | Input::Begin(_) | Input::Outcome(_) => None,
    }
}

/// The end of an operation is the answer to the request that it served.
fn end(before: Option<&Tenant>, change: &mut Change) {
    let last = before.and_then(|before| before.last_operation.as_ref());
    let Some(ended) = change.tenant.last_operation.clone().filter(|ended| Some(ended) != last) else {
        return;
    };
    // A deferral is no end, and a clean-up is part of the failure that was told.
    if ended.state == OperationState::Deferred || ended.kind == Kind::CleanUp {
        return;
    }
    let failure = change.operation.as_ref().and_then(|operation| operation.failure.clone());
    let before = change.tenant.open_requests.len();
    change.tenant.open_requests.retain(|open| open.request != ended.request);
    // A request is answered once: the suspension that follows a reprovisioning
    // is carried out for one that has its answer.
    if change.tenant.open_requests.len() < before {
        change.answers.push(Answer { asks: ended.kind, request: ended.request, failure });
    }
    // The same is said of a request that comes only now.
    if change.tenant.status == Status::ProvisionFailed && change.tenant.desired != DesiredState::Deprovisioned
    {
        let failure =
            failure_of(&change.tenant, FailureCode::NotProvisioned, "the tenant could not be provisioned");
        answer(change, Some(&failure), |open| matches!(open.asks, Kind::Suspend | Kind::Resume));
    }
}

/// The newest request counts, and a provisioning that it needs.
fn supersede(change: &mut Change) {
    let Some(newest) = change.tenant.open_requests.last().copied() else { return };
    let served = change.tenant.operation.as_ref().map(|operation| operation.request);
    let needs_it = matches!(newest.asks, Kind::Suspend | Kind::Resume);
    let stays = |open: &OpenRequest| {
        *open == newest || Some(open.request) == served || (open.asks == Kind::Provision && needs_it)
    };
    let failure = failure_of(
        &change.tenant,
        FailureCode::Superseded,
        "a newer request took its place before it was carried out",
    );
    answer(change, Some(&failure), |open| !stays(open));
}

/// What a person cancels before it begins is not carried out.
fn withdraw(before: Option<&Tenant>, input: &Input, change: &mut Change) {
    let waited = before.is_some_and(|before| before.operation.is_none());
    if !matches!(input, Input::Cancel(_)) || !waited {
        return;
    }
    let failure = failure_of(&change.tenant, FailureCode::Cancelled, "a person cancelled it before it began");
    answer(change, Some(&failure), |_| true);
}

/// Answers those of the open requests that `which` says.
fn answer(change: &mut Change, failure: Option<&Failure>, which: impl Fn(&OpenRequest) -> bool) {
    let open = std::mem::take(&mut change.tenant.open_requests);
    let (answered, rest): (Vec<_>, Vec<_>) = open.into_iter().partition(which);
    change.tenant.open_requests = rest;
    change.answers.extend(answered.into_iter().map(|open| Answer {
        asks: open.asks,
        request: open.request,
        failure: failure.cloned(),
    }));
}

fn failure_of(tenant: &Tenant, code: FailureCode, reason: &str) -> Failure {
    Failure { attempt: tenant.attempt, ..Failure::new(code, ADMISSION, reason) }
}

/// Whether the tenant is what it should be.
pub(super) fn is_as_wished(tenant: &Tenant) -> bool {
    match (tenant.desired, tenant.status) {
        (_, Status::Deprovisioned) => true,
        (DesiredState::Active, Status::Active) | (DesiredState::Suspended, Status::Suspended) => {
            tenant.is_up_to_date()
        }
        (DesiredState::Active | DesiredState::Suspended | DesiredState::Deprovisioned, _) => false,
    }
}
