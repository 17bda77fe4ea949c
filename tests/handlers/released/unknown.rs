//! Writers never erase what they do not know: what a newer release has written into
//! a record is there after an older one has read it, decided and written.

use super::{after, bytes, releases, today};
use crate::kit::done;
use serde_json::{Value, json};
use tenantry_events::ids::TenantId;
use tenantry_events::name::EventName;
use tenantry_registry::tier::Tier;
use tenantry_tests::builders::platinum;
use tenantry_tests::events::event;
use tenantry_tests::world::{Function, Items, World};

/// What stands for an attribute that this release does not know.
const NEWER: &str = "newerField";

/// Parts of a tenant's record that are records themselves.
const PARTS: [&str; 8] =
    ["changes", "deployed", "due", "failure", "heard", "lastOperation", "operation", "request"];

/// The items as a newer release would have left them: with more of everything.
fn newer(items: &Items) -> Items {
    let kinds = ["/TENANT", "/TIER", "/OPERATION#"];
    let mut items = items.clone();
    let ours = items.iter_mut().filter(|(key, _)| kinds.iter().any(|kind| key.contains(kind)));
    for (_, item) in ours {
        item[NEWER] = json!({ "M": { "deep": { "S": "x" } } });
        for part in PARTS {
            if let Some(Value::Object(part)) = item.pointer_mut(&format!("/{part}/M")) {
                part.insert(NEWER.to_owned(), json!({ "N": "7" }));
            }
        }
        let open = item.pointer_mut("/openRequests/L").and_then(Value::as_array_mut);
        for open in open.into_iter().flatten() {
            open["M"][NEWER] = json!({ "BOOL": true });
        }
    }
    items
}

/// The value without what a newer release has added anywhere.
fn without(mut value: Value) -> Value {
    match &mut value {
        Value::Object(fields) => {
            fields.remove(NEWER);
            fields.values_mut().for_each(|field| *field = without(field.take()));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| *item = without(item.take())),
        _ => {}
    }
    value
}

/// Every kind of writer at work on the tenants of `world`.
async fn write_everything(world: &World, items: &Items) {
    world.create_machines().await;
    let tenants = || items.keys().filter_map(|key| key.strip_suffix("/TENANT"));
    for (place, id) in tenants().enumerate() {
        let ask = |name: EventName, detail: Value| {
            let mut detail = detail;
            detail["tenantId"] = json!(id);
            event(name, &format!("{name} {id}"), &detail)
        };
        let change = ask(EventName::ChangeRequest, json!({ "attributes": { "size": "large" } }));
        done(world, Function::Lifecycle, &change, bytes::later(0)).await;
        let (name, function) = match place % 3 {
            0 => (EventName::OffboardingRequest, Function::Offboarding),
            1 => (EventName::CancelRequest, Function::Lifecycle),
            _ => (EventName::DeactivateRequest, Function::Lifecycle),
        };
        done(world, function, &ask(name, json!({})), bytes::later(1)).await;
    }
    // It begins what waits, and ends what is stopped.
    for minutes in [2, 7] {
        world.invoke(Function::Sweeper, &json!({}), bytes::later(minutes)).await.ok();
    }
}

/// Unknown attributes, at every depth, survive every writer; and apart from them
/// everything is as it is without them, also what an index has.
#[tokio::test]
async fn what_a_newer_release_wrote_survives_every_writer() {
    let mut worlds: Vec<(String, Items)> = Vec::new();
    for release in releases() {
        worlds.push((release.clone(), after(&release).await.1.items));
    }
    worlds.push(("today".to_owned(), today().await.items.clone()));
    for (release, items) in worlds {
        let (plain, more) = (World::new().await, World::new().await);
        let start = newer(&items);
        plain.restore(&items).await;
        more.restore(&start).await;
        write_everything(&plain, &items).await;
        write_everything(&more, &items).await;
        let (plain, more) = (named(&plain).await, named(&more).await);
        let (mut written, mut parts) = (0, 0);
        for (key, item) in &more {
            assert_eq!(Some(&without(item.clone())), plain.get(key), "{release}: {key}");
            let Some(before) = start.get(key).filter(|before| before.get(NEWER).is_some()) else { continue };
            assert_eq!(item.get(NEWER), before.get(NEWER), "{release}: {key}");
            written += usize::from(without(before.clone()) != without(item.clone()));
            for part in PARTS.into_iter().filter(|part| before[*part]["M"].get(NEWER).is_some()) {
                // What is still the same has it; an operation that ended is another record.
                let same =
                    item.get(part).is_some_and(|now| without(now.clone()) == without(before[part].clone()));
                let lasts = ["changes", "deployed", "heard"].contains(&part) && item.get(part).is_some();
                assert!(!(same || lasts) || item[part]["M"].get(NEWER).is_some(), "{release}: {key}: {part}");
                parts += usize::from(same || lasts);
            }
        }
        assert!(written > 25 && parts > 60, "{release}: {written} records were written, {parts} parts stay");
    }
}

/// All items, without the name of the world.
async fn named(world: &World) -> Items {
    let items = world.items().await.into_iter();
    let nameless = |item: Value| item.to_string().replace(world.name(), "world");
    items.map(|(key, item)| (key, serde_json::from_str(&nameless(item)).unwrap())).collect()
}

/// An operation that changes and stays the same one keeps what is in it; one that
/// has ended leaves nothing of it, and its own record keeps all.
#[tokio::test]
async fn a_part_keeps_what_is_in_it_as_long_as_it_is_the_same() {
    let items = newer(&today().await.items);
    let world = World::new().await;
    world.restore(&items).await;
    let id = TenantId::derive("Provisioning");
    let item = |items: &Items, record: &str| items[&format!("{id}/{record}")].clone();
    let cancel = event(EventName::CancelRequest, "cancel", &json!({ "tenantId": id }));
    done(&world, Function::Lifecycle, &cancel, bytes::later(0)).await;
    let cancelled = item(&world.items().await, "TENANT");
    assert!(cancelled["operation"]["M"].get("cancelledBy").is_some(), "{cancelled}");
    assert_eq!(cancelled["operation"]["M"][NEWER], json!({ "N": "7" }));
    world.create_machines().await;
    done(&world, Function::Sweeper, &json!({}), bytes::later(5)).await;
    let after = world.items().await;
    let ended = item(&after, "TENANT");
    for name in ["operation", "openOperation", "deadline"] {
        assert!(ended.get(name).is_none(), "{name}: {ended}");
    }
    assert!(ended["lastOperation"]["M"].get(NEWER).is_none() && ended.get(NEWER).is_some(), "{ended}");
    let operation = item(&after, "OPERATION#000001#000001");
    assert_eq!((&operation["state"]["S"], operation.get(NEWER).is_some()), (&json!("cancelled"), true));
}

/// A tier that is declared anew keeps what a newer release has noted, and loses the
/// limit that it no longer declares.
#[tokio::test]
async fn a_tier_declared_anew_keeps_what_is_noted_there() {
    let world = World::new().await;
    world.registry().put_tier(&Tier { max_operations: Some(3), ..platinum() }).await.unwrap();
    world.restore(&newer(&world.items().await)).await;
    world.registry().put_tier(&platinum()).await.unwrap();
    let items = world.items().await;
    let tier = &items["tier#platinum/TIER"];
    assert!(tier.get(NEWER).is_some() && tier.get("maxOperations").is_none(), "{tier}");
    assert_eq!(world.registry().tier(&platinum().name).await.unwrap(), Some(platinum()));
}
