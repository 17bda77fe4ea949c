//! Events on the cloud's bus: sent, heard and held to the contract.

use super::api::called;
use super::{Cloud, DeadLetter, run_with, until};
use crate::schemas;
use serde_json::{Value, json};
use std::collections::HashSet;
use tenantry_events::catalogue::kind;
use tenantry_events::name::EventName;
use tenantry_events::sources::Sources;
use uuid::Uuid;

impl Cloud {
    /// Sends events, at most ten, each from its right source.
    pub fn put(&self, events: &[(EventName, &Value)]) {
        let entry = |(name, detail): &(EventName, &Value)| {
            self.entry(Sources::default().of(*name), *name, &detail.to_string())
        };
        let answer = self.put_entries(&events.iter().map(entry).collect::<Vec<_>>());
        assert_eq!(answer["FailedEntryCount"], 0, "{answer}");
    }

    /// An entry of `PutEvents`, for whatever a publisher may get wrong.
    #[must_use]
    pub fn entry(&self, source: &str, name: EventName, detail: &str) -> Value {
        json!({ "EventBusName": "tenantry", "Source": source, "DetailType": name.detail_type(), "Detail": detail })
    }

    /// Sends entries with `PutEvents`; the bus's answer.
    pub fn put_entries(&self, entries: &[Value]) -> Value {
        called(&self.access(), "events", "AWSEvents.PutEvents", &json!({ "Entries": entries }))
    }

    /// Sends one event with a plain `aws events put-events`, as README shows it.
    pub fn put_by_aws_cli(&self, name: EventName, detail: &Value) {
        let entry = self.entry(Sources::default().of(name), name, &detail.to_string());
        let entries = json!([entry]).to_string();
        let answer = self.aws(&["events", "put-events", "--entries", &entries]).exits(0).json();
        assert_eq!(answer["FailedEntryCount"], 0, "{answer}");
    }

    /// Every event so far that has `id` in its detail, in the order in which
    /// they came.
    #[must_use]
    pub fn heard(&self, id: &str) -> Vec<Value> {
        let about = |event: &Value| event["detail"].to_string().contains(id);
        self.ears().bus().into_iter().filter(about).collect()
    }

    /// Waits for the event `name` about the tenant, and gives it.
    pub fn hears(&self, name: EventName, id: &str) -> Value {
        let is_it = |event: &Value| event["detail-type"] == name.detail_type();
        until(&format!("{name} about {id} on the bus"), || self.heard(id).into_iter().find(is_it))
    }

    /// Everything that the control plane has told of the tenant until `last`,
    /// its names in order of the alphabet (the bus keeps none); each is as the
    /// contract has it, and none came twice by its event id. That it waited for
    /// its turn is left out: it does where other tests' operations are under way.
    pub fn told(&self, last: EventName, id: &str) -> Vec<String> {
        let _ = self.hears(last, id);
        self.mark(id);
        let by_us = |event: &Value| event["detail"]["metadata"]["producer"] == "tenantry";
        let told: Vec<Value> = self.heard(id).into_iter().filter(by_us).collect();
        let mut ids = HashSet::new();
        for event in &told {
            assert_conforms(event);
            let is_new = ids.insert(event["detail"]["metadata"]["eventId"].to_string());
            assert!(is_new, "told twice: {event:#}");
        }
        let mut names: Vec<String> = told.iter().map(name).collect();
        names.retain(|name| name != "tenantry_tenantStatusChanged Pending");
        names.sort();
        names
    }

    /// Sends an event that nobody handles and waits until it is heard: what was
    /// on the bus before it has been heard then, too.
    fn mark(&self, id: &str) {
        let marker = Uuid::new_v4().to_string();
        let detail = json!({ "tenantId": id, "marker": marker });
        let publish = ["event", "publish", EventName::BillingSuccess.as_str(), "-"];
        run_with(self.command().args(publish), &detail.to_string()).exits(0);
        let came = |event: &Value| event["detail"]["marker"] == *marker;
        until(&format!("the marker {marker} on the bus"), || self.heard(id).iter().any(came).then_some(()));
    }
    /// Waits for the dead letter that has `text` in its body.
    pub fn dead_letter(&self, text: &str) -> DeadLetter {
        until(&format!("the dead letter with `{text}`"), || self.dead_letters(text).pop())
    }

    /// The dead letters so far that have `text` in their bodies.
    #[must_use]
    pub fn dead_letters(&self, text: &str) -> Vec<DeadLetter> {
        let all = self.ears().dead().into_iter();
        all.filter(|letter| letter.body.to_string().contains(text)).collect()
    }
}

/// An event's name; of a change of status, what it is now.
fn name(event: &Value) -> String {
    let name: EventName = event["detail-type"].as_str().unwrap_or_default().parse().expect("a known event");
    match event["detail"]["to"].as_str() {
        Some(status) => format!("{name} {status}"),
        None => name.to_string(),
    }
}

/// Panics unless the event is as its schema and its receiver want it.
fn assert_conforms(event: &Value) {
    let name: EventName = event["detail-type"].as_str().unwrap_or_default().parse().expect("a known event");
    assert_eq!(schemas::errors(name, &event["detail"]), Vec::<String>::new(), "{event:#}");
    let source = event["source"].as_str();
    let detail = event["detail"].to_string();
    let valid = kind(name).validate(source, detail.as_bytes(), &Sources::default());
    assert_eq!(valid, Ok(()), "{event:#}");
}
