//! `tenantry execution`: what the state machines do.

mod list;
mod show;
mod watch;

use crate::args::Execution as Command;
use crate::error::Result;
use crate::output::Output;
use crate::source::Source;
use chrono::{DateTime, Utc};

pub(super) async fn run(command: Command, source: &Source, output: &Output) -> Result {
    match command {
        Command::List { status, limit } => list::run(status, limit, source, output).await,
        Command::Show { execution } => show::run(&execution, source, output).await,
        Command::Watch { tenant, timeout } => watch::run(&tenant, timeout, source, output).await,
    }
}

/// The time between two moments, for people; nothing if the second has not come.
fn took(from: DateTime<Utc>, to: Option<DateTime<Utc>>) -> Option<String> {
    Some(crate::output::elapsed((to? - from).to_std().unwrap_or_default()))
}
