//! What EventBridge wraps around every event.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

/// The [`Envelope::replay_name`] of an event from a dead-letter queue.
pub const REDRIVE: &str = "tenantry-redrive";

/// An event as a target receives it, its detail as a value, or as it was written.
///
/// Source: "AWS service event metadata", Amazon EventBridge User Guide.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Envelope<D: Default = Value> {
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
    /// The replay that delivers it again, of an archive or of a dead-letter
    /// queue ([`REDRIVE`]); absent when it is delivered for the first time.
    ///
    /// Source: "Replaying archived events", Amazon EventBridge User Guide.
    #[serde(default, rename = "replay-name", skip_serializing_if = "Option::is_none")]
    pub replay_name: Option<String>,
    /// The event itself.
    #[serde(default)]
    pub detail: D,
}

/// An event whose detail is as it was written.
pub type Delivered = Envelope<Box<RawValue>>;

impl<D: Default> Envelope<D> {
    /// The same envelope around another form of the detail.
    #[must_use]
    pub fn with<E: Default>(&self, detail: E) -> Envelope<E> {
        Envelope {
            id: self.id.clone(),
            source: self.source.clone(),
            detail_type: self.detail_type.clone(),
            time: self.time,
            account: self.account.clone(),
            region: self.region.clone(),
            resources: self.resources.clone(),
            replay_name: self.replay_name.clone(),
            detail,
        }
    }
}

/// How many bytes an event is as its target receives it, before it is sent:
/// `detail` (bytes of its JSON) and the envelope, with what the bus puts into
/// it (id, account, time, region) at its longest.
#[must_use]
pub fn delivered_bytes(source: &str, detail_type: &str, detail: usize) -> usize {
    let empty = Envelope {
        id: "00000000-0000-0000-0000-000000000000".to_owned(),
        source: source.to_owned(),
        detail_type: detail_type.to_owned(),
        time: DateTime::UNIX_EPOCH,
        account: Some("000000000000".to_owned()),
        region: Some("ap-southeast-1".to_owned()),
        resources: Vec::new(),
        replay_name: None,
        detail: Value::Null,
    };
    json_bytes(&empty).saturating_sub(json_bytes(&Value::Null)).saturating_add(detail)
}

/// How many bytes `value` is as JSON.
pub(crate) fn json_bytes(value: &impl Serialize) -> usize {
    serde_json::to_vec(value).map_or(usize::MAX, |json| json.len())
}
