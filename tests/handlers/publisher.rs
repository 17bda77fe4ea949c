//! `publisher`: what the bus is told of a change, and how often.

use crate::kit::{self, ACTIVE, DEPROVISIONING, PENDING, PROVISIONING, Step, at, done, invoke, live, lived};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tenantry_events::name::EventName;
use tenantry_registry::lifecycle::Input;
use tenantry_tests::builders::{foreign, noon, onboard, origin, platinum};
use tenantry_tests::examples;
use tenantry_tests::faults::{Entries, Fault, Plan, Span};
use tenantry_tests::streams;
use tenantry_tests::world::{Function, World};

async fn publish(world: &World, batch: &Value) {
    done(world, Function::Publisher, batch, at(0)).await;
}

/// The entries of every call that the bus answered, taken or not.
fn sent(world: &World) -> Vec<Vec<Value>> {
    let calls = world.faulty().calls();
    let puts = calls.iter().filter(|call| call.operation == "PutEvents");
    puts.map(|call| call.request["Entries"].as_array().unwrap().clone()).collect()
}

fn names(entries: &[Value]) -> Vec<String> {
    entries.iter().map(|entry| entry["DetailType"].as_str().unwrap().to_owned()).collect()
}

fn detail_of(entry: &Value) -> Value {
    serde_json::from_str(entry["Detail"].as_str().unwrap()).unwrap()
}

/// A whole life, with a failure in it: what the bus is told of each step, to
/// the letter.
#[tokio::test]
async fn what_the_bus_is_told_of_a_life() {
    let life = [
        Step::Onboard,
        Step::Begin,
        Step::Succeed,
        Step::Offboard,
        Step::Begin,
        Step::Fail,
        Step::Offboard,
        Step::Begin,
        Step::Succeed,
    ];
    let world = World::new().await;
    let mut told = Vec::new();
    for (place, step) in life.into_iter().enumerate() {
        let (batch, _) = world.changes(kit::take(&world, "acme", &platinum(), step, place)).await;
        world.faulty().start(Vec::new());
        publish(&world, &batch).await;
        let events = sent(&world).concat().into_iter().map(|entry| {
            json!({ "source": entry["Source"], "type": entry["DetailType"], "detail": detail_of(&entry) })
        });
        told.push(json!({ "step": format!("{step:?}"), "events": events.collect::<Vec<_>>() }));
    }
    insta::assert_json_snapshot!(told);
}

/// A foreign plane has told of its job itself: the bus hears only what became
/// of the request.
#[tokio::test]
async fn a_foreign_planes_outcome_is_not_told_again() {
    let world = World::new().await;
    publish(&world, &lived(&world, "acme", foreign(), ACTIVE).await.batch).await;
    assert_eq!(names(&sent(&world).concat()), ["tenantry_tenantStatusChanged", "sbt_aws_onboardingSuccess"]);
}

/// What a foreign plane gives for the login page is passed on as it is.
#[tokio::test]
async fn a_foreign_planes_tenant_config_is_passed_on() {
    let world = World::new().await;
    live(&world, "acme", foreign(), PROVISIONING).await;
    let mut detail = examples::of(EventName::ProvisionSuccess, "sbt").detail();
    detail["tenantRegistrationId"] = json!(kit::registration("acme"));
    detail["jobOutput"]["tenantData"]["tenantId"] = json!(kit::tenant(&world, "acme").await.tenant_id);
    let config = detail["jobOutput"]["tenantData"]["tenantConfig"].clone();
    assert!(config.is_string(), "{detail}");
    let outcome = tenantry_tests::events::event(EventName::ProvisionSuccess, "done", &detail);
    let (batch, _) = world.changes(done(&world, Function::ApplicationEvents, &outcome, at(5))).await;
    publish(&world, &batch).await;
    let told = detail_of(&sent(&world).concat()[1]);
    assert_eq!(told["jobOutput"]["tenantData"]["tenantConfig"], config);
    assert_eq!(told["jobOutput"]["tenantData"]["tenantStatus"], "Active");
}

/// The same record again gives the same events, ids included.
#[tokio::test]
async fn a_record_that_comes_again_gives_the_same_events() {
    let world = World::new().await;
    let batch = lived(&world, "acme", platinum(), ACTIVE).await.batch;
    publish(&world, &batch).await;
    publish(&world, &batch).await;
    let calls = sent(&world);
    assert_eq!(calls.len(), 2);
    assert_eq!(calls[0], calls[1]);
    let ids: BTreeSet<String> =
        calls[0].iter().map(|entry| detail_of(entry)["metadata"]["eventId"].to_string()).collect();
    assert_eq!(ids.len(), 3);
}

/// Entries that fail inside a 200 are sent again, alone.
#[tokio::test]
async fn only_the_entries_that_failed_are_sent_again() {
    let world = World::new().await;
    let batch = lived(&world, "acme", platinum(), ACTIVE).await.batch;
    let fault = |place, entries| Plan::on("PutEvents", place, Fault::Partial(entries), Span::Once);
    world.faulty().start(vec![fault(0, Entries::All), fault(1, Entries::First), fault(2, Entries::All)]);
    publish(&world, &batch).await;
    assert!(world.faulty().all_met());
    let calls: Vec<_> = sent(&world).iter().map(|entries| names(entries)).collect();
    let [changed, provisioned, onboarded] =
        ["tenantry_tenantStatusChanged", "sbt_aws_provisionSuccess", "sbt_aws_onboardingSuccess"];
    assert_eq!(
        calls,
        [
            vec![changed, provisioned, onboarded],
            vec![changed, provisioned, onboarded],
            vec![changed],
            vec![changed],
        ]
    );
}

/// Entries that the bus never takes are given up; their record comes again, and
/// holds up its own tenant's later ones and nobody else's.
#[tokio::test]
async fn a_record_that_cannot_be_told_holds_up_only_its_own_tenant() {
    let world = World::new().await;
    let batches = [
        lived(&world, "first", platinum(), PENDING).await.batch,
        lived(&world, "second", platinum(), PENDING).await.batch,
        world.changes(kit::take(&world, "first", &platinum(), Step::Begin, 1)).await.0,
    ];
    let tenants = batches.iter().map(|batch| streams::of_history(batch)["Records"][0].clone());
    let batch = streams::batch(tenants.collect());
    let refuse = |place| Plan::on("PutEvents", place, Fault::Partial(Entries::All), Span::Once);
    let rounds = 6;
    world.faulty().start((0..rounds).map(refuse).collect());
    let answer = invoke(&world, Function::Publisher, &batch, at(0)).await;
    let number = |place: usize| batch["Records"][place]["dynamodb"]["SequenceNumber"].clone();
    let failures = json!([{ "itemIdentifier": number(0) }, { "itemIdentifier": number(2) }]);
    assert_eq!(answer.as_ref().unwrap()["batchItemFailures"], failures);
    assert_eq!(sent(&world).len(), rounds + 1, "the second tenant's");
    world.faulty().restart().await;
    publish(&world, &tenantry_tests::world::again(&batch, Some(&answer))).await;
    assert_eq!(world.state().await.events.len(), 3, "one status change each");
}

/// A refused onboarding is answered under its registration, once.
#[tokio::test]
async fn a_refused_onboarding_is_answered() {
    let world = World::new().await;
    let mut request = onboard("acme");
    request.tier = None;
    let input = Input::Onboard(Box::new(request.clone()));
    let apply = |n| {
        let (world, input, id) = (world.clone(), input.clone(), request.tenant_id);
        let mut from = origin("request");
        EventName::OnboardingRequest.as_str().clone_into(&mut from.action);
        async move { world.registry().apply(id, &input, &from, at(n)).await.unwrap() }
    };
    for n in 0..2 {
        let (batch, _) = world.changes(apply(n)).await;
        publish(&world, &batch).await;
    }
    let entries = sent(&world).concat();
    assert_eq!(names(&entries), ["sbt_aws_onboardingFailure"]);
    let first = detail_of(&entries[0]);
    assert_eq!(first["tenantRegistrationId"], request.tenant_registration_id.as_str());
    assert_eq!(
        (&first["failure"]["code"], &first["failure"]["step"]),
        (&json!("UnknownTier"), &json!("admission"))
    );
    assert_eq!(first["metadata"]["occurredAt"], json!("2026-01-02T12:00:00.000Z"));
    assert_eq!(noon(), at(0));
}

/// A refused request that comes again is refused again, in another line of the
/// history, but told once: an event has one content under its id.
#[tokio::test]
async fn a_refusal_that_comes_again_is_told_once() {
    let world = World::new().await;
    world.create_queue().await;
    let request = kit::onboarding_request("acme", "first");
    let mut told = Vec::new();
    for n in 0..3 {
        let invoked = world.invoke(Function::Onboarding, &request, at(n));
        let (batch, end) = world.changes(invoked).await;
        assert!(end.is_ok(), "{end:?}");
        told.push(streams::of_history(&batch)["Records"].as_array().unwrap().len());
    }
    assert_eq!(told, [1, 0, 0]);
    assert_eq!(kit::verdicts(&world, "acme").await, ["refused UnknownTier"; 3]);
}

/// Tenants, operations, claims, tiers, lines without events and removals are
/// nobody's news.
#[tokio::test]
async fn nothing_else_is_told() {
    let world = World::new().await;
    world.registry().put_tier(&platinum()).await.unwrap();
    live(&world, "acme", platinum(), DEPROVISIONING).await;
    let (ended, _) = world.changes(kit::take(&world, "acme", &platinum(), Step::Succeed, 9)).await;
    let removed: Vec<Value> =
        world.items().await.values().map(|item| streams::record(Some(item), None)).collect();
    let others = ended["Records"].as_array().unwrap().iter();
    let others = others.filter(|record| record["dynamodb"]["NewImage"]["outbox"].is_null()).cloned();
    let records: Vec<Value> = others.chain(removed).collect();
    assert!(records.len() > 10);
    publish(&world, &streams::batch(records)).await;
    assert!(world.faulty().calls().is_empty());
}

/// Every event that is told is one that the contract's own reader takes.
#[tokio::test]
async fn what_is_told_is_read() {
    use tenantry_events::details::{JobFailure, JobSuccess, TenantStatusChanged};
    use tenantry_events::receive::receive;
    let world = World::new().await;
    for (name, steps) in [("a", ACTIVE), ("b", PROVISIONING), ("c", DEPROVISIONING)] {
        publish(&world, &lived(&world, name, platinum(), steps).await.batch).await;
        let (failed, _) = world.changes(kit::take(&world, name, &platinum(), Step::Offboard, 20)).await;
        publish(&world, &failed).await;
    }
    live(&world, "d", platinum(), PROVISIONING).await;
    publish(&world, &world.changes(kit::take(&world, "d", &platinum(), Step::Fail, 20)).await.0).await;
    let mut read = BTreeSet::new();
    for entry in sent(&world).concat() {
        let name: EventName = entry["DetailType"].as_str().unwrap().parse().unwrap();
        let mut event = tenantry_tests::events::event(name, "told", &detail_of(&entry));
        event["source"] = entry["Source"].clone();
        let envelope = serde_json::from_value(event).unwrap();
        let sources = tenantry_events::sources::Sources::default();
        let outcome = match name {
            EventName::TenantStatusChanged => receive::<TenantStatusChanged>(&envelope, &sources).map(|_| ()),
            EventName::ProvisionSuccess | EventName::OnboardingSuccess => {
                receive::<JobSuccess>(&envelope, &sources).map(|_| ())
            }
            _ => receive::<JobFailure>(&envelope, &sources).map(|_| ()),
        };
        assert_eq!(outcome, Ok(()), "{entry}");
        read.insert(name);
    }
    assert_eq!(read.len(), 5, "{read:?}");
}

/// Outputs that are too large for an event are left out of it: what became of
/// the request is told all the same.
#[tokio::test]
async fn outputs_that_are_too_large_do_not_keep_the_outcome_from_being_told() {
    let world = World::new().await;
    live(&world, "acme", foreign(), PROVISIONING).await;
    // As large as an application plane can send it.
    let data = json!({ "apiUrl": "x".repeat(200_000), "rest": "y".repeat(50_000) });
    let detail = json!({
        "tenantRegistrationId": kit::registration("acme"),
        "jobOutput": { "tenantData": data },
    });
    let outcome = tenantry_tests::events::event(EventName::ProvisionSuccess, "done", &detail);
    let (batch, _) = world.changes(done(&world, Function::ApplicationEvents, &outcome, at(5))).await;
    publish(&world, &batch).await;
    let entries = sent(&world).concat();
    assert_eq!(names(&entries), ["tenantry_tenantStatusChanged", "sbt_aws_onboardingSuccess"]);
    let told = detail_of(&entries[1]);
    let id = kit::tenant(&world, "acme").await.tenant_id;
    assert_eq!(told["jobOutput"]["tenantData"], json!({ "tenantId": id, "tenantStatus": "Active" }));
    assert_eq!(told["tenantRegistrationId"], kit::registration("acme").as_str());
}
