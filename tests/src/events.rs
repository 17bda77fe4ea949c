//! Events as EventBridge delivers them.

use serde_json::{Value, json};
use tenantry_events::name::EventName;
use tenantry_events::sources::Sources;
use uuid::Uuid;

/// The event `name` with `detail`, from its right source. `seed` makes the
/// envelope's id: the same seed is the same delivery.
#[must_use]
pub fn event(name: EventName, seed: &str, detail: &Value) -> Value {
    json!({
        "version": "0",
        "id": envelope_id(seed),
        "source": Sources::default().of(name),
        "detail-type": name.detail_type(),
        "account": "000000000000",
        "region": "us-east-1",
        "time": "2026-01-02T12:00:00Z",
        "resources": [],
        "detail": detail,
    })
}

/// The id of the envelope that `seed` stands for.
#[must_use]
pub fn envelope_id(seed: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, seed.as_bytes())
}

/// `event` with other fields in its detail; `null` takes a field out.
#[must_use]
pub fn with(mut event: Value, fields: &Value) -> Value {
    for (name, value) in fields.as_object().expect("fields") {
        match value {
            Value::Null => {
                event["detail"].as_object_mut().expect("a detail").remove(name);
            }
            _ => event["detail"][name] = value.clone(),
        }
    }
    event
}
