//! `tenantry execution watch`.

use crate::commands::tenant::{require, settled, tenant_id};
use crate::error::Result;
use crate::follow::{Goal, verdict};
use crate::output::Output;
use crate::source::Source;
use std::time::Duration;

pub(super) async fn run(tenant: &str, timeout: u64, source: &Source, output: &Output) -> Result {
    let id = tenant_id(tenant)?;
    require(id, source).await?;
    let goal = Goal { tenant: id, event: None, limit: Duration::from_secs(timeout) };
    verdict(&settled(&goal, source, output).await?)
}
