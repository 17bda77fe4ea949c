//! `/tenant-config/{tenantName}`: what a login page needs before anybody has
//! signed in. Public, throttled by API Gateway, and silent about everything
//! else: whether a name is free, suspended or not yet ready looks the same.

use super::Deps;
use super::answer::Answer;
use super::call::Call;
use super::problem::Problem;
use tenantry_events::text::TenantName;
use tenantry_registry::tenant::{DesiredState, Tenant};

pub(super) async fn get(deps: &Deps, call: &Call) -> Result<Answer, Problem> {
    let none = || Problem::NotFound("tenant");
    // What can be nobody's name says nothing about anybody.
    let name: TenantName = call.parameter("tenantName").parse().map_err(|_| none())?;
    let tenant = deps.registry.tenant_named(&name).await?;
    match tenant.as_ref().filter(|tenant| is_open(tenant)) {
        Some(tenant) => Ok(Answer::data(tenant.login_config())),
        None => Err(none()),
    }
}

/// Whether its users can sign in: it is meant to be in use, and has what they
/// sign in to.
fn is_open(tenant: &Tenant) -> bool {
    let signs_in = tenant.login_config().get("appClientId").is_some_and(|client| client != "");
    tenant.desired == DesiredState::Active && signs_in
}
