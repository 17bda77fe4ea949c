//! Versions in flight: what a release has left in the registry, on the streams,
//! in executions and with publishers is read by every later one, and what this
//! one writes is read by every earlier one.
//!
//! The bytes of each release are kept below `tests/fixtures/releases/`. With
//! `TENANTRY_FREEZE=<release>`, those of today are written there, once: what is
//! there is never overwritten.

mod bytes;
mod reader;
mod unknown;

use crate::kit::{done, tenant};
use bytes::{Bytes, OUTCOMES, name_of};
use reader::Reader;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tenantry_events::catalogue::kind;
use tenantry_events::ids::TenantId;
use tenantry_events::name::EventName;
use tenantry_registry::store::{Filter, ListQuery};
use tenantry_registry::tenant::{OperationState, Status};
use tenantry_tests::workspace;
use tenantry_tests::world::{Function, World};
use tokio::sync::OnceCell;

const FOLDER: &str = "tests/fixtures/releases";

/// Every release that left its bytes, in order.
fn releases() -> Vec<String> {
    let folder = workspace::root().join(FOLDER);
    let entries = std::fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap());
    let mut names: Vec<String> = entries.map(|entry| entry.file_name().into_string().unwrap()).collect();
    names.sort();
    assert!(!names.is_empty() || std::env::var("TENANTRY_FREEZE").is_ok(), "there are releases");
    names
}

/// A world that `release` has left, and what else it left.
async fn after(release: &str) -> (World, Bytes) {
    let world = World::new().await;
    let bytes = Bytes::load(&format!("{FOLDER}/{release}"), &world);
    world.restore(&bytes.items).await;
    (world, bytes)
}

/// What the code of today leaves; made once.
async fn today() -> &'static Bytes {
    static TODAY: OnceCell<Bytes> = OnceCell::const_new();
    TODAY.get_or_init(|| async { Bytes::of_today(&World::new().await).await }).await
}

/// What a release would write today, complete; with `TENANTRY_FREEZE` it is
/// kept.
#[tokio::test]
async fn a_release_leaves_bytes_of_every_kind() {
    let bytes = today().await;
    let statuses: BTreeSet<&str> =
        bytes.tenants().filter_map(|(_, item)| item["status"]["S"].as_str()).collect();
    assert_eq!(statuses, Status::ALL.iter().map(|status| status.as_str()).collect());
    let kinds: BTreeSet<&str> = bytes.items.keys().map(|key| reader::kind_of(key)).collect();
    assert_eq!(kinds, BTreeSet::from(["AUDIT", "CAPACITY", "CLAIM", "OPERATION", "TENANT", "TIER"]));
    let told: BTreeSet<EventName> = bytes.events.values().map(name_of).collect();
    assert_eq!(told, bytes::told_by_us().collect());
    if let Ok(release) = std::env::var("TENANTRY_FREEZE") {
        bytes.keep(&workspace::root().join(FOLDER).join(release));
    }
}

/// Every record of every release is read, and is in its lists, its counts and
/// its history as it was.
#[tokio::test]
async fn records_of_every_release_are_read() {
    for release in releases() {
        let (world, bytes) = after(&release).await;
        let registry = world.registry();
        for (id, item) in bytes.tenants() {
            let id: TenantId = id.parse().unwrap();
            let tenant = registry.tenant(id).await.unwrap().unwrap_or_else(|| panic!("{release}: {id}"));
            assert_eq!(tenant.status.as_str(), item["status"]["S"], "{release}: {id}");
            assert_eq!(json!(tenant.version).to_string(), item["version"]["N"].as_str().unwrap(), "{id}");
            assert_eq!(tenant.operation.is_some(), !item["operation"].is_null(), "{release}: {id}");
            let history = registry.history(id).await.unwrap();
            let lines = bytes.items.keys().filter(|key| key.starts_with(&format!("{id}/AUDIT#"))).count();
            let operations =
                bytes.items.keys().filter(|key| key.starts_with(&format!("{id}/OPERATION#"))).count();
            assert_eq!(
                (history.audit.len(), history.operations.len()),
                (lines, operations),
                "{release}: {id}"
            );
            let query = ListQuery {
                filter: Filter::Status(tenant.status),
                name_prefix: None,
                limit: 100,
                after: None,
            };
            let listed = registry.list(&query).await.unwrap();
            assert!(listed.tenants.iter().any(|listed| listed.tenant_id == id), "{release}: {id}");
        }
        let open = &bytes.items["capacity#all/CAPACITY"]["open"]["N"];
        let under_way = registry.operations_under_way(None).await.unwrap();
        assert_eq!(json!(under_way.to_string()), *open, "{release}");
        let tier = registry.tier(&"platinum".parse().unwrap()).await.unwrap();
        assert!(tier.is_some(), "{release}: the tier is there");
    }
}

/// Records of every release that the streams still carry are acted on: each
/// operation that was open is started, and each event that waited is sent as
/// that release wrote it.
#[tokio::test]
async fn stream_records_of_every_release_are_acted_on() {
    for release in releases() {
        let (world, bytes) = after(&release).await;
        world.create_machines().await;
        world.faulty().start(Vec::new());
        for (what, batch) in &bytes.records {
            let changes = done(&world, Function::Reconciler, batch, bytes::later(0)).await;
            let told = done(&world, Function::Publisher, batch, bytes::later(1)).await;
            assert_eq!(
                (&changes["batchItemFailures"], &told["batchItemFailures"]),
                (&json!([]), &json!([])),
                "{what}"
            );
        }
        let started = world.executions().await;
        for name in bytes.inputs.keys() {
            assert!(started.contains_key(name), "{release}: {name} is not started");
        }
        let sent = bytes::sent(&world);
        // What was refused, and a change of data, came after the records that are kept.
        let later = |what: &str| what.starts_with("refused") || what.starts_with("other data");
        for (what, event) in bytes.events.iter().filter(|(what, _)| !later(what)) {
            let id = &event["detail"]["metadata"]["eventId"];
            let same = sent.iter().find(|sent| sent["detail"]["metadata"]["eventId"] == *id);
            assert_eq!(same, Some(event), "{release}: {what}");
        }
    }
}

/// Executions of every release that are still under way come to their end:
/// what their machines record is recorded.
#[tokio::test]
async fn executions_of_every_release_are_recorded() {
    for release in releases() {
        let machines = BTreeSet::from(["deprovision-silo", "provision-silo", "suspend-silo", "update-silo"]);
        let (_, all) = after(&release).await;
        assert_eq!(
            all.outcomes.keys().map(|what| what.split(' ').next().unwrap()).collect::<BTreeSet<_>>(),
            machines
        );
        let (world, bytes) = after(&release).await;
        for what in all.outcomes.keys() {
            world.restore(&bytes.items).await;
            let payload = &bytes.outcomes[what];
            let answer = done(&world, Function::RecordOutcome, payload, bytes::later(0)).await;
            let expected = OUTCOMES.iter().find(|outcome| outcome.0 == what).expect("a known outcome").2;
            assert_eq!(answer, json!({ "recorded": true, "status": expected }), "{release}: {what}");
        }
        for what in all.endings.keys() {
            world.restore(&bytes.items).await;
            done(&world, Function::ExecutionEnded, &bytes.endings[what], bytes::later(0)).await;
            assert_eq!(
                tenant(&world, "Provisioning").await.status,
                Status::ProvisionFailed,
                "{release}: {what}"
            );
        }
    }
}

/// Tenants of every release live on: what waited begins, what was lost is
/// found, and each can be offboarded to its end.
#[tokio::test]
async fn tenants_of_every_release_live_on() {
    for release in releases() {
        let (world, bytes) = after(&release).await;
        world.create_machines().await;
        let swept = done(&world, Function::Sweeper, &json!({}), bytes::later(0)).await;
        let open = bytes.tenants().filter(|(_, item)| !item["operation"].is_null()).count();
        assert_eq!(swept["open"], open, "{release}: {swept}");
        assert!(swept["published"].as_u64().unwrap() > 10, "{release}: {swept}");
        for (id, item) in bytes.tenants() {
            let leave = tenantry_tests::events::event(
                EventName::OffboardingRequest,
                &format!("{id} leaves"),
                &json!({ "tenantId": id }),
            );
            done(&world, Function::Offboarding, &leave, bytes::later(1)).await;
            let after = world.registry().tenant(id.parse().unwrap()).await.unwrap().unwrap();
            let gone = item["status"]["S"] == "Deprovisioned";
            let leaves = after.desired == tenantry_registry::tenant::DesiredState::Deprovisioned;
            // Nothing was ever built for it.
            let at_once =
                after.last_operation.as_ref().is_none_or(|last| last.state == OperationState::Deferred);
            assert!(leaves && (gone || at_once || after.status != Status::Deprovisioned), "{release}: {id}");
        }
    }
}

/// Tokens of every release's lists open the next page.
#[tokio::test]
async fn page_tokens_of_every_release_go_on() {
    for release in releases() {
        let (world, bytes) = after(&release).await;
        assert!(bytes.pages.len() >= 4, "{release}");
        for (query, token) in &bytes.pages {
            let filter =
                bytes::filters().into_iter().find(|(name, _)| name == query).expect("a known list").1;
            let after = Some(token.as_str().unwrap().parse().unwrap());
            let page = ListQuery { filter, name_prefix: None, limit: 100, after };
            let page =
                world.registry().list(&page).await.unwrap_or_else(|e| panic!("{release}: {query}: {e}"));
            assert!(page.next.is_none(), "{release}: {query}");
        }
    }
}

/// What publishers of every release send, and consumers keep, is read by the
/// types of today.
#[test]
fn events_of_every_release_are_read() {
    for release in releases() {
        let bytes = Bytes::read(&format!("{FOLDER}/{release}"), "world");
        let all = bytes.events.iter().chain(&bytes.requests);
        for (what, event) in all {
            let read = kind(name_of(event)).rewrite(&event["detail"]);
            assert!(read.is_ok(), "{release}: {what}: {read:?}");
        }
        assert!(bytes.requests.len() > 20, "{release}");
    }
}

/// An old function beside the new ones, and one that was put back, read what
/// this release writes: no field is missing that they need, none has another
/// type, none holds a word that they do not know.
#[tokio::test]
async fn readers_of_every_release_survive_todays_bytes() {
    let today = today().await;
    for release in releases() {
        let then = Bytes::read(&format!("{FOLDER}/{release}"), "world");
        assert_eq!(
            Reader::of(&then.items).misses(&Reader::of(&today.items)),
            Vec::<String>::new(),
            "{release}"
        );
        let inputs = |bytes: &Bytes| bytes.inputs.values().map(parsed).collect::<Vec<_>>();
        let (then, today) = (inputs(&then), inputs(today));
        let new = today[0].as_object().unwrap();
        for (name, value) in then[0].as_object().unwrap() {
            let same =
                new.get(name).is_some_and(|now| std::mem::discriminant(now) == std::mem::discriminant(value));
            assert!(same, "{release}: an execution's input has no `{name}` as it was");
        }
    }
}

fn parsed(text: &Value) -> Value {
    serde_json::from_str(text.as_str().unwrap()).unwrap()
}
