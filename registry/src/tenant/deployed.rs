//! What is deployed for a tenant, to be compared with what is wanted.

use super::{DesiredState, OperationKind, Tenant};
use serde::{Deserialize, Serialize};

/// What is deployed for a tenant, as far as an operation has reported it.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Deployed {
    /// Whether it is open to its users; absent before it is provisioned, after it
    /// is gone, and where an operation failed that was to change it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<DesiredState>,
    /// The [`Tenant::revision`] that its resources have.
    #[serde(default)]
    pub revision: u64,
}

impl Tenant {
    /// Whether its resources have what is known of it, as far as its plan keeps
    /// them up to date at all.
    #[must_use]
    pub const fn is_up_to_date(&self) -> bool {
        self.deployed.revision >= self.revision || !self.plan.supports(OperationKind::Update)
    }
}
