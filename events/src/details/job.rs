//! What became of a job, and of the request behind it: SBT's shape, with
//! `failure` and `metadata` added.

use crate::attributes::check_names;
use crate::failure::Failure;
use crate::ids::TenantId;
use crate::metadata::Metadata;
use crate::name::EventName;
use crate::object;
use crate::receive::{Detail, Violation};
use crate::text::{RegistrationId, TenantName, TierName};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What a job gave, as SBT's scripts export it (`src/core-app-plane/script-job.ts`).
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct JobOutput {
    /// For the tenant: `tenantConfig`, `apiUrl`, ….
    #[serde(default)]
    pub tenant_data: Map<String, Value>,
    /// For its registration: `registrationStatus`.
    #[serde(default)]
    pub tenant_registration_data: Map<String, Value>,
}

impl JobOutput {
    /// What the registry could not keep.
    fn check(&self) -> Result<(), Violation> {
        for (part, fields) in
            [("tenantData", &self.tenant_data), ("tenantRegistrationData", &self.tenant_registration_data)]
        {
            let path = format!("jobOutput.{part}");
            check_names(fields, "")
                .map_err(|error| Violation::invalid(&path, &format!("has a field {error}")))?;
        }
        Ok(())
    }
}

/// A job, or the request behind it, succeeded.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct JobSuccess {
    /// The registration.
    pub tenant_registration_id: RegistrationId,
    /// What the job gave.
    #[serde(deserialize_with = "object::required")]
    pub job_output: JobOutput,
    /// The tenant; SBT sends none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant_id: Option<TenantId>,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant_name: Option<TenantName>,
    /// Its tier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<TierName>,
    /// What the event says about itself; SBT sends none.
    #[serde(default, deserialize_with = "object::optional", skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Metadata>,
}

/// What a failed job gave.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FailedJobOutput {
    /// A sentence; SBT's is "Failed to provision tenant.".
    pub tenant_status: String,
}

/// A job, or the request behind it, failed.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("anyOf" = [{"required": ["tenantId"]}, {"required": ["tenantRegistrationId"]}]))]
pub struct JobFailure {
    /// The registration; absent where a refused request named none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant_registration_id: Option<RegistrationId>,
    /// What the job gave.
    #[serde(deserialize_with = "object::required")]
    pub job_output: FailedJobOutput,
    /// The tenant; SBT sends none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant_id: Option<TenantId>,
    /// Why; SBT sends none.
    #[serde(default, deserialize_with = "object::optional", skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// What the event says about itself; SBT sends none.
    #[serde(default, deserialize_with = "object::optional", skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Metadata>,
}

impl Detail for JobSuccess {
    const NAMES: &'static [EventName] = &[
        EventName::ProvisionSuccess,
        EventName::DeprovisionSuccess,
        EventName::OnboardingSuccess,
        EventName::OffboardingSuccess,
    ];

    fn metadata(&self) -> Option<&Metadata> {
        self.metadata.as_ref()
    }

    fn check(&self) -> Result<(), Violation> {
        self.job_output.check()
    }
}

impl Detail for JobFailure {
    const NAMES: &'static [EventName] = &[
        EventName::ProvisionFailure,
        EventName::DeprovisionFailure,
        EventName::OnboardingFailure,
        EventName::OffboardingFailure,
    ];

    fn metadata(&self) -> Option<&Metadata> {
        self.metadata.as_ref()
    }

    fn check(&self) -> Result<(), Violation> {
        match (&self.tenant_id, &self.tenant_registration_id) {
            (None, None) => Err(Violation::missing("tenantRegistrationId", "or `tenantId` must be given")),
            _ => Ok(()),
        }
    }
}
