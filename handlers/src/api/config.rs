//! `/tenant-config`: what a login page needs before anybody has signed in, by
//! the tenant's name in the path, by `tenantId`, by `tenantName`, or by the first
//! label of the page's own host, in SBT's order. The answer is the configuration
//! itself, without SBT's `data` around it. Public, throttled by API Gateway, and
//! silent about everything else: whether a name is free, suspended or not yet
//! ready looks the same.
//!
//! Source: awslabs/sbt-aws, `resources/functions/tenant-config/index.py`.

use super::Deps;
use super::answer::Answer;
use super::call::Call;
use super::problem::Problem;
use serde_json::Value;
use tenantry_events::ids::TenantId;
use tenantry_events::text::TenantName;
use tenantry_registry::tenant::{DesiredState, Tenant};

/// Of the tenant that the path names.
pub(super) async fn get(deps: &Deps, call: &Call) -> Result<Answer, Problem> {
    of_name(deps, call.parameter("tenantName")).await
}

/// Of the tenant that the query names, or the page that asks.
pub(super) async fn find(deps: &Deps, call: &Call) -> Result<Answer, Problem> {
    match (call.query("tenantId"), call.query("tenantName")) {
        (Some(id), _) => {
            // What can be nobody's id says nothing about anybody.
            let found = match id.parse::<TenantId>() {
                Ok(id) => deps.registry.tenant(id).await?,
                Err(_) => None,
            };
            answer(found)
        }
        (None, Some(name)) => of_name(deps, name).await,
        (None, None) => of_name(deps, host_label(call)?).await,
    }
}

async fn of_name(deps: &Deps, name: &str) -> Result<Answer, Problem> {
    let found = match name.parse::<TenantName>() {
        Ok(name) => deps.registry.tenant_named(&name).await?,
        Err(_) => None,
    };
    answer(found)
}

fn answer(tenant: Option<Tenant>) -> Result<Answer, Problem> {
    let open = tenant.filter(is_open).ok_or(Problem::NotFound("tenant"))?;
    Ok(Answer::new(200, &Value::Object(open.login_config())))
}

/// Whether its users can sign in: it is meant to be in use, and has what they
/// sign in to.
fn is_open(tenant: &Tenant) -> bool {
    tenant.desired == DesiredState::Active && !tenant.login_config().is_empty()
}

/// `acme`, of a page of `https://acme.app.example`.
fn host_label(call: &Call) -> Result<&str, Problem> {
    let origin = call.header("origin").and_then(|origin| origin.split_once("://")).map(|(_, host)| host);
    let label = origin.and_then(|host| host.split(['.', ':', '/']).next()).filter(|label| !label.is_empty());
    label.ok_or_else(|| {
        Problem::field(
            "Origin",
            "must be given, as must be the origin of a page, without `tenantId` and `tenantName`",
        )
    })
}
