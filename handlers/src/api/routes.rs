//! Every route of the API: what it does, and which scope it requires. The
//! template's routes and `schemas/openapi.json` are compared with this table.

use super::access::Scope;

macro_rules! routes {
    ($($variant:ident = $method:literal $path:literal, $scope:expr, $succeeds:literal, $about:literal;)*) => {
        /// One route.
        #[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
        pub enum Route {
            $(#[doc = $about] $variant,)*
        }

        impl Route {
            /// Every route.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Its key in API Gateway: method and path.
            #[must_use]
            pub const fn key(self) -> &'static str {
                match self { $(Self::$variant => concat!($method, " ", $path),)* }
            }

            /// The method.
            #[must_use]
            pub const fn method(self) -> &'static str {
                match self { $(Self::$variant => $method,)* }
            }

            /// The path, with its parameters in braces.
            #[must_use]
            pub const fn path(self) -> &'static str {
                match self { $(Self::$variant => $path,)* }
            }

            /// The scope that it requires; `None` on a public route.
            #[must_use]
            pub const fn scope(self) -> Option<Scope> {
                match self { $(Self::$variant => $scope,)* }
            }

            /// The status of its success.
            #[must_use]
            pub const fn succeeds(self) -> u16 {
                match self { $(Self::$variant => $succeeds,)* }
            }

            /// What it does, in a sentence.
            #[must_use]
            pub const fn about(self) -> &'static str {
                match self { $(Self::$variant => $about,)* }
            }

            /// Its name in the OpenAPI document.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { $(Self::$variant => stringify!($variant),)* }
            }
        }
    };
}

const TENANT_READ: Option<Scope> = Some(Scope::TenantRead);
const TENANT_WRITE: Option<Scope> = Some(Scope::TenantWrite);
const OPERATION_READ: Option<Scope> = Some(Scope::OperationRead);
const OPERATION_WRITE: Option<Scope> = Some(Scope::OperationWrite);
const USER_READ: Option<Scope> = Some(Scope::UserRead);
const USER_WRITE: Option<Scope> = Some(Scope::UserWrite);

routes! {
    CreateRegistration = "POST" "/tenant-registrations", TENANT_WRITE, 202, "Asks for a tenant to be onboarded.";
    ListRegistrations = "GET" "/tenant-registrations", TENANT_READ, 200, "Lists registrations, in the order of their tenants' names.";
    GetRegistration = "GET" "/tenant-registrations/{tenantRegistrationId}", TENANT_READ, 200, "Shows a registration.";
    UpdateRegistration = "PATCH" "/tenant-registrations/{tenantRegistrationId}", TENANT_WRITE, 202, "Asks for what is known of a registration's tenant to be changed.";
    DeleteRegistration = "DELETE" "/tenant-registrations/{tenantRegistrationId}", TENANT_WRITE, 202, "Asks for a registration's tenant to be offboarded.";
    ListTenants = "GET" "/tenants", TENANT_READ, 200, "Lists tenants, in the order of their names.";
    GetTenant = "GET" "/tenants/{tenantId}", TENANT_READ, 200, "Shows a tenant.";
    TenantHistory = "GET" "/tenants/{tenantId}/history", TENANT_READ, 200, "Shows everything that happened to a tenant, oldest first.";
    TenantOperations = "GET" "/tenants/{tenantId}/operations", TENANT_READ, 200, "Lists a tenant's operations, oldest first, with the logs of their builds.";
    RetryTenant = "POST" "/tenants/{tenantId}/retry", TENANT_WRITE, 202, "Asks for what failed to be tried again.";
    CancelTenant = "POST" "/tenants/{tenantId}/cancel", TENANT_WRITE, 202, "Asks for what is under way, or waits, to be stopped.";
    SuspendTenant = "POST" "/tenants/{tenantId}/suspend", TENANT_WRITE, 202, "Asks for a tenant to be closed to its users.";
    ResumeTenant = "POST" "/tenants/{tenantId}/resume", TENANT_WRITE, 202, "Asks for a suspended tenant to be opened again.";
    ListTiers = "GET" "/tiers", TENANT_READ, 200, "Lists the tiers that tenants can have.";
    ListExecutions = "GET" "/executions", OPERATION_READ, 200, "Lists the executions of one of the state machines, youngest first.";
    GetExecution = "GET" "/executions/{executionId}", OPERATION_READ, 200, "Shows an execution with its states, timings, input and output.";
    ListQueues = "GET" "/queues", OPERATION_READ, 200, "Lists the queues of what could not be handled.";
    GetQueue = "GET" "/queues/{queueName}", OPERATION_READ, 200, "Shows what is in a queue, and why.";
    RedriveQueue = "POST" "/queues/{queueName}/redrive", OPERATION_WRITE, 200, "Hands letters over again to the functions that could not handle them.";
    DiscardQueue = "POST" "/queues/{queueName}/discard", OPERATION_WRITE, 200, "Deletes dead-letter messages for good, with a reason.";
    CreateUser = "POST" "/users", USER_WRITE, 201, "Creates a user, who gets an invitation by e-mail.";
    ListUsers = "GET" "/users", USER_READ, 200, "Lists the control plane's users.";
    GetUser = "GET" "/users/{userId}", USER_READ, 200, "Shows a user.";
    UpdateUser = "PUT" "/users/{userId}", USER_WRITE, 200, "Gives a user another address or group.";
    DeleteUser = "DELETE" "/users/{userId}", USER_WRITE, 200, "Deletes a user.";
    DisableUser = "POST" "/users/{userId}/disable", USER_WRITE, 200, "Ends a user's sessions, and lets the user sign in no longer.";
    EnableUser = "POST" "/users/{userId}/enable", USER_WRITE, 200, "Lets a user sign in again.";
    TenantConfig = "GET" "/tenant-config/{tenantName}", None, 200, "What a tenant's login page needs to know.";
    FindTenantConfig = "GET" "/tenant-config", None, 200, "The same, of the tenant that `tenantId`, `tenantName` or the page's own `Origin` names.";
    OpenApi = "GET" "/openapi.json", None, 200, "This document.";
}

impl Route {
    /// The route with that key.
    #[must_use]
    pub fn of_key(key: &str) -> Option<Self> {
        Self::ALL.iter().find(|route| route.key() == key).copied()
    }

    /// Whether it may change something.
    #[must_use]
    pub fn is_change(self) -> bool {
        self.method() != "GET"
    }

    /// The names of the path's parameters.
    pub fn parameters(self) -> impl Iterator<Item = &'static str> {
        self.path().split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
    }
}
