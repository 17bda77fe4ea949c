//! What every event carries about itself.

use crate::ids::{CorrelationId, EventId};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
