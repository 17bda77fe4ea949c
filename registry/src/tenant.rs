//! The tenant's record: the one item that everything else follows from.

mod changes;
mod config;
mod due;
mod heard;
mod open_request;

pub use changes::{Changes, Field, REMEMBERED, Standing};
pub use due::Due;
pub use heard::{Heard, Wish};
pub use open_request::OpenRequest;

use crate::tier::{Isolation, Provisioner};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use tenantry_events::failure::Failure;
use tenantry_events::ids::{CorrelationId, EventId, OperationId, TenantId};
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
    /// An operation changes its resources: suspends or resumes it.
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

/// What an operation does.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum OperationKind {
    /// Make the tenant's resources.
    Provision,
    /// Take down what a provisioning left that could not clean up after itself.
    CleanUp,
    /// Close the tenant's API, and keep its data.
    Suspend,
    /// Open it again.
    Resume,
    /// Take the tenant's resources down for good.
    Deprovision,
}

impl OperationKind {
    /// Whether a person may stop it half way. What takes things down goes on to
    /// its end: half of it helps nobody.
    #[must_use]
    pub const fn is_cancellable(self) -> bool {
        matches!(self, Self::Provision | Self::Suspend | Self::Resume)
    }
}

impl fmt::Display for OperationKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Provision => "provision",
            Self::CleanUp => "clean-up",
            Self::Suspend => "suspend",
            Self::Resume => "resume",
            Self::Deprovision => "deprovision",
        })
    }
}

/// The operation that runs on a tenant now. There is never more than one.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenOperation {
    /// The fencing token: an outcome counts only if it carries this.
    pub id: OperationId,
    /// What it does.
    pub kind: OperationKind,
    /// The execution that carries it out; absent when a foreign application
    /// plane does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub execution_arn: Option<String>,
    /// The request that it serves; a newer one may have come since.
    pub request: Request,
    /// When the registry admitted it.
    pub started_at: DateTime<Utc>,
    /// When it must have ended; later it is overdue and is looked into.
    pub deadline: DateTime<Utc>,
    /// What the tenant was before it: where a deferral leads back to.
    pub before: Status,
    /// Since when it was wanted, and how often it was put off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waited: Option<Due>,
    /// A person wants it stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancelled_by: Option<Request>,
}

/// The operation that ended last: by it an outcome that comes again is known.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EndedOperation {
    /// Which of the tenant's operations.
    pub id: OperationId,
    /// What it did.
    pub kind: OperationKind,
    /// How it ended.
    pub state: OperationState,
    /// The request that it served.
    pub request: Request,
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
    /// Whether it has resources of its own.
    pub isolation: Isolation,
    /// Who provisions it.
    pub provisioner: Provisioner,
    /// What the publisher sent beyond the contract's fields.
    #[serde(default)]
    pub attributes: Map<String, Value>,
    /// What it should be.
    pub desired: DesiredState,
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

/// How an operation ended, or that it has not.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum OperationState {
    /// Not ended yet.
    Running,
    /// It did what it was for.
    Succeeded,
    /// It did not; `failure` says why.
    Failed,
    /// A newer wish, or a person, stopped it.
    Cancelled,
    /// There was no room for it; it waits again.
    Deferred,
}

impl fmt::Display for OperationState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Deferred => "deferred",
        })
    }
}

/// One operation on one tenant, kept for ever: the item
/// `OPERATION#<generation>#<attempt>`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Operation {
    /// Which of the tenant's operations.
    pub id: OperationId,
    /// What it did.
    pub kind: OperationKind,
    /// How it ended.
    pub state: OperationState,
    /// The execution that carried it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub execution_arn: Option<String>,
    /// The build that did the work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build_id: Option<String>,
    /// Where that build's log can be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logs_url: Option<String>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// The request that it serves.
    pub correlation_id: CorrelationId,
    /// When it was admitted.
    pub started_at: DateTime<Utc>,
    /// When its outcome was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<DateTime<Utc>>,
}
