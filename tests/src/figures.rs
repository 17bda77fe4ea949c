//! What the control plane costs: the calls, invocations, states, events and
//! `DynamoDB` units that follow from one event about one tenant, counted while the
//! functions run. Nothing is estimated but what only AWS knows: how many of a
//! stream's records it delivers at once, which is one write's here.

mod life;
mod meter;
pub mod report;
mod size;
mod states;

pub use life::{Hop, Life};
pub use meter::Metered;

use life::Plane;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tenantry_events::name::EventName;

/// What was counted of one life, by measure.
pub type Counted = BTreeMap<String, f64>;
/// What was counted, by life.
pub type Figures = BTreeMap<String, Counted>;

/// The tenant of all lives.
const TENANT: &str = "0b6ad4c4-6f0c-4c1d-8a35-0d1f6c0f3a11";

/// The lives that are counted, each by its title.
pub async fn lives() -> Vec<(&'static str, Life)> {
    let mut silo = Plane::new();
    let onboarding = silo.publish(EventName::OnboardingRequest, &request("platinum")).await;
    assert_eq!(silo.status(), "Active");
    let suspension = silo.publish(EventName::DeactivateRequest, &json!({ "tenantId": TENANT })).await;
    assert_eq!(silo.status(), "Suspended");
    let offboarding = silo.publish(EventName::OffboardingRequest, &json!({ "tenantId": TENANT })).await;
    assert_eq!(silo.status(), "Deprovisioned");
    let mut external = Plane::new();
    let elsewhere = external.publish(EventName::OnboardingRequest, &request("foreign")).await;
    assert_eq!(external.status(), "Active");
    vec![
        ("silo onboarding", onboarding),
        ("suspension", suspension),
        ("offboarding", offboarding),
        ("external onboarding", elsewhere),
    ]
}

/// An onboardingRequest as README's is.
fn request(tier: &str) -> Value {
    json!({
        "tenantId": TENANT,
        "tenantRegistrationId": "5f6c2f0e-3d5c-4f6a-9a53-0c1f7a2b9d11",
        "tenantName": "Acme",
        "email": "admin@acme.example",
        "tier": tier,
    })
}

/// What a life comes to, by measure.
#[must_use]
pub fn counted(life: &Life) -> Counted {
    let mut counted = Counted::new();
    let mut add = |measure: String, count: usize| *counted.entry(measure).or_default() += whole(count);
    for hop in &life.hops {
        if let Some(function) = hop.function {
            add("Lambda: invocations".to_owned(), 1);
            add(format!("Lambda: of `{function}`"), 1);
        }
        for metered in &hop.calls {
            let call = &metered.call;
            let length = |list: &str| call.request[list].as_array().map_or(0, Vec::len);
            let operation = call.operation.as_str();
            match operation {
                "StartExecution" => add("Step Functions: executions".to_owned(), 1),
                "PutEvents" => {
                    add("EventBridge: PutEvents".to_owned(), 1);
                    add("EventBridge: events published".to_owned(), length("Entries"));
                }
                "TransactWriteItems" => {
                    add(format!("DynamoDB: {operation}"), 1);
                    add("DynamoDB: items in transactions".to_owned(), length("TransactItems"));
                }
                _ if call.service == "DynamoDB" => add(format!("DynamoDB: {operation}"), 1),
                _ => add(format!("Cognito: {operation}"), 1),
            }
            add("DynamoDB: write units".to_owned(), metered.table_writes + metered.index_writes);
            add("DynamoDB: write units of the table".to_owned(), metered.table_writes);
            add("DynamoDB: write units of its indexes".to_owned(), metered.index_writes);
        }
    }
    add("Step Functions: states entered".to_owned(), life.states.len());
    add("CodeBuild: builds".to_owned(), life.builds);
    let halves = life.hops.iter().flat_map(|hop| &hop.calls).map(|metered| metered.halves_read).sum();
    counted.insert("DynamoDB: read units".to_owned(), units(halves));
    counted
}

/// Read units of that many halves.
fn units(halves: usize) -> f64 {
    whole(halves) / 2.0
}

fn whole(count: usize) -> f64 {
    f64::from(u32::try_from(count).expect("a small number"))
}
