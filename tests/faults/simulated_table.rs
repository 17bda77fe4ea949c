//! The simulated table, held to the emulator's: what the functions asked one,
//! the other answers in the same way.

use serde_json::{Value, json};
use tenantry_events::name::EventName;
use tenantry_registry::tenant::Status;
use tenantry_tests::builders::{onboard, platinum};
use tenantry_tests::events::{event, with};
use tenantry_tests::lives::{at, onboarding_request};
use tenantry_tests::machine::build;
use tenantry_tests::payloads::succeeded;
use tenantry_tests::simulation::table::Table;
use tenantry_tests::streams;
use tenantry_tests::world::{Function, World};

/// Whole lives of six tenants with room for four, repetitions, refusals, a
/// sweep, races of two writers: every answer of the emulator is the simulated
/// table's answer too.
#[tokio::test]
async fn the_simulated_table_answers_as_the_emulator_does() {
    let world = World::on_emulator().await;
    world.create_machines().await;
    world.create_queue().await;
    world.registry().put_tier(&platinum()).await.unwrap();
    let mut table = Table::new();
    for item in world.items().await.into_values() {
        table.call("PutItem", &json!({ "Item": item }));
    }
    world.faulty().start(Vec::new());
    let mut time = 0;
    let mut invoke = async |function: Function, payload: &Value| {
        time += 1;
        let done = Box::pin(world.invoke(function, payload, at(time)));
        let (batch, answer) = world.changes(done).await;
        drop(answer);
        batch
    };
    let names = ["a", "b", "c", "d", "e", "f"];
    for name in names {
        let request = onboarding_request(name, name);
        for _ in 0..2 {
            let batch = invoke(Function::Onboarding, &request).await;
            invoke(Function::Reconciler, &streams::of_tenants(&batch)).await;
            invoke(Function::Publisher, &streams::of_history(&batch)).await;
        }
    }
    let taken = with(onboarding_request("g", "g"), &json!({ "tenantName": onboard("a").tenant_name }));
    invoke(Function::Onboarding, &taken).await;
    // There is room for four: the others' turn comes when some are done.
    for round in 0.. {
        invoke(Function::Sweeper, &json!({})).await;
        let mut gone = 0;
        for name in names {
            let tenant = world.registry().tenant(onboard(name).tenant_id).await.unwrap().unwrap();
            let machine = match tenant.status {
                Status::Provisioning => "provision-silo",
                Status::Deprovisioning => "deprovision-silo",
                status => {
                    gone += usize::from(status == Status::Deprovisioned);
                    continue;
                }
            };
            let payload = succeeded(&tenant, machine, &build("SUCCEEDED", &json!([])));
            let batch = invoke(Function::RecordOutcome, &payload).await;
            invoke(Function::Publisher, &streams::of_history(&batch)).await;
            invoke(Function::RecordOutcome, &payload).await;
            let detail = json!({ "tenantRegistrationId": onboard(name).tenant_registration_id });
            let leave = event(EventName::OffboardingRequest, &format!("{name} leaves"), &detail);
            let batch = invoke(Function::Offboarding, &leave).await;
            invoke(Function::Reconciler, &streams::of_tenants(&batch)).await;
        }
        if gone == names.len() {
            break;
        }
        assert!(round < 10, "only {gone} of the tenants are gone");
    }
    let calls = world.faulty().calls();
    let mut compared = 0;
    for call in calls.iter().filter(|call| call.service == "DynamoDB") {
        let (status, body) = table.call(&call.operation, &call.request);
        let answer = call.answer.as_ref().unwrap();
        let what = format!("{} {} {}", call.operation, call.subject, call.request);
        assert_eq!(status, answer.status, "{what}: {body}, not {}", answer.body);
        assert_eq!(plain(&body), plain(&answer.body), "{what}");
        compared += 1;
    }
    assert_eq!(table.items(), world.items().await);
    assert!(compared >= 240, "only {compared} calls");
}

/// An answer without its words, and without what is said besides.
fn plain(answer: &Value) -> Value {
    let error = answer["__type"].as_str().map(|name| name.rsplit('#').next().unwrap_or_default());
    let reasons: Vec<_> = answer["CancellationReasons"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|reason| &reason["Code"])
        .collect();
    let items: Vec<_> = answer["Items"].as_array().into_iter().flatten().collect();
    json!({
        "error": error,
        "reasons": reasons,
        "item": answer["Item"],
        "items": items,
        "count": answer["Count"],
        "next": answer["LastEvaluatedKey"],
    })
}
