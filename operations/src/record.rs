//! A tenant as it is shown, read again: what [`crate::view::tenant`] writes, by
//! the API or here.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use tenantry_events::failure::Failure;
use tenantry_events::ids::{OperationId, TenantId};
use tenantry_registry::tenant::Status;

/// A tenant.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// Its identity.
    pub tenant_id: TenantId,
    /// The publisher's id of its registration.
    pub tenant_registration_id: String,
    /// What people call it.
    pub tenant_name: String,
    /// What it bought.
    pub tier: String,
    /// Where it is in its life.
    pub status: Status,
    /// The release that is deployed.
    #[serde(default)]
    pub release: Option<String>,
    /// Why the last operation failed.
    #[serde(default)]
    pub failure: Option<Failure>,
    /// What provisioning gave.
    #[serde(default)]
    pub outputs: BTreeMap<String, String>,
    /// The operation under way.
    #[serde(default)]
    pub operation: Option<UnderWay>,
    #[serde(default)]
    open_requests: Vec<Value>,
    /// The next operation, which has not begun.
    #[serde(default)]
    pub waiting: Option<Waiting>,
    /// What it waits for, if its operation was put off for want of builds.
    #[serde(default)]
    pub capacity: Option<Capacity>,
    /// When it was accepted.
    pub created_at: DateTime<Utc>,
    /// When this version was written.
    pub updated_at: DateTime<Utc>,
    /// Its version.
    pub version: u64,
    /// All of it, for programs.
    #[serde(skip)]
    pub whole: Value,
}

/// An operation under way.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
pub struct UnderWay {
    /// Which of the tenant's operations.
    pub id: OperationId,
}

/// What an operation that was put off waits for.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
pub struct Capacity {
    /// For what, since when, and how often it was put off.
    pub reason: String,
}

/// An operation that is to come.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Waiting {
    /// Its position in the queue for capacity, from 1.
    #[serde(default)]
    pub queue_position: Option<u64>,
}

impl Record {
    /// The tenant in `whole`.
    ///
    /// # Errors
    ///
    /// When that is no tenant as it is shown.
    pub fn read(whole: Value) -> Result<Self, serde_json::Error> {
        Ok(Self { whole: whole.clone(), ..serde_json::from_value(whole)? })
    }

    /// Whether it needs nothing more by itself: nothing is under way or to come,
    /// and nothing that was asked for still waits for its outcome.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.operation.is_none() && self.waiting.is_none() && self.open_requests.is_empty()
    }

    /// Its position in the queue for capacity, from 1; `None` if it does not wait.
    #[must_use]
    pub fn queue_position(&self) -> Option<u64> {
        self.waiting?.queue_position
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn view(more: &Value) -> Option<Record> {
        let mut view = json!({
            "tenantId": "0b6ad4c4-6f0c-4c1d-8a35-0d1f6c0f3a11", "tenantRegistrationId": "order 1",
            "tenantName": "Acme", "tier": "platinum", "status": "Active", "version": 3,
            "createdAt": "2026-11-25T08:00:00Z", "updatedAt": "2026-11-25T08:00:00Z", "sbtaws_active": true,
        });
        view.as_object_mut()?.extend(more.as_object()?.clone());
        Record::read(view).ok()
    }

    #[test]
    fn what_is_under_way_or_unanswered_is_not_settled() {
        let settled = |more: Value| view(&more).map(|record| record.is_settled());
        assert_eq!(settled(json!({})), Some(true));
        assert_eq!(settled(json!({ "operation": { "id": "1-1", "kind": "provision" } })), Some(false));
        let clean_up = json!({ "since": "2026-11-25T08:00:00Z", "cleanUp": true, "queuePosition": 4 });
        assert_eq!(settled(json!({ "waiting": clean_up })), Some(false));
        assert_eq!(view(&json!({ "waiting": clean_up })).and_then(|record| record.queue_position()), Some(4));
        assert_eq!(settled(json!({ "openRequests": [{ "asks": "suspend" }] })), Some(false));
    }

    #[test]
    fn programs_get_all_of_a_view() {
        let record = view(&json!({ "attributes": { "waiting": "the publisher's own" } }));
        let waiting =
            record.map(|record| (record.is_settled(), record.whole["attributes"]["waiting"].clone()));
        assert_eq!(waiting, Some((true, json!("the publisher's own"))));
    }
}
