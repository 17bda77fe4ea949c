//! A control plane at one moment, as plain data.

use crate::world::Items;
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use tenantry_events::ids::TenantId;
use tenantry_events::metadata::Metadata;
use tenantry_events::name::EventName;
use tenantry_registry::audit::AuditEntry;
use tenantry_registry::notices::Notice;
use tenantry_registry::tenant::{Operation, OperationKind, Tenant};

/// How much may still be on its way when a picture is taken.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub enum Stage {
    /// Anything: events, records, answers; some may be lost and not yet found.
    #[default]
    Middle,
    /// Nothing: all was delivered, and what was lost was swept up. Operations
    /// may run or wait.
    Quiet,
    /// Nothing, and no operation runs or waits either.
    Over,
}

/// A control plane at one moment.
#[derive(Clone, Debug)]
pub struct Picture {
    /// When it was taken.
    pub now: DateTime<Utc>,
    /// How far the sweeper may be behind: the time between two sweeps, and that
    /// which one takes. `None` if nobody sweeps.
    pub sweep: Option<TimeDelta>,
    /// How much may still be on its way.
    pub stage: Stage,
    /// Every tenant.
    pub tenants: Vec<Tenant>,
    /// Every operation, and whose it is.
    pub operations: Vec<(TenantId, Operation)>,
    /// Every line of every history.
    pub history: Vec<Line>,
    /// How many operations are counted as under way: by tier, and of all
    /// (`None`).
    pub counts: BTreeMap<Option<String>, u32>,
    /// Every execution that there ever was.
    pub executions: Vec<Execution>,
    /// Who has a stack; `None` if nobody looked.
    pub stacks: Option<BTreeSet<TenantId>>,
    /// Who is in which tenant's user pool, by address; `None` if nobody looked.
    pub users: Option<BTreeMap<TenantId, BTreeSet<String>>>,
    /// What the bus took, every delivery of it; `None` if nobody listened from
    /// the start.
    pub published: Option<Vec<Published>>,
    /// What the external application plane did; `None` if nobody looked.
    pub plane: Option<PlaneSeen>,
}

/// An external application plane, and what it has done so far.
#[derive(Clone, Debug, PartialEq)]
pub struct PlaneSeen {
    /// Whether it has a bus of its own; otherwise it sees publishers' requests.
    pub has_own_bus: bool,
    /// What it has answered.
    pub answers: Vec<Answered>,
}

/// What an external application plane said became of a job.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Answered {
    /// Whose.
    pub tenant: TenantId,
    /// What the job was to do.
    pub kind: OperationKind,
    /// Whether it did.
    pub succeeded: bool,
    /// When the plane said so.
    pub at: DateTime<Utc>,
}

/// A line of a tenant's history.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// What it says.
    pub entry: AuditEntry,
    /// Its events that are not known to be on the bus.
    pub outbox: Vec<Notice>,
}

/// An execution of one of the state machines.
#[derive(Clone, Debug, PartialEq)]
pub struct Execution {
    /// Its name.
    pub name: String,
    /// `RUNNING`, `SUCCEEDED`, …
    pub status: String,
}

/// An event that the bus took.
#[derive(Clone, Debug, PartialEq)]
pub struct Published {
    /// Which event.
    pub name: EventName,
    /// What it says of itself.
    pub metadata: Metadata,
    /// All that it says.
    pub detail: Value,
}

impl Published {
    /// The event of one entry of `PutEvents`.
    ///
    /// # Panics
    ///
    /// When it is none of the catalogue, or has no metadata.
    #[must_use]
    pub fn of(detail_type: &str, detail: &str) -> Self {
        let detail: Value = serde_json::from_str(detail).expect("an event's detail is JSON");
        let metadata = serde_json::from_value(detail["metadata"].clone()).expect("an event has metadata");
        Self { name: detail_type.parse().expect("an event of the catalogue"), metadata, detail }
    }
}

impl Picture {
    /// The registry's part of a picture; the rest is empty, or not looked at.
    ///
    /// # Panics
    ///
    /// When an item is not of the shape that this release writes.
    #[must_use]
    pub fn of_registry(items: &Items, now: DateTime<Utc>, stage: Stage) -> Self {
        let mut picture = Self {
            now,
            sweep: None,
            stage,
            tenants: Vec::new(),
            operations: Vec::new(),
            history: Vec::new(),
            counts: BTreeMap::new(),
            executions: Vec::new(),
            stacks: None,
            users: None,
            published: None,
            plane: None,
        };
        for (key, item) in items {
            let (partition, record) = key.split_once('/').expect("a key of two parts");
            let tenant = || partition.parse().expect("a tenant's id");
            match record.split('#').next().unwrap_or_default() {
                "TENANT" => picture.tenants.push(read(item)),
                "OPERATION" => picture.operations.push((tenant(), read(item))),
                // One that was refused before it had a tenant is nobody's.
                "AUDIT" => picture.history.push(line(item)),
                "CAPACITY" => {
                    let tier = partition.strip_prefix("capacity#tier#").map(str::to_owned);
                    picture.counts.insert(tier, read::<Count>(item).open);
                }
                _ => {}
            }
        }
        picture
    }
}

#[derive(Deserialize)]
struct Count {
    open: u32,
}

fn line(item: &Value) -> Line {
    #[derive(Deserialize)]
    struct Outbox {
        #[serde(default)]
        outbox: Vec<Notice>,
    }
    Line { entry: read(item), outbox: read::<Outbox>(item).outbox }
}

fn read<T: DeserializeOwned>(item: &Value) -> T {
    let item: serde_dynamo::Item = serde_json::from_value(item.clone()).expect("an item");
    serde_dynamo::from_item(item).expect("an item of this release")
}
