//! Outcomes that a machine could not record: what was done counts, not that it
//! could not be said.

use crate::kit::{DEPROVISIONING, PROVISIONING, SUSPENDING, Step, UPDATING, at, done, live, tenant};
use aws_sdk_sfn::types::ExecutionStatus;
use chrono::TimeDelta;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tenantry_handlers::engine::build::{Job, Trace};
use tenantry_handlers::engine::ending::done as ended;
use tenantry_registry::build_status::BuildStatus;
use tenantry_registry::lifecycle::{Step as Next, next_step};
use tenantry_registry::tenant::{OperationKind, OperationState, Status, Tenant};
use tenantry_tests::builders::{noon, platinum};
use tenantry_tests::machine::{build, definitions, payload};
use tenantry_tests::payloads::{failed, input, status_change, succeeded};
use tenantry_tests::world::{Function, World};

/// A machine, how a tenant comes to it, and what the tenant is after a success
/// and after a failure.
const MACHINES: [(&str, &[Step], Status, Status); 4] = [
    ("provision-silo", PROVISIONING, Status::Active, Status::ProvisionFailed),
    ("update-silo", UPDATING, Status::Active, Status::UpdateFailed),
    ("suspend-silo", SUSPENDING, Status::Suspended, Status::UpdateFailed),
    ("deprovision-silo", DEPROVISIONING, Status::Deprovisioned, Status::DeprovisionFailed),
];

/// Whoever finds an execution that ended without recording its outcome.
const FINDERS: [Function; 2] = [Function::ExecutionEnded, Function::Sweeper];

/// A tenant whose execution ended as `state` lets it, and was found by `finder`.
async fn found(finder: Function, steps: &[Step], state: impl Fn(&Tenant) -> Value) -> Tenant {
    let world = World::new().await;
    let before = live(&world, "acme", platinum(), steps).await;
    world.create_machines_of(&state(&before)).await;
    let soon = noon() + TimeDelta::minutes(10);
    assert_eq!(done(&world, Function::Sweeper, &json!({}), soon).await["started"], 1);
    let deadline = Instant::now() + Duration::from_secs(60);
    while world.executions().await.values().any(|(status, _)| *status == ExecutionStatus::Running) {
        assert!(Instant::now() < deadline, "the execution does not end");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    match finder {
        Function::Sweeper => done(&world, finder, &json!({}), soon).await,
        _ => done(&world, finder, &status_change(&before, "FAILED"), at(60)).await,
    };
    tenant(&world, "acme").await
}

/// A call of `record-outcome` with the payload, which is denied.
fn denied(payload: &Value) -> Value {
    json!({
        "Type": "Task",
        "QueryLanguage": "JSONata",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": { "FunctionName": "nobody", "Payload": payload },
        "TimeoutSeconds": 30,
        "End": true,
    })
}

/// A success that could not be recorded is a success, of every machine that does
/// more than to say so, whoever finds it.
#[tokio::test]
async fn a_success_is_a_success() {
    for (machine, steps, success, _) in MACHINES.into_iter().filter(|it| it.0 != "update-silo") {
        for finder in FINDERS {
            let built = build("SUCCEEDED", &json!([{ "Name": "API_URL", "Value": "https://api" }]));
            let after = found(finder, steps, |tenant| denied(&succeeded(tenant, machine, &built))).await;
            // The sweep that finds it lets what is due begin as well.
            let invites = after.operation.as_ref().is_some_and(|open| open.kind == OperationKind::Update);
            let status = if invites { Status::Active } else { after.status };
            assert_eq!((status, after.failure.as_ref()), (success, None), "{machine} {finder}");
            let last = after.last_operation.as_ref().unwrap();
            assert_eq!(last.state, OperationState::Succeeded, "{machine} {finder}");
            if success == Status::Active {
                assert_eq!(after.outputs["apiUrl"], "https://api");
                // Nobody knows whether the administrator was invited: an update invites.
                let next = next_step(&after);
                let due = matches!(next, Next::Begin { kind: OperationKind::Update, .. });
                assert!(due || invites, "{next:?}");
            }
        }
    }
}

/// An update invites and records, and nothing else: where that failed, it is not
/// known to be done, the tenant says so, and a retry does it.
#[tokio::test]
async fn an_update_that_could_not_be_recorded_is_to_be_tried_again() {
    for finder in FINDERS {
        let payload = |tenant: &Tenant| denied(&succeeded(tenant, "update-silo", &Value::Null));
        let after = found(finder, UPDATING, payload).await;
        assert_eq!((after.status, after.is_up_to_date()), (Status::UpdateFailed, false), "{finder}");
        let failure = after.failure.unwrap();
        assert!(failure.retryable && failure.reason.contains("without recording"), "{failure:?}");
    }
}

/// A failure that could not be recorded keeps its own reason, and what its
/// clean-up came to.
#[tokio::test]
async fn a_failure_keeps_its_reason() {
    for (machine, steps, _, failure) in MACHINES {
        for finder in FINDERS {
            let exported = json!([{ "Name": "FAILURE_REASON", "Value": "the table is protected" }]);
            let cause = json!({ "Build": build("FAILED", &exported) }).to_string();
            let clean_up = json!({ "outcome": "succeeded" });
            let payload = |tenant: &Tenant| failed(tenant, machine, "States.TaskFailed", &cause, &clean_up);
            let after = found(finder, steps, |tenant| denied(&payload(tenant))).await;
            assert_eq!(after.status, failure, "{machine} {finder}");
            let said = after.failure.unwrap();
            assert_eq!((said.code.as_str(), said.reason.as_str()), ("BuildFailed", "the table is protected"));
            assert_eq!(said.left_behind, None, "{machine} {finder}");
        }
    }
}

/// A deferral that could not be recorded is a deferral: the tenant waits again.
#[tokio::test]
async fn a_deferral_is_a_deferral() {
    // Those that need a build: nothing else is put off.
    for (machine, steps, ..) in MACHINES.into_iter().filter(|it| has_state(it.0, "Defer")) {
        for finder in FINDERS {
            let deferred = |tenant: &Tenant| {
                let [id, operation] = input(tenant);
                let error = ("$failure.Error", json!("CodeBuild.AccountLimitExceededException"));
                let cause = ("$exists($failure.Cause) ? $failure.Cause : ''", json!("too many"));
                denied(&payload(machine, "Defer", &[id, operation, error, cause]))
            };
            let after = found(finder, steps, deferred).await;
            assert_eq!(after.last_operation.unwrap().state, OperationState::Deferred, "{machine} {finder}");
            assert_eq!(after.failure, None);
        }
    }
}

fn has_state(machine: &str, state: &str) -> bool {
    definitions()[machine]["States"][state].is_object()
}

/// A payload of another operation says nothing of this one.
#[tokio::test]
async fn only_its_own_outcome_counts() {
    let other = |tenant: &Tenant| {
        let mut payload = succeeded(tenant, "deprovision-silo", &build("SUCCEEDED", &json!([])));
        payload["operationId"] = json!("9-9");
        denied(&payload)
    };
    for finder in FINDERS {
        assert_eq!(found(finder, DEPROVISIONING, other).await.status, Status::DeprovisionFailed);
    }
}

/// Where nothing was to be recorded yet, a build that did all that its operation
/// consists of is a success; of a provisioning it is only a part.
#[test]
fn a_build_that_is_the_whole_operation_counts() {
    for (steps, status, is_done) in [
        (DEPROVISIONING, BuildStatus::Succeeded, true),
        (SUSPENDING, BuildStatus::Succeeded, true),
        (PROVISIONING, BuildStatus::Succeeded, false),
        (DEPROVISIONING, BuildStatus::Failed, false),
        (DEPROVISIONING, BuildStatus::InProgress, false),
    ] {
        let tenant = tenantry_tests::lives::imagined("acme", steps);
        let open = tenant.operation.clone().unwrap();
        let job = Job { id: "p:1".to_owned(), logs_url: None, status: Some(status), reason: None };
        let trace = Trace { jobs: vec![job], ..Trace::default() };
        let outcome = ended(&tenant, &open, &trace);
        assert_eq!(outcome.is_some(), is_done, "{steps:?} {status:?}");
        assert!(outcome.is_none_or(|outcome| outcome.build_id.as_deref() == Some("p:1")));
    }
}
