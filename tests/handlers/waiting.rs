//! Room for operations: a cap, and those that wait for it in the order of
//! arrival.

use crate::kit::{self, PENDING, Step, asked, at, live, lived, tenant};
use serde_json::json;
use tenantry_registry::store::Queue;
use tenantry_registry::tenant::Status;
use tenantry_registry::tier::Tier;
use tenantry_tests::builders::platinum;
use tenantry_tests::lives::onboarding_request;
use tenantry_tests::world::{Function, World};

/// As many operations as there is room for begin, in the order of arrival; the
/// others wait, know their place, and begin when one ends.
#[tokio::test]
async fn the_first_to_come_are_the_first_to_begin() {
    let world = World::new().await;
    let names = ["a", "b", "c", "d", "e", "f", "g"];
    for (n, name) in names.iter().enumerate() {
        kit::take(&world, name, &platinum(), Step::Onboard, n).await;
    }
    kit::done(&world, Function::Sweeper, &json!({}), at(20)).await;
    assert_eq!(tries(&world), 5, "nobody is tried after the first for whom there is no room");
    let mut begun = Vec::new();
    for name in names {
        if tenant(&world, name).await.status == Status::Provisioning {
            begun.push(name);
        }
    }
    assert_eq!(begun, ["a", "b", "c", "d"], "the world has room for four");
    assert_eq!(world.registry().operations_under_way(None).await.unwrap(), 4);
    let last = tenant(&world, "g").await;
    assert_eq!(world.registry().place_in_line(&last).await.unwrap(), Some(3));
    let (ended, _) = world.changes(kit::take(&world, "b", &platinum(), Step::Succeed, 21)).await;
    kit::done(&world, Function::Reconciler, &ended, at(22)).await;
    assert_eq!(tenant(&world, "e").await.status, Status::Provisioning);
    assert_eq!(tenant(&world, "f").await.status, Status::Pending);
    assert_eq!(world.registry().operations_under_way(None).await.unwrap(), 4);
}

/// How many operations were tried to begin.
fn tries(world: &World) -> usize {
    asked(world).iter().filter(|call| call.starts_with("TransactWriteItems TENANT+CAPACITY")).count()
}

/// A tier with a cap of its own holds up only its own tenants.
#[tokio::test]
async fn a_full_tier_holds_up_only_its_own() {
    let world = World::new().await;
    let mut small = platinum();
    small.name = "small".parse().unwrap();
    small.max_operations = Some(1);
    world.registry().put_tier(&small).await.unwrap();
    world.registry().put_tier(&platinum()).await.unwrap();
    for name in ["first", "second", "third"] {
        live(&world, name, small.clone(), PENDING).await;
    }
    live(&world, "other", platinum(), PENDING).await;
    kit::done(&world, Function::Sweeper, &json!({}), at(20)).await;
    assert_eq!(tries(&world), 3, "of a full tier only one is tried");
    let mut begun = 0;
    for name in ["first", "second", "third"] {
        begun += usize::from(tenant(&world, name).await.status == Status::Provisioning);
    }
    assert_eq!(begun, 1);
    assert_eq!(tenant(&world, "other").await.status, Status::Provisioning);
    assert_eq!(world.registry().operations_under_way(Some(&small.name)).await.unwrap(), 1);
}

/// More than a page of those whose tier is full do not hide whoever comes after
/// them.
#[tokio::test]
async fn those_beyond_the_first_page_are_reached() {
    let world = World::new().await;
    let mut small = platinum();
    (small.name, small.max_operations) = ("small".parse().unwrap(), Some(1));
    world.registry().put_tier(&small).await.unwrap();
    world.registry().put_tier(&platinum()).await.unwrap();
    for n in 0..27 {
        kit::take(&world, &format!("small {n}"), &small, Step::Onboard, n).await;
    }
    kit::take(&world, "other", &platinum(), Step::Onboard, 30).await;
    let swept = kit::done(&world, Function::Sweeper, &json!({}), at(60)).await;
    assert_eq!(swept["begun"], 2, "{swept}");
    assert_eq!(tenant(&world, "other").await.status, Status::Provisioning);
}

/// The index of those that wait may not have a newcomer yet: it begins all the
/// same.
#[tokio::test]
async fn a_newcomer_that_the_index_does_not_have_yet_begins() {
    let world = World::new().await;
    let batch = lived(&world, "acme", platinum(), PENDING).await.batch;
    let mut items = world.items().await;
    items.retain(|key, _| key.ends_with("/TENANT"));
    for item in items.values_mut() {
        assert!(item.as_object_mut().unwrap().remove("waiting").is_some());
    }
    world.restore(&items).await;
    assert!(world.registry().waiting(Queue::Limited, 10, None).await.unwrap().tenants.is_empty());
    kit::done(&world, Function::Reconciler, &batch, at(20)).await;
    assert_eq!(tenant(&world, "acme").await.status, Status::Provisioning);
    assert_eq!(tries(&world), 1);
}

/// Who comes while others wait does not begin before them, though there is room.
#[tokio::test]
async fn a_request_waits_behind_those_that_were_there_before() {
    let world = World::new().await;
    world.registry().put_tier(&platinum()).await.unwrap();
    live(&world, "first", platinum(), PENDING).await;
    kit::done(&world, Function::Onboarding, &onboarding_request("second", "second"), at(5)).await;
    assert_eq!((tries(&world), tenant(&world, "second").await.status), (0, Status::Pending));
    kit::done(&world, Function::Sweeper, &json!({}), at(20)).await;
    let (first, second) = (tenant(&world, "first").await, tenant(&world, "second").await);
    let began = |tenant: &tenantry_registry::tenant::Tenant| tenant.operation.clone().unwrap().waited;
    assert!(began(&first).unwrap().since < began(&second).unwrap().since);
}

/// A request for which there is no room, in the deployment or in its tier, is
/// accepted and waits for its turn.
#[tokio::test]
async fn a_request_without_room_is_accepted_and_waits() {
    let small = Tier { name: "small".parse().unwrap(), max_operations: Some(1), ..platinum() };
    for (names, tier) in [(&["a", "b", "c", "d"][..], platinum()), (&["a"], small)] {
        let world = World::new().await;
        world.registry().put_tier(&tier).await.unwrap();
        for name in names {
            live(&world, name, tier.clone(), kit::PROVISIONING).await;
        }
        let request = onboarding_request("acme", "acme");
        let request = tenantry_tests::events::with(request, &json!({ "tier": tier.name }));
        kit::done(&world, Function::Onboarding, &request, at(5)).await;
        let waits = tenant(&world, "acme").await;
        assert_eq!((waits.status, waits.version, waits.operation), (Status::Pending, 1, None));
        assert_eq!(kit::verdicts(&world, "acme").await, ["accepted"]);
        assert_eq!(world.registry().place_in_line(&tenant(&world, "acme").await).await.unwrap(), Some(1));
    }
}

/// Where nobody has room, a newcomer is not even tried.
#[tokio::test]
async fn a_newcomer_waits_where_there_is_no_room() {
    let world = World::new().await;
    for name in ["a", "b", "c", "d"] {
        live(&world, name, platinum(), kit::PROVISIONING).await;
    }
    let batch = lived(&world, "acme", platinum(), PENDING).await.batch;
    let newcomer = tenantry_tests::streams::of_tenants(&batch);
    kit::done(&world, Function::Reconciler, &newcomer, at(20)).await;
    assert_eq!((tries(&world), tenant(&world, "acme").await.status), (0, Status::Pending));
}
