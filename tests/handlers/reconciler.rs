//! `reconciler`: from what a tenant should be to what it is, one step a record.

use crate::kit::{
    self, ACTIVE, DEPROVISIONING, GONE, PENDING, PROVISIONING, Step, UNWANTED, asked, at, done, execution,
    invoke, live, lived, verdicts,
};
use aws_sdk_sfn::types::ExecutionStatus;
use chrono::TimeDelta;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tenantry_registry::tenant::{OperationKind, OperationState, Status};
use tenantry_tests::builders::{foreign, platinum};
use tenantry_tests::faults::{Fault, Plan, Span};
use tenantry_tests::lives::Lived;
use tenantry_tests::streams;
use tenantry_tests::world::{Function, World};

async fn reconcile(world: &World, batch: &Value, n: usize) {
    done(world, Function::Reconciler, batch, at(n)).await;
}

/// Delivers what the stream says until it says nothing more.
async fn settle(world: &World, mut batch: Value) {
    for n in 20.. {
        if batch["Records"].as_array().unwrap().is_empty() {
            return;
        }
        assert!(n < 40, "no end of changes: {batch}");
        (batch, ()) = world.changes(reconcile(world, &batch, n)).await;
    }
}

/// A new tenant's operation begins: one transaction, nothing is started yet.
/// The record coming again changes nothing and is not worth a line.
#[tokio::test]
async fn an_operation_begins_with_a_write() {
    let world = World::new().await;
    let batch = lived(&world, "acme", platinum(), PENDING).await.batch;
    reconcile(&world, &batch, 1).await;
    let tenant = kit::tenant(&world, "acme").await;
    let open = tenant.operation.clone().unwrap();
    assert_eq!((tenant.status, open.id.to_string().as_str()), (Status::Provisioning, "1-1"));
    assert_eq!(open.deadline, at(1) + TimeDelta::hours(3));
    let machine = world.machine_arn("provision").replace(":stateMachine:", ":execution:");
    assert_eq!(open.execution_arn, Some(format!("{machine}:{}-1-1", tenant.tenant_id)));
    assert_eq!(asked(&world), ["TransactWriteItems TENANT+CAPACITY+CAPACITY+OPERATION+AUDIT"]);
    reconcile(&world, &batch, 2).await;
    assert_eq!(kit::tenant(&world, "acme").await, tenant);
    assert_eq!(verdicts(&world, "acme").await, ["accepted", "accepted"]);
}

/// The beginning comes back through the stream and starts the execution, under
/// a name and with an input that are the same each time; that it is there
/// already is success.
#[tokio::test]
async fn an_execution_starts_once_under_its_own_name() {
    let world = World::new().await;
    world.create_machines().await;
    let Lived { tenant, batch } = lived(&world, "acme", platinum(), PROVISIONING).await;
    reconcile(&world, &batch, 10).await;
    reconcile(&world, &batch, 11).await;
    let executions = world.executions().await;
    assert_eq!(executions.len(), 1);
    let (status, input) = &executions[&execution(&tenant, OperationKind::Provision)];
    assert_eq!(*status, ExecutionStatus::Running);
    let id = tenant.tenant_id;
    let expected = format!(
        r#"{{"tenantId":"{id}","operationId":"1-1","kind":"provision","generation":1,"attempt":1,"tenantName":"acme","tier":"platinum","stackName":"tenantry-tenant-{id}","correlationId":"{}"}}"#,
        tenant.request.correlation_id
    );
    assert_eq!(*input, expected);
    let calls = world.faulty().calls();
    let started: Vec<_> = calls.iter().filter(|call| call.operation == "StartExecution").collect();
    assert_eq!(started.len(), 2);
    assert_eq!(started[0].request, started[1].request);
    assert_eq!(kit::tenant(&world, "acme").await, tenant, "starting is no write");
}

/// A record that is out of date starts, stops and writes nothing.
#[tokio::test]
async fn a_record_that_is_out_of_date_does_nothing() {
    let world = World::new().await;
    world.create_machines().await;
    let mut batches = Vec::new();
    for (place, step) in GONE.iter().enumerate() {
        let (batch, _) = world.changes(kit::take(&world, "acme", &platinum(), *step, place)).await;
        batches.push(batch);
    }
    let before = kit::tenant(&world, "acme").await;
    for batch in &batches {
        reconcile(&world, batch, 20).await;
    }
    assert_eq!(kit::tenant(&world, "acme").await, before);
    assert_eq!(asked(&world), [""; 0]);
    assert!(world.executions().await.is_empty());
}

/// The start of an operation that is no longer wanted by the time its record
/// comes is left out, and the operation ends with an execution that was stopped.
#[tokio::test]
async fn an_operation_that_is_unwanted_before_its_start_never_runs() {
    let world = World::new().await;
    world.create_machines().await;
    let begun = lived(&world, "acme", platinum(), PROVISIONING).await.batch;
    let (left, _) = world.changes(kit::take(&world, "acme", &platinum(), Step::Offboard, 5)).await;
    reconcile(&world, &begun, 10).await;
    assert!(world.executions().await.is_empty());
    settle(&world, left).await;
    let tenant = kit::tenant(&world, "acme").await;
    assert_eq!((tenant.status, tenant.generation), (Status::Deprovisioning, 2));
    let executions = world.executions().await.into_iter().map(|(name, (status, _))| (name, status));
    let stopped = format!("provision {}-1-1", tenant.tenant_id);
    let running = execution(&tenant, OperationKind::Deprovision);
    let expected = [(running, ExecutionStatus::Running), (stopped, ExecutionStatus::Aborted)];
    assert_eq!(executions.collect::<BTreeMap<_, _>>(), BTreeMap::from(expected));
}

/// Offboarding during provisioning stops the execution, which ends the
/// operation as cancelled; then the deprovisioning begins and starts.
#[tokio::test]
async fn offboarding_stops_a_provisioning_and_goes_on() {
    let world = World::new().await;
    world.create_machines().await;
    let Lived { tenant, batch } = lived(&world, "acme", platinum(), PROVISIONING).await;
    settle(&world, batch).await;
    let (left, _) = world.changes(kit::take(&world, "acme", &platinum(), Step::Offboard, 5)).await;
    world.faulty().start(Vec::new());
    settle(&world, left.clone()).await;
    assert_eq!(
        asked(&world),
        [
            "StopExecution provision",
            // Whether it had built anything.
            "GetExecutionHistory",
            "TransactWriteItems TENANT+CAPACITY+CAPACITY+OPERATION+AUDIT",
            "TransactWriteItems TENANT+CAPACITY+CAPACITY+OPERATION+AUDIT",
            // What the stopped execution may have left at work.
            "GetExecutionHistory",
            "StartExecution deprovision",
        ]
    );
    let after = kit::tenant(&world, "acme").await;
    let executions = world.executions().await;
    let status = |name: &str| executions[name].0.clone();
    assert_eq!(status(&execution(&tenant, OperationKind::Provision)), ExecutionStatus::Aborted);
    assert_eq!(status(&execution(&after, OperationKind::Deprovision)), ExecutionStatus::Running);
    let operations = world.registry().history(tenant.tenant_id).await.unwrap().operations;
    let states: Vec<_> = operations.iter().map(|o| (o.id.to_string(), o.state)).collect();
    assert_eq!(
        states,
        [("1-1".to_owned(), OperationState::Cancelled), ("2-1".to_owned(), OperationState::Running)]
    );
    // The same record again finds that it was done, and does nothing.
    let lines = kit::history(&world, "acme").await;
    world.faulty().start(Vec::new());
    reconcile(&world, &left, 50).await;
    assert_eq!(asked(&world), [""; 0]);
    assert_eq!(kit::tenant(&world, "acme").await, after);
    assert_eq!(kit::history(&world, "acme").await, lines);
}

/// Where the machine does not exist, the operation fails with that reason
/// instead of being tried for ever.
#[tokio::test]
async fn an_execution_that_can_never_start_is_a_failure() {
    let world = World::new().await;
    let batch = lived(&world, "acme", platinum(), PROVISIONING).await.batch;
    settle(&world, batch.clone()).await;
    let tenant = kit::tenant(&world, "acme").await;
    let failure = tenant.failure.clone().unwrap();
    assert_eq!((tenant.status, failure.code.as_str()), (Status::ProvisionFailed, "ExecutionImpossible"));
    assert!(failure.reason.contains("StateMachineDoesNotExist"), "{}", failure.reason);
    assert_eq!((failure.step.as_str(), failure.retryable), ("start", true));
    reconcile(&world, &batch, 50).await;
    assert_eq!(kit::tenant(&world, "acme").await, tenant);
}

/// A foreign plane's operation begins, and nothing is started or stopped.
#[tokio::test]
async fn a_foreign_planes_operation_has_no_execution() {
    let world = World::new().await;
    let batch = lived(&world, "acme", foreign(), PENDING).await.batch;
    settle(&world, batch).await;
    let tenant = kit::tenant(&world, "acme").await;
    assert_eq!(tenant.status, Status::Provisioning);
    assert_eq!(tenant.operation.unwrap().execution_arn, None);
    let (left, _) = world.changes(kit::take(&world, "acme", &foreign(), Step::Offboard, 5)).await;
    settle(&world, left).await;
    assert_eq!(kit::tenant(&world, "acme").await.status, Status::Deprovisioning);
    assert!(asked(&world).iter().all(|call| call.starts_with("TransactWriteItems")));
}

/// What Step Functions refuses for now is reported and comes again; the
/// operation stays open.
#[tokio::test]
async fn a_refused_start_is_reported_and_comes_again() {
    for fault in [Fault::Refused, Fault::Throttled, Fault::NoAnswer] {
        let world = World::new().await;
        world.create_machines().await;
        let Lived { tenant, batch } = lived(&world, "acme", platinum(), PROVISIONING).await;
        let batch = streams::of_tenants(&batch);
        world.faulty().start(vec![Plan::on("StartExecution", 0, fault, Span::Throughout)]);
        let answer = invoke(&world, Function::Reconciler, &batch, at(10)).await.unwrap();
        let number = &batch["Records"][0]["dynamodb"]["SequenceNumber"];
        assert_eq!(answer, json!({ "batchItemFailures": [{ "itemIdentifier": number }] }), "{fault}");
        assert_eq!(kit::tenant(&world, "acme").await, tenant);
        world.faulty().restart().await;
        reconcile(&world, &batch, 11).await;
        assert_eq!(world.executions().await.len(), 1);
    }
}

/// What is refused for now is told apart from what is broken: an operator sees
/// which in the log.
#[tokio::test]
async fn a_throttled_start_is_called_so() {
    let world = World::new().await;
    world.create_machines().await;
    let batch = streams::of_tenants(&lived(&world, "acme", platinum(), PROVISIONING).await.batch);
    for (fault, name) in
        [(Fault::Throttled, "StepFunctionsThrottled"), (Fault::Refused, "StepFunctionsUnavailable")]
    {
        world.faulty().start(vec![Plan::on("StartExecution", 0, fault, Span::Throughout)]);
        let (_, log) = kit::logged(&world, Function::Reconciler, &batch, at(10)).await;
        assert!(log.contains(name), "{fault}: {log}");
    }
}

/// An execution that has ended is not started again while its end is not
/// recorded yet: Step Functions takes a name once, and that is success here.
#[tokio::test]
async fn an_execution_that_has_ended_is_not_started_again() {
    let world = World::new().await;
    world.create_machines().await;
    let tenantry_tests::lives::Lived { tenant, batch } =
        lived(&world, "acme", platinum(), PROVISIONING).await;
    reconcile(&world, &batch, 10).await;
    world.abort_executions().await;
    reconcile(&world, &batch, 11).await;
    let executions: Vec<_> = world.executions().await.into_values().map(|(status, _)| status).collect();
    assert_eq!(executions, [ExecutionStatus::Aborted]);
    assert_eq!(kit::tenant(&world, "acme").await, tenant);
}

/// A record that fails holds up its own tenant's later ones and nobody else's.
#[tokio::test]
async fn a_failed_record_holds_up_only_its_own_tenant() {
    let world = World::new().await;
    let batches = [
        lived(&world, "first", platinum(), PENDING).await.batch,
        lived(&world, "second", platinum(), PENDING).await.batch,
        world.changes(kit::take(&world, "first", &platinum(), Step::Offboard, 5)).await.0,
        lived(&world, "third", platinum(), PENDING).await.batch,
    ];
    let tenants = batches.iter().map(|batch| streams::of_tenants(batch)["Records"][0].clone());
    let batch = streams::batch(tenants.collect());
    world.faulty().start(vec![Plan::at(0, (Fault::Refused, Span::Once))]);
    let answer = invoke(&world, Function::Reconciler, &batch, at(10)).await.unwrap();
    let number = |place: usize| batch["Records"][place]["dynamodb"]["SequenceNumber"].clone();
    let failures = json!([{ "itemIdentifier": number(0) }, { "itemIdentifier": number(2) }]);
    assert_eq!(answer["batchItemFailures"], failures);
    // Another tenant's record may have begun what the failed one could not.
    assert_eq!(kit::tenant(&world, "second").await.status, Status::Provisioning);
    assert_eq!(kit::tenant(&world, "third").await.status, Status::Provisioning);
}

/// A record that this release cannot read is reported; the others are done.
#[tokio::test]
async fn an_unreadable_record_is_reported() {
    let world = World::new().await;
    live(&world, "broken", platinum(), ACTIVE).await;
    let mut broken = world.items().await.into_iter().find(|(key, _)| key.ends_with("/TENANT")).unwrap().1;
    broken["status"] = json!({ "S": "Elsewhere" });
    let batch = lived(&world, "acme", platinum(), PENDING).await.batch;
    let good = streams::of_tenants(&batch)["Records"][0].clone();
    let batch = streams::batch(vec![streams::record(None, Some(&broken)), good]);
    let answer = invoke(&world, Function::Reconciler, &batch, at(10)).await.unwrap();
    assert_eq!(answer["batchItemFailures"].as_array().unwrap().len(), 1);
    assert_eq!(kit::tenant(&world, "acme").await.status, Status::Provisioning);
}

/// An operation that is cancelled before its execution was started: the name of
/// the execution is taken, so that a start that is on its way comes too late.
#[tokio::test]
async fn what_was_never_started_cannot_be_started_later() {
    let world = World::new().await;
    world.create_machines().await;
    let Lived { tenant, batch } = lived(&world, "acme", platinum(), UNWANTED).await;
    world.faulty().start(Vec::new());
    reconcile(&world, &batch, 10).await;
    let calls = ["StopExecution provision", "StartExecution provision", "StopExecution provision"];
    assert_eq!(asked(&world)[..3], calls);
    let (status, _) = world.executions().await[&execution(&tenant, OperationKind::Provision)].clone();
    assert_eq!(status, ExecutionStatus::Aborted);
    let tenant = kit::tenant(&world, "acme").await;
    assert_eq!((tenant.status, tenant.operation), (Status::ProvisionFailed, None));
    assert_eq!(tenant.last_operation.unwrap().state, OperationState::Cancelled);
}

/// Where there is no machine, there is nothing to stop, nor to start later.
#[tokio::test]
async fn stopping_what_does_not_run_is_success() {
    let world = World::new().await;
    let batch = lived(&world, "acme", platinum(), UNWANTED).await.batch;
    reconcile(&world, &batch, 10).await;
    let tenant = kit::tenant(&world, "acme").await;
    assert_eq!((tenant.status, tenant.operation), (Status::ProvisionFailed, None));
    assert_eq!(tenant.last_operation.unwrap().state, OperationState::Cancelled);
}

/// A tenant of which something may be left calls a person when it comes to that,
/// once: not with every later change of it, and nobody is called for another one.
#[tokio::test]
async fn a_person_is_called_once() {
    let world = World::new().await;
    world.create_machines().await;
    let stuck = [DEPROVISIONING, &[Step::Fail]].concat();
    let batch = streams::of_tenants(&lived(&world, "stuck", platinum(), &stuck).await.batch);
    let (_, log) = kit::logged(&world, Function::Reconciler, &batch, at(10)).await;
    assert!(log.contains("DeprovisionFailed: resources may be left"), "{log}");
    let mut later = batch.clone();
    later["Records"][0]["dynamodb"]["OldImage"] = batch["Records"][0]["dynamodb"]["NewImage"].clone();
    let (_, log) = kit::logged(&world, Function::Reconciler, &later, at(11)).await;
    assert!(!log.contains("resources may be left"), "{log}");
    let well = streams::of_tenants(&lived(&world, "well", platinum(), ACTIVE).await.batch);
    let (_, log) = kit::logged(&world, Function::Reconciler, &well, at(12)).await;
    assert!(!log.contains("resources may be left"), "{log}");
}
