//! The local cloud is killed in the middle of its work, and goes on from its
//! saved state.

use crate::kit::{Event, World, ask_of, crowd, id, size, turn};
use crate::picture;
use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};
use tenantry_events::name::EventName;
use tenantry_registry::tenant::{OperationState, Status, Tenant};
use tenantry_tests::cloud::{Cloud, Settings, within};
use tenantry_tests::invariants::broken;

/// How many operations are under way at once.
const SLOTS: usize = 8;

/// With the local cloud killed with SIGKILL and started again from its saved
/// state, twice, in the middle of onboardings, offboardings and suspensions,
/// every request ends, with its reason where it failed, and none is done twice:
/// one stack for each live tenant and none without one, one execution for each
/// operation, one outcome for each request. And what failed so can be retried.
#[test]
fn all_requests_end_once_when_the_cloud_is_killed_in_the_middle() {
    let _turn = turn();
    let count = size(10, 50);
    let settings = Settings {
        variables: vec![
            ("TENANTRY_LOCAL_STATE", "state".to_owned()),
            ("TENANTRY_LOCAL_BUILD_SLOTS", SLOTS.to_string()),
        ],
        parameters: vec![format!("MaxOperations={SLOTS}")],
    };
    let world = World::new(Cloud::own("killed", &settings));
    picture::listen(&world.cloud);

    let there = crowd("There", count / 2);
    assert_eq!(world.publish(&there), []);
    assert_eq!(world.settle(there.len(), || ()), HashMap::from([(Status::Active, there.len())]));

    let (leaving, closing) = there.split_at(there.len().div_ceil(2));
    let mut requests = crowd("New", count - there.len());
    requests.extend(leaving.iter().map(|event| ask_of(EventName::OffboardingRequest, id(event))));
    requests.extend(closing.iter().map(|event| ask_of(EventName::DeactivateRequest, id(event))));
    assert_eq!(requests.len(), count);
    let began = Instant::now();
    // The first time, while requests still come in and the first operations have begun; the second
    // time, when some have ended, and among the others some are to be cleaned up.
    let mut unanswered = killed_while_publishing(&world, &requests);
    let after_first = unanswered.len();
    unanswered = world.publish(&unanswered);
    assert_eq!(unanswered, [], "a cloud that runs takes everything in");
    sweep(&world);
    within(Duration::from_secs(600), "more operations to end, and others to be under way", || {
        let ended = all_tenants(&world, &requests).filter(|tenant| tenant.last_operation.is_some()).count();
        let under_way = world.wait(world.registry.operations_under_way(None)).expect("the registry answers");
        (ended > count / 3 && under_way >= 2).then_some(())
    });
    world.cloud.kill();
    world.cloud.revive();
    sweep(&world);

    let all = there.len() + count - there.len();
    let mut swept = Instant::now();
    let ended = world.settle(all, || {
        if swept.elapsed() > Duration::from_secs(10) {
            sweep(&world);
            swept = Instant::now();
        }
    });
    let took = began.elapsed();
    println!("{count} operations, killed twice: all ended in {:.0} s: {ended:?}", took.as_secs_f64());
    println!("  {after_first} requests were unanswered when it was killed first, and were sent again");
    explained(&world, &requests);
    all_is_told(&world);
    let mut heard = Vec::new();
    assert_eq!(broken(&picture::of(&world, &mut heard)), Vec::<String>::new());

    retried(&world, &requests, all);
    all_is_told(&world);
    assert_eq!(broken(&picture::of(&world, &mut heard)), Vec::<String>::new());
}

/// Publishes the requests and kills the cloud as soon as some operations are
/// under way; what it had not answered by then. It runs again afterwards.
fn killed_while_publishing(world: &World, requests: &[Event]) -> Vec<Event> {
    std::thread::scope(|scope| {
        let sender = scope.spawn(|| {
            // One request after the other, so that some are still to come.
            let (first, rest) = requests.split_at(requests.len() * 3 / 4);
            let mut left = world.publish(first);
            for event in rest {
                std::thread::sleep(Duration::from_millis(200));
                left.extend(world.publish(std::slice::from_ref(event)));
            }
            left
        });
        within(Duration::from_secs(120), "operations to be under way", || {
            let under_way = world.wait(world.registry.operations_under_way(None));
            (under_way.expect("the registry answers") as usize >= SLOTS / 2).then_some(())
        });
        world.cloud.kill();
        let unanswered = sender.join().expect("it does not panic");
        world.cloud.revive();
        unanswered
    })
}

/// Every request is over, and what failed says why.
fn explained(world: &World, requests: &[Event]) {
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    for tenant in all_tenants(world, requests) {
        assert!(tenant.operation.is_none() && tenant.due.is_none(), "{tenant:#?}");
        if let Some(failure) = &tenant.failure {
            assert!(!failure.reason.is_empty() && !failure.code.as_str().is_empty(), "{failure:#?}");
            *reasons.entry(format!("{} {}: {}", tenant.status, failure.code, failure.reason)).or_default() +=
                1;
        }
        let operations = world.wait(world.registry.history(tenant.tenant_id)).expect("it answers").operations;
        let running = operations.iter().filter(|operation| operation.state == OperationState::Running);
        assert_eq!(running.count(), 0, "{operations:#?}");
    }
    for (reason, times) in reasons {
        println!("  {times} × {reason}");
    }
}

/// An operator retries what failed, and all are as they were asked to be.
fn retried(world: &World, requests: &[Event], all: usize) {
    let failed: Vec<Event> = all_tenants(world, requests)
        .filter(|tenant| tenant.status.is_failed())
        .map(|tenant| ask_of(EventName::RetryRequest, tenant.tenant_id))
        .collect();
    assert_eq!(world.publish(&failed), []);
    // The requests are on their way: some failures may still be there at the first look.
    within(Duration::from_secs(600), "the retries to succeed", || {
        let ended = world.settle(all, || ());
        ended.keys().all(|status| !status.is_failed()).then_some(())
    });
    println!("  {} were retried, and are as they should be: {:?}", failed.len(), world.statuses());
}

/// What a change tells is sent a moment after it.
fn all_is_told(world: &World) {
    within(Duration::from_secs(120), "every event to be on the bus", || {
        let waiting = world.wait(world.registry.unpublished(chrono::Utc::now(), 10));
        waiting.expect("the registry answers").is_empty().then_some(())
    });
}

fn all_tenants<'a>(world: &'a World, requests: &'a [Event]) -> impl Iterator<Item = Tenant> + 'a {
    let look = |event| world.wait(world.registry.tenant(id(event))).expect("the registry answers");
    requests.iter().filter_map(look)
}

/// What the schedule does every few minutes.
fn sweep(world: &World) {
    let _ = world.cloud.json(&["sweep"]);
}
