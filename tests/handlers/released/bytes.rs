//! The bytes that a release leaves: as it writes them today, on disk, and read
//! again.

use crate::kit::{self, Step, at, done, onboarding_request, take};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use tenantry_events::name::{Direction, EventName};
use tenantry_registry::store::{Filter, ListQuery};
use tenantry_registry::tenant::{Status, Tenant};
use tenantry_tests::builders::platinum;
use tenantry_tests::events::with;
use tenantry_tests::examples;
use tenantry_tests::machine::{build, payload};
use tenantry_tests::payloads::status_change;
use tenantry_tests::payloads::{failed, succeeded};
use tenantry_tests::world::{Function, Items, World};
use tenantry_tests::{streams, workspace};

/// What stands for the name of the world in the bytes.
const WORLD: &str = "{world}";

type Named = BTreeMap<String, Value>;

/// Everything that a release leaves, by what it is.
#[derive(Debug, Default)]
pub(super) struct Bytes {
    /// The registry's items, by key.
    pub(super) items: Items,
    /// Batches of the change stream, by the tenant that they are about.
    pub(super) records: Named,
    /// The inputs of its executions, as text, by their names.
    pub(super) inputs: Named,
    /// What its machines record.
    pub(super) outcomes: Named,
    /// What Step Functions tells of its executions.
    pub(super) endings: Named,
    /// Where its lists went on.
    pub(super) pages: Named,
    /// The events that it sends.
    pub(super) events: Named,
    /// The events that are sent to it.
    pub(super) requests: Named,
    /// The name of the world that left them.
    world: String,
}

/// A tenant for every situation, by name, with how it came there.
const LIVES: &[(&str, &[Step])] = {
    use Step::{
        Begin, Cancel, Change, Crash, Defer, Fail, Invite, Offboard, Onboard, Resume, Retry, Succeed, Suspend,
    };
    &[
        ("Pending", &[Onboard]),
        ("Pending again", &[Onboard, Begin, Defer]),
        ("Provisioning", &[Onboard, Begin]),
        ("Provisioning, unwanted", &[Onboard, Begin, Offboard]),
        ("Provisioning, closing", &[Onboard, Begin, Suspend]),
        ("Provisioning, cancelled", &[Onboard, Begin, Cancel]),
        ("ProvisionFailed", &[Onboard, Begin, Fail]),
        ("ProvisionFailed, withdrawn", &[Onboard, Cancel]),
        ("ProvisionFailed, unclean", &[Onboard, Begin, Crash]),
        ("ProvisionFailed, cleaning up", &[Onboard, Begin, Crash, Begin]),
        ("ProvisionFailed, retried", &[Onboard, Begin, Fail, Retry]),
        ("Active", &[Onboard, Begin, Succeed]),
        ("Active, with an administrator", &[Onboard, Begin, Invite]),
        ("Deprovisioned, with its administrator", &[Onboard, Begin, Invite, Offboard, Begin, Succeed]),
        ("Active, closing", &[Onboard, Begin, Succeed, Resume, Suspend]),
        ("Updating", &[Onboard, Begin, Succeed, Suspend, Begin]),
        ("UpdateFailed", &[Onboard, Begin, Succeed, Suspend, Begin, Fail]),
        ("Suspended", &[Onboard, Begin, Succeed, Suspend, Begin, Succeed]),
        ("Updating, opening", &[Onboard, Begin, Succeed, Suspend, Begin, Succeed, Resume, Begin]),
        ("UpdateFailed, opening", &[Onboard, Begin, Succeed, Suspend, Begin, Succeed, Resume, Begin, Fail]),
        ("Active again", &[Onboard, Begin, Succeed, Suspend, Begin, Succeed, Resume, Begin, Succeed]),
        ("Active, another address", &[Onboard, Begin, Invite, Change]),
        ("Updating, another address", &[Onboard, Begin, Invite, Change, Begin]),
        ("Active, another administrator", &[Onboard, Begin, Invite, Change, Begin, Succeed]),
        ("UpdateFailed, another address", &[Onboard, Begin, Invite, Change, Begin, Fail]),
        ("Active, leaving", &[Onboard, Begin, Succeed, Offboard]),
        ("Deprovisioning", &[Onboard, Begin, Succeed, Offboard, Begin]),
        ("DeprovisionFailed", &[Onboard, Begin, Succeed, Offboard, Begin, Fail]),
        ("Deprovisioned", &[Onboard, Begin, Succeed, Offboard, Begin, Succeed]),
    ]
};

/// What machines record, by machine and state; of which tenant, and what it is
/// then.
pub(super) const OUTCOMES: &[(&str, &str, &str)] = &[
    ("provision-silo Record", "Provisioning", "Active"),
    ("provision-silo RecordFailure", "Provisioning", "ProvisionFailed"),
    ("provision-silo RecordFailure, not cleaned up", "Provisioning", "ProvisionFailed"),
    ("provision-silo Defer", "Provisioning", "Pending"),
    ("update-silo Record", "Updating, another address", "Active"),
    ("update-silo RecordFailure", "Updating, another address", "UpdateFailed"),
    ("suspend-silo Record", "Updating", "Suspended"),
    ("suspend-silo RecordFailure", "Updating", "UpdateFailed"),
    ("suspend-silo Defer", "Updating", "Active"),
    ("deprovision-silo Record", "Deprovisioning", "Deprovisioned"),
    ("deprovision-silo RecordFailure", "Deprovisioning", "DeprovisionFailed"),
    ("deprovision-silo Defer", "Deprovisioning", "Active"),
];

/// A moment after all that is in the bytes, before any deadline.
pub(super) fn later(minutes: i64) -> DateTime<Utc> {
    at(1_200) + TimeDelta::minutes(minutes)
}

/// The lists whose tokens are kept.
pub(super) fn filters() -> Vec<(String, Filter)> {
    vec![
        ("live".to_owned(), Filter::Live),
        ("status".to_owned(), Filter::Status(Status::ProvisionFailed)),
        ("tier".to_owned(), Filter::Tier("platinum".parse().unwrap())),
        ("release".to_owned(), Filter::Release("r1".to_owned())),
    ]
}

/// Which event an entry or an example is.
pub(super) fn name_of(event: &Value) -> EventName {
    event["detailType"].as_str().unwrap().parse().unwrap()
}

/// The events that the publisher sends.
pub(super) fn told_by_us() -> impl Iterator<Item = EventName> {
    let says = |name: &EventName| matches!(name.direction(), Direction::Outcome | Direction::Notice);
    EventName::ALL.iter().copied().filter(says)
}

/// The events that the bus was sent since the start of the recording.
pub(super) fn sent(world: &World) -> Vec<Value> {
    let calls = world.faulty().calls();
    let puts = calls.iter().filter(|call| call.operation == "PutEvents");
    let entries = puts.flat_map(|call| call.request["Entries"].as_array().unwrap().clone());
    let event = |entry: Value| {
        let detail: Value = serde_json::from_str(entry["Detail"].as_str().unwrap()).unwrap();
        json!({ "source": entry["Source"], "detailType": entry["DetailType"], "detail": detail })
    };
    entries.map(event).collect()
}

impl Bytes {
    /// What the code of today leaves in `world`, which is empty.
    pub(super) async fn of_today(world: &World) -> Self {
        let mut bytes = Self { world: world.name().to_owned(), ..Self::default() };
        world.registry().put_tier(&platinum()).await.unwrap();
        let mut tenants = BTreeMap::new();
        for (name, steps) in LIVES {
            for (place, step) in steps.iter().enumerate() {
                let tenant = take(world, name, &platinum(), *step, place).await;
                let after = world.items().await;
                let records = streams::records(&bytes.items, &after);
                bytes.records.insert(format!("{name}, step {place}"), streams::batch(records));
                bytes.items = after;
                tenants.insert(*name, tenant);
            }
        }
        for (name, filter) in filters() {
            let query = ListQuery { filter, name_prefix: None, limit: 2, after: None };
            let page = world.registry().list(&query).await.unwrap();
            bytes.pages.insert(name, json!(page.next.expect("a second page").to_string()));
        }
        bytes.outcomes = outcomes(&tenants);
        let running = &tenants["Provisioning"];
        bytes.endings =
            ["ABORTED", "FAILED", "TIMED_OUT"].map(|s| (s.to_owned(), status_change(running, s))).into();
        bytes.events = Box::pin(events(world, &bytes.records)).await;
        bytes.inputs = Box::pin(inputs(world, &bytes.records)).await;
        for example in examples::valid() {
            let detail_type = example.event.detail_type();
            let event = json!({ "detailType": detail_type, "detail": example.detail() });
            bytes.requests.insert(example.title(), event);
        }
        bytes
    }

    /// The tenants' own items, by tenant id.
    pub(super) fn tenants(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.items.iter().filter_map(|(key, item)| Some((key.strip_suffix("/TENANT")?, item)))
    }

    fn parts_mut(&mut self) -> [(&'static str, &mut Named); 8] {
        [
            ("items", &mut self.items),
            ("records", &mut self.records),
            ("inputs", &mut self.inputs),
            ("outcomes", &mut self.outcomes),
            ("endings", &mut self.endings),
            ("pages", &mut self.pages),
            ("events", &mut self.events),
            ("requests", &mut self.requests),
        ]
    }

    fn parts(&self) -> [(&'static str, &Named); 8] {
        [
            ("items", &self.items),
            ("records", &self.records),
            ("inputs", &self.inputs),
            ("outcomes", &self.outcomes),
            ("endings", &self.endings),
            ("pages", &self.pages),
            ("events", &self.events),
            ("requests", &self.requests),
        ]
    }

    /// Writes them below `folder`, one line each, with a placeholder for the
    /// world's name; what is there is not touched.
    pub(super) fn keep(&self, folder: &Path) {
        assert!(!folder.exists(), "{} is there already and never changes", folder.display());
        // Other tests look at the releases meanwhile: it comes there whole.
        let new = workspace::root().join("tests/fixtures/new");
        std::fs::create_dir_all(&new).unwrap();
        for (part, named) in self.parts() {
            let line = |(name, value): (&String, &Value)| format!("{}: {value}", json!(name));
            let lines: Vec<String> = named.iter().map(line).collect();
            let text = format!("{{\n{}\n}}\n", lines.join(",\n")).replace(&self.world, WORLD);
            std::fs::write(new.join(part).with_extension("json"), text).unwrap();
        }
        std::fs::create_dir_all(folder.parent().expect("the releases' folder")).unwrap();
        std::fs::rename(new, folder).unwrap();
    }

    /// Those below `folder`, as `world` has them.
    pub(super) fn load(folder: &str, world: &World) -> Self {
        Self::read(folder, world.name())
    }

    /// Those below `folder`, as a world of that name has them.
    pub(super) fn read(folder: &str, world: &str) -> Self {
        let mut bytes = Self::default();
        for (part, named) in bytes.parts_mut() {
            let text = workspace::read(&format!("{folder}/{part}.json")).replace(WORLD, world);
            *named = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{part}: {error}"));
        }
        bytes
    }
}

fn outcomes(tenants: &BTreeMap<&str, Tenant>) -> Named {
    let exported = json!([
        { "Name": "API_URL", "Value": "https://api" },
        { "Name": "RELEASE", "Value": "r1" },
        { "Name": "FAILURE_REASON", "Value": "the table's name is too long" },
    ]);
    let cause = json!({ "Build": build("FAILED", &exported) }).to_string();
    let one = |(what, name, _): &(&str, &str, &str)| {
        let tenant = &tenants[name];
        let (machine, state) = what.split_once(' ').expect("a machine and a state");
        let left = json!({ "outcome": "failed", "error": "States.TaskFailed", "cause": cause });
        let payload = match state {
            "Record" => succeeded(tenant, machine, &build("SUCCEEDED", &exported)),
            "RecordFailure" => {
                failed(tenant, machine, "States.TaskFailed", &cause, &json!({ "outcome": "succeeded" }))
            }
            "Defer" => {
                let id = tenant.operation.as_ref().unwrap().id;
                let values = [
                    ("$states.context.Execution.Input.tenantId", json!(tenant.tenant_id)),
                    ("$states.context.Execution.Input.operationId", json!(id)),
                    ("$failure.Error", json!("CodeBuild.AccountLimitExceededException")),
                    ("$exists($failure.Cause) ? $failure.Cause : ''", json!("60 builds run")),
                ];
                payload(machine, state, &values)
            }
            _ => failed(tenant, machine, "States.TaskFailed", &cause, &left),
        };
        ((*what).to_owned(), payload)
    };
    OUTCOMES.iter().map(one).collect()
}

/// The events that `records` give rise to, and those of refused requests.
async fn events(world: &World, records: &Named) -> Named {
    let mut events = Named::new();
    let mut batches: Vec<(String, Value)> = records.clone().into_iter().collect();
    let taken = with(onboarding_request("rival", "taken"), &json!({ "tenantName": "Active" }));
    let failed = kit::tenant(world, "ProvisionFailed").await;
    let close = tenantry_tests::payloads::request(EventName::DeactivateRequest, &failed, "close", 5);
    let stop = tenantry_tests::payloads::request(EventName::CancelRequest, &failed, "stop", 5);
    let refused = [
        ("a taken name", Function::Onboarding, taken),
        ("a suspension", Function::Lifecycle, close),
        ("a cancellation", Function::Lifecycle, stop),
    ];
    for (what, function, request) in refused {
        let (batch, _) = world.changes(done(world, function, &request, at(500))).await;
        batches.push((format!("refused, {what}"), batch));
    }
    for (what, batch) in batches {
        world.faulty().start(Vec::new());
        done(world, Function::Publisher, &streams::of_history(&batch), at(600)).await;
        for event in sent(world) {
            events.insert(format!("{what}: {}", name_of(&event)), event);
        }
    }
    events
}

/// The inputs of the executions that `records` start.
async fn inputs(world: &World, records: &Named) -> Named {
    world.create_machines().await;
    for batch in records.values() {
        done(world, Function::Reconciler, &streams::of_tenants(batch), at(700)).await;
    }
    world.executions().await.into_iter().map(|(name, (_, input))| (name, json!(input))).collect()
}
