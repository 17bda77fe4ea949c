//! `record-outcome`: with the payloads that the state machines' definitions
//! give.

use crate::kit::{self, DEPROVISIONING, PROVISIONING, SECRET, Step, asked, at, done, invoke, live, verdicts};
use serde_json::{Value, json};
use tenantry_registry::tenant::{OperationState, Status};
use tenantry_tests::builders::platinum;
use tenantry_tests::machine::{build, payload, render};
use tenantry_tests::payloads::{failed, input, succeeded};
use tenantry_tests::workspace;
use tenantry_tests::world::{Function, World};

fn exported() -> Value {
    json!([
        { "Name": "API_URL", "Value": "https://api" },
        { "Name": "RELEASE", "Value": "r1" },
        { "Name": "FAILURE_REASON", "Value": "" },
        { "Name": "SECRET", "Value": SECRET },
    ])
}

/// A success makes the tenant active with the build's outputs, and answers the
/// machine with the status; again, it is a success again.
#[tokio::test]
async fn a_success_is_recorded_once() {
    let world = World::new().await;
    let tenant = live(&world, "acme", platinum(), PROVISIONING).await;
    let payload = succeeded(&tenant, "provision-silo", &build("SUCCEEDED", &exported()));
    let answer = done(&world, Function::RecordOutcome, &payload, at(10)).await;
    assert_eq!(answer, json!({ "recorded": true, "status": "Active" }));
    assert_eq!(asked(&world), ["TransactWriteItems TENANT+CAPACITY+CAPACITY+OPERATION+AUDIT"]);
    let after = kit::tenant(&world, "acme").await;
    assert_eq!((after.status, after.release.as_deref()), (Status::Active, Some("r1")));
    let outputs: Vec<_> = after.outputs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(outputs, ["apiUrl=https://api", &format!("secret={SECRET}")]);
    let operation = world.registry().history(tenant.tenant_id).await.unwrap().operations.remove(0);
    assert_eq!(operation.build_id.as_deref(), Some("tenantry-provision:1"));
    assert_eq!(operation.logs_url.as_deref(), Some("https://logs"));
    assert_eq!(done(&world, Function::RecordOutcome, &payload, at(11)).await, answer);
    assert_eq!(kit::tenant(&world, "acme").await, after);
    assert_eq!(verdicts(&world, "acme").await[2..], ["accepted", "duplicate AlreadyRecorded"]);
}

/// A failed build is a failure with the build's own reason, step and log.
#[tokio::test]
async fn a_failed_build_is_recorded_with_its_own_reason() {
    let world = World::new().await;
    let tenant = live(&world, "acme", platinum(), PROVISIONING).await;
    let exported = json!([
        { "Name": "FAILURE_REASON", "Value": "the table's name is too long" },
        { "Name": "FAILURE_STEP", "Value": "Table AWS::DynamoDB::Table" },
    ]);
    let cause = json!({ "Build": build("FAILED", &exported) }).to_string();
    let clean = json!({ "outcome": "succeeded" });
    let payload = failed(&tenant, "provision-silo", "States.TaskFailed", &cause, &clean);
    let answer = done(&world, Function::RecordOutcome, &payload, at(10)).await;
    assert_eq!(answer["status"], "ProvisionFailed");
    let failure = kit::tenant(&world, "acme").await.failure.unwrap();
    insta::assert_json_snapshot!(failure, @r#"
    {
      "code": "BuildFailed",
      "step": "deploy: Table AWS::DynamoDB::Table",
      "reason": "the table's name is too long",
      "buildId": "tenantry-provision:1",
      "logsUrl": "https://logs",
      "attempt": 1,
      "retryable": true
    }
    "#);
}

/// A clean-up that failed says what may be left; one that succeeded leaves
/// nothing.
#[tokio::test]
async fn a_failed_clean_up_says_what_may_be_left() {
    let definition: Value =
        serde_json::from_str(&workspace::read("statemachines/provision-silo.asl.json")).unwrap();
    let states = &definition["States"];
    let cause = json!({ "Build": build("FAILED", &json!([])) }).to_string();
    let unclean = render(
        &states["CleanUp"]["Catch"][0]["Assign"]["cleanUp"],
        &[
            ("$states.errorOutput.Error", json!("States.TaskFailed")),
            ("$exists($states.errorOutput.Cause) ? $states.errorOutput.Cause : ''", json!(cause)),
        ],
    );
    let clean = states["CleanUp"]["Assign"]["cleanUp"].clone();
    for (clean_up, left) in [
        (
            unclean,
            Some("the clean-up failed (States.TaskFailed), so resources may be left: BUILD: exit status 1"),
        ),
        (clean, None),
    ] {
        let world = World::new().await;
        let tenant = live(&world, "acme", platinum(), PROVISIONING).await;
        let payload = failed(&tenant, "provision-silo", "CodeBuild.InvalidInputException", "", &clean_up);
        done(&world, Function::RecordOutcome, &payload, at(10)).await;
        let failure = kit::tenant(&world, "acme").await.failure.unwrap();
        assert_eq!(failure.code.as_str(), "CodeBuild.InvalidInputException");
        assert_eq!((failure.reason.as_str(), failure.left_behind.as_deref()), ("no reason was given", left));
    }
}

/// No room among the account's builds is no failure: the tenant waits again, in
/// its old place.
#[tokio::test]
async fn an_operation_without_room_waits_again() {
    let world = World::new().await;
    let tenant = live(&world, "acme", platinum(), PROVISIONING).await;
    let input = input(&tenant);
    let values = [
        input[0].clone(),
        input[1].clone(),
        ("$failure.Error", json!("CodeBuild.AccountLimitExceededException")),
        ("$exists($failure.Cause) ? $failure.Cause : ''", json!("the queue is full")),
    ];
    let deferred = payload("provision-silo", "Defer", &values);
    let answer = done(&world, Function::RecordOutcome, &deferred, at(10)).await;
    assert_eq!(answer["status"], "Pending");
    let after = kit::tenant(&world, "acme").await;
    assert_eq!((after.operation, after.failure), (None, None));
    let due = after.due.unwrap();
    assert_eq!((due.since, due.deferrals), (tenant.created_at, 1));
    let operations = world.registry().history(after.tenant_id).await.unwrap().operations;
    assert_eq!(operations[0].state, OperationState::Deferred);
    assert_eq!(world.registry().operations_under_way(None).await.unwrap(), 0);
    // Delivered again, when the next try has begun already, it is the same and no other's.
    let next = kit::take(&world, "acme", &platinum(), Step::Begin, 20).await;
    done(&world, Function::RecordOutcome, &deferred, at(21)).await;
    assert_eq!(kit::tenant(&world, "acme").await, next);
    assert_eq!(verdicts(&world, "acme").await.pop().as_deref(), Some("duplicate AlreadyRecorded"));
}

/// The deprovisioning machine's two ends.
#[tokio::test]
async fn the_end_of_an_offboarding_is_recorded() {
    let world = World::new().await;
    let tenant = live(&world, "acme", platinum(), DEPROVISIONING).await;
    let payload = succeeded(&tenant, "deprovision-silo", &build("SUCCEEDED", &json!([])));
    let answer = done(&world, Function::RecordOutcome, &payload, at(10)).await;
    assert_eq!(answer["status"], "Deprovisioned");
    assert_eq!(asked(&world), ["TransactWriteItems TENANT+-CLAIM(name)+CAPACITY+CAPACITY+OPERATION+AUDIT"]);

    let world = World::new().await;
    let tenant = live(&world, "acme", platinum(), DEPROVISIONING).await;
    let payload = failed(&tenant, "deprovision-silo", "States.Timeout", "", &json!(null));
    let answer = done(&world, Function::RecordOutcome, &payload, at(10)).await;
    assert_eq!(answer["status"], "DeprovisionFailed");
    let failure = kit::tenant(&world, "acme").await.failure.unwrap();
    assert_eq!((failure.code.as_str(), failure.left_behind), ("TimedOut", None));
}

/// An outcome of an operation that another has taken over, and a success after
/// a recorded failure, are `Superseded`: the machine knows the name.
#[tokio::test]
async fn an_outcome_that_came_too_late_is_superseded() {
    for steps in [&[Step::Fail][..], &[Step::Offboard, Step::Fail, Step::Begin]] {
        let world = World::new().await;
        let tenant = live(&world, "acme", platinum(), PROVISIONING).await;
        let payload = succeeded(&tenant, "provision-silo", &build("SUCCEEDED", &exported()));
        for (place, step) in steps.iter().enumerate() {
            kit::take(&world, "acme", &platinum(), *step, 5 + place).await;
        }
        let before = kit::tenant(&world, "acme").await;
        let refusal = invoke(&world, Function::RecordOutcome, &payload, at(10)).await.unwrap_err();
        assert_eq!((refusal.name, refusal.is_retryable), ("Superseded", false));
        assert_eq!(kit::tenant(&world, "acme").await, before);
        assert_eq!(verdicts(&world, "acme").await.pop().unwrap(), "stale Superseded");
    }
    // Of nobody known: nothing is written.
    let (world, elsewhere) = (World::new().await, World::new().await);
    let tenant = live(&elsewhere, "acme", platinum(), PROVISIONING).await;
    let payload = succeeded(&tenant, "provision-silo", &build("SUCCEEDED", &exported()));
    let refusal = invoke(&world, Function::RecordOutcome, &payload, at(10)).await.unwrap_err();
    assert_eq!(refusal.name, "Superseded");
    assert!(world.items().await.is_empty());
}

/// A payload that no state machine sends is refused for good.
#[tokio::test]
async fn a_payload_that_is_none_is_refused() {
    let world = World::new().await;
    let tenant = live(&world, "acme", platinum(), PROVISIONING).await;
    let good = succeeded(&tenant, "provision-silo", &build("SUCCEEDED", &json!([])));
    let mut bad = vec![json!("text"), json!({})];
    for (field, value) in
        [("outcome", json!("perhaps")), ("tenantId", json!("x")), ("operationId", json!("1"))]
    {
        let mut one = good.clone();
        one[field] = value;
        bad.push(one);
    }
    for payload in bad {
        let refusal = invoke(&world, Function::RecordOutcome, &payload, at(10)).await.unwrap_err();
        assert_eq!((refusal.name, refusal.is_retryable), ("InvalidPayload", false), "{payload}");
    }
    assert_eq!(kit::tenant(&world, "acme").await, tenant);
    assert!(world.faulty().calls().is_empty());
}
