//! Requests to onboard and to offboard a tenant.

use crate::attributes::Attributes;
use crate::ids::TenantId;
use crate::metadata::Metadata;
use crate::name::EventName;
use crate::object;
use crate::receive::{Detail, Violation};
use crate::text::{Email, RegistrationId, TenantName, TierName};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A tenant shall be onboarded.
///
/// Flat, as SBT sends it (`tenant-registrations/index.py`): the registration,
/// the tenant and whatever else the publisher has, merged.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OnboardingRequest {
    /// The tenant to be: a UUID. Without one it is derived from the
    /// registration id, or from the event's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant_id: Option<TenantId>,
    /// The publisher's id of the registration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant_registration_id: Option<RegistrationId>,
    /// What people call the tenant.
    pub tenant_name: TenantName,
    /// The address of its administrator.
    pub email: Email,
    /// What it bought.
    pub tier: TierName,
    /// What the event says about itself; SBT sends none.
    #[serde(default, deserialize_with = "object::optional", skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Metadata>,
    /// What else the publisher sends: at most 50 fields, 16 KiB in all, and
    /// none that the control plane owns.
    #[serde(flatten)]
    pub attributes: Attributes,
}

/// A tenant shall be offboarded.
///
/// SBT sends the whole tenant along; only its ids count.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("anyOf" = [{"required": ["tenantId"]}, {"required": ["tenantRegistrationId"]}]))]
pub struct OffboardingRequest {
    /// The tenant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant_id: Option<TenantId>,
    /// Its registration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant_registration_id: Option<RegistrationId>,
    /// What the event says about itself; SBT sends none.
    #[serde(default, deserialize_with = "object::optional", skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Metadata>,
    /// What else the publisher sends; without effect.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Detail for OnboardingRequest {
    const NAMES: &'static [EventName] = &[EventName::OnboardingRequest];

    fn metadata(&self) -> Option<&Metadata> {
        self.metadata.as_ref()
    }
}

impl Detail for OffboardingRequest {
    const NAMES: &'static [EventName] = &[EventName::OffboardingRequest];

    fn metadata(&self) -> Option<&Metadata> {
        self.metadata.as_ref()
    }

    fn check(&self) -> Result<(), Violation> {
        match (&self.tenant_id, &self.tenant_registration_id) {
            (None, None) => Err(Violation::missing("tenantId", "or `tenantRegistrationId` must be given")),
            _ => Ok(()),
        }
    }
}
