//! `tenantry execution list`.

use super::took;
use crate::commands::tenant::moment;
use crate::error::{CliError, Result};
use crate::output::Output;
use crate::source::{ExecutionLine, Source};
use tenantry_operations::executions::STATUSES;

pub(super) async fn run(status: Option<String>, limit: i32, source: &Source, output: &Output) -> Result {
    let status = status.as_deref().map(parse).transpose()?;
    let found = source.executions(status.as_deref(), limit).await?;
    let rows = found.iter().map(row).collect();
    output.data(&found, &["started", "machine", "status", "took", "tenant", "operation"], rows)
}

/// A status as Step Functions has it.
fn parse(text: &str) -> Result<String> {
    let status = text.to_ascii_uppercase().replace('-', "_");
    match STATUSES.contains(&status.as_str()) {
        true => Ok(status),
        false => Err(CliError::Invalid(format!(
            "`--status` must be running, succeeded, failed, timed_out or aborted, was `{text}`"
        ))),
    }
}

fn row(line: &ExecutionLine) -> Vec<String> {
    vec![
        moment(line.started_at),
        line.state_machine.clone(),
        line.status.clone(),
        took(line.started_at, line.ended_at).unwrap_or_default(),
        line.tenant_id.map_or_else(|| line.execution_id.clone(), |tenant| tenant.to_string()),
        line.operation_id.map(|operation| operation.to_string()).unwrap_or_default(),
    ]
}
