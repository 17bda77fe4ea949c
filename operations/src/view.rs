//! How a tenant is shown, by the API and by the command: SBT's item, and what the registry knows
//! besides. What the publisher keeps with a tenant is under `attributes`,
//! whatever it is called, so that it can be mistaken for nothing of ours.

use serde_json::{Map, Value, json};
use tenantry_events::ids::TenantId;
use tenantry_registry::store::TenantSummary;
use tenantry_registry::tenant::{DesiredState, Operation, Tenant};

/// What nobody outside needs of a record: how the registry works.
const INSIDE: [&str; 7] = ["cancel", "changedBy", "changes", "due", "heard", "onboardedBy", "request"];

/// The attributes that SBT's own clients and samples read beside the tenant's
/// fields; they stand there too, and no others. No field of ours is called so.
///
/// Source: awslabs/sbt-aws, `docs/public/README.md` and `scripts/sbt-aws.sh`.
const SBTS: [&str; 2] = ["prices", "registrationStatus"];

/// A tenant, or its registration: SBT has two records where there is one here.
/// `queue_position` is there where it waits for capacity.
#[must_use]
pub fn tenant(tenant: &Tenant, queue_position: Option<u64>) -> Value {
    let sbts = tenant.attributes.iter().filter(|(name, _)| SBTS.contains(&name.as_str()));
    let mut view: Map<String, Value> = sbts.map(|(name, value)| (name.clone(), value.clone())).collect();
    view.extend(tenant.registration.iter().map(|(name, value)| (name.clone(), json!(value))));
    let own = serde_json::to_value(tenant).unwrap_or_default();
    let own = own.as_object().cloned().unwrap_or_default();
    view.extend(own.into_iter().filter(|(name, _)| !INSIDE.contains(&name.as_str())));
    // SBT's applications read their settings from a JSON text of this name.
    if let Some(config) = tenant.tenant_config() {
        view.insert("tenantConfig".to_owned(), json!(config));
    }
    view.insert("sbtaws_active".to_owned(), json!(tenant.desired != DesiredState::Deprovisioned));
    if let Some(due) = tenant.due {
        let mut waiting = json!({ "since": due.since, "cleanUp": due.clean_up });
        if let Some(position) = queue_position {
            waiting["queuePosition"] = json!(position);
        }
        view.insert("waiting".to_owned(), waiting);
    }
    if let Some(due) = tenant.waits_for_capacity() {
        let wait = json!({ "since": due.since, "deferrals": due.deferrals, "reason": due.to_string() });
        view.insert("capacity".to_owned(), wait);
    }
    if let Some(Value::Object(operation)) = view.get_mut("operation") {
        operation.remove("waited");
        operation.remove("request");
        operation.remove("before");
        let cancelled = operation.remove("cancelledBy").is_some();
        operation.insert("cancelled".to_owned(), json!(cancelled));
    }
    if let Some(Value::Object(operation)) = view.get_mut("lastOperation") {
        operation.remove("request");
    }
    Value::Object(view)
}

/// A tenant, or its registration, in a list: what the indexes carry of it. What
/// the publisher keeps with it, and its `tenantConfig`, are in the whole record.
#[must_use]
pub fn summary(summary: &TenantSummary) -> Value {
    let given = summary.registration.iter().map(|(name, value)| (name.clone(), json!(value)));
    let mut view: Map<String, Value> = given.collect();
    let own = serde_json::to_value(summary).unwrap_or_default();
    view.extend(own.as_object().cloned().unwrap_or_default());
    view.insert("sbtaws_active".to_owned(), json!(summary.desired != DesiredState::Deprovisioned));
    Value::Object(view)
}

/// An operation, with the log of its build and the name of its execution.
#[must_use]
pub fn operation(tenant: TenantId, operation: &Operation) -> Value {
    let mut view = serde_json::to_value(operation).unwrap_or_default();
    if operation.execution_arn.is_some() {
        view["execution"] = json!(operation.id.execution_name(tenant));
    }
    view
}
