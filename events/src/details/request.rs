//! Requests about a tenant that is there: suspend it, resume it, try again,
//! stop.

use crate::ids::{OperationId, TenantId};
use crate::metadata::Metadata;
use crate::name::EventName;
use crate::object;
use crate::receive::{Detail, Violation};
use crate::text::{Person, Reason, RegistrationId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Something shall be done about a tenant, and somebody says why.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("anyOf" = [{"required": ["tenantId"]}, {"required": ["tenantRegistrationId"]}]))]
pub struct TenantRequest {
    /// The tenant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant_id: Option<TenantId>,
    /// Its registration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant_registration_id: Option<RegistrationId>,
    /// The operation that is meant, `<generation>-<attempt>`: a cancellation
    /// then stops this one and no later one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation_id: Option<OperationId>,
    /// Whether a retry is to make a new stack in the place of one that is gone:
    /// the tenant begins again, without its data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reprovision: Option<bool>,
    /// Why, for the tenant's history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// The person who asks, for the tenant's history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested_by: Option<Person>,
    /// What the event says about itself; SBT sends none.
    #[serde(default, deserialize_with = "object::optional", skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Metadata>,
    /// What else the publisher sends; without effect.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Detail for TenantRequest {
    const NAMES: &'static [EventName] = &[
        EventName::ActivateRequest,
        EventName::DeactivateRequest,
        EventName::RetryRequest,
        EventName::CancelRequest,
    ];

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
