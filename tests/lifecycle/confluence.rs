//! Confluence: in whichever order a tenant's requests arrive, and however
//! often, it ends as if each had come once and in the order in which they were
//! made, where the contract says so; where order matters, its rule decides.
//!
//! Every order is walked on the real functions: at any moment any request may
//! arrive, for the first time or again, and any step of the operations may
//! happen.

use crate::model::most;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::{BTreeSet, HashSet};
use tenantry_registry::lifecycle::{
    Cancel, Code, Decision, Fence, Input, OutcomeResult, Step, decide, next_step,
};
use tenantry_registry::tenant::{DesiredState, Request, Status, Tenant};
use tenantry_tests::builders::{
    begin, failure, foreign, noon, onboard, onboarding, outcome, request, success, unclean,
};

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Ask {
    Onboard,
    Suspend,
    Resume,
    Retry,
    Cancel,
    Offboard,
}

/// What is asked `minute` minutes after noon, each by an event of its own.
fn asked(ask: Ask, minute: usize) -> Input {
    let at = moment(minute);
    let name = format!("{ask:?} at {minute}");
    let request = Request { at, ..request(&name) };
    match ask {
        Ask::Onboard => {
            let mut onboard = onboard("acme");
            onboard.request = request;
            Input::Onboard(Box::new(onboard))
        }
        Ask::Suspend => Input::Suspend(request),
        Ask::Resume => Input::Resume(request),
        Ask::Retry => Input::Retry(request),
        Ask::Cancel => Input::Cancel(Cancel { request, operation: None }),
        Ask::Offboard => Input::Offboard(request),
    }
}

fn moment(minute: usize) -> DateTime<Utc> {
    noon() + TimeDelta::minutes(minute.try_into().unwrap())
}

/// When all of it is decided: after the last request was made.
fn now() -> DateTime<Utc> {
    moment(60)
}

/// A life's requests, one a minute.
fn life(asks: &[Ask]) -> Vec<Input> {
    asks.iter().enumerate().map(|(minute, ask)| asked(*ask, minute)).collect()
}

/// What a tenant has come to.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct End {
    status: Status,
    failed: bool,
    has_outputs: bool,
}

impl End {
    fn of(tenant: &Tenant) -> Self {
        let failed = tenant.failure.is_some();
        Self { status: tenant.status, failed, has_outputs: !tenant.outputs.is_empty() }
    }
}

/// A moment of a life: which requests have arrived, as bits; which of them were
/// refused; and the tenant.
#[derive(Clone, Default)]
struct Moment {
    arrived: u32,
    refused: u32,
    tenant: Option<Tenant>,
}

/// Where a life can end, and how many different moments lead there.
struct Ends {
    ends: BTreeSet<End>,
    moments: usize,
}

/// The tenant that is to be written.
fn written(decision: &Decision) -> Option<Tenant> {
    decision.change().map(|change| change.tenant.clone())
}

/// Walks every order in which `requests` can arrive, and operations can go on
/// and end as `results` say. A request that has arrived and was not refused
/// must never have any effect again.
fn walk(requests: &[Input], results: &[OutcomeResult]) -> Ends {
    let (mut seen, mut ends, mut todo) = (HashSet::new(), BTreeSet::new(), vec![Moment::default()]);
    while let Some(moment) = todo.pop() {
        let key = serde_json::to_string(&(moment.arrived, moment.refused, &moment.tenant)).unwrap();
        if !seen.insert(key) {
            continue;
        }
        let mut next = steps(&moment, results);
        let rests = next.is_empty();
        for (place, request) in requests.iter().enumerate() {
            next.extend(arrival(&moment, 1 << place, request));
        }
        if rests && moment.arrived.count_ones() as usize == requests.len() {
            ends.insert(End::of(moment.tenant.as_ref().unwrap()));
        }
        todo.extend(next);
    }
    Ends { ends, moments: seen.len() }
}

fn arrival(moment: &Moment, bit: u32, request: &Input) -> Option<Moment> {
    let decision = decide(moment.tenant.as_ref(), request, now());
    let mut next = Moment { arrived: moment.arrived | bit, refused: moment.refused & !bit, ..moment.clone() };
    match &decision {
        // It comes again until its tenant is there.
        Decision::Refused(note) if note.code == Code::UnknownTenant => return None,
        Decision::Refused(_) => next.refused |= bit,
        _ => {}
    }
    let again = moment.arrived & !moment.refused & bit != 0;
    let change = written(&decision);
    assert!(!again || change.is_none(), "{request:?} came again: {decision}, to {:#?}", moment.tenant);
    next.tenant = change.or(next.tenant);
    Some(next)
}

/// What the operations may come to next.
fn steps(moment: &Moment, results: &[OutcomeResult]) -> Vec<Moment> {
    let Some(tenant) = &moment.tenant else { return Vec::new() };
    let ending = |open: &tenantry_registry::tenant::OpenOperation, result: &OutcomeResult| {
        outcome(Fence::Operation(open.id), result.clone())
    };
    let inputs = match next_step(tenant) {
        Step::Rest => Vec::new(),
        Step::Begin { .. } => vec![begin(tenant)],
        Step::Run(open) => results.iter().map(|result| ending(&open, result)).collect(),
        // It may come to its own end before it is stopped.
        Step::Stop(open) => {
            results.iter().chain([&OutcomeResult::Cancelled]).map(|result| ending(&open, result)).collect()
        }
    };
    let after = |input: &Input| {
        let tenant = written(&decide(Some(tenant), input, now())).expect("a step is taken once");
        assert!(written(&decide(Some(&tenant), input, now())).is_none(), "{input:?} came again");
        Moment { tenant: Some(tenant), ..moment.clone() }
    };
    inputs.iter().map(after).collect()
}

/// The end after each request has come once, in order, each carried out before
/// the next comes.
fn in_order(requests: &[Input]) -> End {
    let mut moment = Moment::default();
    for request in requests {
        moment = arrival(&moment, 0, request).expect("the tenant is known");
        while let Some(next) = steps(&moment, &[success()]).pop() {
            moment = next;
        }
    }
    End::of(&moment.tenant.unwrap())
}

/// Holds every order of `requests` to what becomes of them in order.
fn hold(requests: &[Input]) -> usize {
    let expected = in_order(requests);
    let found = walk(requests, &[success()]);
    assert_eq!(found.ends, BTreeSet::from([expected]), "{requests:#?}");
    found.moments
}

/// Every sequence of up to `most` requests to suspend and to resume.
fn wishes(most: usize) -> Vec<Vec<Ask>> {
    let mut all = vec![Vec::new()];
    let mut last = all.clone();
    for _ in 0..most {
        let longer = |asks: &Vec<Ask>| {
            [Ask::Suspend, Ask::Resume].map(|ask| asks.iter().copied().chain([ask]).collect::<Vec<_>>())
        };
        last = last.iter().flat_map(longer).collect();
        all.extend(last.clone());
    }
    all
}

/// How many wishes are put in every order; fewer in a mutation run.
fn length(full: usize) -> usize {
    if most().is_none() { full } else { 2 }
}

/// An onboarding and up to five requests to suspend and to resume, in every
/// order, each any number of times: the youngest wish is what the tenant ends as.
#[test]
fn the_youngest_wish_decides_in_every_order() {
    let mut moments = 0;
    for wishes in wishes(length(5)) {
        moments += hold(&life(&[vec![Ask::Onboard], wishes].concat()));
    }
    println!("{moments} moments");
}

/// An offboarding is final, wherever among the others it was made and arrives.
#[test]
fn an_offboarding_is_final_in_every_order() {
    let gone = End { status: Status::Deprovisioned, failed: false, has_outputs: false };
    let mut moments = 0;
    for wishes in wishes(length(3)) {
        for place in 0..=wishes.len() {
            let mut asks = [vec![Ask::Onboard], wishes.clone()].concat();
            asks.insert(place + 1, Ask::Offboard);
            let requests = life(&asks);
            assert_eq!(in_order(&requests), gone);
            moments += hold(&requests);
        }
    }
    println!("{moments} moments");
}

/// Onboarding and offboarding, each asked for twice by different events, in
/// every order: one tenant, which is gone.
#[test]
fn what_is_asked_for_twice_is_done_once() {
    use Ask::{Offboard, Onboard, Suspend};
    for asks in [vec![Onboard, Onboard, Suspend], vec![Onboard, Offboard, Onboard, Offboard, Suspend]] {
        hold(&life(&asks));
    }
}

/// With retries and cancellations among them, and operations that fail, the end
/// depends on what they met; but nothing has any effect twice, and every end is
/// as wished or explained.
#[test]
fn no_request_has_an_effect_twice_whatever_fails() {
    use Ask::{Cancel, Offboard, Onboard, Resume, Retry, Suspend};
    let results = [success(), failure(), unclean()];
    let mut moments = 0;
    for asks in [
        [Onboard, Retry, Retry, Suspend],
        [Onboard, Cancel, Retry, Cancel],
        [Onboard, Suspend, Cancel, Resume],
        [Onboard, Suspend, Retry, Resume],
        [Onboard, Retry, Offboard, Offboard],
        [Onboard, Suspend, Offboard, Cancel],
    ] {
        let found = walk(&life(&asks), &results);
        moments += found.moments;
        let at_rest = |end: &End| {
            end.failed || matches!(end.status, Status::Active | Status::Suspended | Status::Deprovisioned)
        };
        assert!(found.ends.iter().all(at_rest), "{asks:?}: {:?}", found.ends);
    }
    println!("{moments} moments");
}

/// A foreign application plane's outcomes carry no operation: again, or late,
/// they change nothing either.
#[test]
fn outcomes_without_a_fence_count_once() {
    let mut onboard = onboard("acme");
    (onboard.tier_name, onboard.tier) = (foreign().name, Some(foreign()));
    let step = |tenant: &Tenant, input: &Input| written(&decide(Some(tenant), input, now()));
    let pending = written(&decide(None, &Input::Onboard(Box::new(onboard)), now())).unwrap();
    let running = step(&pending, &begin(&pending)).unwrap();
    let provisioned = outcome(Fence::External(begun_kind(&running)), success());
    let failed = outcome(Fence::External(begun_kind(&running)), failure());
    for (first, late) in [(&provisioned, &failed), (&failed, &provisioned)] {
        let ended = step(&running, first).unwrap();
        assert_eq!((step(&ended, first), step(&ended, late)), (None, None));
    }
}

fn begun_kind(tenant: &Tenant) -> tenantry_registry::tenant::OperationKind {
    tenant.operation.as_ref().unwrap().kind
}

/// Of two opposite wishes that were made at the very same moment the one that
/// arrives last decides, and the first one coming again does not.
#[test]
fn of_wishes_of_one_moment_the_last_to_arrive_decides() {
    let requests = [asked(Ask::Onboard, 0), asked(Ask::Suspend, 1), asked(Ask::Resume, 1)];
    let statuses: Vec<Status> = walk(&requests, &[success()]).ends.iter().map(|end| end.status).collect();
    assert_eq!(statuses, [Status::Active, Status::Suspended]);
}

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
