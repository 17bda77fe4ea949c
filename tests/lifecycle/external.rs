//! Tenants of an external plan: what an application plane that is none of ours is
//! asked, and what becomes of its answers.

use chrono::TimeDelta;
use serde_json::Value;
use tenantry_events::name::EventName;
use tenantry_handlers::engine::External;
use tenantry_registry::lifecycle::{
    Begin, Capacity, Code, Decision, Fence, Input, Onboard, OutcomeResult, Room, Step, decide, next_step,
};
use tenantry_registry::notices::{self, Destination, Notice};
use tenantry_registry::tenant::{OperationKind as Kind, Status, Tenant};
use tenantry_tests::builders::{
    begin, cancel, changed, ending, failure, foreign, noon, offboarding, onboard, outcome, request, success,
};

fn asked() -> Tenant {
    let onboard = Onboard { tier: Some(foreign()), tier_name: foreign().name, ..onboard("acme") };
    changed(None, &Input::Onboard(Box::new(onboard)))
}

fn takes(tenant: &Tenant, input: &Input) -> Tenant {
    changed(Some(tenant), input)
}

fn begun(tenant: &Tenant) -> Tenant {
    takes(tenant, &begin(tenant))
}

fn answers(kind: Kind, result: OutcomeResult) -> Input {
    outcome(Fence::External(kind), result)
}

fn active() -> Tenant {
    takes(&asked(), &answers(Kind::Provision, success()))
}

/// What the plane is sent when the operation that `tenant` needs begins.
fn handed_over(tenant: &Tenant) -> Vec<Notice> {
    let Input::Begin(begin) = begin(tenant) else { unreachable!("a beginning") };
    let begin = Input::Begin(Begin { hand_over: true, ..begin });
    let Decision::Change(change) = decide(Some(tenant), &begin, noon()) else { panic!("it begins") };
    let notices = notices::of_change(Some(tenant), &change).unwrap();
    notices.into_iter().filter(|notice| notice.to == Destination::ApplicationPlane).collect()
}

/// With each beginning the plane gets the request of that kind, as it was
/// admitted: with what the registry knows, and the request's correlation.
#[test]
fn each_operation_hands_its_request_over() {
    let suspending = takes(&active(), &Input::Suspend(request("suspend")));
    let suspended = takes(&suspending, &answers(Kind::Suspend, success()));
    let resuming = takes(&suspended, &Input::Resume(request("resume")));
    let leaving = takes(&active(), &offboarding("leave"));
    for (tenant, name) in [
        (asked(), EventName::OnboardingRequest),
        (suspending, EventName::DeactivateRequest),
        (resuming, EventName::ActivateRequest),
        (leaving, EventName::OffboardingRequest),
    ] {
        let notices = handed_over(&tenant);
        assert_eq!(notices.iter().map(|notice| notice.name).collect::<Vec<_>>(), [name]);
        let detail: Value = serde_json::from_str(&notices[0].detail).unwrap();
        for (field, value) in [
            ("tenantId", tenant.tenant_id.to_string()),
            ("tenantRegistrationId", tenant.tenant_registration_id.to_string()),
            ("tenantName", tenant.tenant_name.to_string()),
            ("email", tenant.email.to_string()),
            ("tier", tenant.tier.to_string()),
        ] {
            assert_eq!(detail[field], value, "{name}: {field}");
        }
        assert_eq!(detail["metadata"]["correlationId"], tenant.request.correlation_id.to_string());
    }
}

/// A retry asks again, under another event id.
#[test]
fn a_retry_asks_again() {
    let first = handed_over(&asked());
    let failed = takes(&begun(&asked()), &answers(Kind::Provision, failure()));
    assert_eq!(failed.status, Status::ProvisionFailed);
    let again = handed_over(&takes(&failed, &Input::Retry(request("retry"))));
    assert_eq!(again[0].name, EventName::OnboardingRequest);
    assert_ne!(again[0].event_id, first[0].event_id);
}

/// Whether the operation that `tenant` needs is handed over to a plane with, or
/// without, a bus of its own.
fn is_handed_over(tenant: &Tenant, own_bus: bool) -> bool {
    let Step::Begin { id, kind } = next_step(tenant) else { panic!("{} needs no operation", tenant.status) };
    External { own_bus }.beginning(tenant, id, kind).unwrap().hand_over
}

/// On the tenant bus a plane sees what publishers ask; whatever it has not seen,
/// or saw while something else ran, is handed over there: a retry, whichever
/// number its attempt has, and what had to wait for another operation. On a bus of
/// its own, everything is.
#[test]
fn a_plane_on_the_tenant_bus_is_asked_for_what_it_cannot_have_acted_on() {
    let later = |tenant: &Tenant, input: &Input| {
        let Decision::Change(change) = decide(Some(tenant), input, noon() + TimeDelta::minutes(5)) else {
            panic!("no change: {input:?}")
        };
        change.tenant
    };
    let failed = answers(Kind::Provision, failure());
    let retry = Input::Retry(request("retry"));
    let suspend = Input::Suspend(request("suspend"));
    let suspended = takes(&takes(&active(), &suspend), &answers(Kind::Suspend, success()));
    for (tenant, seen, why) in [
        (asked(), true, "an onboarding"),
        (takes(&active(), &suspend), true, "a suspension"),
        (takes(&suspended, &offboarding("leave")), true, "an offboarding"),
        (takes(&takes(&begun(&asked()), &failed), &retry), false, "a retry"),
        // The wish that came meanwhile is forgotten, and its generation stays.
        (takes(&takes(&takes(&begun(&asked()), &suspend), &failed), &retry), false, "a retry after a wish"),
        (takes(&takes(&asked(), &cancel("stop")), &retry), false, "a retry of what never began"),
        (
            later(&takes(&begun(&asked()), &suspend), &answers(Kind::Provision, success())),
            false,
            "a suspension that waited",
        ),
    ] {
        assert_eq!(is_handed_over(&tenant, false), !seen, "{why}");
        assert!(is_handed_over(&tenant, true), "{why}");
    }
}

/// An answer that comes before its operation begins ends it all the same, once:
/// one version, one operation, nothing counted.
#[test]
fn an_early_answer_is_taken() {
    let suspending = takes(&active(), &Input::Suspend(request("suspend")));
    let leaving = takes(&active(), &offboarding("leave"));
    for (before, kind, status) in [
        (asked(), Kind::Provision, Status::Active),
        (suspending, Kind::Suspend, Status::Suspended),
        (leaving, Kind::Deprovision, Status::Deprovisioned),
    ] {
        let input = answers(kind, success());
        let Decision::Change(change) = decide(Some(&before), &input, noon()) else { panic!("{kind}") };
        let after = &change.tenant;
        assert_eq!((after.status, after.version), (status, before.version + 1));
        assert!(change.operation.is_some() && change.capacity == Capacity::Keep);
        assert_eq!(change.answers.len(), 1, "{kind}: {:?}", change.answers);
        assert!(matches!(decide(Some(after), &input, noon()), Decision::Duplicate(_)), "{kind} again");
    }
}

/// An answer whose operation has to wait for another one is to come again, and
/// changes nothing until then; so is one whose request may still come. One of what
/// the last operation did is stale.
#[test]
fn an_answer_out_of_turn_comes_again() {
    let leaving = takes(&begun(&asked()), &offboarding("leave"));
    let gone = answers(Kind::Deprovision, success());
    let Decision::Stale(note) = decide(Some(&leaving), &gone, noon()) else { panic!("it waits") };
    assert_eq!(note.code, Code::NotYet);
    let stopped = takes(&leaving, &ending(&leaving, OutcomeResult::Cancelled));
    assert_eq!(takes(&stopped, &gone).status, Status::Deprovisioned);
    // Its request may still be on its way.
    let Decision::Stale(note) = decide(Some(&active()), &gone, noon()) else { panic!("nobody asked") };
    assert_eq!(note.code, Code::NotYet);
    let failed = answers(Kind::Provision, failure());
    let Decision::Stale(note) = decide(Some(&active()), &failed, noon()) else { panic!("it is over") };
    assert_ne!(note.code, Code::NotYet);
}

/// An old failure that is delivered again is not the answer to the retry.
#[test]
fn an_old_answer_does_not_end_a_retry() {
    let failed = takes(&begun(&asked()), &answers(Kind::Provision, failure()));
    let retried = takes(&failed, &Input::Retry(request("retry")));
    let old = answers(Kind::Provision, failure());
    assert!(matches!(decide(Some(&retried), &old, noon()), Decision::Duplicate(_)));
}

/// Cancelled, given up or failed half way: there is no clean-up that nobody runs,
/// no word of a stack, and a retry is possible.
#[test]
fn nothing_is_left_for_nobody() {
    let provisioning = begun(&asked());
    let stopping = takes(&provisioning, &cancel("stop"));
    let OutcomeResult::Failed { failure, .. } = failure() else { unreachable!("a failure") };
    for (tenant, result) in [
        (&stopping, OutcomeResult::Cancelled),
        (&provisioning, OutcomeResult::Failed { failure: failure.clone(), unclean: true }),
    ] {
        let after = takes(tenant, &ending(tenant, result));
        assert_eq!((after.status, next_step(&after)), (Status::ProvisionFailed, Step::Rest));
        assert_eq!(after.failure.as_ref().and_then(|failure| failure.left_behind.clone()), None);
        assert!(!after.needs_a_person());
        let retried = takes(&after, &Input::Retry(request("retry")));
        assert!(matches!(next_step(&retried), Step::Begin { kind: Kind::Provision, .. }));
    }
}

/// A plane's suspension and resumption are the tenant's, and their failure too.
#[test]
fn a_plane_suspends_and_resumes() {
    let suspending = begun(&takes(&active(), &Input::Suspend(request("suspend"))));
    let failed = takes(&suspending, &answers(Kind::Suspend, failure()));
    assert_eq!(failed.status, Status::UpdateFailed);
    let suspended = takes(&suspending, &answers(Kind::Suspend, success()));
    assert_eq!((suspended.status, &suspended.outputs), (Status::Suspended, &active().outputs));
    let resuming = begun(&takes(&suspended, &Input::Resume(request("resume"))));
    assert_eq!(takes(&resuming, &answers(Kind::Resume, success())).status, Status::Active);
}

/// It takes no place among the operations under way.
#[test]
fn it_waits_for_no_capacity() {
    let Input::Begin(begin) = begin(&asked()) else { unreachable!("a beginning") };
    let full = Room { all: Some(0), tier: Some(0) };
    let begin = Input::Begin(Begin { room: full, ..begin });
    let Decision::Change(change) = decide(Some(&asked()), &begin, noon()) else { panic!("it begins") };
    assert_eq!(change.capacity, Capacity::Keep);
}
