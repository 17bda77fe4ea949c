//! What is known of a tenant changed: Tenantry's own event, the outcome of an
//! accepted [`ChangeRequest`](super::ChangeRequest).

use crate::ids::TenantId;
use crate::metadata::Metadata;
use crate::name::EventName;
use crate::object;
use crate::receive::Detail;
use crate::text::RegistrationId;
use crate::whole;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is known of a tenant changed. The values are not said: who may see them
/// asks for the tenant.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TenantChanged {
    /// The tenant.
    pub tenant_id: TenantId,
    /// Its registration.
    pub tenant_registration_id: RegistrationId,
    /// Which fields changed, at least one: `email`, `attributes`. Texts: others
    /// may come.
    pub changed: Vec<String>,
    /// The names of the attributes that were set or removed, at most 100; whatever
    /// they are called, they are none of the fields in `changed`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<String>,
    /// What the request asked for as well and did not change, because a request
    /// that was made later had changed it before: `email`, and attributes as
    /// `attributes.<name>`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overtaken: Vec<String>,
    /// The version of the tenant's record: drop what is older than what you
    /// have seen.
    #[serde(deserialize_with = "whole::required")]
    #[schemars(extend("maximum" = 18_446_744_073_709_551_615u64))]
    pub tenant_version: u64,
    /// What the event says about itself.
    #[serde(deserialize_with = "object::required")]
    pub metadata: Metadata,
}

impl Detail for TenantChanged {
    const NAMES: &'static [EventName] = &[EventName::TenantChanged];

    fn metadata(&self) -> Option<&Metadata> {
        Some(&self.metadata)
    }
}
