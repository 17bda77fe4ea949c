//! What a decision says in its details: times, reasons, what is left, and whose
//! outcome counts.

use chrono::TimeDelta;
use tenantry_events::failure::Failure;
use tenantry_events::ids::OperationId;
use tenantry_registry::lifecycle::{
    Cancel, ChangeData, Code, Decision, Fence, Input, LEFT, Onboard, OutcomeResult, Step, decide, next_step,
};
use tenantry_registry::plan::Plan;
use tenantry_registry::tenant::{DesiredState, Due, OperationKind, Status, Tenant};
use tenantry_tests::builders::{
    begin, cancel, change_data, changed, deferred, ending, failure, noon, offboarding, onboard, onboarding,
    outcome, request, success, unclean,
};

fn step(tenant: &Tenant, input: &Input) -> Tenant {
    changed(Some(tenant), input)
}

fn begun(tenant: &Tenant) -> Tenant {
    step(tenant, &begin(tenant))
}

fn ended(tenant: &Tenant, result: OutcomeResult) -> Tenant {
    step(tenant, &ending(tenant, result))
}

fn pending() -> Tenant {
    changed(None, &onboarding("acme"))
}

fn active() -> Tenant {
    ended(&begun(&pending()), success())
}

/// The code of what changed nothing.
fn code(tenant: &Tenant, input: &Input) -> &'static str {
    match decide(Some(tenant), input, noon()) {
        Decision::Duplicate(note)
        | Decision::Noted(_, note)
        | Decision::Stale(note)
        | Decision::Refused(note) => note.code.as_str(),
        changed => panic!("{changed}"),
    }
}

/// A version's time is the clock's, and never before that of the version before:
/// functions' clocks differ.
#[test]
fn a_versions_time_never_goes_back() {
    let at = |tenant: &Tenant, minutes| {
        let now = noon() + TimeDelta::minutes(minutes);
        decide(Some(tenant), &begin(tenant), now).change().expect("it begins").tenant.updated_at
    };
    let tenant = pending();
    assert_eq!(at(&tenant, 5), noon() + TimeDelta::minutes(5));
    assert_eq!(at(&tenant, -5), noon());
}

/// An onboarding with another event is the same one only if registration, name,
/// address and tier are all the same.
#[test]
fn another_onboarding_is_a_duplicate_only_if_all_is_the_same() {
    let tenant = pending();
    let again = Onboard { request: request("again"), ..onboard("acme") };
    let of = |onboard: Onboard| code(&tenant, &Input::Onboard(Box::new(onboard)));
    assert_eq!(of(again.clone()), "AlreadyOnboarded");
    let others = [
        Onboard { tenant_registration_id: "another".parse().unwrap(), ..again.clone() },
        Onboard { tenant_name: "another".parse().unwrap(), ..again.clone() },
        Onboard { email: "other@acme.example".parse().unwrap(), ..again.clone() },
        Onboard { tier_name: "basic".parse().unwrap(), ..again },
    ];
    for other in others {
        assert_eq!(of(other), "TenantExists");
    }
    // The event that onboarded it, whatever it says now.
    assert_eq!(
        of(Onboard { tenant_name: "another".parse().unwrap(), ..onboard("acme") }),
        "AlreadyOnboarded"
    );
}

/// A tenant that is to go takes no onboarding: that of its own event is of
/// before, any other one needs another id.
#[test]
fn a_tenant_that_leaves_is_not_onboarded_again() {
    let leaving = step(&active(), &offboarding("leave"));
    let again = Onboard { request: request("again"), ..onboard("acme") };
    assert!(matches!(decide(Some(&leaving), &onboarding("acme"), noon()), Decision::Stale(_)));
    let again = decide(Some(&leaving), &Input::Onboard(Box::new(again)), noon());
    assert!(matches!(again, Decision::Refused(note) if note.code == Code::TenantOffboarded));
}

/// Without room, each kind of operation waits again as what it was, since it
/// first began.
#[test]
fn a_deferred_operation_waits_as_what_it_was() {
    let provisioning = begun(&pending());
    let waiting = ended(&provisioning, deferred());
    let due = waiting.due.unwrap();
    assert_eq!((waiting.status, due.clean_up, due.since), (Status::Pending, false, noon()));
    let cleaning = begun(&ended(&provisioning, unclean()));
    let waiting = ended(&cleaning, deferred());
    assert_eq!((waiting.status, waiting.due.unwrap().clean_up), (Status::ProvisionFailed, true));
    // What was not begun needs not be undone.
    let wished =
        step(&begun(&step(&active(), &Input::Suspend(request("close")))), &Input::Resume(request("open")));
    let after = ended(&wished, deferred());
    assert_eq!((after.status, after.due), (Status::Active, None));
    // A newer wish has its own place.
    let wished = step(&begun(&pending()), &Input::Suspend(request("close")));
    assert_eq!(ended(&wished, deferred()).due, wished.due);
}

fn cancelled(tenant: &Tenant) -> (Failure, Tenant) {
    let after = ended(tenant, OutcomeResult::Cancelled);
    (after.failure.clone().expect("a failure"), after)
}

/// A cancellation says who wanted it, what may be left, and whether a retry
/// makes sense.
#[test]
fn a_cancellation_says_why_and_what_is_left() {
    let (failure, after) = cancelled(&step(&begun(&pending()), &cancel("stop")));
    assert_eq!(failure.reason, "a person cancelled the operation");
    assert_eq!((failure.left_behind.as_deref(), failure.retryable), (Some(LEFT), true));
    assert!(after.due.unwrap().clean_up);
    let (failure, after) = cancelled(&step(&begun(&pending()), &offboarding("leave")));
    assert_eq!(failure.reason, "a newer request for the tenant stopped the operation");
    assert_eq!((failure.left_behind.as_deref(), failure.retryable), (Some(LEFT), false));
    assert!(!after.due.unwrap().clean_up, "the deprovisioning takes down what is left");
    let updating = begun(&step(&active(), &Input::Suspend(request("close"))));
    let (failure, after) = cancelled(&step(&updating, &cancel("stop")));
    assert_eq!((failure.left_behind, after.due, after.status), (None, None, Status::UpdateFailed));
}

/// A retry that is withdrawn leaves what the failure left, and its clean-up.
#[test]
fn a_withdrawn_retry_keeps_what_is_left() {
    let failed = ended(&begun(&pending()), unclean());
    let retried = step(&failed, &Input::Retry(request("retry")));
    assert!(!retried.due.unwrap().clean_up);
    let withdrawn = step(&retried, &cancel("stop"));
    assert_eq!(withdrawn.failure.unwrap().left_behind.as_deref(), Some(LEFT));
    assert!(withdrawn.due.unwrap().clean_up);
    // Of a clean failure nothing is left.
    let retried = step(&ended(&begun(&pending()), failure()), &Input::Retry(request("retry")));
    let withdrawn = step(&retried, &cancel("stop"));
    assert_eq!((withdrawn.failure.unwrap().left_behind, withdrawn.due), (None, None));
}

/// A clean-up ends what was left; one that fails says so, and is not repeated.
#[test]
fn a_clean_up_says_what_became_of_it() {
    let cleaning = begun(&ended(&begun(&pending()), unclean()));
    let clean = ended(&cleaning, success());
    assert_eq!((clean.failure.unwrap().left_behind, clean.due), (None, None));
    let unclean = ended(&cleaning, failure());
    let left = unclean.failure.unwrap().left_behind.unwrap();
    assert!(left.contains("the clean-up failed (BuildFailed)"), "{left}");
    assert_eq!((unclean.due, unclean.status), (None, Status::ProvisionFailed));
}

/// What failed without cleaning up is cleaned up, unless something else comes
/// first that does it.
#[test]
fn what_is_left_is_cleaned_up_unless_something_else_does_it() {
    let provisioning = begun(&pending());
    assert!(ended(&provisioning, unclean()).due.unwrap().clean_up);
    assert_eq!(ended(&provisioning, failure()).due, None);
    let leaving = ended(&step(&provisioning, &offboarding("leave")), unclean());
    assert!(!leaving.due.unwrap().clean_up);
    // What is not provisioned cannot be suspended.
    let closing = ended(&step(&provisioning, &Input::Suspend(request("close"))), unclean());
    assert!(closing.due.unwrap().clean_up);
    assert_eq!((closing.desired, closing.open_requests), (DesiredState::Active, Vec::new()));
}

/// A success is as wished, or what was wished meanwhile is next.
#[test]
fn what_was_wished_meanwhile_is_next() {
    assert_eq!(active().due, None);
    let closing = step(&begun(&pending()), &Input::Suspend(request("close")));
    assert!(closing.due.is_some());
    let begun_again = begun(&ended(&closing, success()));
    assert_eq!(begun_again.status, Status::Updating);
    let closed = ended(&begun_again, success());
    assert_eq!((closed.status, closed.due), (Status::Suspended, None));
}

fn external(tenant: Tenant) -> Tenant {
    Tenant { plan: Plan::ExternalSilo, ..tenant }
}

/// A foreign plane's outcome counts for its own tenants, for the kind that runs;
/// the last one again is a duplicate, anything else is of something that is
/// over.
#[test]
fn a_foreign_outcome_counts_for_its_own_kind_and_tenants() {
    let of = |kind, result| outcome(Fence::External(kind), result);
    let provisioned = of(OperationKind::Provision, success());
    let running = external(begun(&pending()));
    assert_eq!(code(&begun(&pending()), &provisioned), "Superseded");
    // Its request may still be on its way.
    assert_eq!(code(&running, &of(OperationKind::Deprovision, success())), "NotYet");
    let done = step(&running, &provisioned);
    assert_eq!(done.status, Status::Active);
    assert_eq!(code(&done, &provisioned), "AlreadyRecorded");
    assert_eq!(code(&done, &of(OperationKind::Provision, failure())), "Superseded");
    assert_eq!(code(&done, &of(OperationKind::Deprovision, success())), "NotYet");
    assert_eq!(code(&active(), &provisioned), "Superseded");
    let leaving = external(begun(&step(&done, &offboarding("leave"))));
    assert_eq!(code(&leaving, &provisioned), "Superseded");
}

/// An outcome under a fence counts for exactly its operation; the last one again
/// is a duplicate, also when the next operation has begun.
#[test]
fn an_outcome_counts_for_exactly_its_operation() {
    let first = OperationId { generation: 1, attempt: 1 };
    let other = OperationId { generation: 1, attempt: 2 };
    let of = |id, result| outcome(Fence::Operation(id), result);
    assert_eq!(code(&begun(&pending()), &of(other, success())), "Superseded");
    let done = active();
    assert_eq!(code(&done, &of(first, success())), "AlreadyRecorded");
    assert_eq!(code(&done, &of(first, failure())), "Superseded");
    assert_eq!(code(&done, &of(other, success())), "Superseded");
    let leaving = begun(&step(&done, &offboarding("leave")));
    assert_eq!(code(&leaving, &of(first, success())), "AlreadyRecorded");
    assert_eq!(code(&leaving, &of(first, failure())), "Superseded");
}

/// Only what gives back room is counted as giving it back: a foreign plane's
/// operations take none.
#[test]
fn only_our_own_operations_take_room() {
    use tenantry_registry::lifecycle::{Capacity, Room};
    let capacity = |tenant: &Tenant, input: &Input| {
        decide(Some(tenant), input, noon()).change().expect("a change").capacity
    };
    let (own, foreign) = (pending(), external(pending()));
    assert_eq!(capacity(&own, &begin(&own)), Capacity::Take(Room::default()));
    assert_eq!(capacity(&foreign, &begin(&foreign)), Capacity::Keep);
    let (own, foreign) = (begun(&own), begun(&foreign));
    assert_eq!(capacity(&own, &ending(&own, success())), Capacity::Release);
    assert_eq!(capacity(&foreign, &ending(&foreign, success())), Capacity::Keep);
}

/// A cancellation that names an operation is of that one: of the open one or of
/// the one that is to begin, and of no other.
#[test]
fn a_cancellation_that_names_an_operation_is_of_that_one() {
    let named = |operation: &str| {
        Input::Cancel(Cancel { request: request("stop"), operation: Some(operation.parse().unwrap()) })
    };
    for tenant in [pending(), begun(&pending())] {
        assert_eq!(code(&tenant, &named("1-2")), "OperationOver");
        assert!(decide(Some(&tenant), &named("1-1"), noon()).change().is_some());
    }
    assert_eq!(code(&active(), &named("1-1")), "OperationOver");
}

/// A change of data says what changed; the same request again, and another one
/// that asks for what is, change nothing.
#[test]
fn a_change_of_data_says_what_it_changes() {
    let tenant = active();
    let said = |change: ChangeData| match decide(Some(&tenant), &Input::ChangeData(Box::new(change)), noon())
    {
        Decision::Change(change) => change.summary,
        other => panic!("{other}"),
    };
    let Input::ChangeData(both) = change_data("change", None) else { panic!("a change") };
    assert_eq!(said(ChangeData { email: None, ..(*both).clone() }), "change accepted: attributes");
    let address = ChangeData { attributes: serde_json::Map::new(), ..(*both).clone() };
    assert_eq!(said(address), "change accepted: e-mail address");
    assert_eq!(said(*both), "change accepted: e-mail address and attributes");
    let after = step(&tenant, &change_data("change", None));
    assert_eq!(code(&after, &change_data("change", None)), "AlreadyChanged");
    assert_eq!(code(&after, &change_data("another", None)), "NothingToChange");
}

/// Only what is left behind and nothing takes down any more needs a person.
#[test]
fn who_needs_a_person() {
    let failed = ended(&begun(&pending()), failure());
    assert!(!failed.needs_a_person() && !active().needs_a_person());
    let leaving = begun(&step(&active(), &offboarding("leave")));
    assert!(!leaving.needs_a_person());
    let stuck = ended(&leaving, failure());
    assert_eq!(stuck.status, Status::DeprovisionFailed);
    assert!(stuck.needs_a_person());
    assert!(!step(&stuck, &offboarding("again")).needs_a_person(), "it is taken down");
    assert!(!begun(&step(&stuck, &offboarding("again"))).needs_a_person(), "it is being taken down");
    let crashed = ended(&begun(&pending()), unclean());
    assert!(!crashed.needs_a_person(), "a clean-up is due");
    let mut left = failed.clone();
    left.failure.as_mut().unwrap().left_behind = Some(LEFT.to_owned());
    assert!(left.needs_a_person(), "its clean-up failed");
}

/// A tombstone rests, whatever else its record says.
#[test]
fn a_tombstone_rests() {
    let leaving = begun(&step(&active(), &offboarding("leave")));
    let mut gone = ended(&leaving, success());
    assert_eq!((gone.status, next_step(&gone)), (Status::Deprovisioned, Step::Rest));
    gone.due = Some(Due::new(noon(), false));
    assert_eq!(next_step(&gone), Step::Rest);
}
