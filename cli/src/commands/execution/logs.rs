//! `tenantry execution logs`: what the builds of an operation wrote.

use super::show::latest;
use crate::error::{CliError, Result};
use crate::follow::{builds_of, whole_log};
use crate::output::Output;
use crate::source::Source;
use serde::Serialize;
use tenantry_events::ids::OperationId;

/// A build with its log.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Log {
    build_id: String,
    status: String,
    lines: Vec<String>,
}

pub(super) async fn run(which: &str, tail: Option<usize>, source: &Source, output: &Output) -> Result {
    let Source::Deployment(deployment) = source else {
        return Err(CliError::Usage("logs are read with AWS credentials, not through the API".into()));
    };
    let named = |which: &str| OperationId::from_execution_name(which.rsplit(':').next().unwrap_or(which));
    let known = match named(which) {
        Some(known) => Some(known),
        None if which.starts_with("arn:") => None,
        None => named(&latest(which, source).await?),
    };
    let Some((tenant, id)) = known else {
        return Err(CliError::NotFound(format!("{which} is not an execution of a tenant's operation")));
    };
    let operation = deployment.registry.history(tenant).await?.operations;
    let Some(operation) = operation.into_iter().find(|operation| operation.id == id) else {
        return Err(CliError::NotFound(format!("tenant {tenant} has had no operation {id}")));
    };
    let mut logs = Vec::new();
    for build in builds_of(deployment, tenant, id, operation.started_at).await? {
        let mut lines = whole_log(deployment, &build).await?;
        lines.drain(..lines.len().saturating_sub(tail.unwrap_or(usize::MAX)));
        let status = build.build_status.as_ref().map(|status| status.as_str().to_owned());
        logs.push(Log { build_id: build.id.unwrap_or_default(), status: status.unwrap_or_default(), lines });
    }
    if logs.is_empty() {
        return Err(CliError::NotFound(format!("the operation {id} of tenant {tenant} has had no build")));
    }
    if output.is_json() {
        return output.json(&logs);
    }
    for log in &logs {
        output.print(&format!("── {} ({})", log.build_id, log.status))?;
        if !log.lines.is_empty() {
            output.lines(log.lines.iter().cloned())?;
        }
    }
    Ok(())
}
