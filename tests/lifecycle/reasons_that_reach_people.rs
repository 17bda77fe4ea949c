//! A tenant whose stack is gone: nothing happens by itself, and a new stack is
//! made only where one is asked for.

use tenantry_registry::lifecycle::{Code, Decision, Input, Step, decide, next_step};
use tenantry_registry::tenant::{OperationKind, Status, Tenant};
use tenantry_tests::builders::{
    begin, changed, ending, failure, inputs, noon, request, situations, stack_gone, success,
};

fn situation(name: &str) -> Tenant {
    let found = situations().into_iter().find(|(known, _)| *known == name);
    found.and_then(|(_, tenant)| tenant).expect("a situation")
}

fn reprovision() -> Input {
    Input::Reprovision(request("reprovision"))
}

/// A plain retry does what failed once more, which finds the stack gone again.
#[test]
fn a_plain_retry_makes_no_new_stack() {
    let gone = situation("UpdateFailed, its stack is gone");
    let retried = changed(Some(&gone), &Input::Retry(request("retry")));
    let Step::Begin { kind, .. } = next_step(&retried) else { panic!("something to do") };
    assert_eq!(kind, OperationKind::Suspend);
}

/// A retry that asks for it provisions the tenant, and then does what was wanted
/// of it before; what it had of the old stack is forgotten at once.
#[test]
fn a_retry_that_asks_for_it_provisions_again() {
    let gone = situation("UpdateFailed, its stack is gone");
    assert!(!gone.outputs.is_empty());
    let asked = changed(Some(&gone), &reprovision());
    assert_eq!((asked.status, asked.outputs.len(), &asked.release), (Status::Pending, 0, &None));
    assert_eq!(asked.generation, gone.generation);
    let Step::Begin { id, kind } = next_step(&asked) else { panic!("something to do") };
    assert_eq!((kind, id.attempt), (OperationKind::Provision, gone.attempt + 1));
    let running = changed(Some(&asked), &begin(&asked));
    let active = changed(Some(&running), &ending(&running, success()));
    assert_eq!((active.status, &active.failure), (Status::Active, &None));
    let Step::Begin { kind, .. } = next_step(&active) else { panic!("the suspension is still wanted") };
    assert_eq!(kind, OperationKind::Suspend);
    // Its failure is that of any provisioning.
    let failed = changed(Some(&running), &ending(&running, failure()));
    assert_eq!((failed.status, next_step(&failed)), (Status::ProvisionFailed, Step::Rest));
}

/// The request is answered once, by its provisioning, and not again by the
/// suspension that follows it.
#[test]
fn the_request_is_answered_once() {
    let asked = changed(Some(&situation("UpdateFailed, its stack is gone")), &reprovision());
    let mut tenant = asked;
    let mut answered = Vec::new();
    for _ in 0..2 {
        let running = changed(Some(&tenant), &begin(&tenant));
        let decision = decide(Some(&running), &ending(&running, success()), noon());
        let change = decision.change().expect("an end");
        answered.extend(change.answers.iter().map(|answer| (answer.asks, answer.request.event_id)));
        tenant = change.tenant.clone();
    }
    assert_eq!(tenant.status, Status::Suspended);
    assert_eq!(answered, [(OperationKind::Provision, request("reprovision").event_id)]);
}

/// Nobody gets a new stack whose own may be there: in every other situation the
/// request provisions what was never provisioned, or changes nothing but what is
/// remembered.
#[test]
fn a_stack_that_may_be_there_is_never_replaced() {
    for (name, tenant) in situations() {
        let decision = decide(tenant.as_ref(), &reprovision(), noon());
        let Decision::Change(change) = &decision else { continue };
        let before = tenant.expect("no tenant comes of it");
        let was_none = before.status == Status::ProvisionFailed;
        assert!(was_none || name == "UpdateFailed, its stack is gone", "{name}: {decision}");
        assert_eq!(change.tenant.outputs.len(), 0, "{name}");
    }
    for name in ["Active", "Suspended", "UpdateFailed (suspending)"] {
        let Decision::Refused(note) = decide(Some(&situation(name)), &reprovision(), noon()) else {
            panic!("{name}: refused");
        };
        assert_eq!(note.code, Code::StackNotGone, "{name}");
        assert!(note.reason.contains("a suspension finds it out"), "{}", note.reason);
    }
}

/// A request that comes again, or after a younger one, changes nothing.
#[test]
fn it_counts_once() {
    let gone = situation("UpdateFailed, its stack is gone");
    let asked = changed(Some(&gone), &reprovision());
    let running = changed(Some(&asked), &begin(&asked));
    let again = changed(Some(&running), &ending(&running, success()));
    for tenant in [&asked, &running, &again] {
        let decision = decide(Some(tenant), &reprovision(), noon());
        assert!(matches!(decision, Decision::Duplicate(_)), "{decision}");
    }
}

/// No outcome but that of an update leads there: a provisioning or a
/// deprovisioning that finds no stack has its own way on.
#[test]
fn only_an_update_finds_a_stack_gone() {
    for (name, tenant) in situations() {
        let Some(tenant) = tenant.filter(|tenant| tenant.operation.is_some()) else { continue };
        let after = changed(Some(&tenant), &ending(&tenant, stack_gone()));
        let decision = decide(Some(&after), &reprovision(), noon());
        let accepted = matches!(decision, Decision::Change(_));
        let is_gone = after.status == Status::UpdateFailed;
        assert!(!is_gone || accepted, "{name}: {decision}");
        assert!(!accepted || is_gone || after.status == Status::ProvisionFailed, "{name}: {decision}");
    }
    assert!(inputs(None).iter().any(|(_, input)| matches!(input, Input::Reprovision(_))));
}
