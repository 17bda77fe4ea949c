//! Replays: what was decided on before stays as it is.

use crate::kit::{at, done, live, onboarding_request};
use serde_json::{Value, json};
use tenantry_events::envelope::REDRIVE;
use tenantry_events::name::EventName;
use tenantry_tests::builders::platinum;
use tenantry_tests::events::{event, with};
use tenantry_tests::world::{Function, World};

fn replayed(event: &Value, name: &str) -> Value {
    let mut event = event.clone();
    event["replay-name"] = json!(name);
    event
}

/// A whole life, its refused and its poisonous events too, replayed three
/// times: no write, no execution, no event, no message.
#[tokio::test]
async fn a_replayed_life_changes_nothing() {
    let world = World::new().await;
    world.create_queue().await;
    world.registry().put_tier(&platinum()).await.unwrap();
    live(&world, "rival", platinum(), crate::kit::PENDING).await;
    let onboarding = onboarding_request("acme", "first");
    let taken = with(onboarding_request("other", "second"), &json!({ "tenantName": "rival" }));
    let poison = with(onboarding_request("poison", "third"), &json!({ "tenantId": null, "tier": 7 }));
    let id = &onboarding["detail"]["tenantId"];
    let leave = event(EventName::OffboardingRequest, "fourth", &json!({ "tenantId": id }));
    let all = [
        (Function::Onboarding, onboarding.clone()),
        (Function::Onboarding, taken),
        (Function::Onboarding, poison),
        (Function::Offboarding, leave),
    ];
    for (function, event) in &all {
        done(&world, *function, event, at(10)).await;
    }
    let before = world.items().await;
    world.faulty().start(Vec::new());
    for round in 0..3 {
        for (function, event) in &all {
            done(&world, *function, &replayed(event, "archive"), at(20 + round)).await;
        }
    }
    assert_eq!(world.items().await, before);
    let wrote =
        |call: &&tenantry_tests::faults::Call| !matches!(call.operation.as_str(), "GetItem" | "Query");
    assert_eq!(world.faulty().calls().iter().filter(wrote).count(), 0);
}

/// A refused name that has become free is not taken by a replay: the request
/// was answered.
#[tokio::test]
async fn a_refused_request_stays_refused_when_its_reason_is_gone() {
    let world = World::new().await;
    world.registry().put_tier(&platinum()).await.unwrap();
    live(&world, "rival", platinum(), crate::kit::PENDING).await;
    let taken = with(onboarding_request("other", "second"), &json!({ "tenantName": "rival" }));
    done(&world, Function::Onboarding, &taken, at(10)).await;
    for step in ["begin", "leave"] {
        let step = if step == "begin" { crate::kit::Step::Begin } else { crate::kit::Step::Offboard };
        crate::kit::take(&world, "rival", &platinum(), step, 11).await;
    }
    done(&world, Function::Onboarding, &replayed(&taken, "archive"), at(30)).await;
    let id = taken["detail"]["tenantId"].as_str().unwrap().parse().unwrap();
    assert_eq!(world.registry().tenant(id).await.unwrap(), None);
}

/// An event that was never decided on, from the dead-letter queue, is taken in.
#[tokio::test]
async fn a_lost_event_is_taken_in_when_it_is_redriven() {
    let world = World::new().await;
    world.registry().put_tier(&platinum()).await.unwrap();
    let lost = replayed(&onboarding_request("acme", "first"), REDRIVE);
    for n in 10..13 {
        done(&world, Function::Onboarding, &lost, at(n)).await;
    }
    let tenant = crate::kit::tenant(&world, "acme").await;
    assert_eq!(tenant.version, 1);
    assert_eq!(crate::kit::history(&world, "acme").await.len(), 1);
}
