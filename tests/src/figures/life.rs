//! One event and all that follows from it, until nothing is left to do: through
//! the template's rules and stream filters, the functions, and the state
//! machines' definitions. One thing at a time, in the order in which it came up.

use super::meter::{Meter, Metered};
use super::states::{Execution, Task};
use crate::builders::{foreign, noon, platinum};
use crate::events::event;
use crate::functions::{Arns, Function, Functions, is_done};
use crate::{patterns, rules, streams, template};
use aws_smithy_http_client::Connector;
use aws_smithy_runtime_api::client::http::SharedHttpConnector;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::LazyLock;
use tenantry_events::envelope::Delivered;
use tenantry_events::name::EventName;

/// The bus of the external application plane.
const PLANE: &str = "plane";
/// As many operations as the template admits by default.
const MAX_OPERATIONS: u32 = 50;

/// A function at work, or an execution in a state that is not a function's call.
#[derive(Clone, Debug)]
pub struct Hop {
    /// Who: a function, or a machine and its state.
    pub who: String,
    /// Whether it is an invocation of a function.
    pub function: Option<Function>,
    /// What it called.
    pub calls: Vec<Metered>,
}

/// All that followed from one event.
#[derive(Clone, Debug, Default)]
pub struct Life {
    /// Who was at work, in order.
    pub hops: Vec<Hop>,
    /// The states that executions entered.
    pub states: Vec<String>,
    /// How many of them were builds.
    pub builds: usize,
}

enum Work {
    Invoke(Function, Value),
    Enter(Box<Execution>),
}

/// A control plane whose calls are metered, with nobody else in it.
pub(super) struct Plane {
    meter: Meter,
    functions: Functions,
    now: DateTime<Utc>,
    records: u64,
    work: VecDeque<Work>,
    life: Life,
}

impl Plane {
    /// One with the tiers `platinum` and `foreign`, which an external plane
    /// provisions that has a bus of its own.
    pub(super) fn new() -> Self {
        let meter = Meter::default();
        for tier in [platinum(), foreign()] {
            let item: serde_dynamo::Item = serde_dynamo::to_item(&tier).expect("a tier is an item");
            let mut item = serde_json::to_value(item).expect("an item is JSON");
            item["tenantId"] = json!({ "S": format!("tier#{}", tier.name) });
            item["record"] = json!({ "S": "TIER" });
            meter.put(&item);
        }
        let config = meter.config();
        let arns = Arns::of_silos(|does| {
            format!("arn:aws:states:eu-central-2:111122223333:stateMachine:tenantry-silo-{does}")
        });
        let http = SharedHttpConnector::new(Connector::builder().build_http());
        let queue = "http://localhost/111122223333/queue".to_owned();
        let functions = Functions::new(&config, "registry", &arns, queue, http, MAX_OPERATIONS);
        let functions = functions.with_application_plane(PLANE);
        Self { meter, functions, now: noon(), records: 0, work: VecDeque::new(), life: Life::default() }
    }

    /// The status of the only tenant.
    pub(super) fn status(&self) -> String {
        let items = self.meter.items();
        let tenant = items.iter().find(|(key, _)| key.ends_with("/TENANT"));
        tenant
            .map(|(_, item)| item["status"]["S"].as_str().unwrap_or_default().to_owned())
            .unwrap_or_default()
    }

    /// What follows from an event that a publisher sends.
    pub(super) async fn publish(&mut self, name: EventName, detail: &Value) -> Life {
        self.deliver(&event(name, name.as_str(), detail));
        while let Some(work) = self.work.pop_front() {
            match work {
                Work::Invoke(function, payload) => drop(self.invoke(function, &payload).await),
                Work::Enter(execution) => self.enter(*execution).await,
            }
        }
        std::mem::take(&mut self.life)
    }

    /// The tenant bus calls whom the template's rules say.
    fn deliver(&mut self, event: &Value) {
        for rule in rules::matching(true, event) {
            for target in &rule.targets {
                if let Some(function) = target.strip_suffix("Function").and_then(Function::of_resource) {
                    self.work.push_back(Work::Invoke(function, event.clone()));
                }
            }
        }
    }

    async fn invoke(&mut self, function: Function, payload: &Value) -> Value {
        self.now += TimeDelta::milliseconds(50);
        let invocation = self.functions.invoke(function, payload, self.now).await;
        assert!(is_done(&invocation), "{function} {payload}: {invocation:?}");
        let calls = self.meter.take();
        let hop = Hop { who: function.to_string(), function: Some(function), calls: calls.clone() };
        self.life.hops.push(hop);
        calls.iter().for_each(|metered| self.follow(metered));
        invocation.expect("it is done")
    }

    /// What a call sets going.
    fn follow(&mut self, metered: &Metered) {
        let request = &metered.call.request;
        match metered.call.operation.as_str() {
            "StartExecution" => {
                let text = |name: &str| request[name].as_str().unwrap_or_default();
                let machine = text("stateMachineArn").rsplit(":tenantry-silo-").next().unwrap_or_default();
                let input: Value = serde_json::from_str(text("input")).expect("an input is JSON");
                let execution = Execution::start(&format!("{machine}-silo"), &input);
                self.work.push_back(Work::Enter(Box::new(execution)));
            }
            "PutEvents" => {
                for entry in request["Entries"].as_array().into_iter().flatten() {
                    self.published(entry);
                }
            }
            _ => self.stream(metered),
        }
    }

    /// A write's records reach each function that its filter lets them through to,
    /// as one batch.
    fn stream(&mut self, metered: &Metered) {
        let mut records = Vec::new();
        for change in &metered.changes {
            self.records += 1;
            records.push(streams::numbered(self.records, change.before.as_ref(), change.after.as_ref()));
        }
        for (function, filters) in &*CONSUMERS {
            let wanted = |record: &&Value| filters.iter().any(|filter| patterns::matches(filter, record));
            let wanted: Vec<Value> = records.iter().filter(wanted).cloned().collect();
            if !wanted.is_empty() {
                self.work.push_back(Work::Invoke(*function, streams::batch(wanted)));
            }
        }
    }

    fn published(&mut self, entry: &Value) {
        let text = |name: &str| entry[name].as_str().unwrap_or_default();
        let detail: Value = serde_json::from_str(text("Detail")).expect("a detail is JSON");
        let mut sent = event(EventName::OnboardingRequest, text("Detail"), &detail);
        (sent["source"], sent["detail-type"]) = (entry["Source"].clone(), entry["DetailType"].clone());
        if text("EventBusName") != PLANE {
            return self.deliver(&sent);
        }
        // The external plane does as it is asked, and answers.
        let request: Delivered = serde_json::from_value(sent).expect("an event");
        assert_eq!(request.detail_type, EventName::OnboardingRequest.detail_type());
        let answer = json!({
            "tenantRegistrationId": detail["tenantRegistrationId"],
            "jobOutput": {
                "tenantData": { "tenantConfig": "{\"apiGatewayUrl\":\"https://a1b2c3d4e5.example\"}" },
                "tenantRegistrationData": { "registrationStatus": "created" },
            },
        });
        self.deliver(&event(EventName::ProvisionSuccess, "the plane's answer", &answer));
    }

    /// Enters a state; what else there is to do is done before the next one, as a
    /// build takes minutes.
    async fn enter(&mut self, execution: Execution) {
        self.life.states.push(execution.name());
        let result = match execution.task() {
            Task::Build => {
                self.life.builds += 1;
                self.life.hops.push(Hop { who: execution.name(), function: None, calls: Vec::new() });
                execution.built()
            }
            Task::Call { function, payload } => {
                let function = Function::of_resource(&function).expect("a function");
                json!({ "Payload": self.invoke(function, &payload).await })
            }
        };
        if let Some(next) = execution.next(result) {
            self.work.push_back(Work::Enter(Box::new(next)));
        }
    }
}

/// The functions that the table's stream calls, with their filters.
static CONSUMERS: LazyLock<Vec<(Function, Vec<Value>)>> = LazyLock::new(|| {
    let template = template::load("control-plane.yaml");
    let mappings = template::of_type(&template, "AWS::Lambda::EventSourceMapping").into_values();
    let consumer = |mapping: &Value| {
        let name = template::named(&mapping["FunctionName"]).expect("a function");
        let function = name.strip_suffix("Function").and_then(Function::of_resource).expect("a function");
        let filters = template::list(&mapping["FilterCriteria"]["Filters"]).into_iter();
        let pattern = |filter: &Value| {
            serde_json::from_str(filter["Pattern"].as_str().expect("a pattern")).expect("a pattern is JSON")
        };
        (function, filters.map(pattern).collect())
    };
    mappings.map(consumer).collect()
});
