//! `sweeper`: whatever a lost event or a lost record left behind.

use crate::kit::{ACTIVE, PENDING, PROVISIONING, Step, at, done, live, take, tenant};
use aws_sdk_sfn::types::ExecutionStatus;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use tenantry_registry::tenant::{OperationKind, OperationState, Status, Tenant};
use tenantry_tests::builders::{foreign, noon, platinum};
use tenantry_tests::emulator;
use tenantry_tests::machine_faults::{Plan, plan};
use tenantry_tests::payloads::status_change;
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
    assert_eq!(tenant(&world, "acme").await.failure.unwrap().code.as_str(), "DeadlineExceeded");
}

/// An operation that could not be started until its deadline is given up, not
/// started after all: Step Functions may refuse for ever.
#[tokio::test]
async fn what_could_not_be_started_is_given_up_at_the_deadline() {
    let world = World::new().await;
    world.create_machines().await;
    live(&world, "acme", platinum(), PROVISIONING).await;
    let found = sweep(&world, noon() + TimeDelta::hours(4)).await;
    assert_eq!((&found["started"], &found["stopped"]), (&json!(0), &json!(1)), "{found}");
    assert_eq!(world.executions().await.len(), 0);
    let failure = tenant(&world, "acme").await.failure.unwrap();
    assert_eq!(failure.code.as_str(), "DeadlineExceeded");
    assert!(failure.reason.contains("could not be started"), "{}", failure.reason);
}

/// The tenant's build, and the plan that lets it go on without its execution:
/// what Step Functions does for it is a best effort.
async fn orphan(world: &World) -> (Tenant, String, Plan) {
    let project = world.create_project().await;
    world
        .create_machines_of(&json!({
            "Type": "Task",
            "Resource": "arn:aws:states:::codebuild:startBuild.sync",
            "Parameters": { "ProjectName": project },
            "TimeoutSeconds": 600,
            "End": true,
        }))
        .await;
    let tenant = live(world, "acme", platinum(), PROVISIONING).await;
    let machine = world.machine("provision");
    let faults = json!({ "faults": [{ "state": "It", "orphan": true }] });
    let plan = plan(emulator::faults(), &machine, &tenant.tenant_id.to_string(), faults);
    assert_eq!(sweep(world, soon()).await["started"], 1);
    let build = builds_until(world, |builds| builds.keys().next().cloned()).await;
    world.abort_executions().await;
    assert_eq!(world.builds().await[&build], "IN_PROGRESS", "the build outlives its execution");
    (tenant, build, plan)
}

/// Looks at the world's builds until `look` finds something.
async fn builds_until<T>(world: &World, look: impl Fn(&BTreeMap<String, String>) -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let builds = world.builds().await;
        if let Some(found) = look(&builds) {
            return found;
        }
        assert!(Instant::now() < deadline, "waited in vain: {builds:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn assert_stopped(world: &World, build: &str) {
    builds_until(world, |builds| (builds[build] == "STOPPED").then_some(())).await;
}

/// A build that goes on after its execution is stopped before anything follows,
/// and the failure names it with its log and what became of it.
#[tokio::test]
async fn a_build_that_outlives_its_execution_is_stopped_and_named() {
    let world = World::new().await;
    let (_, build, _plan) = orphan(&world).await;
    let found = sweep(&world, soon()).await;
    assert_eq!(found["recorded"], 1, "{found}");
    assert_stopped(&world, &build).await;
    let after = tenant(&world, "acme").await;
    let failure = after.failure.unwrap();
    assert_eq!(
        (failure.code.as_str(), failure.build_id.as_deref()),
        ("ExecutionAborted", Some(build.as_str()))
    );
    assert!(failure.logs_url.unwrap().contains("log"));
    assert!(
        failure.reason.ends_with("its build was still at work, and is stopped before anything follows"),
        "{}",
        failure.reason
    );
    let operation = &world.registry().history(after.tenant_id).await.unwrap().operations[0];
    assert_eq!(operation.build_id.as_deref(), Some(build.as_str()));
}

/// The same where the status event was faster than the sweeper: the clean-up's
/// execution is not started before the build is stopped.
#[tokio::test]
async fn a_clean_up_meets_no_build_at_work() {
    let world = World::new().await;
    let (before, build, _plan) = orphan(&world).await;
    done(&world, Function::ExecutionEnded, &status_change(&before, "ABORTED"), at(20)).await;
    assert_eq!(world.builds().await[&build], "IN_PROGRESS");
    assert_eq!(sweep(&world, soon()).await["begun"], 1);
    let open = tenant(&world, "acme").await.operation.unwrap();
    assert_eq!(open.kind, OperationKind::CleanUp);
    world.faulty().start(Vec::new());
    assert_eq!(sweep(&world, soon()).await["started"], 1);
    let calls = world.faulty().calls();
    let at_builds = calls.iter().map(|call| call.operation.as_str());
    let order: Vec<_> = at_builds.filter(|name| matches!(*name, "StopBuild" | "StartExecution")).collect();
    assert_eq!(order, ["StopBuild", "StartExecution"]);
    assert_stopped(&world, &build).await;
}

/// An operation whose execution is gone with its machine may have left
/// something: that is said, and cleaned up.
#[tokio::test]
async fn an_execution_that_is_gone_with_its_machine_is_cleaned_up_after() {
    let world = World::new().await;
    live(&world, "acme", platinum(), PROVISIONING).await;
    let found = sweep(&world, soon()).await;
    assert_eq!((&found["recorded"], &found["begun"]), (&json!(1), &json!(1)), "{found}");
    let after = tenant(&world, "acme").await;
    let failure = after.failure.unwrap();
    assert_eq!(failure.code.as_str(), "ExecutionImpossible");
    assert!(failure.left_behind.unwrap().contains("half made"));
    assert_eq!(after.operation.unwrap().kind, OperationKind::CleanUp);
}

/// An operation that nobody wants any more and that ended by itself is not
/// stopped, which Step Functions would refuse, but recorded.
#[tokio::test]
async fn an_unwanted_operation_that_ended_by_itself_is_recorded() {
    let world = World::new().await;
    world.create_machines_of(&json!({ "Type": "Fail", "Error": "Broken", "Cause": "by itself" })).await;
    live(&world, "acme", platinum(), PROVISIONING).await;
    sweep(&world, soon()).await;
    let deadline = Instant::now() + Duration::from_secs(60);
    while world.executions().await.values().any(|(status, _)| *status == ExecutionStatus::Running) {
        assert!(Instant::now() < deadline, "the execution does not end");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    take(&world, "acme", &platinum(), Step::Offboard, 20).await;
    let found = sweep(&world, soon()).await;
    assert_eq!(found["recorded"], 1, "{found}");
    let last = tenant(&world, "acme").await.last_operation.unwrap();
    assert_eq!((last.kind, last.state), (OperationKind::Provision, OperationState::Failed));
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
