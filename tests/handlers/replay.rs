//! Replays: what was decided on before stays as it is.

use crate::kit::{at, done, invoke, live, onboarding_request};
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

/// How many calls since the start were no reads.
fn wrote(world: &World) -> usize {
    let calls = world.faulty().calls();
    calls.iter().filter(|call| !matches!(call.operation.as_str(), "GetItem" | "Query")).count()
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
    assert_eq!(wrote(&world), 0);
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

/// What can never be taken in stays in the queue, however often it is re-driven:
/// the error has the name of the reason, and nothing is written, nor sent.
#[tokio::test]
async fn poison_that_is_redriven_stays_where_it_is() {
    let world = World::new().await;
    world.create_queue().await;
    world.registry().put_tier(&platinum()).await.unwrap();
    live(&world, "acme", platinum(), crate::kit::PENDING).await;
    let wrong = with(onboarding_request("poison", "first"), &json!({ "tenantName": 7 }));
    let of_known = with(onboarding_request("acme", "second"), &json!({ "tier": 7 }));
    let no_event = json!({ "detail-type": "sbt_aws_onboardingRequest", "detail": {} });
    let before = world.items().await;
    world.faulty().start(Vec::new());
    for n in 10..13 {
        for (event, code) in
            [(&wrong, "InvalidField"), (&of_known, "InvalidField"), (&no_event, "NotAnEvent")]
        {
            let event = replayed(event, REDRIVE);
            let refusal = invoke(&world, Function::Onboarding, &event, at(n)).await.unwrap_err();
            assert_eq!((refusal.name, refusal.is_retryable), (code, false));
        }
    }
    assert_eq!(wrote(&world), 0);
    assert_eq!(world.items().await, before);
}

/// A request for a tier that is not there waits in the queue: re-driven too
/// early it is still refused, without a trace; once the tier is there it is
/// taken in, and then it is over.
#[tokio::test]
async fn a_request_for_an_unknown_tier_is_taken_in_once_the_tier_is_there() {
    let world = World::new().await;
    world.create_queue().await;
    let request = onboarding_request("acme", "first");
    done(&world, Function::Onboarding, &request, at(10)).await;
    let redriven = replayed(&request, REDRIVE);
    world.faulty().start(Vec::new());
    for n in 11..14 {
        let refusal = invoke(&world, Function::Onboarding, &redriven, at(n)).await.unwrap_err();
        assert_eq!((refusal.name, refusal.is_retryable), ("UnknownTier", false));
    }
    assert_eq!(wrote(&world), 0);
    world.registry().put_tier(&platinum()).await.unwrap();
    done(&world, Function::Onboarding, &redriven, at(20)).await;
    let tenant = crate::kit::tenant(&world, "acme").await;
    for n in 21..24 {
        done(&world, Function::Onboarding, &redriven, at(n)).await;
    }
    assert_eq!(crate::kit::tenant(&world, "acme").await, tenant);
    let lines = crate::kit::verdicts(&world, "acme").await;
    assert_eq!(lines, ["refused UnknownTier", "accepted"]);
}
