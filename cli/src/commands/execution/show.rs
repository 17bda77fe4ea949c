//! `tenantry execution show`.

use super::{at, between};
use crate::clients::Deployment;
use crate::commands::tenant::{failure_fields, moment, tenant_id};
use crate::error::{CliError, Result, aws};
use crate::follow::{StateRun, history, millis, timeline};
use crate::output::Output;
use aws_sdk_sfn::operation::describe_execution::DescribeExecutionOutput;
use serde_json::json;
use tenantry_events::ids::OperationId;
use tenantry_registry::tenant::Operation;

pub(super) async fn run(execution: &str, deployment: &Deployment, output: &Output) -> Result {
    let arn = match execution.starts_with("arn:") {
        true => execution.to_owned(),
        false => latest(execution, deployment).await?,
    };
    let call = deployment.states.describe_execution().execution_arn(&arn).send().await;
    let described = call.map_err(aws("the execution cannot be read"))?;
    let runs = timeline(&history(deployment, &arn).await?);
    let operation = operation(described.name.as_deref().unwrap_or_default(), deployment).await?;
    if output.is_json() {
        return output.json(&json!({
            "executionArn": arn,
            "status": described.status.as_str(),
            "startedAt": at(millis(described.start_date)),
            "endedAt": described.stop_date.map(|date| at(millis(date))),
            "states": runs,
            "operation": operation,
        }));
    }
    output.record(&(), fields(&arn, &described, operation.as_ref()))?;
    output.print("")?;
    let rows = runs.iter().map(row).collect();
    output.data(&(), &["state", "entered", "took", "attempts", "error"], rows)
}

/// The latest execution of the tenant with this id.
async fn latest(tenant: &str, deployment: &Deployment) -> Result<String> {
    let id = tenant_id(tenant)?;
    let operations = deployment.registry.history(id).await?.operations;
    let arn = operations.into_iter().rev().find_map(|operation| operation.execution_arn);
    arn.ok_or_else(|| CliError::NotFound(format!("tenant {id} has had no execution")))
}

/// The operation that the execution called `name` carried out.
async fn operation(name: &str, deployment: &Deployment) -> Result<Option<Operation>> {
    let Some((tenant, id)) = OperationId::from_execution_name(name) else { return Ok(None) };
    let history = deployment.registry.history(tenant).await?;
    Ok(history.operations.into_iter().find(|operation| operation.id == id))
}

fn fields(
    arn: &str,
    described: &DescribeExecutionOutput,
    operation: Option<&Operation>,
) -> Vec<(&'static str, String)> {
    let started = millis(described.start_date);
    let ended = described.stop_date.map(millis);
    let took = ended.map_or_else(String::new, |ended| format!(", took {}", between(started, ended)));
    let mut fields = vec![
        ("Execution", arn.to_owned()),
        ("Status", described.status.as_str().to_owned()),
        ("Started", format!("{}{took}", moment(at(started)))),
    ];
    if let Some(operation) = operation {
        fields.push(("Operation", format!("{} {} ({})", operation.kind, operation.id, operation.state)));
        fields.extend(operation.build_id.clone().map(|build| ("Build", build)));
        fields.extend(operation.logs_url.clone().map(|log| ("Log", log)));
        fields.extend(operation.failure.as_ref().map(failure_fields).unwrap_or_default());
    }
    fields
}

fn row(run: &StateRun) -> Vec<String> {
    let took = run.exited.map_or_else(String::new, |exited| between(run.entered, exited));
    let attempts = if run.attempts == 0 { String::new() } else { run.attempts.to_string() };
    let entered = at(run.entered).format("%H:%M:%S%.3f").to_string();
    vec![run.state.clone(), entered, took, attempts, run.error.clone().unwrap_or_default()]
}
