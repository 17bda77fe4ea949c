//! `tenantry queue`: dead-letter messages.

mod discard;
mod list;
mod redrive;
mod show;

use crate::args::Queue as Command;
use crate::error::Result;
use crate::output::Output;
use crate::source::Source;

pub(super) async fn run(command: Command, source: &Source, output: &Output) -> Result {
    match command {
        Command::List { limit } => list::run(limit, source, output).await,
        Command::Show { id } => show::run(&id, source, output).await,
        Command::Redrive { ids, all } => redrive::run(&ids, all, source, output).await,
        Command::Discard { ids, reason } => discard::run(&ids, &reason, source, output).await,
    }
}
