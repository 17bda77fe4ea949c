//! `tenantry execution`: what the state machines do.

mod list;
mod logs;
mod show;
mod watch;

use crate::args::Execution as Command;
use crate::error::Result;
use crate::output::Output;
use crate::source::Source;
use chrono::{DateTime, Utc};
use tenantry_events::ids::TenantId;
use tenantry_registry::tenant::Operation;

pub(super) async fn run(command: Command, source: &Source, output: &Output) -> Result {
    match command {
        Command::List { status, limit } => list::run(status, limit, source, output).await,
        Command::Logs { execution, tail } => logs::run(&execution, tail, source, output).await,
        Command::Show { execution } => show::run(&execution, source, output).await,
        Command::Watch { tenant, timeout } => watch::run(&tenant, timeout, source, output).await,
    }
}

/// Where the log of an operation's builds is: a command that shows it, and where
/// there is a console, the page in it.
pub(in crate::commands) fn log_fields(
    operation: &Operation,
    tenant: TenantId,
    source: &Source,
) -> Vec<(&'static str, String)> {
    if operation.build_id.is_none() {
        return Vec::new();
    }
    let command = format!("tenantry execution logs {}", operation.id.execution_name(tenant));
    let mut fields = vec![("Log", command)];
    fields.extend(operation.logs_url.clone().filter(|_| source.is_aws()).map(|url| ("Console", url)));
    fields
}

/// The time between two moments, for people; nothing if the second has not come.
fn took(from: DateTime<Utc>, to: Option<DateTime<Utc>>) -> Option<String> {
    Some(crate::output::elapsed((to? - from).to_std().unwrap_or_default()))
}
