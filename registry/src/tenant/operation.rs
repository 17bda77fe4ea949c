//! The operations on a tenant: the open one, the last one, and all that there were.

use super::{Due, Request, Status};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;
use tenantry_events::failure::Failure;
use tenantry_events::ids::{CorrelationId, OperationId};

/// What an operation does.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum OperationKind {
    /// Make the tenant's resources.
    Provision,
    /// Take down what a provisioning left that could not clean up after itself.
    CleanUp,
    /// Bring its resources to what is known of it now.
    Update,
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
        matches!(self, Self::Provision | Self::Update | Self::Suspend | Self::Resume)
    }
}

impl fmt::Display for OperationKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Provision => "provision",
            Self::CleanUp => "clean-up",
            Self::Update => "update",
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
    /// The tenant's revision when it began: it brings the tenant there at least.
    #[serde(default)]
    pub revision: u64,
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
    /// The execution that carried it out: what it may have left at work is asked
    /// for by this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub execution_arn: Option<String>,
    /// The request that it served.
    pub request: Request,
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
