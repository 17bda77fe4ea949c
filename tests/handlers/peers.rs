//! Defects of this control plane's peers, each as a test that it does not have
//! it: of AWS's SaaS Builder Toolkit (`sbt`), its serverless reference solution
//! (`reference`), AWS SaaS Boost (`boost`) and Account Factory for Terraform
//! (`aft`). Those that show in the template are in `tests/infra/peers.rs`.

use crate::kit::{
    self, ACTIVE, DEPROVISIONING, GONE, PENDING, PROVISIONING, Step, asked, at, done, invoke, live, lived,
    onboarding_request, registration, tenant, verdicts,
};
use aws_sdk_sfn::types::ExecutionStatus;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tenantry_events::attributes::OWNED;
use tenantry_events::ids::TenantId;
use tenantry_events::name::EventName;
use tenantry_registry::tenant::{DesiredState, OperationKind, OperationState, Status};
use tenantry_tests::builders::{foreign, onboard, platinum};
use tenantry_tests::events::{event, with};
use tenantry_tests::examples;
use tenantry_tests::faults::{Fault, Plan, Span};
use tenantry_tests::machine::{build, payload};
use tenantry_tests::payloads::failed;
use tenantry_tests::payloads::status_change;
use tenantry_tests::streams;
use tenantry_tests::world::{Function, World, again};

async fn with_tier() -> World {
    let world = World::new().await;
    world.registry().put_tier(&platinum()).await.unwrap();
    world
}

async fn reconcile(world: &World, batch: &Value, n: usize) {
    done(world, Function::Reconciler, batch, at(n)).await;
}

/// Delivers what the stream says to the reconciler until it says nothing more.
async fn settle(world: &World, mut batch: Value, from: usize) {
    for n in from..from + 20 {
        if batch["Records"].as_array().unwrap().is_empty() {
            return;
        }
        (batch, ()) = world.changes(reconcile(world, &batch, n)).await;
    }
    panic!("no end of changes: {batch}");
}

/// The details that the publisher sends of `batch`, by event.
async fn told(world: &World, batch: &Value) -> Vec<(String, Value)> {
    world.faulty().start(Vec::new());
    done(world, Function::Publisher, batch, at(90)).await;
    let calls = world.faulty().calls();
    let puts = calls.iter().filter(|call| call.operation == "PutEvents");
    let entries = puts.flat_map(|call| call.request["Entries"].as_array().unwrap().clone());
    let detail = |entry: &Value| serde_json::from_str(entry["Detail"].as_str().unwrap()).unwrap();
    entries.map(|entry| (entry["DetailType"].as_str().unwrap().to_owned(), detail(&entry))).collect()
}

fn leave(name: &str, seed: &str) -> Value {
    event(EventName::OffboardingRequest, seed, &json!({ "tenantId": TenantId::derive(name) }))
}

/// sbt: the handler of provisionFailure reads two fields that a failure does
/// not have, and answers 200: the tenant looks well for ever. Here the failure,
/// in SBT's own bytes, is in the record and told.
#[tokio::test]
async fn sbt_failure_payload_discarded() {
    let world = World::new().await;
    live(&world, "acme", foreign(), PROVISIONING).await;
    let detail = with(
        event(EventName::ProvisionFailure, "f", &examples::of(EventName::ProvisionFailure, "sbt").detail()),
        &json!({ "tenantRegistrationId": registration("acme") }),
    );
    let (batch, _) = world.changes(done(&world, Function::ApplicationEvents, &detail, at(5))).await;
    let after = tenant(&world, "acme").await;
    assert_eq!(after.status, Status::ProvisionFailed);
    assert!(after.failure.unwrap().reason.contains("Failed to provision tenant."));
    let told = told(&world, &batch).await;
    let (_, failure) = told.iter().find(|(name, _)| name == "sbt_aws_onboardingFailure").expect("it is told");
    assert!(failure["failure"]["reason"].as_str().unwrap().contains("Failed to provision tenant."));
}

/// boost#86: why an onboarding failed is nowhere to be read. Here the build's
/// own reason, step and log are in the event.
#[tokio::test]
async fn boost_86_failure_reasons_not_surfaced() {
    let world = World::new().await;
    let running = live(&world, "acme", platinum(), PROVISIONING).await;
    let exported = json!([
        { "Name": "FAILURE_REASON", "Value": "the table's name is too long" },
        { "Name": "FAILURE_STEP", "Value": "Table AWS::DynamoDB::Table" },
    ]);
    let cause = json!({ "Build": build("FAILED", &exported) }).to_string();
    let clean = json!({ "outcome": "succeeded" });
    let outcome = failed(&running, "provision-silo", "States.TaskFailed", &cause, &clean);
    let (batch, _) = world.changes(done(&world, Function::RecordOutcome, &outcome, at(5))).await;
    let told = told(&world, &batch).await;
    let (_, failure) = told.iter().find(|(name, _)| name == "sbt_aws_onboardingFailure").expect("it is told");
    let failure = &failure["failure"];
    assert_eq!(failure["reason"], "the table's name is too long");
    assert_eq!(failure["step"], "deploy: Table AWS::DynamoDB::Table");
    assert_eq!(failure["logsUrl"], "https://logs");
}

/// sbt: a machine's timeout, `States.Runtime`, and a bus that does not take the
/// event each end a provisioning with no event at all. Here each is recorded,
/// and told once the bus takes it.
#[tokio::test]
async fn sbt_three_ways_to_end_with_no_event() {
    for (status, error) in [("TIMED_OUT", "States.Timeout"), ("FAILED", "States.Runtime")] {
        let world = World::new().await;
        let running = live(&world, "acme", platinum(), PROVISIONING).await;
        let mut ended = status_change(&running, status);
        ended["detail"]["error"] = json!(error);
        let (batch, _) = world.changes(done(&world, Function::ExecutionEnded, &ended, at(5))).await;
        assert_eq!(tenant(&world, "acme").await.status, Status::ProvisionFailed);
        let batch = streams::of_history(&batch);
        world.faulty().start(vec![Plan::on("PutEvents", 0, Fault::Refused, Span::Throughout)]);
        let refused = invoke(&world, Function::Publisher, &batch, at(6)).await;
        let failures = refused.as_ref().unwrap()["batchItemFailures"].as_array().unwrap();
        assert_eq!(failures.len(), 1, "the record comes again");
        world.faulty().restart().await;
        let names: Vec<String> =
            told(&world, &again(&batch, Some(&refused))).await.into_iter().map(|(name, _)| name).collect();
        assert!(names.contains(&"sbt_aws_onboardingFailure".to_owned()), "{status}: {names:?}");
    }
}

/// sbt: a POST is four steps (put, HTTP call, update, event), and a crash after
/// each leaves another orphan. Here a crash before or after any call leaves the
/// whole tenant or nothing of it.
#[tokio::test]
async fn sbt_posts_four_non_atomic_steps() {
    let request = onboarding_request("acme", "first");
    let world = with_tier().await;
    done(&world, Function::Onboarding, &request, at(0)).await;
    let (calls, whole) = (world.faulty().calls().len(), world.items().await.len());
    for place in 0..calls {
        for fault in [Fault::KilledBefore, Fault::KilledAfter] {
            let world = with_tier().await;
            let nothing = world.items().await.len();
            world.faulty().start(vec![Plan::at(place, (fault, Span::Once))]);
            let killed = world.faulty().run(world.invoke(Function::Onboarding, &request, at(0))).await;
            assert!(killed.is_none() && world.faulty().all_met(), "call {place} {fault}");
            world.faulty().restart().await;
            let there = world.items().await.len();
            assert!([nothing, whole].contains(&there), "call {place} {fault}: {there} items");
            done(&world, Function::Onboarding, &request, at(1)).await;
            assert_eq!(tenant(&world, "acme").await.version, 1, "call {place} {fault}");
        }
    }
}

/// sbt: no idempotency key: a POST that is repeated after a lost answer makes a
/// second tenant. Here the registration, or the event's own id, names the same
/// one.
#[tokio::test]
async fn sbt_no_idempotency_key() {
    for unnamed in [json!({ "tenantId": null }), json!({ "tenantId": null, "tenantRegistrationId": null })] {
        let world = with_tier().await;
        let request = with(onboarding_request("acme", "first"), &unnamed);
        for n in 0..4 {
            done(&world, Function::Onboarding, &request, at(n)).await;
        }
        let tenants = world.items().await.into_keys().filter(|key| key.ends_with("/TENANT")).count();
        assert_eq!(tenants, 1);
    }
}

/// sbt: a DELETE marks the tenant inactive, and an error before its event leaves
/// it so, with all its resources, for ever. Here the request and the beginning of its
/// operation are one write, which the stream carries on.
#[tokio::test]
async fn sbt_delete_marks_inactive_before_the_event() {
    let world = World::new().await;
    world.create_machines().await;
    live(&world, "acme", platinum(), ACTIVE).await;
    world.faulty().start(vec![Plan::on("TransactWriteItems", 0, Fault::KilledAfter, Span::Once)]);
    let deletion = leave("acme", "leave");
    let killed = async {
        let run = world.faulty().run(world.invoke(Function::Offboarding, &deletion, at(5))).await;
        assert!(run.is_none());
        world.faulty().restart().await;
    };
    let (batch, ()) = world.changes(killed).await;
    let begun = tenant(&world, "acme").await;
    assert_eq!((begun.status, begun.desired), (Status::Deprovisioning, DesiredState::Deprovisioned));
    settle(&world, batch, 10).await;
    assert_eq!(tenant(&world, "acme").await.status, Status::Deprovisioning);
    assert_eq!(world.executions().await.len(), 1);
}

/// sbt: each repeated DELETE emits another offboardingRequest, and each starts
/// another job. Here a repetition is a line of history and nothing else, while
/// the tenant goes and after it is gone.
#[tokio::test]
async fn sbt_repeated_delete_emits_again() {
    for steps in [DEPROVISIONING, GONE] {
        let world = World::new().await;
        world.create_machines().await;
        let before = live(&world, "acme", platinum(), steps).await;
        for n in 0..3 {
            let again = leave("acme", &format!("again {n}"));
            let repeated = done(&world, Function::Offboarding, &again, at(20 + n));
            let (batch, _) = world.changes(repeated).await;
            assert_eq!(told(&world, &batch).await, []);
            let after = tenant(&world, "acme").await;
            assert_eq!((after.generation, after.status), (before.generation, before.status));
            assert_eq!(after.operation, before.operation);
        }
        let verdicts = verdicts(&world, "acme").await;
        assert_eq!(verdicts[steps.len()..], ["duplicate AlreadyOffboarded"; 3]);
    }
}

/// sbt: without a lock per tenant, the jobs of an onboarding and an offboarding
/// run at the same stack at once. Here the first is over before the second
/// begins.
#[tokio::test]
async fn sbt_onboarding_and_offboarding_race() {
    let world = World::new().await;
    world.create_machines().await;
    let tenantry_tests::lives::Lived { tenant: running, batch } =
        lived(&world, "acme", platinum(), PROVISIONING).await;
    settle(&world, batch, 10).await;
    let wish = leave("acme", "leave");
    let (mut batch, _) = world.changes(done(&world, Function::Offboarding, &wish, at(40))).await;
    for n in 41..60 {
        let executions = world.executions().await.into_values();
        let running = executions.filter(|(status, _)| *status == ExecutionStatus::Running).count();
        assert!(running <= 1, "{running} executions at one stack");
        (batch, ()) = world.changes(reconcile(&world, &batch, n)).await;
    }
    let after = tenant(&world, "acme").await;
    assert_eq!(after.status, Status::Deprovisioning);
    let executions = world.executions().await;
    let first = &executions[&kit::execution(&running, OperationKind::Provision)];
    let second = &executions[&kit::execution(&after, OperationKind::Deprovision)];
    assert_eq!((&first.0, &second.0), (&ExecutionStatus::Aborted, &ExecutionStatus::Running));
}

/// sbt: the rule starts the state machine without a name for the execution, so
/// that a second delivery is a second job. Here five deliveries, and five of
/// each record, are one execution under the operation's own name.
#[tokio::test]
async fn sbt_rule_starts_executions_without_a_name() {
    let world = with_tier().await;
    world.create_machines().await;
    let deliveries = async {
        for n in 0..5 {
            done(&world, Function::Onboarding, &onboarding_request("acme", "first"), at(n)).await;
        }
    };
    let (mut batch, ()) = world.changes(deliveries).await;
    for n in 10..14 {
        let repeatedly = async {
            for _ in 0..5 {
                reconcile(&world, &batch, n).await;
            }
        };
        let (next, ()) = world.changes(repeatedly).await;
        batch = next;
    }
    let names: Vec<String> = world.executions().await.into_keys().collect();
    assert_eq!(names, [format!("provision {}-1-1", TenantId::derive("acme"))]);
}

/// sbt: a caller's own `tenantId`, `tenantRegistrationId` or status replaces the
/// control plane's. Here a field that the control plane owns is refused, and
/// another tenant's id or registration is not taken over.
#[tokio::test]
async fn sbt_mass_assignment() {
    let world = with_tier().await;
    world.create_queue().await;
    let before = live(&world, "acme", platinum(), ACTIVE).await;
    for (n, field) in OWNED.iter().enumerate() {
        let forged = with(onboarding_request("acme", &format!("forged {n}")), &json!({ *field: "mine" }));
        done(&world, Function::Onboarding, &forged, at(20 + n)).await;
        assert_eq!(verdicts(&world, "acme").await.pop().unwrap(), "refused OwnedField", "{field}");
    }
    let takes_the_id = with(
        onboarding_request("rival", "id"),
        &json!({ "tenantId": before.tenant_id, "sbtaws_active": false }),
    );
    done(&world, Function::Onboarding, &takes_the_id, at(70)).await;
    assert_eq!(verdicts(&world, "acme").await.pop().unwrap(), "refused TenantExists");
    let takes_the_registration = with(
        onboarding_request("rival", "registration"),
        &json!({ "tenantRegistrationId": registration("acme") }),
    );
    done(&world, Function::Onboarding, &takes_the_registration, at(71)).await;
    assert_eq!(verdicts(&world, "rival").await, ["refused RegistrationTaken"]);
    assert_eq!(tenant(&world, "acme").await, before);
}

/// sbt: a deleted tenant keeps its name in the index of names for ever. Here
/// the name is free again, and the id is not.
#[tokio::test]
async fn sbt_deleted_tenant_keeps_its_name() {
    let world = with_tier().await;
    live(&world, "acme", platinum(), GONE).await;
    let successor = with(onboarding_request("successor", "first"), &json!({ "tenantName": "acme" }));
    done(&world, Function::Onboarding, &successor, at(20)).await;
    assert_eq!(verdicts(&world, "successor").await, ["accepted"]);
    done(&world, Function::Onboarding, &onboarding_request("acme", "once more"), at(21)).await;
    assert_eq!(verdicts(&world, "acme").await.pop().unwrap(), "refused TenantOffboarded");
}

/// reference: two platinum onboardings at once deploy the same stacks. Here each
/// has a stack of its own, and an execution of its own.
#[tokio::test]
async fn reference_concurrent_onboardings_share_stacks() {
    let world = with_tier().await;
    world.create_machines().await;
    let names = ["a", "b", "c", "d"];
    let requests = names.map(|name| onboarding_request(name, name));
    let onboardings = async {
        let [a, b, c, d] = &requests;
        let one = |request| world.invoke(Function::Onboarding, request, at(0));
        let all = tokio::join!(one(a), one(b), one(c), one(d));
        assert!(all.0.is_ok() && all.1.is_ok() && all.2.is_ok() && all.3.is_ok());
    };
    let (batch, ()) = world.changes(onboardings).await;
    settle(&world, batch, 10).await;
    let input = |(_, input): (ExecutionStatus, String)| {
        serde_json::from_str::<Value>(&input).unwrap()["stackName"].as_str().unwrap().to_owned()
    };
    let stacks: BTreeSet<String> = world.executions().await.into_values().map(input).collect();
    let own = names.map(|name| format!("tenantry-tenant-{}", TenantId::derive(name)));
    assert_eq!(stacks, own.into_iter().collect());
}

/// aft: one request at a time, looked for every five minutes. Here as many as
/// there is room for are under way at once, begun by the records themselves.
#[tokio::test]
async fn aft_one_request_at_a_time() {
    let world = World::new().await;
    world.create_machines().await;
    let mut records = Vec::new();
    for name in ["a", "b", "c", "d"] {
        let batch = lived(&world, name, platinum(), PENDING).await.batch;
        records.extend(batch["Records"].as_array().unwrap().clone());
    }
    settle(&world, streams::batch(records), 10).await;
    assert_eq!(world.registry().operations_under_way(None).await.unwrap(), 4);
    assert_eq!(world.executions().await.len(), 4);
}

/// aft#155, aft#156: requests that arrive in another order than they were made
/// break the account. Here an offboarding before its onboarding comes again, and
/// the order of two wishes is that of their making.
#[tokio::test]
async fn aft_155_requests_out_of_order() {
    let world = with_tier().await;
    let early = invoke(&world, Function::Offboarding, &leave("acme", "leave"), at(0)).await.unwrap_err();
    assert_eq!((early.name, early.is_retryable), ("UnknownTenant", true));
    let active = live(&world, "acme", platinum(), ACTIVE).await;
    let wish = |name, minute| tenantry_tests::payloads::request(name, &active, &format!("{name}"), minute);
    for late in [wish(EventName::ActivateRequest, 2), wish(EventName::DeactivateRequest, 1)] {
        done(&world, Function::Lifecycle, &late, at(2_000)).await;
    }
    assert_eq!(tenant(&world, "acme").await.desired, DesiredState::Active);
    done(&world, Function::Offboarding, &leave("acme", "leave"), at(2_001)).await;
    assert_eq!(tenant(&world, "acme").await.desired, DesiredState::Deprovisioned);
}

/// boost#388, boost#437, aft#92: a quota that is reached is told as a failure of
/// the tenant. Here the tenant waits in its old place and begins again.
#[tokio::test]
async fn boost_388_quota_false_failure() {
    let world = World::new().await;
    world.create_machines().await;
    let running = live(&world, "acme", platinum(), PROVISIONING).await;
    let operation = running.operation.as_ref().unwrap().id;
    let values = [
        ("$states.context.Execution.Input.tenantId", json!(running.tenant_id)),
        ("$states.context.Execution.Input.operationId", json!(operation)),
        ("$failure.Error", json!("CodeBuild.AccountLimitExceededException")),
        ("$exists($failure.Cause) ? $failure.Cause : ''", json!("60 builds run")),
    ];
    let full = payload("provision-silo", "Defer", &values);
    let (batch, _) = world.changes(done(&world, Function::RecordOutcome, &full, at(5))).await;
    let waiting = tenant(&world, "acme").await;
    assert_eq!((waiting.status, waiting.failure.clone()), (Status::Pending, None));
    assert_eq!(waiting.last_operation.as_ref().unwrap().state, OperationState::Deferred);
    assert!(told(&world, &batch).await.iter().all(|(name, _)| !name.contains("Failure")));
    settle(&world, batch, 10).await;
    let again = tenant(&world, "acme").await;
    assert_eq!((again.status, again.attempt), (Status::Provisioning, 2));
}

/// boost#46, aft#225: a deletion that fails half way counts as done, and its
/// remains are nobody's. Here it asks for a person, keeps the name, and a new
/// request takes it to its end.
#[tokio::test]
async fn boost_46_partial_delete() {
    let world = with_tier().await;
    live(&world, "acme", platinum(), DEPROVISIONING).await;
    let failed = kit::take(&world, "acme", &platinum(), Step::Fail, 10).await;
    assert_eq!(failed.status, Status::DeprovisionFailed);
    assert_eq!(failed.failure.unwrap().reason, "it broke");
    let rival =
        with(onboarding_request("rival", "first"), &json!({ "tenantName": onboard("acme").tenant_name }));
    done(&world, Function::Onboarding, &rival, at(11)).await;
    assert_eq!(verdicts(&world, "rival").await, ["refused NameTaken"]);
    done(&world, Function::Offboarding, &leave("acme", "once more"), at(12)).await;
    kit::take(&world, "acme", &platinum(), Step::Succeed, 14).await;
    assert_eq!(tenant(&world, "acme").await.status, Status::Deprovisioned);
}

/// boost#433, aft#161: a status that stays "Provisioned" or "SUCCEEDED" though
/// it is not so, because the event that would have said so was lost. Here the
/// sweeper asks what became of the execution.
#[tokio::test]
async fn boost_433_status_stuck_after_a_lost_event() {
    let world = World::new().await;
    world.create_machines().await;
    let tenantry_tests::lives::Lived { batch, .. } = lived(&world, "acme", platinum(), PROVISIONING).await;
    settle(&world, batch, 10).await;
    world.abort_executions().await;
    let swept = done(&world, Function::Sweeper, &json!({}), at(600)).await;
    assert_eq!(swept["recorded"], 1, "{swept}");
    let after = tenant(&world, "acme").await;
    assert_eq!(
        (after.status, after.failure.unwrap().code.as_str()),
        (Status::ProvisionFailed, "ExecutionAborted")
    );
    assert!(asked(&world).iter().any(|call| call.starts_with("DescribeExecution")), "{:?}", asked(&world));
}
