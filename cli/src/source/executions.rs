//! Executions of the state machines.

use super::Source;
use crate::api::{Api, Call};
use crate::clients::Deployment;
use crate::error::{CliError, Result};
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::cmp::Reverse;
use tenantry_events::ids::{OperationId, TenantId};
use tenantry_operations::executions::{Execution, MACHINES, Query, Summary};

/// An execution in a list.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExecutionLine {
    /// Its name.
    pub(crate) execution_id: String,
    /// Its ARN.
    pub(crate) execution_arn: String,
    /// Its machine's name, without the deployment's.
    pub(crate) state_machine: String,
    /// How it is.
    pub(crate) status: String,
    /// The tenant that it is for.
    pub(crate) tenant_id: Option<TenantId>,
    /// The operation that it carries out.
    pub(crate) operation_id: Option<OperationId>,
    /// When it began.
    pub(crate) started_at: DateTime<Utc>,
    /// When it ended.
    pub(crate) ended_at: Option<DateTime<Utc>>,
}

impl From<Summary> for ExecutionLine {
    fn from(summary: Summary) -> Self {
        Self {
            execution_id: summary.execution_id,
            execution_arn: summary.execution_arn,
            state_machine: format!("{}-silo", summary.machine),
            status: summary.status,
            tenant_id: summary.tenant_id,
            operation_id: summary.operation_id,
            started_at: summary.started_at,
            ended_at: summary.ended_at,
        }
    }
}

impl Source {
    /// The youngest executions of each machine, at most `limit`, all of them
    /// youngest first; of one status, if one is given as Step Functions has it.
    pub(crate) async fn executions(&self, status: Option<&str>, limit: i32) -> Result<Vec<ExecutionLine>> {
        let found = match self {
            Self::Deployment(deployment) => listed(deployment, status, limit).await?,
            Self::Api(api) => of_api(api, status, usize::try_from(limit).unwrap_or_default()).await?,
        };
        let mut lines: Vec<ExecutionLine> = found.into_iter().map(ExecutionLine::from).collect();
        lines.sort_by_key(|line| Reverse(line.started_at));
        Ok(lines)
    }

    /// The execution with this ARN or name.
    pub(crate) async fn execution(&self, which: &str) -> Result<Execution> {
        let found = match self {
            Self::Deployment(deployment) => {
                let shown = deployment.executions.show(&deployment.registry, which).await?;
                shown.map(|(execution, _)| execution)
            }
            Self::Api(api) => {
                let name = which.rsplit(':').next().unwrap_or(which);
                let found = api.find(&Call::get(&["executions", name], &[])).await?;
                found.map(serde_json::from_value).transpose()?
            }
        };
        found.ok_or_else(|| CliError::NotFound(format!("there is no execution {which}")))
    }
}

async fn listed(deployment: &Deployment, status: Option<&str>, limit: i32) -> Result<Vec<Summary>> {
    let machines = deployment.executions.machines(&deployment.stack).await?;
    if machines.is_empty() {
        return Err(CliError::hinted(
            format!("no state machines of a control plane called `{}` were found", deployment.stack),
            "check AWS_PROFILE and AWS_REGION, or `eval \"$(tenantry local env)\"`; `--stack` names the deployment",
        ));
    }
    let (mut found, query) = (Vec::new(), Query { status, limit, after: None });
    for (kind, arn) in &machines {
        let (summaries, _) = deployment.executions.list((kind, arn), &query).await?;
        found.extend(summaries);
    }
    Ok(found)
}

async fn of_api(api: &Api, status: Option<&str>, limit: usize) -> Result<Vec<Summary>> {
    let mut found: Vec<Summary> = Vec::new();
    for machine in MACHINES {
        let mut query = vec![("machine", machine.to_owned())];
        query.extend(status.map(|status| ("status", status.to_owned())));
        found.extend(api.list::<Summary>(&["executions"], &query, limit).await?);
    }
    Ok(found)
}
