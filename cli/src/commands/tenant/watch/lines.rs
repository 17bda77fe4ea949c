//! Without a terminal: each change of a tenant is a line, or an object.

use super::overview::{Overview, Urgency};
use crate::commands::tenant::moment;
use crate::error::Result;
use crate::output::Output;
use crate::source::Source;
use std::collections::HashMap;
use std::time::Duration;
use tenantry_events::ids::TenantId;
use tenantry_registry::store::TenantSummary;

pub(super) async fn run(only: Option<TenantId>, pause: Duration, source: &Source, output: &Output) -> Result {
    let mut seen = HashMap::new();
    loop {
        let overview = Overview::take(source).await?;
        let wanted = overview.tenants.iter().filter(|tenant| only.is_none_or(|id| id == tenant.tenant_id));
        for tenant in wanted {
            if seen.insert(tenant.tenant_id, tenant.version) == Some(tenant.version) {
                continue;
            }
            match output.is_json() {
                true => output.json_line(tenant)?,
                false => output.print(&line(tenant))?,
            }
        }
        tokio::time::sleep(pause).await;
    }
}

fn line(tenant: &TenantSummary) -> String {
    let mark = match Urgency::of(tenant) {
        Urgency::Attention => "✗",
        Urgency::UnderWay => "…",
        Urgency::Calm => "✓",
    };
    let attention = tenant.attention.as_ref().map_or_else(String::new, |why| format!("  {why}"));
    let TenantSummary { tenant_id, tenant_name, status, updated_at, .. } = tenant;
    format!("{} {mark} {tenant_id} {tenant_name}  {status}{attention}", moment(*updated_at))
}
