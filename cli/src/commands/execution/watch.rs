//! `tenantry execution watch`.

use crate::clients::Deployment;
use crate::commands::tenant::{require, show, tenant_id};
use crate::error::Result;
use crate::follow::{self, Goal, Talk};
use crate::output::Output;
use std::time::Duration;

pub(super) async fn run(tenant: &str, timeout: u64, deployment: &Deployment, output: &Output) -> Result {
    let id = tenant_id(tenant)?;
    require(id, deployment).await?;
    let goal = Goal { tenant: id, event: None, limit: Duration::from_secs(timeout) };
    let tenant = follow::until_settled(deployment, &goal, &Talk::new(output)).await?;
    show::write(&tenant, deployment, output).await?;
    follow::verdict(&tenant)
}
