//! `tenantry tenant`: for publishers and operators.

mod ask;
mod history;
mod list;
mod offboard;
mod onboard;
mod show;
mod watch;

pub(super) use show::failure_fields;

use crate::args::{Tenant as Command, Wait};
use crate::error::{CliError, Result};
use crate::follow::{Goal, Progress};
use crate::output::{Mark, Output};
use crate::source::{Asked, Source};
use chrono::{DateTime, Utc};
use serde_json::json;
use std::time::Duration;
use tenantry_events::ids::TenantId;
use tenantry_events::name::EventName;
use tenantry_operations::record::Record;

pub(super) async fn run(command: Command, source: &Source, output: &Output) -> Result {
    match command {
        Command::Onboard(args) => onboard::run(args, source, output).await,
        Command::Offboard(args) => offboard::run(args, source, output).await,
        Command::Retry(args) => ask::retry(args, source, output).await,
        Command::Cancel(args) => ask::run(EventName::CancelRequest, args, source, output).await,
        Command::Suspend(args) => ask::run(EventName::DeactivateRequest, args, source, output).await,
        Command::Resume(args) => ask::run(EventName::ActivateRequest, args, source, output).await,
        Command::List(args) => list::run(args, source, output).await,
        Command::Watch(args) => watch::run(args, source, output).await,
        Command::Show { id } => show::run(&id, source, output).await,
        Command::History { id } => history::run(&id, source, output).await,
    }
}

/// A tenant's id as it was typed.
pub(super) fn tenant_id(text: &str) -> Result<TenantId> {
    let wrong = |_| CliError::Invalid(format!("`{text}` is not a tenant's id: expected a UUID"));
    text.parse().map_err(wrong)
}

/// The tenant, or an error that says how to find it.
pub(super) async fn require(id: TenantId, source: &Source) -> Result<Record> {
    let tenant = source.tenant(id).await?;
    tenant.ok_or_else(|| {
        CliError::NotFound(format!("there is no tenant {id}; `tenantry tenant list` lists them"))
    })
}

/// Waits for what becomes of the goal's tenant, and shows it.
pub(super) async fn settled(goal: &Goal, source: &Source, output: &Output) -> Result<Record> {
    let tenant = source.settle(goal, &Progress::new(output)).await?;
    show::write(&tenant, source, output).await?;
    Ok(tenant)
}

/// After a request: waits for what becomes of it, if that was asked for, or says
/// how to. `None` if nobody waited.
async fn follow(asked: Asked, wait: Wait, source: &Source, output: &Output) -> Result<Option<Record>> {
    let Asked { tenant, event } = asked;
    if wait.wait {
        let goal = Goal { tenant, event, limit: Duration::from_secs(wait.timeout) };
        return settled(&goal, source, output).await.map(Some);
    }
    let shown = event.map_or_else(|| "-".to_owned(), |event| event.to_string());
    let fields = vec![("Tenant", tenant.to_string()), ("Event", shown)];
    output.record(&json!({ "tenantId": tenant, "eventId": event }), fields)?;
    output.say(Mark::Note, &format!("follow it: tenantry execution watch {tenant}"));
    Ok(None)
}

/// A moment as people read it.
pub(super) fn moment(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%S%.3fZ").to_string()
}
