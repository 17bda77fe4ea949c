//! `/executions`: what the state machines did, and do, by
//! [`tenantry_operations::executions`].

use super::Deps;
use super::answer::Answer;
use super::call::Call;
use super::problem::Problem;
use super::redact::redacted;
use serde_json::Value;
use tenantry_events::ids::OperationId;
use tenantry_operations::executions::{ExecutionError, Executions, Query, STATUSES};

pub(super) async fn list(deps: &Deps, call: &Call) -> Result<Answer, Problem> {
    let machines = &deps.machines;
    let machine = match call.query("machine").unwrap_or("provision") {
        "provision" => ("provision", machines.provision_silo.as_str()),
        "suspend" => ("suspend", machines.suspend_silo.as_str()),
        "deprovision" => ("deprovision", machines.deprovision_silo.as_str()),
        _ => return Err(Problem::field("machine", "must be `provision`, `suspend` or `deprovision`")),
    };
    let status = call.query("status");
    if status.is_some_and(|status| !STATUSES.contains(&status)) {
        return Err(Problem::field("status", format!("must be one of {}", STATUSES.join(", "))));
    }
    let limit = i32::try_from(call.limit()?).unwrap_or(1);
    let query = Query { status, limit, after: call.query("next_token") };
    let listed = Executions::new(machines.client.clone()).list(machine, &query).await;
    let (summaries, next) = listed.map_err(|error| match error.code() {
        Some("InvalidToken") => Problem::field("next_token", "must be one that this list gave, unchanged"),
        _ => error.into(),
    })?;
    let items = summaries.iter().map(|summary| serde_json::to_value(summary).unwrap_or_default());
    Ok(Answer::page(items.collect(), next))
}

/// By its name; its operation is in the registry.
pub(super) async fn get(deps: &Deps, call: &Call) -> Result<Answer, Problem> {
    let none = || Problem::NotFound("execution");
    let name = call.parameter("executionId");
    let (tenant, _) = OperationId::from_execution_name(name).ok_or_else(none)?;
    let executions = Executions::new(deps.machines.client.clone());
    let (execution, payloads) = executions.show(&deps.registry, name).await?.ok_or_else(none)?;
    let text = |text: Option<String>| redacted(text.map(Value::from).unwrap_or_default());
    let mut view = serde_json::to_value(&execution).unwrap_or_default();
    view["input"] = text(payloads.input);
    view["output"] = text(payloads.output);
    if payloads.cause.is_some() {
        view["cause"] = text(payloads.cause);
    }
    if let Some(operation) = &execution.operation {
        view["operation"] = tenantry_operations::view::operation(tenant, operation);
    }
    Ok(Answer::data(view))
}

impl From<ExecutionError> for Problem {
    fn from(error: ExecutionError) -> Self {
        match error {
            ExecutionError::Call(error) => error.into(),
            ExecutionError::Registry(error) => error.into(),
        }
    }
}
