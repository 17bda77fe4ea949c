//! A request to change what is known of a tenant.

use crate::attributes::Attributes;
use crate::ids::TenantId;
use crate::metadata::Metadata;
use crate::name::EventName;
use crate::object;
use crate::receive::{Detail, Violation};
use crate::text::{Email, Person, Reason, RegistrationId};
use crate::whole;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What is known of a tenant shall be changed: its administrator's address, and
/// what the publisher keeps with it. Its name and its tier are not among it.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("allOf" = [
    {"anyOf": [{"required": ["tenantId"]}, {"required": ["tenantRegistrationId"]}]},
    {"anyOf": [{"required": ["email"]}, {"required": ["attributes"]}]}
]))]
pub struct ChangeRequest {
    /// The tenant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant_id: Option<TenantId>,
    /// Its registration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant_registration_id: Option<RegistrationId>,
    /// Its administrator's address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<Email>,
    /// What the publisher keeps with the tenant: these are set, those that are
    /// null are removed, all others stay. At most 50 in all, 16 KiB, and none
    /// that the control plane owns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attributes: Option<Attributes>,
    /// The version of the tenant's record that the publisher has seen: the
    /// change is not made if there is a later one.
    #[serde(default, deserialize_with = "whole::optional", skip_serializing_if = "Option::is_none")]
    #[schemars(extend("maximum" = 18_446_744_073_709_551_615u64))]
    pub expected_version: Option<u64>,
    /// Why, for the tenant's history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// The person who asks, for the tenant's history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested_by: Option<Person>,
    /// What the event says about itself.
    #[serde(default, deserialize_with = "object::optional", skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Metadata>,
    /// What else the publisher sends; without effect.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Detail for ChangeRequest {
    const NAMES: &'static [EventName] = &[EventName::ChangeRequest];

    fn metadata(&self) -> Option<&Metadata> {
        self.metadata.as_ref()
    }

    fn check(&self) -> Result<(), Violation> {
        if self.tenant_id.is_none() && self.tenant_registration_id.is_none() {
            return Err(Violation::missing("tenantId", "or `tenantRegistrationId` must be given"));
        }
        if self.email.is_none() && self.attributes.is_none() {
            return Err(Violation::missing("email", "or `attributes` must be given"));
        }
        Ok(())
    }
}
