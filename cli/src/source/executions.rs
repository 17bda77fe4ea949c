//! Executions of the state machines.

use super::Source;
use crate::api::{Api, Call};
use crate::clients::Deployment;
use crate::error::{CliError, Result, aws};
use crate::follow::{StateRun, history, millis, timeline};
use aws_sdk_sfn::types::ExecutionStatus;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use tenantry_events::ids::{OperationId, TenantId};
use tenantry_operations::pages::Pages;
use tenantry_registry::tenant::Operation;

/// The operations that have a state machine of their own: its name is this and
/// `-silo`, as the API has it, too.
const MACHINES: [&str; 3] = ["provision", "suspend", "deprovision"];

/// An execution in a list.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExecutionLine {
    /// Its name.
    pub(crate) execution_id: String,
    /// Its ARN; a list of the API has none.
    pub(crate) execution_arn: Option<String>,
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

/// An execution with its states.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Execution {
    /// Its ARN.
    pub(crate) execution_arn: String,
    /// How it is.
    pub(crate) status: String,
    /// When it began.
    pub(crate) started_at: DateTime<Utc>,
    /// When it ended.
    pub(crate) ended_at: Option<DateTime<Utc>>,
    /// Its states, in the order in which they were entered.
    pub(crate) states: Vec<StateRun>,
    /// The operation that it carries out.
    pub(crate) operation: Option<Operation>,
}

impl Source {
    /// The youngest executions of each machine, at most `limit`, all of them
    /// youngest first; of one status, if one is given as Step Functions has it.
    pub(crate) async fn executions(&self, status: Option<&str>, limit: i32) -> Result<Vec<ExecutionLine>> {
        let mut found = match self {
            Self::Deployment(deployment) => listed(deployment, status, limit).await?,
            Self::Api(api) => of_api(api, status, usize::try_from(limit).unwrap_or_default()).await?,
        };
        found.sort_by_key(|line| Reverse(line.started_at));
        Ok(found)
    }

    /// The execution with this ARN or name.
    pub(crate) async fn execution(&self, which: &str) -> Result<Execution> {
        match self {
            Self::Deployment(deployment) => described(deployment, which).await,
            Self::Api(api) => shown(api, which.rsplit(':').next().unwrap_or(which)).await,
        }
    }
}

async fn listed(deployment: &Deployment, status: Option<&str>, limit: i32) -> Result<Vec<ExecutionLine>> {
    let mut found = Vec::new();
    for (machine, arn) in machines(deployment).await? {
        let call = deployment.states.list_executions().state_machine_arn(arn).max_results(limit);
        let answer = call.set_status_filter(status.map(ExecutionStatus::from)).send().await;
        let answer = answer.map_err(aws("the executions cannot be listed"))?;
        found.extend(answer.executions.into_iter().map(|execution| {
            let known = OperationId::from_execution_name(&execution.name);
            ExecutionLine {
                execution_id: execution.name,
                execution_arn: Some(execution.execution_arn),
                state_machine: machine.clone(),
                status: execution.status.as_str().to_owned(),
                tenant_id: known.map(|(tenant, _)| tenant),
                operation_id: known.map(|(_, operation)| operation),
                started_at: at(millis(execution.start_date)),
                ended_at: execution.stop_date.map(|date| at(millis(date))),
            }
        }));
    }
    Ok(found)
}

/// The deployment's state machines, by name, with their ARNs.
async fn machines(deployment: &Deployment) -> Result<Vec<(String, String)>> {
    let (mut found, mut next) = (Vec::new(), None);
    let mut pages = Pages::of("state machines");
    loop {
        let answer = deployment.states.list_state_machines().set_next_token(next).send().await;
        let answer = answer.map_err(aws("the state machines cannot be listed"))?;
        next = pages.next(answer.state_machines.len(), answer.next_token)?;
        for machine in answer.state_machines {
            let named = |name: &str| machine.name == format!("{}-{name}-silo", deployment.stack);
            let ours = MACHINES.iter().find(|name| named(name));
            found.extend(ours.map(|name| (format!("{name}-silo"), machine.state_machine_arn.clone())));
        }
        if next.is_none() {
            break;
        }
    }
    if found.is_empty() {
        return Err(CliError::hinted(
            format!("no state machines of a control plane called `{}` were found", deployment.stack),
            "check AWS_PROFILE and AWS_REGION, or `eval \"$(tenantry local env)\"`; `--stack` names the deployment",
        ));
    }
    Ok(found)
}

async fn described(deployment: &Deployment, which: &str) -> Result<Execution> {
    let known = OperationId::from_execution_name(which.rsplit(':').next().unwrap_or(which));
    let operation = match known {
        Some((tenant, id)) => {
            let history = deployment.registry.history(tenant).await?;
            history.operations.into_iter().find(|operation| operation.id == id)
        }
        None => None,
    };
    let named = operation.as_ref().filter(|_| !which.starts_with("arn:"));
    let arn = named.and_then(|operation| operation.execution_arn.clone()).unwrap_or_else(|| which.to_owned());
    let call = deployment.states.describe_execution().execution_arn(&arn).send().await;
    let described = call.map_err(aws("the execution cannot be read"))?;
    let states = timeline(&history(deployment, &arn).await?);
    Ok(Execution {
        execution_arn: arn,
        status: described.status.as_str().to_owned(),
        started_at: at(millis(described.start_date)),
        ended_at: described.stop_date.map(|date| at(millis(date))),
        states,
        operation,
    })
}

/// An execution in a list of the API.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    execution_id: String,
    machine: String,
    status: String,
    tenant_id: Option<TenantId>,
    operation_id: Option<OperationId>,
    started_at: DateTime<Utc>,
    ended_at: Option<DateTime<Utc>>,
}

async fn of_api(api: &Api, status: Option<&str>, limit: usize) -> Result<Vec<ExecutionLine>> {
    let mut found = Vec::new();
    for machine in MACHINES {
        let mut query = vec![("machine", machine.to_owned())];
        query.extend(status.map(|status| ("status", status.to_owned())));
        let lines: Vec<Line> = api.list(&["executions"], &query, limit).await?;
        found.extend(lines.into_iter().map(|line| ExecutionLine {
            execution_id: line.execution_id,
            execution_arn: None,
            state_machine: format!("{}-silo", line.machine),
            status: line.status,
            tenant_id: line.tenant_id,
            operation_id: line.operation_id,
            started_at: line.started_at,
            ended_at: line.ended_at,
        }));
    }
    Ok(found)
}

/// An execution as the API shows it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct View {
    execution_arn: String,
    status: String,
    started_at: DateTime<Utc>,
    ended_at: Option<DateTime<Utc>>,
    states: Vec<State>,
    operation: Option<Operation>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct State {
    state: String,
    entered_at: DateTime<Utc>,
    exited_at: Option<DateTime<Utc>>,
    attempts: u32,
    error: Option<String>,
}

async fn shown(api: &Api, name: &str) -> Result<Execution> {
    let found = api.find(&Call::get(&["executions", name], &[])).await?;
    let found = found.ok_or_else(|| CliError::NotFound(format!("there is no execution {name}")))?;
    let view: View = serde_json::from_value(found)?;
    let run = |state: State| StateRun {
        state: state.state,
        entered: state.entered_at.timestamp_millis(),
        exited: state.exited_at.map(|at| at.timestamp_millis()),
        attempts: state.attempts,
        error: state.error,
    };
    Ok(Execution {
        execution_arn: view.execution_arn,
        status: view.status,
        started_at: view.started_at,
        ended_at: view.ended_at,
        states: view.states.into_iter().map(run).collect(),
        operation: view.operation,
    })
}

/// A moment, given in milliseconds since 1970.
fn at(millis: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(millis).unwrap_or_default()
}
