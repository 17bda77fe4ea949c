//! What every event carries about itself.

use crate::ids::{CorrelationId, EventId, timestamp};
use crate::whole;
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
    #[serde(deserialize_with = "whole::required")]
    #[schemars(extend("maximum" = 4_294_967_295u64))]
    pub schema_version: u32,
    /// When what the event tells of happened (not when it was sent); from 1970
    /// to 9998.
    #[serde(serialize_with = "write_moment", deserialize_with = "read_moment")]
    #[schemars(with = "DateTime<Utc>", extend("pattern" = MOMENT))]
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
    #[serde(default, deserialize_with = "whole::optional", skip_serializing_if = "Option::is_none")]
    #[schemars(extend("maximum" = 18_446_744_073_709_551_615u64))]
    pub tenant_version: Option<u64>,
}

/// Of the years that have four digits in every time zone, from 1970.
const MOMENT: &str =
    "^(?:19[7-9][0-9]|[2-8][0-9]{3}|9[0-8][0-9]{2}|99[0-8][0-9]|999[0-8])-[0-9]{2}-[0-9]{2}[Tt]";

fn write_moment<S: Serializer>(at: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&timestamp(*at))
}

/// As chrono reads it, with an error that says what is expected.
fn read_moment<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DateTime<Utc>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let year =
        text.get(..4).and_then(|year| year.parse().ok()).is_some_and(|year| (1970..=9998).contains(&year));
    let separated = matches!(text.as_bytes().get(10), Some(b'T' | b't'));
    let at = DateTime::parse_from_rfc3339(&text).ok().filter(|_| year && separated);
    let wrong = "must be a date and time as RFC 3339 has it, of the years 1970 to 9998, like 2026-11-24T09:30:00.000Z";
    at.map(|at| at.to_utc()).ok_or_else(|| serde::de::Error::custom(wrong))
}
