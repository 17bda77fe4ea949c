//! The audit line of a call: who asked for what, when, from where, and what
//! became of it. Every change and every refusal has one. A subject is no
//! address and no name; nothing of the body is in it.

use super::answer::Answer;
use super::call::Call;
use super::problem::Problem;
use super::routes::Route;
use lambda_runtime::tracing;
use tenantry_events::ids::timestamp;

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
