//! The tenant's record: the one item that everything else follows from.

mod changes;
mod config;
mod deployed;
mod due;
mod heard;
mod open_request;
mod operation;
mod unknown;

pub use changes::{Changes, Field, REMEMBERED, Standing};
pub use deployed::Deployed;
pub use due::Due;
pub use heard::{Heard, Wish};
pub use open_request::OpenRequest;
pub use operation::{EndedOperation, OpenOperation, Operation, OperationKind, OperationState};
pub use unknown::Unknown;

use crate::plan::Plan;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use tenantry_events::failure::Failure;
use tenantry_events::ids::{CorrelationId, EventId, TenantId};
use tenantry_events::text::{Email, RegistrationId, TenantName, TierName};

/// Where a tenant is in its life.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub enum Status {
    /// Accepted; its provisioning has not begun.
    Pending,
    /// An operation makes its resources.
    Provisioning,
    /// Provisioning failed or was cancelled; what was half made is cleaned up,
    /// or [`Failure::left_behind`] says what is left.
    ProvisionFailed,
    /// In use.
    Active,
    /// An operation changes its resources: updates, suspends or resumes it.
    Updating,
    /// That operation failed or was cancelled; the resources are as they were,
    /// or as CloudFormation's own rollback left them.
    UpdateFailed,
    /// Its API answers 403; its data is kept.
    Suspended,
    /// An operation takes its resources down.
    Deprovisioning,
    /// Its resources could not all be removed; needs a person.
    DeprovisionFailed,
    /// Gone. A tombstone: no event brings it back, and its id is never reused.
    Deprovisioned,
}

impl Status {
    /// Every status, in the order of a tenant's life.
    pub const ALL: [Self; 10] = [
        Self::Pending,
        Self::Provisioning,
        Self::ProvisionFailed,
        Self::Active,
        Self::Updating,
        Self::UpdateFailed,
        Self::Suspended,
        Self::Deprovisioning,
        Self::DeprovisionFailed,
        Self::Deprovisioned,
    ];

    /// The status as the registry and the events write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Provisioning => "Provisioning",
            Self::ProvisionFailed => "ProvisionFailed",
            Self::Active => "Active",
            Self::Updating => "Updating",
            Self::UpdateFailed => "UpdateFailed",
            Self::Suspended => "Suspended",
            Self::Deprovisioning => "Deprovisioning",
            Self::DeprovisionFailed => "DeprovisionFailed",
            Self::Deprovisioned => "Deprovisioned",
        }
    }

    /// Whether the last operation ended badly.
    #[must_use]
    pub const fn is_failed(self) -> bool {
        matches!(self, Self::ProvisionFailed | Self::UpdateFailed | Self::DeprovisionFailed)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A text that is no status.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "`{0}` is not a status; there are Pending, Provisioning, ProvisionFailed, Active, Updating, UpdateFailed, Suspended, Deprovisioning, DeprovisionFailed and Deprovisioned"
)]
pub struct UnknownStatus(String);

impl FromStr for Status {
    type Err = UnknownStatus;

    /// Accepts any case, for people's sake.
    fn from_str(text: &str) -> Result<Self, UnknownStatus> {
        let same = |status: &&Self| status.as_str().eq_ignore_ascii_case(text);
        Self::ALL.iter().find(same).copied().ok_or_else(|| UnknownStatus(text.chars().take(40).collect()))
    }
}

/// What the tenant should be: the last accepted request's wish.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum DesiredState {
    /// Provisioned and in use.
    Active,
    /// Provisioned, and closed to its users.
    Suspended,
    /// Gone, with all its resources.
    Deprovisioned,
}

/// The request that the tenant's current wish came from.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// The event that carried it.
    pub event_id: EventId,
    /// What ties together everything that it leads to.
    pub correlation_id: CorrelationId,
    /// When it was made, as its event says: a wish that was made before the last
    /// accepted one changes nothing, however late it arrives.
    #[serde(default)]
    pub at: DateTime<Utc>,
}

impl Request {
    /// Whether this was made before `other`. The time that EventBridge gives an
    /// event is of whole seconds: such a one may be of any moment of its second,
    /// and within one the order of arrival counts.
    ///
    /// Source: "AWS service event metadata", Amazon EventBridge User Guide (`time`
    /// is `yyyy-MM-ddTHH:mm:ssZ`).
    #[must_use]
    pub fn is_before(self, other: Self) -> bool {
        let of_whole_seconds = |at: DateTime<Utc>| at.timestamp_subsec_nanos() == 0;
        match of_whole_seconds(self.at) || of_whole_seconds(other.at) {
            true => self.at.timestamp() < other.at.timestamp(),
            false => self.at < other.at,
        }
    }
}

/// One tenant, as the registry has it.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tenant {
    /// Its identity, for ever.
    pub tenant_id: TenantId,
    /// The publisher's id of its registration; the tenant id where the
    /// publisher gave none.
    pub tenant_registration_id: RegistrationId,
    /// What people call it.
    pub tenant_name: TenantName,
    /// Its administrator's address. Never logged.
    pub email: Email,
    /// What it bought.
    pub tier: TierName,
    /// How it gets its resources: its tier's plan when it was accepted.
    pub plan: Plan,
    /// What the publisher sent beyond the contract's fields.
    #[serde(default)]
    pub attributes: Map<String, Value>,
    /// What it should be.
    pub desired: DesiredState,
    /// Grows with every change of what its resources must have: its
    /// administrator's address. From 1.
    #[serde(default)]
    pub revision: u64,
    /// What its resources have.
    #[serde(default)]
    pub deployed: Deployed,
    /// Grows with every accepted request; never reused.
    pub generation: u64,
    /// How many operations this generation has had.
    pub attempt: u32,
    /// The operation that is wanted and has not begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Due>,
    /// Where the current wish came from.
    pub request: Request,
    /// Accepted requests that have no outcome yet, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub open_requests: Vec<OpenRequest>,
    /// The youngest request to cancel something that was not refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancel: Option<Request>,
    /// What was asked of it last, whether or not that changed anything.
    #[serde(default)]
    pub heard: Heard,
    /// The last accepted request to change what is known of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_by: Option<Request>,
    /// The youngest request for each field that was changed.
    #[serde(default, skip_serializing_if = "Changes::is_empty")]
    pub changes: Changes,
    /// The event that onboarded it; seeing it again changes nothing, ever.
    pub onboarded_by: EventId,
    /// What it is.
    pub status: Status,
    /// The operation under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<OpenOperation>,
    /// The operation that ended last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_operation: Option<EndedOperation>,
    /// Why the last operation failed; absent after a success.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// What provisioning gave: `apiUrl`, `userPoolId`, `userPoolClientId`, …
    #[serde(default)]
    pub outputs: BTreeMap<String, String>,
    /// What its jobs gave for the registration (`registrationStatus`, …), by
    /// name, until a change of the same name. SBT keeps it in a record of its
    /// own.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub registration: BTreeMap<String, String>,
    /// The release of the tenant's stack that is deployed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<String>,
    /// When the registry accepted it.
    pub created_at: DateTime<Utc>,
    /// When this version was written.
    pub updated_at: DateTime<Utc>,
    /// Grows by one with every write; from 1.
    pub version: u64,
    /// What another release wrote into its item, and this one does not know.
    #[serde(skip)]
    pub unknown: Unknown,
}

impl Tenant {
    /// Whether something may be left of it that nothing takes down any more: its
    /// clean-up or its deprovisioning failed. That is a person's now.
    #[must_use]
    pub fn needs_a_person(&self) -> bool {
        let left = self.failure.as_ref().is_some_and(|failure| failure.left_behind.is_some());
        self.operation.is_none() && self.due.is_none() && (left || self.status == Status::DeprovisionFailed)
    }
}
