//! `tenantry tenant`: for publishers and operators.

mod ask;
mod history;
mod list;
mod offboard;
mod onboard;
pub(super) mod show;
mod watch;

pub(super) use show::failure_fields;

use crate::args::Tenant as Command;
use crate::clients::Deployment;
use crate::error::{CliError, Result};
use crate::output::Output;
use chrono::{DateTime, Utc};
use tenantry_events::ids::TenantId;
use tenantry_events::name::EventName;
use tenantry_registry::tenant::Tenant;

pub(super) async fn run(command: Command, deployment: &Deployment, output: &Output) -> Result {
    match command {
        Command::Onboard(args) => onboard::run(args, deployment, output).await,
        Command::Offboard(args) => offboard::run(args, deployment, output).await,
        Command::Retry(args) => ask::run(EventName::RetryRequest, args, deployment, output).await,
        Command::Cancel(args) => ask::run(EventName::CancelRequest, args, deployment, output).await,
        Command::Suspend(args) => ask::run(EventName::DeactivateRequest, args, deployment, output).await,
        Command::Resume(args) => ask::run(EventName::ActivateRequest, args, deployment, output).await,
        Command::List(args) => list::run(args, deployment, output).await,
        Command::Watch(args) => watch::run(args, deployment, output).await,
        Command::Show { id } => show::run(&id, deployment, output).await,
        Command::History { id } => history::run(&id, deployment, output).await,
    }
}

/// A tenant's id as it was typed.
pub(super) fn tenant_id(text: &str) -> Result<TenantId> {
    let wrong = |_| CliError::Invalid(format!("`{text}` is not a tenant's id: expected a UUID"));
    text.parse().map_err(wrong)
}

/// The tenant, or an error that says how to find it.
pub(super) async fn require(id: TenantId, deployment: &Deployment) -> Result<Tenant> {
    let tenant = deployment.registry.tenant(id).await?;
    tenant.ok_or_else(|| {
        CliError::NotFound(format!("there is no tenant {id}; `tenantry tenant list` has them all"))
    })
}

/// A moment as people read it.
pub(super) fn moment(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%S%.3fZ").to_string()
}
