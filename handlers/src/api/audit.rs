//! The audit line of a call: who asked for what, when, from where, and what
//! became of it. Every change and every refusal has one. A subject is no
//! address and no name; nothing of the body is in it.
//!
//! What is accepted becomes an event, and so a line of the tenant's history;
//! what is refused here is written there by this file.

use super::Deps;
use super::answer::Answer;
use super::call::Call;
use super::problem::Problem;
use super::routes::Route;
use lambda_runtime::tracing;
use tenantry_events::ids::{CorrelationId, EventId, TenantId, timestamp};
use tenantry_registry::audit::{AuditEntry, Origin, Verdict};
use tenantry_registry::tenant::Tenant;

/// `result`, which is in the tenant's history if it refuses to change one.
///
/// # Errors
///
/// That of `result`; [`Problem::Unavailable`] when it cannot be written down.
pub(super) async fn kept(
    deps: &Deps,
    call: &Call,
    route: Option<Route>,
    result: Result<Answer, Problem>,
) -> Result<Answer, Problem> {
    let problem = match result {
        Err(problem) if route.is_some_and(Route::is_change) && is_refusal(&problem) => problem,
        other => return other,
    };
    if let Some(tenant) = whose(deps, call).await? {
        deps.registry.refused(&line(call, &tenant, &problem)).await?;
    }
    Err(problem)
}

/// Whether it refuses a request, as opposed to finding nothing or failing.
fn is_refusal(problem: &Problem) -> bool {
    (400..500).contains(&problem.status()) && !matches!(problem.status(), 401 | 404)
}

/// The tenant that the path is about, if there is one.
async fn whose(deps: &Deps, call: &Call) -> Result<Option<Tenant>, Problem> {
    let id: Option<TenantId> = match call.parameter("tenantRegistrationId") {
        "" => call.tenant_id().ok(),
        registration => deps.registry.tenant_of_registration(registration).await?,
    };
    match id {
        Some(id) => Ok(deps.registry.tenant(id).await?),
        None => Ok(None),
    }
}

fn line(call: &Call, tenant: &Tenant, problem: &Problem) -> AuditEntry {
    // No event was involved.
    let event_id = EventId::derive(&format!("refused/{}", call.request_id()));
    AuditEntry {
        tenant_id: tenant.tenant_id,
        at: call.now,
        origin: Origin {
            event_id,
            correlation_id: CorrelationId::from(event_id),
            action: call.route_key().to_owned(),
            actor: format!("HTTP API ({}, from {})", call.who(), call.source_ip()),
            why: None,
        },
        verdict: Verdict::Refused,
        code: Some(problem.code().to_owned()),
        reason: problem.to_string(),
        tenant_registration_id: None,
        tenant_version: None,
    }
}

/// Writes the line, if the call is one that has it.
pub(super) fn note(call: &Call, route: Option<Route>, result: &Result<Answer, Problem>) {
    let (status, code) = match result {
        Ok(answer) => (answer.status, None),
        Err(problem) => (problem.status(), Some(problem.code())),
    };
    if code.is_none() && !route.is_some_and(Route::is_change) {
        return;
    }
    let correlation = result.as_ref().ok().and_then(|answer| answer.headers.get("x-correlation-id"));
    tracing::info!(
        audit = true,
        who = call.who(),
        what = call.route_key(),
        on = call.parameter("tenantId").chars().take(36).collect::<String>(),
        at = timestamp(call.now),
        from = call.source_ip(),
        request = call.request_id(),
        correlation = correlation.map(String::as_str),
        outcome = if code.is_none() { "accepted" } else { "refused" },
        status,
        code,
        "audit"
    );
}
