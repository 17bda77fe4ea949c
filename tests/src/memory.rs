//! The registry's table in memory, under the SDK's clients: what they ask of
//! DynamoDB, it answers, and the rest goes to the emulator. The same table is the
//! fault harness's, and a test holds it to the emulator's answers.

use crate::faults::answer;
use crate::simulation::table::Table;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What `X-Amz-Target` begins with in a call of DynamoDB.
const TARGET: &str = "DynamoDB_20120810.";

/// A client with a table of its own; clones are the same one.
#[derive(Clone, Debug)]
pub struct Memory {
    table: Arc<Mutex<Table>>,
    others: SharedHttpClient,
}

impl Default for Memory {
    fn default() -> Self {
        Self::new()
    }
}

impl Memory {
    /// A client with an empty table.
    #[must_use]
    pub fn new() -> Self {
        let others = aws_smithy_http_client::Builder::new().build_http();
        Self { table: Arc::default(), others }
    }

    /// All items by their keys.
    #[must_use]
    pub fn items(&self) -> BTreeMap<String, Value> {
        self.table().items()
    }

    /// Puts an item there as it is.
    pub fn put(&self, item: &Value) {
        let (status, answer) = self.table().call("PutItem", &json!({ "Item": item }));
        assert_eq!(status, 200, "{answer}");
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HttpClient for Memory {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let others = self.others.http_connector(settings, components);
        SharedHttpConnector::new(Connector { memory: self.clone(), others })
    }
}

#[derive(Debug)]
struct Connector {
    memory: Memory,
    others: SharedHttpConnector,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let Some(operation) = target.strip_prefix(TARGET).map(str::to_owned) else {
            return self.others.call(request);
        };
        let body = request.body().bytes().unwrap_or_default();
        let body: Value = serde_json::from_slice(body).expect("the SDK sends JSON");
        let memory = self.memory.clone();
        HttpConnectorFuture::new(async move {
            // Others have their turn, as they have while a service works.
            tokio::task::yield_now().await;
            let (status, body) = memory.table().call(&operation, &body);
            Ok(answer::response(status, &body))
        })
    }
}
