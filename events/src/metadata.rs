//! What every event carries about itself.

use crate::ids::{CorrelationId, EventId, timestamp};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The `producer` of what Tenantry's own publisher sends.
pub const PRODUCER: &str = "tenantry";

/// `detail.metadata` of an event. Everything that Tenantry sends has it;
/// events that it accepts may lack it, then the envelope's `id` and `time`
/// serve.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Metadata {
    /// The same on every re-send of the event: what consumers compare to see
    /// that they have had it.
    pub event_id: EventId,
    /// The version of the detail's schema; from 1.
    pub schema_version: u32,
    /// When what the event tells of happened (not when it was sent).
    #[serde(serialize_with = "write_moment", deserialize_with = "read_moment")]
    #[schemars(with = "DateTime<Utc>")]
    pub occurred_at: DateTime<Utc>,
    /// Ties together everything that one request led to.
    pub correlation_id: CorrelationId,
    /// The event that this one follows from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub causation_id: Option<EventId>,
    /// Who sent it; `tenantry` for what Tenantry itself sends.
    pub producer: String,
    /// The version of the tenant's record that the event tells of: a consumer
    /// drops what is older than what it has seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant_version: Option<u64>,
}

fn write_moment<S: Serializer>(at: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&timestamp(*at))
}

/// As chrono reads it, with an error that says what is expected.
fn read_moment<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DateTime<Utc>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let at = DateTime::parse_from_rfc3339(&text);
    let wrong = "must be a date and time as RFC 3339 has it, like 2026-11-24T09:30:00.000Z";
    at.map(|at| at.to_utc()).map_err(|_| serde::de::Error::custom(wrong))
}
