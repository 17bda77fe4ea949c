//! `api`: the control plane over HTTP.
//!
//! API Gateway verifies the token and routes the request; this function reads
//! the claims, decides, and answers. It writes nothing into a tenant: what
//! changes one is an event on the bus, the same that any publisher may send,
//! with the same consequences.

pub mod access;
mod answer;
mod audit;
mod call;
mod command;
mod config;
mod directory;
mod executions;
pub mod openapi;
mod pages;
mod problem;
pub mod query;
mod queues;
mod redact;
mod registrations;
mod roles;
pub mod routes;
mod tenants;
mod tiers;
pub mod token;
mod users;

pub use answer::Answer;
pub use call::Event;
pub use directory::Directory;
pub use problem::Problem;

use crate::engine::build::Machines;
use crate::shared::fault::Fault;
use access::ScopeNames;
use call::Call;
use chrono::{DateTime, Utc};
use routes::Route;
use serde_json::Value;
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use tenantry_events::sources::Sources;
use tenantry_operations::bus::Bus;
use tenantry_operations::dead_letters::DeadLetters;
use tenantry_registry::store::Registry;

/// What the function needs.
#[derive(Clone, Debug)]
pub struct Deps {
    /// Where tenants are; read, and written only for idempotency keys and
    /// refusals.
    pub registry: Registry,
    /// Where requests go.
    pub bus: Bus,
    /// Which source each event carries.
    pub sources: Sources,
    /// How scopes are called in tokens.
    pub scopes: ScopeNames,
    /// The control plane's users; `None` where another identity provider has them.
    pub directory: Option<Directory>,
    /// Where executions are.
    pub machines: Machines,
    /// What could not be handled.
    pub dead_letters: DeadLetters,
    /// The claim that has a person's groups.
    pub groups_claim: String,
}

/// The function does not fail: what goes wrong is an answer.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error(transparent)]
pub struct ApiError(Infallible);

impl Fault for ApiError {
    fn name(&self) -> &'static str {
        match self.0 {}
    }

    fn is_retryable(&self) -> bool {
        match self.0 {}
    }
}

/// Serves one request.
///
/// # Errors
///
/// None: what goes wrong is answered.
pub async fn handle(deps: &Deps, event: Event, now: DateTime<Utc>) -> Result<Value, ApiError> {
    let call = Call::new(event, &deps.groups_claim, now);
    let route = Route::of_key(call.route_key());
    let result = match route {
        None => Err(Problem::NotFound("route")),
        Some(route) => serve(deps, &call, route).await,
    };
    let result = audit::kept(deps, &call, route, result).await;
    audit::note(&call, route, &result);
    let request_id = call.request_id();
    let answer = result.unwrap_or_else(|problem| problem.answer(request_id));
    Ok(answer.with("x-request-id", request_id).payload())
}

/// Boxed: a future that holds those of all routes is deeper than the compiler
/// looks.
fn serve<'a>(deps: &'a Deps, call: &'a Call, route: Route) -> Served<'a> {
    Box::pin(async move {
        access::authorize(route.scope(), call.caller.as_ref(), &deps.scopes)?;
        query::check(route, call.queried())?;
        dispatch(deps, call, route).await
    })
}

type Served<'a> = Pin<Box<dyn Future<Output = Result<Answer, Problem>> + Send + 'a>>;

async fn dispatch(deps: &Deps, call: &Call, route: Route) -> Result<Answer, Problem> {
    match route {
        Route::CreateRegistration => registrations::create(deps, call).await,
        Route::ListRegistrations => registrations::list(deps, call).await,
        Route::GetRegistration => registrations::get(deps, call).await,
        Route::UpdateRegistration => registrations::update(deps, call).await,
        Route::DeleteRegistration => registrations::delete(deps, call).await,
        Route::ListTenants => tenants::list(deps, call).await,
        Route::GetTenant => tenants::get(deps, call).await,
        Route::TenantHistory => tenants::history(deps, call).await,
        Route::TenantOperations => tenants::operations(deps, call).await,
        Route::RetryTenant | Route::CancelTenant | Route::SuspendTenant | Route::ResumeTenant => {
            tenants::request(deps, call, route).await
        }
        Route::ListTiers => tiers::list(deps).await,
        Route::ListExecutions => executions::list(deps, call).await,
        Route::GetExecution => executions::get(deps, call).await,
        Route::ListQueues => queues::list(deps).await,
        Route::GetQueue => queues::get(deps, call).await,
        Route::RedriveQueue => queues::redrive(deps, call).await,
        Route::DiscardQueue => queues::discard(deps, call).await,
        Route::ListUsers => users::list(deps, call).await,
        Route::GetUser => users::get(deps, call).await,
        Route::CreateUser
        | Route::UpdateUser
        | Route::DeleteUser
        | Route::DisableUser
        | Route::EnableUser => users::change(deps, call, route).await,
        Route::TenantConfig => config::get(deps, call).await,
        Route::FindTenantConfig => config::find(deps, call).await,
        Route::OpenApi => Ok(openapi::answer()),
    }
}
