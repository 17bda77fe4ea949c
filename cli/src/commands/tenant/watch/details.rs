//! All about one tenant: its record, its history, the states of its latest
//! execution, and the end of its build's log.

use super::graph::{Graph, Node};
use crate::clients::Deployment;
use crate::error::{Result, aws};
use crate::follow::{StateRun, build_log, build_of, history, timeline};
use tenantry_events::ids::TenantId;
use tenantry_registry::store::Activity;
use tenantry_registry::tenant::{Operation, Tenant};

/// How many lines of the log are read.
const LOG_LINES: i32 = 50;

/// What is known of one tenant at one moment.
#[derive(Clone, Debug)]
pub(super) struct Details {
    /// Its record.
    pub(super) tenant: Tenant,
    /// Its position in the queue for capacity.
    pub(super) place: Option<u64>,
    /// The states of that operation's execution.
    pub(super) runs: Vec<StateRun>,
    /// They, as a picture.
    pub(super) graph: Vec<Vec<Node>>,
    /// What was asked and what ran, oldest first.
    pub(super) activities: Vec<Activity>,
    /// The end of the build's log.
    pub(super) log: Vec<String>,
}

impl Details {
    /// Looks; `None` if there is no such tenant.
    pub(super) async fn take(deployment: &Deployment, id: TenantId) -> Result<Option<Self>> {
        let Some(tenant) = deployment.registry.tenant(id).await? else { return Ok(None) };
        let place = deployment.registry.place_in_line(&tenant).await?;
        let past = deployment.registry.history(id).await?;
        let operation = past.operations.last().cloned();
        let arn = operation.as_ref().and_then(|operation| operation.execution_arn.as_deref());
        let (mut runs, mut graph) = (Vec::new(), Vec::new());
        if let Some(arn) = arn {
            runs = timeline(&history(deployment, arn).await?);
            let is_running = tenant.operation.is_some();
            graph = machine(deployment, arn).await?.map(|it| it.rows(&runs, is_running)).unwrap_or_default();
        }
        let log = match &operation {
            Some(operation) => log(deployment, id, operation, &runs).await?,
            None => Vec::new(),
        };
        Ok(Some(Self { tenant, place, runs, graph, activities: past.timeline(), log }))
    }
}

/// The machine that the execution runs; `None` if nobody started it yet.
async fn machine(deployment: &Deployment, arn: &str) -> Result<Option<Graph>> {
    let call = deployment.states.describe_state_machine_for_execution().execution_arn(arn);
    match call.send().await {
        Ok(machine) => Ok(Graph::read(&machine.definition)),
        Err(error) if error.as_service_error().is_some_and(|it| it.is_execution_does_not_exist()) => Ok(None),
        Err(error) => Err(aws("the state machine cannot be read")(error)),
    }
}

async fn log(
    deployment: &Deployment,
    tenant: TenantId,
    operation: &Operation,
    runs: &[StateRun],
) -> Result<Vec<String>> {
    let since = runs.first().map_or(operation.started_at.timestamp_millis(), |run| run.entered);
    let build = build_of(deployment, tenant, operation.id, since, operation.build_id.clone()).await?;
    match build {
        Some(build) => build_log(deployment, &build, LOG_LINES).await,
        None => Ok(Vec::new()),
    }
}
