//! A request about a tenant was refused: Tenantry's own event, for requests
//! that SBT has no failure event for.

use crate::failure::Failure;
use crate::ids::TenantId;
use crate::metadata::Metadata;
use crate::name::EventName;
use crate::object;
use crate::receive::Detail;
use crate::text::RegistrationId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A request was refused, and nothing has changed. Which event carried it is
/// the metadata's `causationId`.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestRefused {
    /// The tenant.
    pub tenant_id: TenantId,
    /// Its registration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant_registration_id: Option<RegistrationId>,
    /// The request's name: `tenantry_retryRequest`. A text: others may come.
    pub request: String,
    /// Why.
    pub failure: Failure,
    /// What the event says about itself.
    #[serde(deserialize_with = "object::required")]
    pub metadata: Metadata,
}

impl Detail for RequestRefused {
    const NAMES: &'static [EventName] = &[EventName::RequestRefused];

    fn metadata(&self) -> Option<&Metadata> {
        Some(&self.metadata)
    }
}
