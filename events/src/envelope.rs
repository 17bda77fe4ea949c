//! What EventBridge wraps around every event.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// An event as a target receives it.
///
/// Source: "AWS service event metadata", Amazon EventBridge User Guide.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Envelope {
    /// EventBridge's own id: another one on every `PutEvents`, the same on
    /// every delivery of that.
    pub id: String,
    /// Who sent it.
    pub source: String,
    /// What kind of event it is.
    #[serde(rename = "detail-type")]
    pub detail_type: String,
    /// When EventBridge took it (or when the sender says).
    pub time: DateTime<Utc>,
    /// The sender's account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The bus's region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// What it is about, as the sender says.
    #[serde(default)]
    pub resources: Vec<String>,
    /// The event itself.
    #[serde(default)]
    pub detail: Value,
}
