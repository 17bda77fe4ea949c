//! The rest of SBT's vocabulary, which travels on this bus between others.
//! SBT fixes no fields for these; what its interfaces let one expect is named.

use crate::failure::Failure;
use crate::ids::TenantId;
use crate::metadata::Metadata;
use crate::name::EventName;
use crate::object;
use crate::receive::Detail;
use crate::text::{Email, RegistrationId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};

macro_rules! carried {
    ($(#[$doc:meta])* $name:ident of [$($event:ident),*] { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
        #[serde(rename_all = "camelCase")]
        pub struct $name {
            /// The tenant.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub tenant_id: Option<TenantId>,
            /// Its registration.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub tenant_registration_id: Option<RegistrationId>,
            $(
                $(#[$field_doc])*
                #[serde(default, skip_serializing_if = "Option::is_none")]
                pub $field: Option<$type>,
            )*
            /// What the event says about itself.
            #[serde(default, deserialize_with = "object::optional", skip_serializing_if = "Option::is_none")]
            pub metadata: Option<Metadata>,
            /// What else the sender sends.
            #[serde(flatten)]
            pub extra: Map<String, Value>,
        }

        impl Detail for $name {
            const NAMES: &'static [EventName] = &[$(EventName::$event),*];

            fn metadata(&self) -> Option<&Metadata> {
                self.metadata.as_ref()
            }
        }
    };
}

carried! {
    /// A tenant was, or could not be, activated, deactivated or updated.
    TenantNotice of [
        ActivateSuccess, ActivateFailure, DeactivateSuccess, DeactivateFailure, UpdateSuccess, UpdateFailure
    ] {
        /// Why it could not.
        failure: Failure,
    }
}

carried! {
    /// A billing job for a tenant ended.
    Billing of [BillingSuccess, BillingFailure] {}
}

carried! {
    /// A user of a tenant was created or deleted.
    TenantUser of [TenantUserCreated, TenantUserDeleted] {
        /// The user's address.
        email: Email,
        /// The user's id: the name in the identity provider, as SBT's
        /// `GET /users/{userId}` has it.
        user_id: String,
        /// The user's name in the identity provider.
        user_name: String,
    }
}

carried! {
    /// A tenant used a metered resource.
    Usage of [IngestUsage] {
        /// What was used.
        meter_id: String,
        /// How much.
        value: Number,
    }
}
