//! Tenants, requests and outcomes, each right by itself, to be varied.

use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use std::collections::BTreeMap;
use tenantry_events::failure::{Failure, FailureCode};
use tenantry_events::ids::{CorrelationId, EventId, TenantId};
use tenantry_registry::audit::Origin;
use tenantry_registry::lifecycle::{
    Begin, Cancel, ChangeData, Decision, Fence, Input, LEFT, Onboard, Outcome, OutcomeResult, Room, Step,
    decide, next_step,
};
use tenantry_registry::plan::Plan;
use tenantry_registry::tenant::{OperationKind, Request, Tenant};
use tenantry_registry::tier::Tier;

/// A moment to count from.
#[must_use]
pub fn noon() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 1, 2, 12, 0, 0).unwrap()
}

/// The tier `platinum`, provisioned by Tenantry itself.
#[must_use]
pub fn platinum() -> Tier {
    Tier { name: "platinum".parse().unwrap(), plan: Plan::Silo, max_operations: None }
}

/// A tier that a foreign application plane provisions.
#[must_use]
pub fn foreign() -> Tier {
    Tier { name: "foreign".parse().unwrap(), plan: Plan::ExternalSilo, max_operations: None }
}

/// The request of the event called `seed`.
#[must_use]
pub fn request(seed: &str) -> Request {
    let event_id = EventId::derive(seed);
    Request { event_id, correlation_id: CorrelationId::from(event_id), at: noon() }
}

/// Who asks in tests, with the event called `seed`.
#[must_use]
pub fn origin(seed: &str) -> Origin {
    let Request { event_id, correlation_id, .. } = request(seed);
    Origin { event_id, correlation_id, action: "test".to_owned(), actor: "test".to_owned(), why: None }
}

/// A request to onboard the tenant called `name`, on `platinum`.
#[must_use]
pub fn onboard(name: &str) -> Onboard {
    let tenant_id = TenantId::derive(name);
    Onboard {
        tenant_id,
        tenant_registration_id: format!("registration-{tenant_id}").parse().unwrap(),
        tenant_name: name.parse().unwrap(),
        email: "admin@acme.example".parse().unwrap(),
        tier_name: "platinum".parse().unwrap(),
        tier: Some(platinum()),
        attributes: serde_json::Map::new(),
        request: request(&format!("onboard {name}")),
    }
}

/// [`onboard`] as an input.
#[must_use]
pub fn onboarding(name: &str) -> Input {
    Input::Onboard(Box::new(onboard(name)))
}

/// A request to offboard, of the event called `seed`.
#[must_use]
pub fn offboarding(seed: &str) -> Input {
    Input::Offboard(request(seed))
}

/// The beginning of whatever operation `tenant` needs; panics if it needs none.
#[must_use]
pub fn begin(tenant: &Tenant) -> Input {
    let Step::Begin { id, kind } = next_step(tenant) else { panic!("{} needs no operation", tenant.status) };
    let execution_arn =
        format!("arn:aws:states:us-east-1:1:execution:m:{}", id.execution_name(tenant.tenant_id));
    Input::Begin(Begin {
        id,
        kind,
        execution_arn: tenant.plan.is_ours().then_some(execution_arn),
        hand_over: false,
        deadline: noon() + TimeDelta::hours(3),
        room: Room::default(),
    })
}

/// The end of the operation that runs on `tenant`; panics if none does.
#[must_use]
pub fn ending(tenant: &Tenant, result: OutcomeResult) -> Input {
    let open = tenant.operation.as_ref().expect("an operation runs");
    outcome(Fence::Operation(open.id), result)
}

/// An outcome under `fence`.
#[must_use]
pub fn outcome(fence: Fence, result: OutcomeResult) -> Input {
    let build_id = Some("p:1".to_owned());
    Input::Outcome(Box::new(Outcome { fence, result, build_id, logs_url: None }))
}

/// A success, with an API.
#[must_use]
pub fn success() -> OutcomeResult {
    let outputs = BTreeMap::from([("apiUrl".to_owned(), "https://api".to_owned())]);
    OutcomeResult::Succeeded {
        outputs,
        registration: BTreeMap::new(),
        release: Some("r1".to_owned()),
        revision: None,
    }
}

/// A build that did its work, and a tenant's administrator who was invited.
#[must_use]
pub fn invited() -> OutcomeResult {
    let administrator = [("administrator".to_owned(), "somebody".to_owned())];
    OutcomeResult::Succeeded {
        outputs: administrator.into(),
        registration: BTreeMap::new(),
        release: Some("r1".to_owned()),
        revision: None,
    }
}

/// An administrator with the address of `revision`.
#[must_use]
pub fn updated(revision: u64) -> OutcomeResult {
    let administrator = [("administrator".to_owned(), format!("somebody-{revision}"))];
    OutcomeResult::Succeeded {
        outputs: administrator.into(),
        registration: BTreeMap::new(),
        release: None,
        revision: Some(revision),
    }
}

/// A failed build.
#[must_use]
pub fn failure() -> OutcomeResult {
    let failure = Failure {
        build_id: Some("p:1".to_owned()),
        attempt: 1,
        retryable: true,
        ..Failure::new(FailureCode::BuildFailed, "deploy", "it broke")
    };
    OutcomeResult::Failed { failure, unclean: false }
}

/// The build found no stack where one should be.
#[must_use]
pub fn stack_gone() -> OutcomeResult {
    match failure() {
        OutcomeResult::Failed { failure, unclean } => {
            OutcomeResult::Failed { failure: Failure { code: FailureCode::StackGone, ..failure }, unclean }
        }
        other => other,
    }
}

/// An execution that ended without cleaning up.
#[must_use]
pub fn unclean() -> OutcomeResult {
    match failure() {
        OutcomeResult::Failed { failure, .. } => {
            let failure = Failure { left_behind: Some(LEFT.to_owned()), ..failure };
            OutcomeResult::Failed { failure, unclean: true }
        }
        other => other,
    }
}

/// No room among the builds.
#[must_use]
pub fn deferred() -> OutcomeResult {
    OutcomeResult::Deferred { reason: "the queue is full".to_owned() }
}

/// A request to cancel whatever is under way, of the event called `seed`.
#[must_use]
pub fn cancel(seed: &str) -> Input {
    Input::Cancel(Cancel { request: request(seed), operation: None })
}

/// A request to change the tenant's address and an attribute, of the event
/// called `seed`, by who has seen the version `expected`.
#[must_use]
pub fn change_data(seed: &str, expected: Option<u64>) -> Input {
    Input::ChangeData(Box::new(ChangeData {
        request: request(seed),
        email: Some("new@acme.example".parse().unwrap()),
        attributes: serde_json::from_str(r#"{ "plan": "large" }"#).unwrap(),
        expected_version: expected,
    }))
}

/// The tenant after `input`; panics if it changes nothing.
#[must_use]
pub fn changed(tenant: Option<&Tenant>, input: &Input) -> Tenant {
    match decide(tenant, input, noon()) {
        Decision::Change(change) => change.tenant,
        other => panic!("no change: {other}"),
    }
}

/// A tenant in each situation that it can be in, with a name for each.
#[must_use]
pub fn situations() -> Vec<(&'static str, Option<Tenant>)> {
    let step = |tenant: &Tenant, input: &Input| changed(Some(tenant), input);
    let pending = changed(None, &onboarding("acme"));
    let provisioning = step(&pending, &begin(&pending));
    let active = step(&provisioning, &ending(&provisioning, success()));
    let provision_failed = step(&provisioning, &ending(&provisioning, failure()));
    let unwanted = step(&provisioning, &offboarding("leave"));
    let cancelled = step(&provisioning, &cancel("stop"));
    let uncleaned = step(&provisioning, &ending(&provisioning, unclean()));
    let cleaning = step(&uncleaned, &begin(&uncleaned));
    let retried = step(&provision_failed, &Input::Retry(request("retry")));
    let suspending = step(&active, &Input::Suspend(request("suspend")));
    let updating = step(&suspending, &begin(&suspending));
    let stack_gone = step(&updating, &ending(&updating, stack_gone()));
    let update_failed = step(&updating, &ending(&updating, failure()));
    let suspended = step(&updating, &ending(&updating, success()));
    let renamed = step(&active, &change_data("another address", None));
    let renaming = step(&renamed, &begin(&renamed));
    let not_renamed = step(&renaming, &ending(&renaming, failure()));
    let closed = step(&suspended, &change_data("another address", None));
    let resuming = step(&suspended, &Input::Resume(request("resume")));
    let reopening = step(&resuming, &begin(&resuming));
    let leaving = step(&active, &offboarding("leave"));
    let deprovisioning = step(&leaving, &begin(&leaving));
    let deprovision_failed = step(&deprovisioning, &ending(&deprovisioning, failure()));
    let gone = step(&deprovisioning, &ending(&deprovisioning, success()));
    let other = Onboard { tier: Some(foreign()), tier_name: foreign().name, ..onboard("acme") };
    let asked = changed(None, &Input::Onboard(Box::new(other)));
    let external = step(&asked, &begin(&asked));
    let external_failed = step(&external, &ending(&external, failure()));
    let external_active = step(&external, &ending(&external, success()));
    let external_closing = step(&external_active, &Input::Suspend(request("suspend")));
    let external_leaving = step(&external_active, &offboarding("leave"));
    vec![
        ("none", None),
        ("Pending", Some(pending)),
        ("Provisioning", Some(provisioning)),
        ("Provisioning, offboarding asked for", Some(unwanted)),
        ("Provisioning, cancelled", Some(cancelled)),
        ("ProvisionFailed", Some(provision_failed)),
        ("ProvisionFailed, not cleaned up", Some(uncleaned)),
        ("ProvisionFailed, cleaning up", Some(cleaning)),
        ("ProvisionFailed, retry asked for", Some(retried)),
        ("Active", Some(active)),
        ("Active, suspension asked for", Some(suspending)),
        ("Updating (suspending)", Some(updating)),
        ("UpdateFailed (suspending)", Some(update_failed)),
        ("UpdateFailed, its stack is gone", Some(stack_gone)),
        ("Active, another address asked for", Some(renamed)),
        ("Updating (another address)", Some(renaming)),
        ("UpdateFailed (another address)", Some(not_renamed)),
        ("Suspended", Some(suspended)),
        ("Suspended, another address asked for", Some(closed)),
        ("Suspended, resumption asked for", Some(resuming)),
        ("Updating (resuming)", Some(reopening)),
        ("Active, offboarding asked for", Some(leaving)),
        ("Deprovisioning", Some(deprovisioning)),
        ("DeprovisionFailed", Some(deprovision_failed)),
        ("External plan: Pending", Some(asked)),
        ("External plan: Provisioning", Some(external)),
        ("External plan: ProvisionFailed", Some(external_failed)),
        ("External plan: Active", Some(external_active)),
        ("External plan: Active, suspension asked for", Some(external_closing)),
        ("External plan: Active, offboarding asked for", Some(external_leaving)),
        ("Deprovisioned", Some(gone)),
    ]
}

/// Every kind of input that can meet `tenant`, with a name for each.
#[must_use]
pub fn inputs(tenant: Option<&Tenant>) -> Vec<(&'static str, Input)> {
    let running = tenant.and_then(|tenant| tenant.operation.as_ref()).map(|open| open.id);
    let last = tenant.and_then(|tenant| tenant.last_operation.as_ref()).map(|ended| ended.id);
    let first = "1-1".parse().unwrap();
    let id = running.or(last).unwrap_or(first);
    let other = tenantry_events::ids::OperationId { generation: id.generation + 7, attempt: 1 };
    let mut another = onboard("acme");
    another.request = request("onboard again");
    let mut different = another.clone();
    different.tenant_name = "another".parse().unwrap();
    let begin_it = match tenant.map(next_step) {
        Some(Step::Begin { .. }) => begin(tenant.unwrap()),
        _ => Input::Begin(Begin {
            id: first,
            kind: OperationKind::Provision,
            execution_arn: None,
            hand_over: false,
            deadline: noon(),
            room: Room::default(),
        }),
    };
    vec![
        ("the onboarding request", onboarding("acme")),
        ("the same onboarding, another event", Input::Onboard(Box::new(another))),
        ("another onboarding with its id", Input::Onboard(Box::new(different))),
        ("the offboarding request", offboarding("leave")),
        ("another offboarding request", offboarding("leave again")),
        ("a request to suspend", Input::Suspend(request("suspend again"))),
        ("a request to resume", Input::Resume(request("resume again"))),
        ("a request to retry", Input::Retry(request("retry again"))),
        ("a request to reprovision", Input::Reprovision(request("reprovision"))),
        ("a request to cancel", cancel("stop again")),
        (
            "a request to suspend from before",
            Input::Suspend(Request { at: noon() - TimeDelta::hours(1), ..request("old") }),
        ),
        ("a request to change its data", change_data("change again", None)),
        ("a change of another version", change_data("change", Some(1_000))),
        ("an operation begins", begin_it),
        ("its operation succeeds", outcome(Fence::Operation(id), success())),
        ("its operation fails", outcome(Fence::Operation(id), failure())),
        ("its operation ends without cleaning up", outcome(Fence::Operation(id), unclean())),
        ("there is no room for its operation", outcome(Fence::Operation(id), deferred())),
        ("its operation is cancelled", outcome(Fence::Operation(id), OutcomeResult::Cancelled)),
        ("another operation succeeds", outcome(Fence::Operation(other), success())),
        ("an external plane has provisioned", outcome(Fence::External(OperationKind::Provision), success())),
        ("an external plane has suspended", outcome(Fence::External(OperationKind::Suspend), success())),
        (
            "an external plane has deprovisioned",
            outcome(Fence::External(OperationKind::Deprovision), success()),
        ),
    ]
}
