//! The catalogue: for every event its type, the version of its schema, an
//! example, and the checks, by name. It is where a name that is known only at
//! run time (a command's argument, a file's folder) meets the types.

pub mod asyncapi;
pub mod schema;

use crate::details;
use crate::name::EventName;
use crate::receive::{self, Detail, Violation};
use crate::sources::Sources;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde_json::Value;

/// What is known of one event.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// Its name.
    pub name: EventName,
    /// The version of its detail's schema, which its `metadata.schemaVersion`
    /// says; from 1.
    pub version: u32,
    /// An example of its detail, as JSON text: all fields that people use.
    pub example: &'static str,
    root_schema: fn(SchemaGenerator) -> Schema,
    subschema: fn(&mut SchemaGenerator) -> Schema,
    check: Check,
    rewrite: fn(&Value) -> Result<Value, Violation>,
}

type Check = fn(EventName, Option<&str>, &[u8], &Sources) -> Result<(), Violation>;

impl Kind {
    const fn of<T: Detail + JsonSchema + Serialize>(
        name: EventName,
        version: u32,
        example: &'static str,
    ) -> Self {
        Self {
            name,
            version,
            example,
            root_schema: |generator| generator.into_root_schema_for::<T>(),
            subschema: SchemaGenerator::subschema_for::<T>,
            check: receive::validate::<T>,
            rewrite: |detail| {
                receive::parse::<T>(detail).map(|read| serde_json::to_value(read).unwrap_or_default())
            },
        }
    }

    /// Says what its receiver would say of an event that is not sent yet.
    ///
    /// # Errors
    ///
    /// [`Violation`] names the field and the rule.
    pub fn validate(&self, source: Option<&str>, detail: &[u8], sources: &Sources) -> Result<(), Violation> {
        (self.check)(self.name, source, detail, sources)
    }

    /// `detail` as Tenantry would write it after reading it: what a reader does
    /// not know and does not keep is gone, moments and ids are in their one form.
    ///
    /// # Errors
    ///
    /// [`Violation`] names the field and the rule.
    pub fn rewrite(&self, detail: &Value) -> Result<Value, Violation> {
        (self.rewrite)(detail)
    }
}

macro_rules! catalogue {
    ($($variant:ident: $detail:ident, $version:literal, $folder:literal;)*) => {
        /// What is known of the event `name`.
        #[must_use]
        pub const fn kind(name: EventName) -> Kind {
            match name {
                $(EventName::$variant => Kind::of::<details::$detail>(
                    name,
                    $version,
                    include_str!(concat!("../examples/", $folder, "/valid/full.json")),
                ),)*
            }
        }
    };
}

catalogue! {
    OnboardingRequest: OnboardingRequest, 1, "onboardingRequest";
    OffboardingRequest: OffboardingRequest, 1, "offboardingRequest";
    ActivateRequest: TenantRequest, 1, "activateRequest";
    DeactivateRequest: TenantRequest, 1, "deactivateRequest";
    RetryRequest: TenantRequest, 1, "tenantry_retryRequest";
    CancelRequest: TenantRequest, 1, "tenantry_cancelRequest";
    ChangeRequest: ChangeRequest, 1, "tenantry_changeRequest";
    ProvisionSuccess: JobSuccess, 1, "provisionSuccess";
    ProvisionFailure: JobFailure, 1, "provisionFailure";
    DeprovisionSuccess: JobSuccess, 1, "deprovisionSuccess";
    DeprovisionFailure: JobFailure, 1, "deprovisionFailure";
    OnboardingSuccess: JobSuccess, 1, "onboardingSuccess";
    OnboardingFailure: JobFailure, 1, "onboardingFailure";
    OffboardingSuccess: JobSuccess, 1, "offboardingSuccess";
    OffboardingFailure: JobFailure, 1, "offboardingFailure";
    ActivateSuccess: TenantNotice, 1, "activateSuccess";
    ActivateFailure: TenantNotice, 1, "activateFailure";
    DeactivateSuccess: TenantNotice, 1, "deactivateSuccess";
    DeactivateFailure: TenantNotice, 1, "deactivateFailure";
    BillingSuccess: Billing, 1, "billingSuccess";
    BillingFailure: Billing, 1, "billingFailure";
    TenantUserCreated: TenantUser, 1, "tenantUserCreated";
    TenantUserDeleted: TenantUser, 1, "tenantUserDeleted";
    IngestUsage: Usage, 1, "ingestUsage";
    UpdateSuccess: TenantNotice, 1, "tenantry_updateSuccess";
    UpdateFailure: TenantNotice, 1, "tenantry_updateFailure";
    TenantStatusChanged: TenantStatusChanged, 1, "tenantry_tenantStatusChanged";
    TenantChanged: TenantChanged, 1, "tenantry_tenantChanged";
    RequestRefused: RequestRefused, 1, "tenantry_requestRefused";
}
