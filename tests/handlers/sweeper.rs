//! `sweeper`: whatever a lost event or a lost record left behind.

use crate::kit::{ACTIVE, PENDING, PROVISIONING, done, live, tenant};
use aws_sdk_sfn::types::ExecutionStatus;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use tenantry_registry::tenant::Status;
use tenantry_tests::builders::{foreign, noon, platinum};
use tenantry_tests::world::{Function, World};

async fn sweep(world: &World, now: DateTime<Utc>) -> Value {
    done(world, Function::Sweeper, &json!({}), now).await
}

fn soon() -> DateTime<Utc> {
    noon() + TimeDelta::minutes(10)
}

/// Every event of a life that nobody published is sent, under its own id; the
/// next sweep finds nothing.
#[tokio::test]
async fn lost_events_are_sent_once() {
    let world = World::new().await;
    live(&world, "acme", platinum(), ACTIVE).await;
    let first = sweep(&world, soon()).await;
    assert_eq!(first["published"], 3, "{first}");
    let sent = world.state().await.events;
    assert_eq!(sent.len(), 5, "three changes of status, and two outcomes: {sent:?}");
    let second = sweep(&world, soon()).await;
    assert_eq!(second["published"], 0, "{second}");
}

/// An operation whose record was lost is started.
#[tokio::test]
async fn an_operation_that_nobody_started_is_started() {
    let world = World::new().await;
    world.create_machines().await;
    live(&world, "acme", platinum(), PROVISIONING).await;
    let found = sweep(&world, soon()).await;
    assert_eq!((&found["open"], &found["started"]), (&json!(1), &json!(1)), "{found}");
    assert_eq!(world.executions().await.len(), 1);
    let again = sweep(&world, soon()).await;
    assert_eq!(again["started"], 0, "it runs: {again}");
}

/// An execution that ended without anybody recording it is recorded, and what
/// it left is cleaned up.
#[tokio::test]
async fn an_end_that_nobody_recorded_is_recorded() {
    let world = World::new().await;
    world.create_machines().await;
    live(&world, "acme", platinum(), PROVISIONING).await;
    sweep(&world, soon()).await;
    world.abort_executions().await;
    let found = sweep(&world, soon()).await;
    assert_eq!(found["recorded"], 1, "{found}");
    let after = tenant(&world, "acme").await;
    let failure = after.failure.unwrap();
    assert_eq!((after.status, failure.code.as_str()), (Status::ProvisionFailed, "ExecutionAborted"));
    assert!(failure.left_behind.is_some());
    assert_eq!(found["begun"], 1, "the clean-up begins: {found}");
}

/// An operation past its deadline is stopped and given up with that reason.
#[tokio::test]
async fn an_overdue_operation_is_stopped() {
    let world = World::new().await;
    world.create_machines().await;
    live(&world, "acme", platinum(), PROVISIONING).await;
    sweep(&world, soon()).await;
    let found = sweep(&world, noon() + TimeDelta::hours(4)).await;
    assert_eq!(found["stopped"], 1, "{found}");
    let statuses: Vec<_> = world.executions().await.into_values().map(|(status, _)| status).collect();
    assert!(statuses.contains(&ExecutionStatus::Aborted), "{statuses:?}");
    assert_eq!(tenant(&world, "acme").await.failure.unwrap().code, "DeadlineExceeded");
}

/// A foreign application plane that never answers is given up at the deadline,
/// not before.
#[tokio::test]
async fn a_foreign_plane_that_never_answers_is_given_up() {
    let world = World::new().await;
    live(&world, "acme", foreign(), PROVISIONING).await;
    assert_eq!(sweep(&world, soon()).await["stopped"], 0);
    assert_eq!(sweep(&world, noon() + TimeDelta::hours(4)).await["stopped"], 1);
    assert_eq!(tenant(&world, "acme").await.status, Status::ProvisionFailed);
}

/// A tenant whose record was lost before its operation began is begun.
#[tokio::test]
async fn a_tenant_that_nobody_noticed_is_begun() {
    let world = World::new().await;
    live(&world, "acme", platinum(), PENDING).await;
    assert_eq!(sweep(&world, soon()).await["begun"], 1);
    assert_eq!(tenant(&world, "acme").await.status, Status::Provisioning);
}

/// In a healthy system a sweep repairs nothing and writes nothing.
#[tokio::test]
async fn a_healthy_system_is_left_alone() {
    let world = World::new().await;
    world.create_machines().await;
    live(&world, "acme", platinum(), PROVISIONING).await;
    sweep(&world, soon()).await;
    let before = world.items().await;
    let found = sweep(&world, soon()).await;
    assert_eq!(
        found,
        json!({
            "open": 1, "started": 0, "recorded": 0, "stopped": 0, "published": 0, "begun": 0,
        })
    );
    assert_eq!(world.items().await, before);
}
