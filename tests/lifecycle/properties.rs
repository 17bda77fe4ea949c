//! Any sequence of requests, steps, outcomes, duplicates and late comers keeps
//! the lifecycle's promises.

use proptest::prelude::*;
use tenantry_events::ids::EventId;
use tenantry_registry::lifecycle::{
    Begin, Claims, Decision, Fence, Input, OutcomeResult, Step, decide, decide_and_begin, next_step,
};
use tenantry_registry::tenant::{DesiredState, Status, Tenant};
use tenantry_tests::builders::{
    begin, cancel, deferred, failure, noon, offboarding, onboarding, outcome, request, stack_gone, success,
    unclean,
};

/// What can happen, in terms of whatever tenant it meets.
#[derive(Clone, Copy, Debug)]
enum Happening {
    Onboard,
    Offboard(u8),
    Suspend(u8),
    Resume(u8),
    Retry(u8),
    Reprovision(u8),
    Stop(u8),
    Reconcile,
    Succeed,
    Fail,
    Gone,
    Crash,
    Defer,
    Cancel,
    Replay(u8),
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        1 => Just(Happening::Onboard),
        1 => (0..3_u8).prop_map(Happening::Offboard),
        1 => any::<u8>().prop_map(Happening::Suspend),
        1 => any::<u8>().prop_map(Happening::Resume),
        1 => any::<u8>().prop_map(Happening::Retry),
        1 => any::<u8>().prop_map(Happening::Reprovision),
        1 => any::<u8>().prop_map(Happening::Stop),
        4 => Just(Happening::Reconcile),
        2 => Just(Happening::Succeed),
        1 => Just(Happening::Fail),
        1 => Just(Happening::Gone),
        1 => Just(Happening::Crash),
        1 => Just(Happening::Defer),
        1 => Just(Happening::Cancel),
        2 => any::<u8>().prop_map(Happening::Replay),
    ]
}

/// The input that `happening` is now; `None` where it is none.
fn input(happening: Happening, tenant: Option<&Tenant>, past: &[Input]) -> Option<Input> {
    let end = |result: OutcomeResult| {
        let open = tenant?.operation.as_ref()?;
        Some(outcome(Fence::Operation(open.id), result))
    };
    match happening {
        Happening::Onboard => Some(onboarding("acme")),
        Happening::Offboard(n) => Some(offboarding(&format!("leave {n}"))),
        Happening::Suspend(n) => Some(Input::Suspend(request(&format!("suspend {n}")))),
        Happening::Resume(n) => Some(Input::Resume(request(&format!("resume {n}")))),
        Happening::Retry(n) => Some(Input::Retry(request(&format!("retry {n}")))),
        Happening::Reprovision(n) => Some(Input::Reprovision(request(&format!("reprovision {n}")))),
        Happening::Stop(n) => Some(cancel(&format!("stop {n}"))),
        Happening::Reconcile => match next_step(tenant?) {
            Step::Begin { .. } => Some(begin(tenant?)),
            Step::Stop(_) => end(OutcomeResult::Cancelled),
            Step::Run(_) | Step::Rest => None,
        },
        Happening::Succeed => end(success()),
        Happening::Fail => end(failure()),
        Happening::Gone => end(stack_gone()),
        Happening::Crash => end(unclean()),
        Happening::Defer => end(deferred()),
        Happening::Cancel => end(OutcomeResult::Cancelled),
        Happening::Replay(n) => past.get(usize::from(n) % past.len().max(1)).cloned(),
    }
}

/// The beginning of the operation that `tenant` needs now; `None` if it needs none.
fn beginning(tenant: &Tenant) -> Option<Begin> {
    match next_step(tenant) {
        Step::Begin { .. } => match begin(tenant) {
            Input::Begin(begin) => Some(begin),
            other => unreachable!("{other:?}"),
        },
        Step::Run(_) | Step::Stop(_) | Step::Rest => None,
    }
}

/// The request that `input` is, unless it is a cancellation, which has the
/// outcome of what it stops.
fn asked(input: &Input) -> Option<EventId> {
    match input {
        Input::Onboard(request) => Some(request.request.event_id),
        Input::Offboard(request)
        | Input::Suspend(request)
        | Input::Resume(request)
        | Input::Retry(request)
        | Input::Reprovision(request) => Some(request.event_id),
        Input::ChangeData(_) | Input::Cancel(_) | Input::Begin(_) | Input::Outcome(_) => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Versions and generations only grow, an operation is never replaced by
    /// another, operation ids are never reused, a tombstone stays one, and every
    /// accepted request is open until it is answered, once.
    #[test]
    fn any_history_keeps_the_promises(
        happenings in prop::collection::vec((happening(), any::<bool>()), 1..60)
    ) {
        let mut tenant: Option<Tenant> = None;
        let mut past = Vec::new();
        let mut begun = std::collections::HashSet::new();
        let mut open = std::collections::HashSet::new();
        for (happening, at_once) in happenings {
            let Some(input) = input(happening, tenant.as_ref(), &past) else { continue };
            past.push(input.clone());
            let decision = decide(tenant.as_ref(), &input, noon());
            let begin = decision.change().filter(|_| at_once && asked(&input).is_some());
            let begin = begin.and_then(|change| beginning(&change.tenant));
            let decision = begin.map_or(decision, |begin| {
                decide_and_begin(tenant.as_ref(), &input, Some(&begin), noon())
            });
            let Some(change) = decision.change().cloned() else { continue };
            let after = change.tenant;
            if let Some(before) = &tenant {
                prop_assert_eq!(after.version, before.version + 1);
                prop_assert!(after.generation >= before.generation);
                prop_assert_ne!(before.status, Status::Deprovisioned);
                if let (Some(old), Some(new)) = (&before.operation, &after.operation) {
                    prop_assert_eq!(old.id, new.id);
                }
            }
            if tenant.as_ref().is_none_or(|before| before.operation.is_none())
                && let Some(open) = &after.operation
            {
                prop_assert!(begun.insert(open.id), "operation {} ran twice", open.id);
            }
            if let Decision::Change(_) = &decision
                && let Some(request) = asked(&input)
            {
                prop_assert!(open.insert(request), "{request} was accepted while it was open");
            }
            for answer in &change.answers {
                prop_assert!(open.remove(&answer.request.event_id), "{answer:?} is of no open request");
            }
            prop_assert_eq!(&open, &after.open_requests.iter().map(|one| one.request.event_id).collect());
            prop_assert!(after.open_requests.len() <= 3);
            if after.operation.is_none() && next_step(&after) == Step::Rest {
                prop_assert!(open.is_empty(), "at rest, {:?} are open", after.open_requests);
                prop_assert_eq!(after.due, None);
            }
            let gone = after.status == Status::Deprovisioned;
            prop_assert_eq!(change.claims == Claims::ReleaseName, gone);
            prop_assert!(!after.status.is_failed() || after.failure.is_some());
            prop_assert!(after.operation.is_none() || after.status != Status::Active);
            tenant = Some(after);
        }
    }

    /// Once requests stop and operations succeed, the tenant becomes what it
    /// should be, in a bounded number of steps.
    #[test]
    fn any_history_ends_as_wished(happenings in prop::collection::vec(happening(), 1..40)) {
        let mut tenant = match decide(None, &onboarding("acme"), noon()) {
            Decision::Change(change) => change.tenant,
            other => return Err(TestCaseError::fail(other.to_string())),
        };
        let mut past = Vec::new();
        for happening in happenings {
            let Some(input) = input(happening, Some(&tenant), &past) else { continue };
            past.push(input.clone());
            if let Some(change) = decide(Some(&tenant), &input, noon()).change() {
                tenant = change.tenant.clone();
            }
        }
        for _ in 0..12 {
            let next = match next_step(&tenant) {
                Step::Begin { .. } => begin(&tenant),
                Step::Run(open) => outcome(Fence::Operation(open.id), success()),
                Step::Stop(open) => outcome(Fence::Operation(open.id), OutcomeResult::Cancelled),
                Step::Rest => break,
            };
            if let Some(change) = decide(Some(&tenant), &next, noon()).change() {
                tenant = change.tenant.clone();
            }
        }
        let wished = match tenant.desired {
            DesiredState::Active => Status::Active,
            DesiredState::Suspended => Status::Suspended,
            DesiredState::Deprovisioned => Status::Deprovisioned,
        };
        let waits_for_a_person = tenant.status.is_failed() && tenant.due.is_none();
        prop_assert!(tenant.status == wished || waits_for_a_person, "{}", tenant.status);
        prop_assert!(tenant.operation.is_none());
    }
}
