//! Nobody waits for a build where nothing was built.

use Step::{Begin, Cancel, Defer, Offboard, Onboard};
use tenantry_registry::lifecycle::{Answer, Claims, Decision, Step as Next, decide, next_step};
use tenantry_registry::tenant::{OperationKind, Status, Tenant};
use tenantry_tests::builders::{deferred, ending, noon, offboarding};
use tenantry_tests::lives::{Step, imagined};

/// What was asked, with the code of why it is not so.
fn said(answers: &[Answer]) -> Vec<(OperationKind, String)> {
    let code = |answer: &Answer| answer.failure.as_ref().map_or("done".to_owned(), |it| it.code.to_string());
    answers.iter().map(|answer| (answer.asks, code(answer))).collect()
}

/// An offboarding of who has only waited is done at once, and what was asked
/// before is answered with it; the name is free.
#[test]
fn who_has_only_waited_leaves_at_once() {
    for steps in [vec![Onboard], vec![Onboard, Begin, Defer], vec![Onboard, Begin, Defer, Begin, Defer]] {
        let tenant = imagined("acme", &steps);
        let decision = decide(Some(&tenant), &offboarding("leave"), noon());
        let Decision::Change(change) = decision else { panic!("{steps:?}: {decision}") };
        assert_eq!((change.tenant.status, change.claims), (Status::Deprovisioned, Claims::ReleaseName));
        assert_eq!(next_step(&change.tenant), Next::Rest);
        assert_eq!((change.tenant.due, &change.tenant.failure), (None, &None));
        let superseded = (OperationKind::Provision, "Superseded".to_owned());
        let done = (OperationKind::Deprovision, "done".to_owned());
        assert_eq!(said(&change.answers), [superseded, done], "{steps:?}");
    }
}

/// The same where it has begun, and was stopped before a build could be started.
#[test]
fn who_is_stopped_before_a_build_leaves_at_once() {
    let tenant = imagined("acme", &[Onboard, Begin, Offboard]);
    let decision = decide(Some(&tenant), &ending(&tenant, deferred()), noon());
    let Decision::Change(change) = decision else { panic!("{decision}") };
    assert_eq!((change.tenant.status, change.claims), (Status::Deprovisioned, Claims::ReleaseName));
    assert!(change.tenant.open_requests.is_empty(), "{:?}", change.tenant.open_requests);
}

/// A cancellation of what waits, or was stopped before a build could be started,
/// is done at once: nothing is to be taken down, and it does not begin again.
#[test]
fn what_is_cancelled_before_a_build_is_over_at_once() {
    let waiting = imagined("acme", &[Onboard, Begin, Defer, Cancel]);
    let stopping = imagined("acme", &[Onboard, Begin, Cancel]);
    let stopped = decide(Some(&stopping), &ending(&stopping, deferred()), noon());
    let stopped = stopped.change().expect("a change").tenant.clone();
    for tenant in [waiting, stopped] {
        assert_eq!((tenant.status, next_step(&tenant)), (Status::ProvisionFailed, Next::Rest));
        let failure = tenant.failure.expect("a reason");
        assert_eq!((failure.code.as_str(), failure.left_behind), ("Cancelled", None));
        assert!(tenant.open_requests.is_empty());
    }
}

/// What may have been built is taken down.
#[test]
fn what_may_have_been_built_is_taken_down() {
    let begins =
        |tenant: &Tenant| matches!(next_step(tenant), Next::Begin { kind: OperationKind::Deprovision, .. });
    for steps in [
        &[Onboard, Begin, Step::Succeed, Offboard][..],
        &[Onboard, Begin, Step::Fail, Offboard],
        &[Onboard, Begin, Step::Crash, Offboard],
        &[Onboard, Begin, Step::Fail, Step::Retry, Begin, Defer, Offboard],
    ] {
        assert!(begins(&imagined("acme", steps)), "{steps:?}");
    }
}
