//! `execution-ended`: endings that no machine has recorded itself.

use crate::kit::{self, ACTIVE, DEPROVISIONING, PROVISIONING, UNWANTED, asked, at, done, live, verdicts};
use serde_json::{Value, json};
use tenantry_events::failure::Failure;
use tenantry_registry::tenant::{OperationState, Status, Tenant};
use tenantry_tests::builders::{foreign, platinum};
use tenantry_tests::events::envelope_id;
use tenantry_tests::payloads::status_change;
use tenantry_tests::world::{Function, World};

async fn ended(world: &World, event: &Value) -> Tenant {
    done(world, Function::ExecutionEnded, event, at(10)).await;
    kit::tenant(world, "acme").await
}

/// Each way to end badly is a failure with its name, its reason, and what may
/// be left.
#[tokio::test]
async fn a_bad_ending_is_recorded_with_its_reason() {
    let long = "x".repeat(32_768);
    for (status, error, cause, code, reason) in [
        ("FAILED", "States.Runtime", "no field", "ExecutionFailed", "States.Runtime: no field"),
        ("FAILED", "", long.as_str(), "ExecutionFailed", "without recording why: xxx"),
        ("TIMED_OUT", "", "", "ExecutionTimedOut", "longer than its state machine allows"),
        ("ABORTED", "Ops", "by hand", "ExecutionAborted", "the execution was aborted: Ops: by hand"),
    ] {
        let world = World::new().await;
        let tenant = live(&world, "acme", platinum(), PROVISIONING).await;
        let mut event = status_change(&tenant, status);
        event["detail"]["error"] = json!(error);
        event["detail"]["cause"] = json!(cause);
        let after = ended(&world, &event).await;
        let failure: Failure = after.failure.clone().unwrap();
        assert_eq!((after.status, failure.code.as_str()), (Status::ProvisionFailed, code));
        assert!(failure.reason.contains(reason), "{}", failure.reason);
        assert!(failure.reason.chars().count() <= 1_000);
        assert!(failure.left_behind.unwrap().contains("half made"));
        assert_eq!((failure.step.as_str(), failure.attempt, failure.retryable), ("provision", 1, true));
        assert_eq!(
            asked(&world),
            ["GetExecutionHistory", "TransactWriteItems TENANT+CAPACITY+CAPACITY+OPERATION+AUDIT"]
        );
        let line = kit::history(&world, "acme").await.pop().unwrap();
        assert_eq!(line.origin.correlation_id, tenant.request.correlation_id);
        assert_eq!(line.origin.event_id.to_string(), envelope_id(status).to_string());
    }
}

/// A failed offboarding leaves nothing half made: it leaves what there was.
#[tokio::test]
async fn a_bad_ending_of_an_offboarding_is_its_failure() {
    let world = World::new().await;
    let tenant = live(&world, "acme", platinum(), DEPROVISIONING).await;
    let after = ended(&world, &status_change(&tenant, "TIMED_OUT")).await;
    assert_eq!(after.status, Status::DeprovisionFailed);
    assert_eq!(after.failure.unwrap().left_behind, None);
}

/// An abort that the registry asked for is a cancellation; any other end of an
/// unwanted operation is what it is.
#[tokio::test]
async fn an_abort_that_was_wanted_is_a_cancellation() {
    for (status, code, state) in [
        ("ABORTED", "Cancelled", OperationState::Cancelled),
        ("FAILED", "ExecutionFailed", OperationState::Failed),
    ] {
        let world = World::new().await;
        let tenant = live(&world, "acme", platinum(), UNWANTED).await;
        let after = ended(&world, &status_change(&tenant, status)).await;
        assert_eq!(after.failure.unwrap().code.as_str(), code);
        assert_eq!(after.last_operation.unwrap().state, state);
    }
}

/// What was recorded before, by the machine or by this event, stays.
#[tokio::test]
async fn an_ending_that_is_recorded_changes_nothing() {
    let world = World::new().await;
    let tenant = live(&world, "acme", platinum(), PROVISIONING).await;
    let event = status_change(&tenant, "FAILED");
    let before = ended(&world, &event).await;
    assert_eq!(ended(&world, &event).await, before);

    let world = World::new().await;
    let before = live(&world, "acme", platinum(), ACTIVE).await;
    assert_eq!(ended(&world, &event).await, before);
    assert_eq!(verdicts(&world, "acme").await.len(), ACTIVE.len());
}

/// Executions that are not the tenant's: of another machine under the same
/// name, of another operation, of nobody, started by hand.
#[tokio::test]
async fn executions_of_others_are_ignored() {
    let world = World::new().await;
    let tenant = live(&world, "acme", platinum(), PROVISIONING).await;
    let own = status_change(&tenant, "FAILED");
    let renamed = |from: &str, to: &str| serde_json::from_str(&own.to_string().replace(from, to)).unwrap();
    let id = tenant.tenant_id.to_string();
    let others: [Value; 4] = [
        renamed("-provision:", "-update:"),
        renamed(&format!("{id}-1-1"), &format!("{id}-1-2")),
        renamed(&id, "0b6ad4c4-6f0c-4c1d-8a35-0d1f6c0f3a11"),
        renamed(&format!("{id}-1-1"), "by-hand"),
    ];
    for other in others {
        assert_eq!(ended(&world, &other).await, tenant, "{other}");
    }
    assert_eq!(asked(&world), [""; 0]);

    // A foreign plane's operation has no execution.
    let world = World::new().await;
    let tenant = live(&world, "acme", foreign(), PROVISIONING).await;
    let mut event = own;
    event["detail"]["name"] = json!(tenant.operation.as_ref().unwrap().id.execution_name(tenant.tenant_id));
    assert_eq!(ended(&world, &event).await, tenant);
}
