//! `/executions`: what the state machines did, and do, by
//! [`tenantry_operations::executions`].

use super::Deps;
use super::answer::Answer;
use super::call::Call;
use super::openapi::views::derived::never_null;
use super::problem::Problem;
use super::redact::redacted;
use schemars::{JsonSchema, Schema};
use serde::Serialize;
use serde_json::Value;
use tenantry_events::ids::OperationId;
use tenantry_operations::executions::{Execution, ExecutionError, Executions, Query, STATUSES};

pub(super) async fn list(deps: &Deps, call: &Call) -> Result<Answer, Problem> {
    let machines = &deps.machines;
    let kind = call.query("machine").unwrap_or("provision");
    let Some(machine) = machines.arns.0.get(&format!("silo/{kind}")) else {
        return Err(Problem::field("machine", "must be `provision`, `update`, `suspend` or `deprovision`"));
    };
    let status = call.query("status");
    if status.is_some_and(|status| !STATUSES.contains(&status)) {
        return Err(Problem::field("status", format!("must be one of {}", STATUSES.join(", "))));
    }
    let limit = i32::try_from(call.limit()?).unwrap_or(1);
    let query = Query { status, limit, after: call.query("next_token") };
    let listed = Executions::new(machines.client.clone()).list((kind, machine), &query).await;
    let (summaries, next) = listed.map_err(|error| match error.code() {
        Some("InvalidToken") => Problem::field("next_token", "must be one that this list gave, unchanged"),
        _ => error.into(),
    })?;
    let items = summaries.iter().map(|summary| serde_json::to_value(summary).unwrap_or_default());
    Ok(Answer::page(items.collect(), next))
}

/// An execution. Input, output and cause are shortened, and have nothing personal
/// in them.
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "Execution", transform = of_an_operation)]
pub(super) struct View {
    #[serde(flatten)]
    execution: Execution,
    /// What it began with.
    input: Option<Value>,
    /// What it ended with.
    output: Option<Value>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<Value>,
}

/// What is found by its operation always has it.
fn of_an_operation(schema: &mut Schema) {
    if let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut) {
        required.extend(["tenantId".into(), "operation".into()]);
    }
    if let Some(tenant) = schema.get_mut("properties").and_then(|properties| properties.get_mut("tenantId")) {
        never_null(tenant);
    }
}

/// By its name; its operation is in the registry.
pub(super) async fn get(deps: &Deps, call: &Call) -> Result<Answer, Problem> {
    let none = || Problem::NotFound("execution");
    let name = call.parameter("executionId");
    let (tenant, _) = OperationId::from_execution_name(name).ok_or_else(none)?;
    let executions = Executions::new(deps.machines.client.clone());
    let (execution, payloads) = executions.show(&deps.registry, name).await?.ok_or_else(none)?;
    let text = |text: String| redacted(Value::from(text));
    let view = View {
        execution: execution.clone(),
        input: payloads.input.map(text),
        output: payloads.output.map(text),
        cause: payloads.cause.map(text),
    };
    let mut view = serde_json::to_value(view).unwrap_or_default();
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
