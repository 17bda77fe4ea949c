//! Changes of what is known of a tenant, many at once.

use crate::kit::{ACTIVE, at, history, invoke, live, tenant};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use tenantry_events::name::EventName;
use tenantry_registry::audit::Verdict;
use tenantry_registry::tenant::Tenant;
use tenantry_tests::builders::platinum;
use tenantry_tests::payloads::request;
use tenantry_tests::world::{Function, World};
use tokio::task::JoinSet;

/// A request of the `minute` to set the attribute.
fn change(of: &Tenant, name: &str, value: &Value, minute: u32) -> Value {
    let mut event = request(EventName::ChangeRequest, of, &format!("{name} = {value}"), minute);
    event["detail"]["attributes"] = Value::Object(Map::from_iter([(name.to_owned(), value.clone())]));
    event
}

/// Delivers all of them at the same time; each as often as it takes.
async fn deliver(world: &World, events: Vec<Value>) {
    let mut deliveries = JoinSet::new();
    for event in events {
        let world = world.clone();
        deliveries.spawn(async move {
            for again in 0..20 {
                match world.invoke(Function::Lifecycle, &event, at(4_000 + again)).await {
                    Ok(_) => return,
                    Err(refusal) => assert!(refusal.is_retryable, "{refusal:?}"),
                }
            }
            panic!("never taken in: {event}");
        });
    }
    deliveries.join_all().await;
}

/// Twenty changes of twenty attributes at once: all are kept, each with its line
/// in the history, whichever of them was made first.
#[tokio::test]
async fn changes_of_different_fields_are_all_kept() {
    let world = World::new().await;
    let active = live(&world, "acme", platinum(), ACTIVE).await;
    let names: BTreeSet<String> = (0..20).map(|n| format!("seats{n}")).collect();
    let minutes = (0..20).rev();
    let events = names.iter().zip(minutes).map(|(name, minute)| change(&active, name, &json!(name), minute));
    deliver(&world, events.collect()).await;
    let after = tenant(&world, "acme").await;
    assert!(names.iter().all(|name| after.attributes[name] == json!(name)), "{:?}", after.attributes);
    let lines = history(&world, "acme").await;
    let accepted = lines.iter().filter(|line| {
        line.origin.action == EventName::ChangeRequest.as_str() && line.verdict == Verdict::Accepted
    });
    assert_eq!(accepted.count(), 20);
}

/// Of twenty changes of one attribute at once the youngest counts; one that
/// lost is told, by an event, once.
#[tokio::test]
async fn of_changes_of_one_field_the_youngest_counts_and_losers_are_told() {
    let world = World::new().await;
    let active = live(&world, "acme", platinum(), ACTIVE).await;
    let events = (0..20).rev().map(|minute| change(&active, "seats", &json!(minute), minute));
    deliver(&world, events.collect()).await;
    assert_eq!(tenant(&world, "acme").await.attributes["seats"], json!(19));
    let late = change(&active, "seats", &json!("late"), 0);
    for n in [5_000, 5_001] {
        invoke(&world, Function::Lifecycle, &late, at(n)).await.unwrap();
    }
    let lines = history(&world, "acme").await;
    let late = lines.iter().filter(|line| line.at >= at(5_000)).collect::<Vec<_>>();
    assert!(late.iter().all(|line| line.code.as_deref() == Some("Overtaken")), "{late:?}");
    let swept = invoke(&world, Function::Sweeper, &json!({}), at(9_000)).await.unwrap();
    assert!(swept["published"].as_u64() > Some(0), "{swept}");
    let told = world.state().await.events.into_values().filter(|event| {
        let text = event.to_string();
        text.contains("tenantry_requestRefused") && text.contains("Overtaken")
    });
    assert!(told.count() >= 1);
}

/// A change that was accepted and is delivered again after a younger one had
/// overtaken it in every field, more often than its mark is kept: it has had its
/// answer, and is not refused now.
#[tokio::test]
async fn an_accepted_change_that_comes_again_is_not_refused() {
    let world = World::new().await;
    let active = live(&world, "acme", platinum(), ACTIVE).await;
    let first = change(&active, "seats", &json!(1), 1);
    invoke(&world, Function::Lifecycle, &first, at(1_000)).await.unwrap();
    for minute in 2..12 {
        let younger = change(&active, "seats", &json!(minute), minute);
        invoke(&world, Function::Lifecycle, &younger, at(1_000)).await.unwrap();
    }
    invoke(&world, Function::Lifecycle, &first, at(5_000)).await.unwrap();
    assert_eq!(tenant(&world, "acme").await.attributes["seats"], json!(11));
    let lines = history(&world, "acme").await;
    assert_eq!(lines.last().and_then(|line| line.code.as_deref()), Some("Overtaken"));
    invoke(&world, Function::Sweeper, &json!({}), at(9_000)).await.unwrap();
    let events = world.state().await.events;
    assert!(events.values().all(|event| !event.to_string().contains("tenantry_requestRefused")));
}
