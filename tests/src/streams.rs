//! Change streams: the records that a change of the registry makes, as Lambda
//! delivers them.
//!
//! Source: "Using AWS Lambda with Amazon DynamoDB", AWS Lambda Developer Guide.

use crate::world::Items;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};

/// Sequence numbers have 21 digits or more and grow: texts sort as they do.
static SEQUENCE: AtomicU64 = AtomicU64::new(1);

/// One record for every item that differs, in the order of their keys: a
/// transaction's changes have no order of their own.
#[must_use]
pub fn records(before: &Items, after: &Items) -> Vec<Value> {
    let keys: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let changed = keys.into_iter().filter(|key| before.get(*key) != after.get(*key));
    changed.map(|key| record(before.get(key), after.get(key))).collect()
}

/// The record of one item's change; `None` where it is not there.
#[must_use]
pub fn record(before: Option<&Value>, after: Option<&Value>) -> Value {
    numbered(SEQUENCE.fetch_add(1, Ordering::Relaxed), before, after)
}

/// The same, with the place in the stream that is given.
#[must_use]
pub fn numbered(number: u64, before: Option<&Value>, after: Option<&Value>) -> Value {
    let event = match (before, after) {
        (None, _) => "INSERT",
        (_, None) => "REMOVE",
        _ => "MODIFY",
    };
    let item = after.or(before).expect("one of both");
    let mut change = json!({
        "ApproximateCreationDateTime": 1_767_355_200,
        "Keys": { "tenantId": item["tenantId"], "record": item["record"] },
        "SequenceNumber": format!("{:021}", 100_000_000_000 + number),
        "SizeBytes": item.to_string().len(),
        "StreamViewType": "NEW_AND_OLD_IMAGES",
    });
    for (name, image) in [("OldImage", before), ("NewImage", after)] {
        if let Some(image) = image {
            change[name] = image.clone();
        }
    }
    json!({
        "eventID": format!("{number:032x}"),
        "eventName": event,
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "eventSourceARN": "arn:aws:dynamodb:us-east-1:000000000000:table/registry/stream/2026-01-02T12:00:00.000",
        "dynamodb": change,
    })
}

/// A batch of records.
#[must_use]
pub fn batch(records: Vec<Value>) -> Value {
    json!({ "Records": records })
}

/// Those of a batch that are about tenants themselves.
#[must_use]
pub fn of_tenants(batch: &Value) -> Value {
    let all = batch["Records"].as_array().cloned().unwrap_or_default();
    let tenants = all.into_iter().filter(|record| record["dynamodb"]["Keys"]["record"]["S"] == "TENANT");
    json!({ "Records": tenants.collect::<Vec<_>>() })
}

/// Those of a batch that are lines of a history with events to be told.
#[must_use]
pub fn of_history(batch: &Value) -> Value {
    let all = batch["Records"].as_array().cloned().unwrap_or_default();
    let told = all.into_iter().filter(|record| !record["dynamodb"]["NewImage"]["outbox"].is_null());
    json!({ "Records": told.collect::<Vec<_>>() })
}
