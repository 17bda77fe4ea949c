//! Input that is none: where a tenant is known, its history says so; where none
//! is, the dead-letter queue. Nothing else happens.

use crate::kit::{PENDING, SECRET, at, done, live, onboarding_request, put_away, verdicts};
use serde_json::{Value, json};
use tenantry_events::name::EventName;
use tenantry_tests::builders::{onboard, platinum};
use tenantry_tests::events::{event, with};
use tenantry_tests::examples;
use tenantry_tests::world::{Function, World};

/// Who takes the event in; `None` for what nobody does.
fn function(event: EventName) -> Option<Function> {
    match event {
        EventName::OnboardingRequest => Some(Function::Onboarding),
        EventName::OffboardingRequest => Some(Function::Offboarding),
        EventName::ProvisionSuccess
        | EventName::ProvisionFailure
        | EventName::DeprovisionSuccess
        | EventName::DeprovisionFailure => Some(Function::ApplicationEvents),
        _ => None,
    }
}

const INTAKE: [(Function, EventName); 3] = [
    (Function::Onboarding, EventName::OnboardingRequest),
    (Function::Offboarding, EventName::OffboardingRequest),
    (Function::ApplicationEvents, EventName::ProvisionSuccess),
];

/// Every invalid example of the contract is put away under the code and with
/// the field that its name says, and leaves the registry as it was.
#[tokio::test]
async fn every_invalid_example_is_put_away_with_its_reason() {
    let mut count = 0;
    for example in examples::invalid() {
        let Some(function) = function(example.event) else { continue };
        // What is no JSON never arrives as an event.
        let Ok(detail) = serde_json::from_str(&example.text) else { continue };
        let world = World::new().await;
        world.create_queue().await;
        let payload = event(example.event, "bad", &detail);
        done(&world, function, &payload, at(0)).await;
        let (kept, why) = put_away(&world).await;
        assert_eq!(kept, payload);
        assert_eq!(why["ERROR_CODE"], example.code(), "{}: {why:?}", example.title());
        assert_eq!(why["FUNCTION"], function.to_string());
        let field = example.field().unwrap_or_default();
        assert!(why["ERROR_MESSAGE"].contains(&field), "{}: {why:?}", example.title());
        assert!(world.items().await.is_empty(), "{}", example.title());
        count += 1;
    }
    assert!(count >= 25, "only {count} examples");
}

/// The same for a tenant that is known: a line in its history, and the queue
/// stays empty (there is none: a message would be an error).
#[tokio::test]
async fn every_invalid_example_about_a_known_tenant_is_in_its_history() {
    let world = World::new().await;
    let tenant = live(&world, "acme", platinum(), PENDING).await;
    let mut refused = Vec::new();
    for example in examples::invalid() {
        let Some(function) = function(example.event) else { continue };
        let Ok(detail) = serde_json::from_str::<Value>(&example.text) else { continue };
        let about_the_id = example.field().is_some_and(|field| field.starts_with("tenantId"));
        if !detail.is_object() || about_the_id {
            continue;
        }
        let id = json!({ "tenantId": tenant.tenant_id });
        let payload = with(event(example.event, &example.title(), &detail), &id);
        done(&world, function, &payload, at(refused.len() + 1)).await;
        refused.push(format!("refused {}", example.code()));
    }
    assert!(refused.len() >= 15, "only {} examples", refused.len());
    let verdicts = verdicts(&world, "acme").await;
    assert_eq!(verdicts[1..], refused);
    assert_eq!(crate::kit::tenant(&world, "acme").await, tenant);
}

/// A payload that is no event of EventBridge's at all.
#[tokio::test]
async fn a_payload_that_is_no_event_is_put_away() {
    let no_events = [
        json!("text"),
        json!(42),
        json!(null),
        json!([1, 2]),
        json!({}),
        json!({ "detail": { "tenantId": onboard("acme").tenant_id } }),
        json!({ "id": "x", "source": "s", "detail-type": 7, "time": "2026-01-02T12:00:00Z" }),
        json!({ "id": "x", "source": "s", "detail-type": "t", "time": "yesterday" }),
    ];
    let world = World::new().await;
    world.create_queue().await;
    for (function, _) in INTAKE {
        for payload in &no_events {
            done(&world, function, payload, at(0)).await;
            let (kept, why) = put_away(&world).await;
            assert_eq!((&kept, why["ERROR_CODE"].as_str()), (payload, "NotAnEvent"), "{why:?}");
        }
    }
    assert!(world.items().await.is_empty());
}

/// An event that the function does not take in, or that is too large, too deep
/// or no object.
#[tokio::test]
async fn an_event_of_the_wrong_kind_or_shape_is_put_away() {
    let world = World::new().await;
    world.create_queue().await;
    let deep = (0..20).fold(json!(1), |inner, _| json!([inner]));
    for (function, name) in INTAKE {
        let of = |detail: Value| event(name, "bad", &detail);
        let cases = [
            (event(EventName::BillingSuccess, "bad", &json!({})), "UnexpectedEvent"),
            (of(json!("text")), "NotAnObject"),
            (of(json!(null)), "NotAnObject"),
            (of(json!({ "padding": "x".repeat(262_145) })), "TooLarge"),
            (of(json!({ "deep": deep })), "TooDeep"),
        ];
        for (payload, code) in cases {
            done(&world, function, &payload, at(0)).await;
            let (kept, why) = put_away(&world).await;
            assert_eq!((&kept, why["ERROR_CODE"].as_str()), (&payload, code), "{function}: {why:?}");
        }
    }
    assert!(world.items().await.is_empty());
}

/// What SQS does not take (U+FFFE, U+FFFF) does not keep an event out of the
/// queue, and it can be read there as it was.
#[tokio::test]
async fn characters_that_the_queue_does_not_take_are_put_away_all_the_same() {
    let world = World::new().await;
    world.create_queue().await;
    let odd = json!({ "email": null, "note": "\u{ffff} \u{fffe} \u{1} \u{10ffff}" });
    let mut payload = with(onboarding_request("acme", "bad"), &odd);
    payload["source"] = json!("\u{ffff}elsewhere");
    done(&world, Function::Onboarding, &payload, at(0)).await;
    let (kept, why) = put_away(&world).await;
    assert_eq!((kept, why["ERROR_CODE"].as_str()), (payload, "WrongSource"));
}

/// An event as large as the bus takes is put away too, cut: the queue takes no
/// more than 1 MiB, and what is too large can never succeed.
#[tokio::test]
async fn an_event_larger_than_the_queue_takes_is_cut() {
    let world = World::new().await;
    world.create_queue().await;
    let padding = json!({ "padding": "é".repeat(524_200) });
    let payload = with(onboarding_request("acme", "bad"), &padding);
    done(&world, Function::Onboarding, &payload, at(0)).await;
    let (kept, why) = put_away(&world).await;
    assert_eq!(why["ERROR_CODE"], "TooLarge");
    assert_eq!(kept["id"], payload["id"]);
    let cut = kept["detail"].as_str().expect("the beginning of the detail, as text");
    assert!(payload["detail"].to_string().starts_with(cut.trim_end_matches('…')));
}

/// What is refused is told without its values, whatever field they are in.
#[tokio::test]
async fn a_refusal_names_fields_and_not_values() {
    let address = format!("{SECRET}@acme.example");
    let fields = ["tenantId", "tenantRegistrationId", "tenantName", "email", "tier", "metadata"];
    let values = [json!(address), json!([address]), json!({ "eventId": address, "producer": [address] })];
    let world = World::new().await;
    world.create_queue().await;
    let mut told = 0;
    for field in fields {
        for value in &values {
            let payload = with(onboarding_request("acme", "bad"), &json!({ field: value }));
            // `done` looks at the log.
            done(&world, Function::Onboarding, &payload, at(0)).await;
            for (_, why) in world.messages().await {
                let message = &why["ERROR_MESSAGE"];
                assert!(!message.contains(SECRET), "{message}");
                told += 1;
            }
        }
    }
    assert!(told >= 12, "{told}");
}
