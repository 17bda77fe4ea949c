//! Everybody onboards at once.

use crate::builds::Builds;
use crate::kit::{Event, World, crowd, id, size, turn};
use crate::stream::story;
use std::collections::HashMap;
use std::time::{Duration, Instant};
use tenantry_registry::tenant::{Operation, OperationState, Status};
use tenantry_tests::cloud::{Cloud, Settings};

/// A cloud with so many build slots, whose control plane admits so many
/// operations at once.
fn cloud(name: &str, slots: usize, operations: usize) -> World {
    let settings = Settings {
        variables: vec![
            ("TENANTRY_LOCAL_BUILD_SLOTS", slots.to_string()),
            // The half hour of waiting for CodeBuild is 20 s here.
            ("SFN_WAIT_SCALE", "0.01".to_owned()),
        ],
        parameters: vec![format!("MaxOperations={operations}")],
    };
    World::new(Cloud::own(name, &settings))
}

/// Everybody at once, with room for eight: all become active; never are more
/// than eight under way; they begin in the order of their arrival, and see
/// their places meanwhile; nothing fails and nothing needs a repair.
#[test]
fn a_burst_of_onboardings_ends_active_in_the_order_of_arrival() {
    const SLOTS: usize = 8;
    let _turn = turn();
    let count = size(40, 1_000);
    let world = cloud("burst", SLOTS, SLOTS);
    let requests = crowd("Tenant", count);
    let began = Instant::now();
    assert_eq!(world.publish(&requests), []);
    let mut seen = false;
    let ended = world.settle(count, || seen = seen || last_in_line_sees_its_place(&world));
    let took = began.elapsed();
    assert_eq!(ended, HashMap::from([(Status::Active, count)]));
    assert!(seen, "nobody ever waited");

    let operations = operations(&world, &requests);
    for (tenant, operations) in &operations {
        let states: Vec<_> = operations.iter().map(|operation| operation.state).collect();
        assert_eq!(states, [OperationState::Succeeded], "{tenant}");
    }
    let story = story(&world.cloud, count);
    assert_eq!((story.peak, story.begun), (SLOTS as u64, count));
    assert_eq!(story.overtook, Vec::<String>::new(), "began before their turn");
    let builds = Builds::of(&world.cloud, &build_ids(&operations));
    assert_eq!(builds.peak(), SLOTS);
    let bound = builds.mean() * u32::try_from(count).unwrap() / u32::try_from(SLOTS).unwrap();
    println!(
        "{count} onboardings, {SLOTS} slots: all Active in {}; a build takes {}, so the bound is {} ({:.2} of the time); \
         at most {} operations and {} builds at once; {} began out of order while others still arrived, then none",
        seconds(took),
        seconds(builds.mean()),
        seconds(bound),
        bound.as_secs_f64() / took.as_secs_f64(),
        story.peak,
        builds.peak(),
        story.overtook_meanwhile,
    );
    nothing_to_repair(&world);
}

/// With more operations admitted than CodeBuild takes, its queue fills and its
/// limit refuses the others: those wait and come again, in their old places,
/// until all are active; none fails.
#[test]
fn what_codebuild_has_no_room_for_waits_and_ends_well() {
    const SLOTS: usize = 1;
    let _turn = turn();
    let count = size(14, 60);
    // One runs and five queue; CodeBuild refuses what comes besides.
    let world = cloud("refused", SLOTS, count);
    let requests = crowd("Tenant", count);
    assert_eq!(world.publish(&requests), []);
    let ended = world.settle(count, || ());
    assert_eq!(ended, HashMap::from([(Status::Active, count)]));
    let operations = operations(&world, &requests);
    let all = || operations.iter().flat_map(|(_, operations)| operations);
    let number = |state| all().filter(|operation| operation.state == state).count();
    assert_eq!(number(OperationState::Succeeded), count);
    assert_eq!(number(OperationState::Succeeded) + number(OperationState::Deferred), all().count());
    let refusals = refusals(&world);
    assert!(refusals > 0, "CodeBuild refused nothing: the test is of no use");
    println!(
        "{count} onboardings, {SLOTS} slot: all Active; CodeBuild refused {refusals} times, {} operations were deferred",
        number(OperationState::Deferred)
    );
    nothing_to_repair(&world);
}

/// Whether somebody waits; then its place is shown, and is the right one for
/// the last in line or near it, as those before it go on meanwhile.
fn last_in_line_sees_its_place(world: &World) -> bool {
    let line = world.line();
    let Some(last) = line.last().map(ToString::to_string) else { return false };
    let shown = world.cloud.show(&last).expect("it is in the registry");
    let Some(place) = shown["queuePosition"].as_u64() else { return false };
    assert!((1..=line.len() as u64).contains(&place), "{place} of {}", line.len());
    assert_eq!(shown["tenant"]["status"], "Pending");
    let said = world.cloud.tenantry(&["tenant", "show", &last]).exits(0).stdout;
    said.contains("for capacity, at queue position ")
}

fn operations(world: &World, requests: &[Event]) -> Vec<(String, Vec<Operation>)> {
    let of = |request: &Event| {
        let id = id(request);
        let history = world.wait(world.registry.history(id)).expect("the registry answers");
        (id.to_string(), history.operations)
    };
    requests.iter().map(of).collect()
}

fn build_ids(operations: &[(String, Vec<Operation>)]) -> Vec<String> {
    let all = operations.iter().flat_map(|(_, operations)| operations);
    all.filter_map(|operation| operation.build_id.clone()).collect()
}

/// How often CodeBuild said that its queue is full, by the cloud's log.
fn refusals(world: &World) -> usize {
    let log = std::fs::read_to_string(world.cloud.home().join("cloud.log")).expect("the cloud's log");
    log.lines().filter(|line| line.contains("refused a build: ")).count()
}

/// The sweeper finds nothing to do, and no event was given up.
fn nothing_to_repair(world: &World) {
    let sweep = world.cloud.json(&["sweep"]);
    for repair in ["open", "started", "recorded", "stopped", "published", "begun"] {
        assert_eq!(sweep[repair], 0, "{sweep}");
    }
    assert_eq!(world.cloud.json(&["queue", "list"]), serde_json::json!([]));
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}
