//! A tenant as the command shows it: the registry's record, or the API's view
//! of it, which leaves out how the registry works.

use crate::error::Result;
use crate::follow;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use tenantry_events::failure::Failure;
use tenantry_events::ids::{OperationId, TenantId};
use tenantry_registry::tenant::{Operation, Status};

/// A tenant.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Record {
    /// Its identity.
    pub(crate) tenant_id: TenantId,
    /// The publisher's id of its registration.
    pub(crate) tenant_registration_id: String,
    /// What people call it.
    pub(crate) tenant_name: String,
    /// What it bought.
    pub(crate) tier: String,
    /// Where it is in its life.
    pub(crate) status: Status,
    /// The release that is deployed.
    #[serde(default)]
    pub(crate) release: Option<String>,
    /// Why the last operation failed.
    #[serde(default)]
    pub(crate) failure: Option<Failure>,
    /// What provisioning gave.
    #[serde(default)]
    pub(crate) outputs: BTreeMap<String, String>,
    /// The operation under way.
    #[serde(default)]
    pub(crate) operation: Option<UnderWay>,
    #[serde(default)]
    open_requests: Vec<Value>,
    /// The next operation, which has not begun.
    #[serde(default)]
    pub(crate) waiting: Option<Waiting>,
    /// What it waits for, if its operation was put off for want of builds.
    #[serde(default)]
    pub(crate) capacity: Option<Capacity>,
    /// When it was accepted.
    pub(crate) created_at: DateTime<Utc>,
    /// When this version was written.
    pub(crate) updated_at: DateTime<Utc>,
    /// Its version.
    pub(crate) version: u64,
    /// All of it, for programs.
    #[serde(skip)]
    pub(crate) whole: Value,
}

/// An operation under way.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
pub(crate) struct UnderWay {
    /// Which of the tenant's operations.
    pub(crate) id: OperationId,
}

/// What an operation that was put off waits for.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
pub(crate) struct Capacity {
    /// For what, since when, and how often it was put off.
    pub(crate) reason: String,
}

/// An operation that is to come.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Waiting {
    /// Its position in the queue for capacity, from 1.
    #[serde(default)]
    pub(crate) place_in_line: Option<u64>,
}

impl Record {
    /// The tenant in `whole`.
    ///
    /// # Errors
    ///
    /// When that is no tenant.
    pub(crate) fn read(whole: Value) -> Result<Self> {
        Ok(Self { whole: whole.clone(), ..serde_json::from_value(whole)? })
    }

    /// An error if it settled badly.
    pub(crate) fn verdict(&self) -> Result {
        follow::verdict(&self.tenant_name, self.status, self.failure.as_ref())
    }

    /// Whether it needs nothing more by itself: nothing is under way or to come,
    /// and nothing that was asked for still waits for its outcome.
    pub(crate) fn is_settled(&self) -> bool {
        self.operation.is_none() && self.waiting.is_none() && self.open_requests.is_empty()
    }

    /// Its position in the queue for capacity; `None` if it does not wait.
    pub(crate) fn place(&self) -> Option<u64> {
        self.waiting?.place_in_line
    }
}

/// The machines' names end so.
const MACHINES: [&str; 3] = ["-provision-silo", "-suspend-silo", "-deprovision-silo"];

/// The name of a control plane, by the executions of its machines.
pub(super) fn plane_of(operations: &[Operation]) -> Option<String> {
    let arns = operations.iter().rev().filter_map(|operation| operation.execution_arn.as_deref());
    // arn:aws:states:<region>:<account>:execution:<machine>:<execution>
    let mut machines = arns.filter_map(|arn| arn.split(':').nth(6));
    machines.find_map(|machine| MACHINES.iter().find_map(|end| machine.strip_suffix(end))).map(str::to_owned)
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
        let clean_up = json!({ "since": "2026-11-25T08:00:00Z", "cleanUp": true, "placeInLine": 4 });
        assert_eq!(settled(json!({ "waiting": clean_up })), Some(false));
        assert_eq!(view(&json!({ "waiting": clean_up })).and_then(|record| record.place()), Some(4));
        assert_eq!(settled(json!({ "openRequests": [{ "asks": "suspend" }] })), Some(false));
    }

    #[test]
    fn programs_get_all_of_a_view() {
        let record = view(&json!({ "attributes": { "waiting": "the publisher's own" } }));
        let waiting =
            record.map(|record| (record.is_settled(), record.whole["attributes"]["waiting"].clone()));
        assert_eq!(waiting, Some((true, json!("the publisher's own"))));
    }

    #[test]
    fn an_execution_names_its_control_plane() {
        let operation = |arn: &str| {
            serde_json::from_value::<Operation>(json!({
                "id": "1-1", "kind": "provision", "state": "succeeded", "executionArn": arn,
                "correlationId": "0b6ad4c4-6f0c-4c1d-8a35-0d1f6c0f3a11", "startedAt": "2026-11-25T08:00:00Z",
            }))
        };
        let found = operation("arn:aws:states:eu-west-1:1:execution:my-plane-suspend-silo:t-1-1");
        assert_eq!(found.ok().and_then(|one| plane_of(&[one])).as_deref(), Some("my-plane"));
        assert_eq!(plane_of(&[]), None);
    }
}
