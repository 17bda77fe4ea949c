//! A tenant's status changed: Tenantry's own event.

use crate::ids::TenantId;
use crate::metadata::Metadata;
use crate::name::EventName;
use crate::object;
use crate::receive::Detail;
use crate::text::RegistrationId;
use crate::whole;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The operation that a change of status is part of.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StatusOperation {
    /// Its id, `<generation>-<attempt>`.
    pub operation_id: String,
    /// What it does: `provision`, `deprovision`.
    pub kind: String,
}

/// A tenant went from one status to another. Statuses are texts here: new ones
/// may come, and readers let them through.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TenantStatusChanged {
    /// The tenant.
    pub tenant_id: TenantId,
    /// Its registration.
    pub tenant_registration_id: RegistrationId,
    /// What it was; absent when it is new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// What it is.
    pub to: String,
    /// The operation that it is part of.
    #[serde(default, deserialize_with = "object::optional", skip_serializing_if = "Option::is_none")]
    pub operation: Option<StatusOperation>,
    /// The version of the tenant's record: drop what is older than what you
    /// have seen.
    #[serde(deserialize_with = "whole::required")]
    #[schemars(extend("maximum" = 18_446_744_073_709_551_615u64))]
    pub tenant_version: u64,
    /// What the event says about itself.
    #[serde(deserialize_with = "object::required")]
    pub metadata: Metadata,
}

impl Detail for TenantStatusChanged {
    const NAMES: &'static [EventName] = &[EventName::TenantStatusChanged];

    fn metadata(&self) -> Option<&Metadata> {
        Some(&self.metadata)
    }
}
