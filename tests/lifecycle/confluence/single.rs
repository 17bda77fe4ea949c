//! Single requests that come late, early or again.

use super::{Ask, asked, moment, now, written};
use chrono::TimeDelta;
use tenantry_registry::lifecycle::{Code, Decision, Fence, Input, decide};
use tenantry_registry::tenant::{DesiredState, Request, Status, Tenant};
use tenantry_tests::builders::{begin, failure, onboarding, outcome, request, success};

/// The tenant after `inputs`, and what became of the last one.
fn after(inputs: &[Input]) -> (Tenant, Decision) {
    let (last, before) = inputs.split_last().unwrap();
    let mut tenant = None;
    for input in before {
        tenant = written(&decide(tenant.as_ref(), input, now())).or(tenant);
    }
    let decision = decide(tenant.as_ref(), last, now());
    (written(&decision).or(tenant).unwrap(), decision)
}

/// A wish that found the tenant as it wants it is remembered: an older opposite
/// one that arrives after it changes nothing.
#[test]
fn a_wish_that_changed_nothing_is_remembered() {
    let (resume, suspend) = (asked(Ask::Resume, 2), asked(Ask::Suspend, 1));
    let (tenant, decision) = after(&[asked(Ask::Onboard, 0), resume, suspend]);
    assert_eq!(tenant.desired, DesiredState::Active, "{decision}");
    assert!(matches!(&decision, Decision::Stale(note) if note.code == Code::Overtaken), "{decision}");
}

/// The time of EventBridge is of whole seconds: what it says of the second in
/// which another request was made is not before that one. Between precise times
/// the earlier one is overtaken, and so it is by a whole second.
#[test]
fn within_a_second_of_eventbridge_the_order_of_arrival_counts() {
    let at = |millis: i64| moment(1) + TimeDelta::milliseconds(millis);
    let request = |name: &str, millis: i64| Request { at: at(millis), ..request(name) };
    for (resumed, suspended, stale) in [
        (446, 0, false),
        (0, 999, false),
        (446, 446, false),
        (0, 0, false),
        (446, 447, false),
        (447, 446, true),
        (1_000, 999, true),
        (1_446, 0, true),
    ] {
        let (suspend, resume) = (request("suspend", suspended), request("resume", resumed));
        let inputs = [asked(Ask::Onboard, 0), Input::Resume(resume), Input::Suspend(suspend)];
        let (tenant, decision) = after(&inputs);
        let overtaken = matches!(&decision, Decision::Stale(note) if note.code == Code::Overtaken);
        assert_eq!(overtaken, stale, "resumed at {resumed}, suspended at {suspended}: {decision}");
        assert_eq!(tenant.desired == DesiredState::Active, stale);
    }
}

/// A retry that came while the operation still ran is remembered: when it comes
/// again after the operation failed, it is no other attempt.
#[test]
fn a_retry_that_came_too_early_is_no_attempt_when_it_comes_again() {
    let onboard = onboarding("acme");
    let pending = written(&decide(None, &onboard, now())).unwrap();
    let begin = begin(&pending);
    let retry = asked(Ask::Retry, 5);
    let (running, early) = after(&[onboard, begin, retry.clone()]);
    assert!(early.to_string().contains("under way"), "{early}");
    let failed = written(&decide(
        Some(&running),
        &outcome(Fence::Operation(running.operation.as_ref().unwrap().id), failure()),
        now(),
    ));
    let again = decide(failed.as_ref(), &retry, now());
    assert!(written(&again).is_none(), "{again}");
    let another = decide(failed.as_ref(), &asked(Ask::Retry, 6), now());
    assert!(written(&another).is_some(), "{another}");
}

/// An offboarding that came while another one ran, or was made before it, is no
/// other try when it comes after that one's failure.
#[test]
fn an_offboarding_of_before_is_no_other_try() {
    let onboard = onboarding("acme");
    let pending = written(&decide(None, &onboard, now())).unwrap();
    let begun = written(&decide(Some(&pending), &begin(&pending), now())).unwrap();
    let provisioned = outcome(Fence::Operation(begun.operation.as_ref().unwrap().id), success());
    let (tenant, _) = after(&[onboard, begin(&pending), provisioned, asked(Ask::Offboard, 5)]);
    let running = written(&decide(Some(&tenant), &begin(&tenant), now())).unwrap();
    let second = asked(Ask::Offboard, 6);
    let running = written(&decide(Some(&running), &second, now())).unwrap_or(running);
    let fails = outcome(Fence::Operation(running.operation.as_ref().unwrap().id), failure());
    let failed = written(&decide(Some(&running), &fails, now())).unwrap();
    assert_eq!(failed.status, Status::DeprovisionFailed);
    for late in [asked(Ask::Offboard, 4), asked(Ask::Offboard, 5), second] {
        let decision = decide(Some(&failed), &late, now());
        assert!(!matches!(decision, Decision::Change(_)), "{decision}");
    }
    let third = decide(Some(&failed), &asked(Ask::Offboard, 7), now());
    assert!(matches!(third, Decision::Change(_)), "{third}");
}
