//! What a build says of a stack that is gone, and what is asked about it over
//! the bus and the API.

use crate::kit::{self, ACTIVE, Step, at, done, history, live};
use serde_json::{Value, json};
use tenantry_events::name::EventName;
use tenantry_registry::tenant::{OperationKind, Status, Tenant};
use tenantry_tests::builders::platinum;
use tenantry_tests::machine::build;
use tenantry_tests::payloads::{failed, request};
use tenantry_tests::world::{Function, World};

/// A tenant whose suspension found its stack gone.
async fn gone(world: &World, name: &str) -> Tenant {
    live(world, name, platinum(), ACTIVE).await;
    kit::take(world, name, &platinum(), Step::Suspend, 3).await;
    let updating = kit::take(world, name, &platinum(), Step::Begin, 4).await;
    let exported = json!([
        { "Name": "FAILURE_CODE", "Value": "StackGone" },
        { "Name": "FAILURE_STEP", "Value": "update" },
        { "Name": "FAILURE_REASON", "Value": "the tenant's stack is gone: somebody deleted it" },
    ]);
    let cause = json!({ "Build": build("FAILED", &exported) }).to_string();
    let clean = json!({ "outcome": "notNeeded" });
    let payload = failed(&updating, "suspend-silo", "States.TaskFailed", &cause, &clean);
    done(world, Function::RecordOutcome, &payload, at(5)).await;
    kit::tenant(world, name).await
}

/// The build's own code and words are the tenant's failure.
#[tokio::test]
async fn a_stack_that_is_gone_is_named_as_that() {
    let world = World::new().await;
    let gone = gone(&world, "acme").await;
    let failure = gone.failure.expect("a failure");
    assert_eq!((gone.status, failure.code.as_str()), (Status::UpdateFailed, "StackGone"));
    assert_eq!(failure.reason, "the tenant's stack is gone: somebody deleted it");
}

/// A retryRequest makes a new stack only if it says so, and only where none is.
#[tokio::test]
async fn only_a_retry_that_says_so_makes_a_new_stack() {
    let world = World::new().await;
    let kind = |tenant: &Tenant| tenant.operation.as_ref().map(|open| open.kind);
    for (name, field, expected) in [
        ("a", json!(null), OperationKind::Suspend),
        ("b", json!(false), OperationKind::Suspend),
        ("c", json!(true), OperationKind::Provision),
    ] {
        let tenant = gone(&world, name).await;
        let mut retry = request(EventName::RetryRequest, &tenant, "retry", 0);
        if !field.is_null() {
            retry["detail"]["reprovision"] = field;
        }
        done(&world, Function::Lifecycle, &retry, at(10)).await;
        assert_eq!(kind(&kit::tenant(&world, name).await), Some(expected), "{name}");
    }
    let active = live(&world, "fine", platinum(), ACTIVE).await;
    let mut retry = request(EventName::RetryRequest, &active, "retry", 0);
    retry["detail"]["reprovision"] = json!(true);
    done(&world, Function::Lifecycle, &retry, at(10)).await;
    let line = history(&world, "fine").await.pop().unwrap();
    assert_eq!(line.code.as_deref(), Some("StackNotGone"));
    assert_eq!(kit::tenant(&world, "fine").await.status, Status::Active);
}

/// The API's retry takes the same field, refuses it where no stack is known to be
/// gone, and no other route has it.
#[tokio::test]
async fn the_api_asks_for_the_same() {
    let world = World::new().await;
    let gone = gone(&world, "acme").await;
    let active = live(&world, "fine", platinum(), ACTIVE).await;
    let ask = async |verb: &str, tenant: &Tenant| {
        let key = format!("POST /tenants/{{tenantId}}/{verb}");
        let path = json!({ "tenantId": tenant.tenant_id });
        let asked = tenantry_tests::http::request(&key, &path, &json!({ "reprovision": true }));
        let answer = world.invoke(Function::Api, &asked, at(20)).await.expect("an answer");
        let body: Value = serde_json::from_str(answer["body"].as_str().unwrap_or("null")).unwrap();
        (answer["statusCode"].as_u64(), body["code"].as_str().map(str::to_owned))
    };
    world.faulty().start(Vec::new());
    assert_eq!(ask("retry", &active).await, (Some(409), Some("StackNotGone".to_owned())));
    assert_eq!(ask("suspend", &active).await.0, Some(400));
    assert!(world.faulty().calls().iter().all(|call| call.operation != "PutEvents"));
    assert_eq!(ask("retry", &gone).await.0, Some(202));
    let calls = world.faulty().calls();
    let sent = calls.iter().find(|call| call.operation == "PutEvents").expect("an event");
    let detail: Value = serde_json::from_str(sent.request["Entries"][0]["Detail"].as_str().unwrap()).unwrap();
    assert_eq!(detail["reprovision"], true);
}
