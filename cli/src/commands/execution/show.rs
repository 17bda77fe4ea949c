//! `tenantry execution show`.

use super::{log_fields, took};
use crate::commands::tenant::{failure_fields, moment, tenant_id};
use crate::error::{CliError, Result};
use crate::output::Output;
use crate::source::Source;
use tenantry_events::ids::OperationId;
use tenantry_operations::executions::Execution;
use tenantry_operations::timeline::StateRun;

pub(super) async fn run(which: &str, source: &Source, output: &Output) -> Result {
    let is_execution = which.starts_with("arn:") || OperationId::from_execution_name(which).is_some();
    let which = match is_execution {
        true => which.to_owned(),
        false => latest(which, source).await?,
    };
    let execution = source.execution(&which).await?;
    if output.is_json() {
        return output.json(&execution);
    }
    output.record(&(), fields(&execution, source))?;
    output.print("")?;
    let rows = execution.states.iter().map(row).collect();
    output.data(&(), &["state", "entered", "took", "attempts", "error"], rows)
}

/// The latest execution of the tenant with this id.
pub(super) async fn latest(tenant: &str, source: &Source) -> Result<String> {
    let id = tenant_id(tenant)?;
    let operations = source.operations(id).await?;
    let arn = operations.into_iter().rev().find_map(|operation| operation.execution_arn);
    arn.ok_or_else(|| CliError::NotFound(format!("tenant {id} has had no execution")))
}

fn fields(execution: &Execution, source: &Source) -> Vec<(&'static str, String)> {
    let took = took(execution.started_at, execution.ended_at);
    let took = took.map_or_else(String::new, |took| format!(", took {took}"));
    let mut fields = vec![
        ("Execution", execution.execution_arn.clone()),
        ("Status", execution.status.clone()),
        ("Started", format!("{}{took}", moment(execution.started_at))),
    ];
    if let Some(operation) = &execution.operation {
        fields.push(("Operation", format!("{} {} ({})", operation.kind, operation.id, operation.state)));
        fields.extend(operation.build_id.clone().map(|build| ("Build", build)));
        let tenant = execution.tenant_id;
        fields.extend(tenant.map(|tenant| log_fields(operation, tenant, source)).unwrap_or_default());
        fields.extend(operation.failure.as_ref().map(failure_fields).unwrap_or_default());
    }
    fields
}

fn row(run: &StateRun) -> Vec<String> {
    let took = took(run.entered_at, run.exited_at).unwrap_or_default();
    let attempts = if run.attempts == 0 { String::new() } else { run.attempts.to_string() };
    let entered = run.entered_at.format("%H:%M:%S%.3f").to_string();
    vec![run.state.clone(), entered, took, attempts, run.error.clone().unwrap_or_default()]
}
