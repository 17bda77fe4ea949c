//! What each route takes in its query: one table, for what is refused and for the
//! OpenAPI document.

use super::problem::Problem;
use super::routes::Route;

/// The longest page token that any list gives, in characters: Step Functions'.
///
/// Source: "ListExecutions", AWS Step Functions API Reference.
pub const TOKEN_MAX: usize = 3_096;

/// A parameter of a query.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Parameter {
    /// Its name in a request.
    pub name: &'static str,
    /// Its name among the parameters of the OpenAPI document.
    pub document: &'static str,
}

const fn plain(name: &'static str) -> Parameter {
    Parameter { name, document: name }
}

const LIMIT: Parameter = plain("limit");
const NEXT: Parameter = plain("next_token");
const STATUS: Parameter = plain("status");
const TENANTS: &[Parameter] = &[LIMIT, NEXT, STATUS, plain("tier"), plain("name"), plain("release")];
const TENANT_CONFIG: &[Parameter] = &[
    Parameter { name: "tenantId", document: "tenantIdQuery" },
    Parameter { name: "tenantName", document: "tenantNameQuery" },
];
const EXECUTIONS: &[Parameter] =
    &[plain("machine"), Parameter { name: "status", document: "executionStatus" }, LIMIT, NEXT];

/// The parameters that the route takes in its query.
#[must_use]
pub const fn parameters(route: Route) -> &'static [Parameter] {
    match route {
        Route::ListRegistrations | Route::ListTenants => TENANTS,
        Route::ListExecutions => EXECUTIONS,
        Route::ListUsers | Route::TenantHistory | Route::GetQueue => &[LIMIT, NEXT],
        Route::CreateRegistration
        | Route::GetRegistration
        | Route::UpdateRegistration
        | Route::DeleteRegistration
        | Route::GetTenant
        | Route::TenantOperations
        | Route::RetryTenant
        | Route::CancelTenant
        | Route::SuspendTenant
        | Route::ResumeTenant
        | Route::ListTiers
        | Route::GetExecution
        | Route::ListQueues
        | Route::RedriveQueue
        | Route::DiscardQueue
        | Route::CreateUser
        | Route::GetUser
        | Route::UpdateUser
        | Route::DeleteUser
        | Route::DisableUser
        | Route::EnableUser
        | Route::TenantConfig
        | Route::OpenApi => &[],
        Route::FindTenantConfig => TENANT_CONFIG,
    }
}

/// Refuses a query that has what the route does not take: somebody expects it to
/// have an effect. A page token is not longer than any that was given.
///
/// # Errors
///
/// [`Problem::BadField`], which says what the route takes.
pub(super) fn check<'a>(
    route: Route,
    query: impl Iterator<Item = (&'a str, &'a str)>,
) -> Result<(), Problem> {
    let known = parameters(route);
    for (name, value) in query {
        if !known.iter().any(|parameter| parameter.name == name) {
            let names: Vec<_> = known.iter().map(|parameter| format!("`{}`", parameter.name)).collect();
            let limit = match names.as_slice() {
                [] => "is not known: this takes no parameters in its query".to_owned(),
                names => format!("is not known: this takes {}", names.join(", ")),
            };
            return Err(Problem::field(tenantry_events::text::shorten(name, 100), limit));
        }
        if name == NEXT.name && value.chars().count() > TOKEN_MAX {
            let limit = format!("must be one that this list gave, which has at most {TOKEN_MAX} characters");
            return Err(Problem::field(NEXT.name, limit));
        }
    }
    Ok(())
}
