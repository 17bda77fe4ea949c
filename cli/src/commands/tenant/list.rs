//! `tenantry tenant list`.

use super::moment;
use crate::args;
use crate::error::{CliError, Result};
use crate::output::{Mark, Output};
use crate::source::Source;
use serde_json::json;
use tenantry_registry::store::{Filter, ListQuery, PageToken, TenantSummary};
use tenantry_registry::tenant::Status;

pub(super) async fn run(args: args::List, source: &Source, output: &Output) -> Result {
    let query = query(args)?;
    let (tenants, next) = source.tenants(&query).await?;
    let next = next.as_ref().map(ToString::to_string);
    let rows = tenants.iter().map(row).collect();
    let answer = json!({ "tenants": tenants, "next": next });
    output.data(&answer, &["name", "tenant", "tier", "status", "release", "updated", "attention"], rows)?;
    if let (Some(next), false) = (next, output.is_json()) {
        output.say(Mark::Note, &format!("more tenants: --next {next}"));
    }
    Ok(())
}

fn query(args: args::List) -> Result<ListQuery> {
    let invalid = |error: &dyn std::fmt::Display| CliError::Invalid(error.to_string());
    let filter = match (args.status, args.tier, args.release) {
        (Some(status), _, _) => Filter::Status(status.parse::<Status>().map_err(|error| invalid(&error))?),
        (None, Some(tier), _) => Filter::Tier(tier.parse().map_err(|error| invalid(&error))?),
        (None, None, Some(release)) => Filter::Release(release),
        (None, None, None) => Filter::Live,
    };
    let after = args.next.map(|token| token.parse::<PageToken>()).transpose();
    Ok(ListQuery {
        filter,
        name_prefix: args.prefix,
        limit: args.limit,
        after: after.map_err(|error| invalid(&error))?,
    })
}

fn row(tenant: &TenantSummary) -> Vec<String> {
    vec![
        tenant.tenant_name.to_string(),
        tenant.tenant_id.to_string(),
        tenant.tier.to_string(),
        tenant.status.to_string(),
        tenant.release.clone().unwrap_or_default(),
        moment(tenant.updated_at),
        tenant.attention.clone().unwrap_or_default(),
    ]
}
