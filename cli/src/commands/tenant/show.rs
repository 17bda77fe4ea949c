//! `tenantry tenant show`.

use super::{moment, require, tenant_id};
use crate::commands::execution::log_fields;
use crate::error::Result;
use crate::output::{Output, elapsed};
use crate::source::Source;
use serde_json::json;
use tenantry_events::failure::Failure;
use tenantry_operations::record::Record;
use tenantry_registry::tenant::Operation;

pub(super) async fn run(id: &str, source: &Source, output: &Output) -> Result {
    let tenant = require(tenant_id(id)?, source).await?;
    write(&tenant, source, output).await
}

/// Writes the tenant and its latest operation.
pub(super) async fn write(tenant: &Record, source: &Source, output: &Output) -> Result {
    let operations = source.operations(tenant.tenant_id).await?;
    let plane = source.plane(&operations);
    let stack = plane.map(|plane| format!("{plane}-tenant-{}", tenant.tenant_id));
    let none = || "-".to_owned();
    let mut fields = vec![
        ("Name", tenant.tenant_name.clone()),
        ("Tenant", tenant.tenant_id.to_string()),
        ("Registration", tenant.tenant_registration_id.clone()),
        ("Tier", tenant.tier.clone()),
        ("Status", tenant.status.to_string()),
        ("Stack", stack.clone().unwrap_or_else(none)),
        ("Release", tenant.release.clone().unwrap_or_else(none)),
        ("Onboarded", moment(tenant.created_at)),
        ("Updated", format!("{} (version {})", moment(tenant.updated_at), tenant.version)),
    ];
    fields.extend(
        tenant.queue_position().map(|place| ("Waiting", format!("for capacity, at queue position {place}"))),
    );
    fields.extend(tenant.capacity.as_ref().map(|capacity| ("Capacity", capacity.reason.clone())));
    fields.extend(operations.last().map(operation_fields).unwrap_or_default());
    let log = operations.last().map(|operation| log_fields(operation, tenant.tenant_id, source));
    fields.extend(log.unwrap_or_default());
    fields.extend(tenant.failure.as_ref().map(failure_fields).unwrap_or_default());
    fields.extend(tenant.outputs.iter().map(|(name, value)| (name.as_str(), value.clone())));
    let whole = json!({
        "tenant": tenant.whole,
        "stack": stack,
        "queuePosition": tenant.queue_position(),
        "operations": operations,
    });
    output.record(&whole, fields)
}

fn operation_fields(operation: &Operation) -> Vec<(&'static str, String)> {
    let none = || "-".to_owned();
    let took = operation.ended_at.and_then(|ended| (ended - operation.started_at).to_std().ok());
    let took = took.map_or_else(String::new, |took| format!(", took {}", elapsed(took)));
    vec![
        ("Operation", format!("{} {} ({}{took})", operation.kind, operation.id, operation.state)),
        ("Execution", operation.execution_arn.clone().unwrap_or_else(none)),
        ("Build", operation.build_id.clone().unwrap_or_else(none)),
    ]
}

/// What a failure tells a person, field by field.
pub(in crate::commands) fn failure_fields(failure: &Failure) -> Vec<(&'static str, String)> {
    let mut fields = vec![
        ("Failed at", format!("{} ({})", failure.step, failure.code)),
        ("Reason", failure.reason.clone()),
    ];
    fields.extend(failure.left_behind.clone().map(|left| ("Left behind", left)));
    fields
}
