//! The services under the functions' clients: they do what they are asked, in
//! memory, and every call is noted with what it costs.

use super::size::{self, Item};
use crate::faults::{Call, answer};
use crate::simulation::table::{Changed, Table};
use crate::table::{self, Index};
use aws_config::SdkConfig;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tenantry_events::ids::EventId;

/// A call, and what followed from it.
#[derive(Clone, Debug)]
pub struct Metered {
    /// The call.
    pub call: Call,
    /// Read units, in halves.
    pub halves_read: usize,
    /// Write units of the table itself.
    pub table_writes: usize,
    /// Write units of its secondary indexes.
    pub index_writes: usize,
    /// The items that it changed, for the change stream.
    pub changes: Vec<Changed>,
}

/// The client of all services; clones are the same one.
#[derive(Clone, Debug, Default)]
pub(super) struct Meter(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    table: Table,
    calls: Vec<Metered>,
}

impl Meter {
    /// The SDK's settings with this client.
    pub(super) fn config(&self) -> SdkConfig {
        let access = crate::access::Access {
            endpoint: "http://localhost".to_owned(),
            key: "test".to_owned(),
            secret: "test".to_owned(),
        };
        access.config().into_builder().http_client(self.clone()).build()
    }

    /// Puts an item into the table as it is; that is not metered.
    pub(super) fn put(&self, item: &Value) {
        let mut inner = self.inner();
        inner.table.call("PutItem", &json!({ "Item": item }));
        inner.table.take_changes();
    }

    /// What was called since the last time that this was asked.
    pub(super) fn take(&self) -> Vec<Metered> {
        std::mem::take(&mut self.inner().calls)
    }

    /// All items of the table, by their keys.
    pub(super) fn items(&self) -> BTreeMap<String, Value> {
        self.inner().table.items()
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn call(&mut self, call: Call) -> (u16, Value) {
        let request = &call.request;
        let mut metered = Metered {
            halves_read: 0,
            table_writes: 0,
            index_writes: 0,
            changes: Vec::new(),
            call: call.clone(),
        };
        let answer = match (call.service.as_str(), call.operation.as_str()) {
            ("DynamoDB", operation) => self.table(operation, request, &mut metered),
            (_, "StartExecution") => {
                let machine = request["stateMachineArn"].as_str().unwrap_or_default();
                let machine = machine.replace(":stateMachine:", ":execution:");
                let arn = format!("{machine}:{}", request["name"].as_str().unwrap_or_default());
                (200, json!({ "executionArn": arn, "startDate": 1_767_355_200.0 }))
            }
            (_, "PutEvents") => {
                let entries = request["Entries"].as_array().map_or(0, Vec::len);
                let results: Vec<_> =
                    (0..entries).map(|place| json!({ "EventId": place.to_string() })).collect();
                (200, json!({ "FailedEntryCount": 0, "Entries": results }))
            }
            (_, "AdminCreateUser") => {
                let user = EventId::derive(&request["Username"].to_string());
                (200, json!({ "User": { "Username": user, "Attributes": request["UserAttributes"] } }))
            }
            (service, operation) => panic!("nothing is known of {service}.{operation}"),
        };
        self.calls.push(metered);
        answer
    }

    fn table(&mut self, operation: &str, request: &Value, metered: &mut Metered) -> (u16, Value) {
        let consistent = request["ConsistentRead"] == true;
        let indexes = table::indexes();
        let keys = written(operation, request);
        let before = self.table.items();
        let (status, answer) = self.table.call(operation, request);
        let after = self.table.items();
        assert_eq!(status, 200, "all goes well, and nobody is in the way: {request} {answer}");
        match operation {
            "GetItem" => {
                let bytes = answer["Item"].as_object().map_or(0, size::of);
                metered.halves_read = size::halves_read(bytes, consistent);
            }
            "Query" => {
                // A count reads what it counts.
                let mut whole = request.clone();
                for field in ["Select", "ProjectionExpression"] {
                    whole.as_object_mut().expect("a request").remove(field);
                }
                let (_, found) = self.table.call(operation, &whole);
                let items = found["Items"].as_array().into_iter().flatten();
                let bytes = items.filter_map(Value::as_object).map(size::of).sum();
                metered.halves_read = size::halves_read(bytes, consistent);
            }
            _ => {
                // A transaction prepares and commits each item. Its indexes follow
                // by themselves, as after any other write.
                let times = if operation == "TransactWriteItems" { 2 } else { 1 };
                for key in keys {
                    let [before, after] =
                        [&before, &after].map(|all| all.get(&key).and_then(Value::as_object));
                    metered.table_writes += times * size::written(before, after);
                    metered.index_writes += all_indexes(&indexes, before, after);
                }
                metered.changes = self.table.take_changes();
            }
        }
        (status, answer)
    }
}

fn all_indexes(indexes: &BTreeMap<String, Index>, before: Option<&Item>, after: Option<&Item>) -> usize {
    indexes.values().map(|index| size::indexed(index, before, after)).sum()
}

/// The keys of the items that a call writes.
fn written(operation: &str, request: &Value) -> Vec<String> {
    let key = |write: &Value| {
        let item = write.get("Key").unwrap_or(&write["Item"]);
        let text = |name: &str| item[name]["S"].as_str().expect("a key is text").to_owned();
        format!("{}/{}", text("tenantId"), text("record"))
    };
    match operation {
        "GetItem" | "Query" => Vec::new(),
        "TransactWriteItems" => {
            let parts = request["TransactItems"].as_array().into_iter().flatten();
            parts.filter_map(Value::as_object).flat_map(Map::values).map(key).collect()
        }
        _ => vec![key(request)],
    }
}

impl HttpClient for Meter {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Meter {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let call = Call::of(&request, &[]);
        let meter = self.clone();
        HttpConnectorFuture::new(async move {
            let (status, body) = meter.inner().call(call);
            Ok(answer::response(status, &body))
        })
    }
}
