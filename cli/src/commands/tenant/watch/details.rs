//! All about one tenant: its record, its history, the states of its latest
//! execution, and the end of its build's log.

use super::graph::{Graph, Node};
use crate::clients::Deployment;
use crate::error::Result;
use crate::follow::{build_log, build_of};
use tenantry_events::ids::TenantId;
use tenantry_operations::timeline::{StateRun, timeline};
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
            runs = timeline(&deployment.executions.history(arn, false).await?);
            let is_running = tenant.operation.is_some();
            let definition = deployment.executions.definition(arn).await?;
            let read = definition.as_deref().and_then(Graph::read);
            graph = read.map(|graph| graph.rows(&runs, is_running)).unwrap_or_default();
        }
        let log = match &operation {
            Some(operation) => log(deployment, id, operation, &runs).await?,
            None => Vec::new(),
        };
        Ok(Some(Self { tenant, place, runs, graph, activities: past.timeline(), log }))
    }
}

async fn log(
    deployment: &Deployment,
    tenant: TenantId,
    operation: &Operation,
    runs: &[StateRun],
) -> Result<Vec<String>> {
    let since = runs.first().map_or(operation.started_at, |run| run.entered_at);
    let build = build_of(deployment, tenant, operation.id, since, operation.build_id.clone()).await?;
    match build {
        Some(build) => build_log(deployment, &build, LOG_LINES).await,
        None => Ok(Vec::new()),
    }
}
