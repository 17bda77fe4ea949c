//! `tenantry execution list`.

use super::{at, between};
use crate::clients::Deployment;
use crate::commands::tenant::moment;
use crate::error::{CliError, Result, aws};
use crate::follow::millis;
use crate::output::Output;
use aws_sdk_sfn::types::{ExecutionListItem, ExecutionStatus};
use serde_json::{Value, json};
use tenantry_events::ids::OperationId;

/// The operations that have a state machine of their own.
const MACHINES: [&str; 3] = ["provision-silo", "update-silo", "deprovision-silo"];

pub(super) async fn run(
    status: Option<String>,
    limit: i32,
    deployment: &Deployment,
    output: &Output,
) -> Result {
    let status = status.as_deref().map(parse).transpose()?;
    let mut found = Vec::new();
    for (machine, arn) in machines(deployment).await? {
        let call = deployment.states.list_executions().state_machine_arn(arn).max_results(limit);
        let answer = call.set_status_filter(status.clone()).send().await;
        let answer = answer.map_err(aws("the executions cannot be listed"))?;
        found.extend(answer.executions.into_iter().map(|execution| (machine.clone(), execution)));
    }
    found.sort_by_key(|(_, execution)| std::cmp::Reverse(millis(execution.start_date)));
    let values: Vec<Value> = found.iter().map(|(machine, execution)| value(machine, execution)).collect();
    let rows = found.iter().map(|(machine, execution)| row(machine, execution)).collect();
    output.data(&values, &["started", "machine", "status", "took", "tenant", "operation"], rows)
}

/// The deployment's state machines, by name, with their ARNs.
async fn machines(deployment: &Deployment) -> Result<Vec<(String, String)>> {
    let mut found = Vec::new();
    let mut next = None;
    loop {
        let answer = deployment.states.list_state_machines().set_next_token(next).send().await;
        let answer = answer.map_err(aws("the state machines cannot be listed"))?;
        for machine in answer.state_machines {
            let ours = MACHINES.iter().find(|name| machine.name == format!("{}-{name}", deployment.stack));
            found.extend(ours.map(|name| ((*name).to_owned(), machine.state_machine_arn.clone())));
        }
        next = answer.next_token;
        if next.is_none() {
            break;
        }
    }
    if found.is_empty() {
        return Err(CliError::hinted(
            format!("there are no state machines of a control plane called `{}` here", deployment.stack),
            "check AWS_PROFILE and AWS_REGION, or `eval \"$(tenantry local env)\"`; `--stack` names the deployment",
        ));
    }
    Ok(found)
}

fn parse(text: &str) -> Result<ExecutionStatus> {
    let status = ExecutionStatus::from(text.to_ascii_uppercase().replace('-', "_").as_str());
    match ExecutionStatus::values().contains(&status.as_str()) {
        true => Ok(status),
        false => Err(CliError::Invalid(format!(
            "`--status` must be running, succeeded, failed, timed_out or aborted, was `{text}`"
        ))),
    }
}

fn value(machine: &str, execution: &ExecutionListItem) -> Value {
    let known = OperationId::from_execution_name(&execution.name);
    json!({
        "executionArn": execution.execution_arn,
        "stateMachine": machine,
        "status": execution.status.as_str(),
        "tenantId": known.map(|(tenant, _)| tenant),
        "operationId": known.map(|(_, operation)| operation),
        "startedAt": at(millis(execution.start_date)),
        "endedAt": execution.stop_date.map(|date| at(millis(date))),
    })
}

fn row(machine: &str, execution: &ExecutionListItem) -> Vec<String> {
    let started = millis(execution.start_date);
    let (tenant, operation) = match OperationId::from_execution_name(&execution.name) {
        Some((tenant, operation)) => (tenant.to_string(), operation.to_string()),
        None => (execution.name.clone(), String::new()),
    };
    let took = execution.stop_date.map_or_else(String::new, |date| between(started, millis(date)));
    let status = execution.status.as_str().to_owned();
    vec![moment(at(started)), machine.to_owned(), status, took, tenant, operation]
}
