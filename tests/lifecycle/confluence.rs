//! Confluence: in whichever order a tenant's requests arrive, and however
//! often, it ends as if each had come once and in the order in which they were
//! made, where the contract says so; where order matters, its rule decides.
//!
//! Every order is walked on the real functions: at any moment any request may
//! arrive, for the first time or again, and any step of the operations may
//! happen.

mod single;

use crate::model::most;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::{BTreeSet, HashSet};
use tenantry_registry::lifecycle::{
    Cancel, Code, Decision, Fence, Input, OutcomeResult, Step, decide, next_step,
};
use tenantry_registry::tenant::{Request, Status, Tenant};
use tenantry_tests::builders::{begin, failure, foreign, noon, onboard, outcome, request, success, unclean};

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

/// The same life of a tenant of an external application plane.
fn external(mut requests: Vec<Input>) -> Vec<Input> {
    for request in &mut requests {
        if let Input::Onboard(onboard) = request {
            (onboard.tier_name, onboard.tier) = (foreign().name, Some(foreign()));
        }
    }
    requests
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
        // An external plane's own outcomes name no operation.
        let own = tenant.plan.answers_by_event() && *result != OutcomeResult::Cancelled;
        let fence = if own { Fence::External(open.kind) } else { Fence::Operation(open.id) };
        outcome(fence, result.clone())
    };
    let inputs = match next_step(tenant) {
        Step::Rest => Vec::new(),
        // An external plane may have its answer before the beginning; the one that the
        // last attempt had, it has had.
        Step::Begin { kind, .. } if tenant.plan.answers_by_event() => {
            let early = results.iter().map(|result| outcome(Fence::External(kind), result.clone()));
            let early = early.filter(|input| written(&decide(Some(tenant), input, now())).is_some());
            early.chain([begin(tenant)]).collect()
        }
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
        let requests = life(&[vec![Ask::Onboard], wishes.clone()].concat());
        moments += hold(&requests);
        if wishes.len() < 5 {
            moments += hold(&external(requests));
        }
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
            moments += hold(&requests) + hold(&external(requests));
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
        hold(&external(life(&asks)));
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
        for requests in [life(&asks), external(life(&asks))] {
            let found = walk(&requests, &results);
            moments += found.moments;
            let at_rest = |end: &End| {
                end.failed || matches!(end.status, Status::Active | Status::Suspended | Status::Deprovisioned)
            };
            assert!(found.ends.iter().all(at_rest), "{asks:?}: {:?}", found.ends);
        }
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
