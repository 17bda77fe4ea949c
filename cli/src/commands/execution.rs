//! `tenantry execution`: what the state machines do.

mod list;
mod show;
mod watch;

use crate::args::Execution as Command;
use crate::clients::Deployment;
use crate::error::Result;
use crate::output::Output;
use chrono::{DateTime, Utc};

pub(super) async fn run(command: Command, deployment: &Deployment, output: &Output) -> Result {
    match command {
        Command::List { status, limit } => list::run(status, limit, deployment, output).await,
        Command::Show { execution } => show::run(&execution, deployment, output).await,
        Command::Watch { tenant, timeout } => watch::run(&tenant, timeout, deployment, output).await,
    }
}

/// A moment, given in milliseconds since 1970.
fn at(millis: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(millis).unwrap_or_default()
}

/// The time between two moments, for people.
fn between(from: i64, to: i64) -> String {
    let millis = u64::try_from(to - from).unwrap_or_default();
    crate::output::elapsed(std::time::Duration::from_millis(millis))
}
