//! Room for operations: a cap, and those that wait for it in the order of
//! arrival.

use crate::kit::{self, PENDING, Step, at, live, tenant};
use serde_json::json;
use tenantry_registry::tenant::Status;
use tenantry_tests::builders::platinum;
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

/// A tier with a cap of its own holds up only its own tenants.
#[tokio::test]
async fn a_full_tier_holds_up_only_its_own() {
    let world = World::new().await;
    let mut small = platinum();
    small.name = "small".parse().unwrap();
    small.max_operations = Some(1);
    world.registry().put_tier(&small).await.unwrap();
    world.registry().put_tier(&platinum()).await.unwrap();
    for name in ["first", "second"] {
        live(&world, name, small.clone(), PENDING).await;
    }
    live(&world, "other", platinum(), PENDING).await;
    kit::done(&world, Function::Sweeper, &json!({}), at(20)).await;
    let mut begun = 0;
    for name in ["first", "second"] {
        begun += usize::from(tenant(&world, name).await.status == Status::Provisioning);
    }
    assert_eq!(begun, 1);
    assert_eq!(tenant(&world, "other").await.status, Status::Provisioning);
    assert_eq!(world.registry().operations_under_way(Some(&small.name)).await.unwrap(), 1);
}
