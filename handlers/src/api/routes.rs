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
    CreateRegistration = "POST" "/tenant-registrations", TENANT_WRITE, 202, "Onboard a tenant.";
    ListRegistrations = "GET" "/tenant-registrations", TENANT_READ, 200, "List registrations, ordered by tenant name.";
    GetRegistration = "GET" "/tenant-registrations/{tenantRegistrationId}", TENANT_READ, 200, "Show a registration.";
    UpdateRegistration = "PATCH" "/tenant-registrations/{tenantRegistrationId}", TENANT_WRITE, 202, "Change the data of a registration's tenant.";
    DeleteRegistration = "DELETE" "/tenant-registrations/{tenantRegistrationId}", TENANT_WRITE, 202, "Offboard a registration's tenant.";
    ListTenants = "GET" "/tenants", TENANT_READ, 200, "List tenants, ordered by name.";
    GetTenant = "GET" "/tenants/{tenantId}", TENANT_READ, 200, "Show a tenant.";
    TenantHistory = "GET" "/tenants/{tenantId}/history", TENANT_READ, 200, "Show a tenant's history, oldest first.";
    TenantOperations = "GET" "/tenants/{tenantId}/operations", TENANT_READ, 200, "List a tenant's operations, oldest first, with links to their build logs.";
    RetryTenant = "POST" "/tenants/{tenantId}/retry", TENANT_WRITE, 202, "Retry the operation that failed.";
    CancelTenant = "POST" "/tenants/{tenantId}/cancel", TENANT_WRITE, 202, "Cancel a running or waiting operation.";
    SuspendTenant = "POST" "/tenants/{tenantId}/suspend", TENANT_WRITE, 202, "Suspend a tenant: its users are locked out.";
    ResumeTenant = "POST" "/tenants/{tenantId}/resume", TENANT_WRITE, 202, "Resume a suspended tenant.";
    ListTiers = "GET" "/tiers", TENANT_READ, 200, "List tiers.";
    ListExecutions = "GET" "/executions", OPERATION_READ, 200, "List the executions of a state machine, newest first.";
    GetExecution = "GET" "/executions/{executionId}", OPERATION_READ, 200, "Show an execution with its states, timings, input and output.";
    ListQueues = "GET" "/queues", OPERATION_READ, 200, "List the dead-letter queues.";
    GetQueue = "GET" "/queues/{queueName}", OPERATION_READ, 200, "List dead-letter messages, each with the reason.";
    RedriveQueue = "POST" "/queues/{queueName}/redrive", OPERATION_WRITE, 200, "Redrive dead-letter messages: invoke their functions again.";
    DiscardQueue = "POST" "/queues/{queueName}/discard", OPERATION_WRITE, 200, "Discard dead-letter messages; the reason is kept.";
    CreateUser = "POST" "/users", USER_WRITE, 201, "Create a user, who gets an invitation by e-mail.";
    ListUsers = "GET" "/users", USER_READ, 200, "List the control plane's users.";
    GetUser = "GET" "/users/{userId}", USER_READ, 200, "Show a user.";
    UpdateUser = "PUT" "/users/{userId}", USER_WRITE, 200, "Change a user's address or group.";
    DeleteUser = "DELETE" "/users/{userId}", USER_WRITE, 200, "Delete a user.";
    DisableUser = "POST" "/users/{userId}/disable", USER_WRITE, 200, "Disable a user: end all sessions and refuse new ones.";
    EnableUser = "POST" "/users/{userId}/enable", USER_WRITE, 200, "Enable a disabled user.";
    TenantConfig = "GET" "/tenant-config/{tenantName}", None, 200, "Show what a tenant's login page needs.";
    FindTenantConfig = "GET" "/tenant-config", None, 200, "Show the same for the tenant that `tenantId`, `tenantName` or the page's own `Origin` names.";
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
