//! The names of all events: SBT's 21 and Tenantry's own.

use std::fmt;
use std::str::FromStr;

/// Which plane sends an event, and so which source it carries by default.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Plane {
    /// `sbt.control.plane`
    Control,
    /// `sbt.application.plane`
    Application,
}

/// What Tenantry does with an event.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Direction {
    /// Any publisher sends it; Tenantry acts on it.
    Request,
    /// Tenantry sends it when its own provisioner did the job, and acts on it
    /// when an external application plane did.
    Outcome,
    /// Tenantry sends it, for whoever wants to know.
    Notice,
    /// Part of SBT's vocabulary that others send and consume on this bus;
    /// Tenantry validates it and passes it on.
    Carried,
}

macro_rules! events {
    ($($variant:ident = $name:literal, $detail_type:literal, $plane:ident, $direction:ident, $about:literal;)*) => {
        /// One event of the vocabulary.
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub enum EventName {
            $(#[doc = $about] $variant,)*
        }

        impl EventName {
            /// Every event, requests first.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name as SBT writes it: `onboardingRequest`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The `detail-type` on the bus: `sbt_aws_onboardingRequest`.
            #[must_use]
            pub const fn detail_type(self) -> &'static str {
                match self { $(Self::$variant => $detail_type,)* }
            }

            /// The plane that sends it.
            #[must_use]
            pub const fn plane(self) -> Plane {
                match self { $(Self::$variant => Plane::$plane,)* }
            }

            /// What Tenantry does with it.
            #[must_use]
            pub const fn direction(self) -> Direction {
                match self { $(Self::$variant => Direction::$direction,)* }
            }

            /// What it says, in a sentence.
            #[must_use]
            pub const fn about(self) -> &'static str {
                match self { $(Self::$variant => $about,)* }
            }
        }
    };
}

events! {
    OnboardingRequest = "onboardingRequest", "sbt_aws_onboardingRequest", Control, Request, "A tenant shall be onboarded.";
    OffboardingRequest = "offboardingRequest", "sbt_aws_offboardingRequest", Control, Request, "A tenant shall be offboarded.";
    ActivateRequest = "activateRequest", "sbt_aws_activateRequest", Control, Request, "A suspended tenant shall be active again.";
    DeactivateRequest = "deactivateRequest", "sbt_aws_deactivateRequest", Control, Request, "A tenant shall be suspended.";
    RetryRequest = "tenantry_retryRequest", "tenantry_retryRequest", Control, Request, "What failed of a tenant shall be tried again.";
    CancelRequest = "tenantry_cancelRequest", "tenantry_cancelRequest", Control, Request, "What is under way for a tenant, or waits, shall be stopped.";
    ChangeRequest = "tenantry_changeRequest", "tenantry_changeRequest", Control, Request, "What is known of a tenant shall be changed.";
    ProvisionSuccess = "provisionSuccess", "sbt_aws_provisionSuccess", Application, Outcome, "A tenant's resources are provisioned.";
    ProvisionFailure = "provisionFailure", "sbt_aws_provisionFailure", Application, Outcome, "A tenant's resources could not be provisioned.";
    DeprovisionSuccess = "deprovisionSuccess", "sbt_aws_deprovisionSuccess", Application, Outcome, "A tenant's resources are gone.";
    DeprovisionFailure = "deprovisionFailure", "sbt_aws_deprovisionFailure", Application, Outcome, "A tenant's resources could not be removed.";
    OnboardingSuccess = "onboardingSuccess", "sbt_aws_onboardingSuccess", Application, Notice, "A tenant is onboarded.";
    OnboardingFailure = "onboardingFailure", "sbt_aws_onboardingFailure", Application, Notice, "A tenant could not be onboarded, or the request was refused.";
    OffboardingSuccess = "offboardingSuccess", "sbt_aws_offboardingSuccess", Application, Notice, "A tenant is offboarded.";
    OffboardingFailure = "offboardingFailure", "sbt_aws_offboardingFailure", Application, Notice, "A tenant could not be offboarded.";
    ActivateSuccess = "activateSuccess", "sbt_aws_activateSuccess", Application, Notice, "A suspended tenant is active again.";
    ActivateFailure = "activateFailure", "sbt_aws_activateFailure", Application, Notice, "A suspended tenant could not be made active.";
    DeactivateSuccess = "deactivateSuccess", "sbt_aws_deactivateSuccess", Application, Notice, "A tenant is suspended.";
    DeactivateFailure = "deactivateFailure", "sbt_aws_deactivateFailure", Application, Notice, "A tenant could not be suspended.";
    BillingSuccess = "billingSuccess", "sbt_aws_billingSuccess", Control, Carried, "A billing job for a tenant succeeded.";
    BillingFailure = "billingFailure", "sbt_aws_billingFailure", Control, Carried, "A billing job for a tenant failed.";
    TenantUserCreated = "tenantUserCreated", "sbt_aws_tenantUserCreated", Control, Notice, "A user of a tenant was created.";
    TenantUserDeleted = "tenantUserDeleted", "sbt_aws_tenantUserDeleted", Control, Notice, "A user of a tenant was deleted.";
    IngestUsage = "ingestUsage", "sbt_aws_ingestUsage", Application, Carried, "A tenant used a metered resource.";
    UpdateSuccess = "tenantry_updateSuccess", "tenantry_updateSuccess", Application, Notice, "A tenant's resources have what is known of it now.";
    UpdateFailure = "tenantry_updateFailure", "tenantry_updateFailure", Application, Notice, "A tenant's resources could not be updated.";
    TenantStatusChanged = "tenantry_tenantStatusChanged", "tenantry_tenantStatusChanged", Control, Notice, "A tenant's status changed.";
    TenantChanged = "tenantry_tenantChanged", "tenantry_tenantChanged", Control, Notice, "What is known of a tenant changed.";
    RequestRefused = "tenantry_requestRefused", "tenantry_requestRefused", Control, Notice, "A request to retry, to cancel or to change was refused; nothing changed.";
}

/// What the detail types of SBT's events begin with. SBT up to 0.5 has no
/// prefix (`src/utils/event-manager.ts` of its releases).
pub const SBT_PREFIX: &str = "sbt_aws_";

/// A name or detail-type that is not in the vocabulary.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{0}` is not an event of the catalogue; `tenantry event catalog` lists them")]
pub struct UnknownEvent(pub String);

impl FromStr for EventName {
    type Err = UnknownEvent;

    /// Accepts the name, which is also the detail-type of a deployment without
    /// prefix, and the detail-type with the prefix.
    fn from_str(text: &str) -> Result<Self, UnknownEvent> {
        let same = |name: &&Self| name.as_str() == text || name.detail_type() == text;
        Self::ALL.iter().find(same).copied().ok_or_else(|| UnknownEvent(text.chars().take(100).collect()))
    }
}

impl fmt::Display for EventName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
