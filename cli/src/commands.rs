//! One file a command.

mod completions;
mod deploy;
mod event;
mod execution;
mod local;
mod package;
mod queue;
mod sweep;
mod tenant;

use crate::args::{Args, Command, Event};
use crate::clients::{Deployment, config};
use crate::demo;
use crate::error::Result;
use crate::output::Output;
use crate::until_interrupted;

/// Does what was asked for.
///
/// Commands that have something to clean up after Ctrl-C see to it themselves.
pub(crate) async fn run(args: Args, output: &Output) -> Result {
    match args.command {
        Command::Demo(demo) => demo::run(demo, output).await,
        Command::Local(local) => local::run(local, &args.stack, output).await,
        // Both have a rule and a queue of their own to remove.
        Command::Event(event @ (Event::Tail { .. } | Event::Replay(_))) => {
            event::run(event, &args.stack, output).await
        }
        command => until_interrupted(plain(command, &args.stack, output)).await,
    }
}

async fn plain(command: Command, stack: &str, output: &Output) -> Result {
    match command {
        Command::Package => package::run(output).await,
        Command::Deploy(deploy) => deploy::run(deploy, stack, output).await,
        Command::Tenant(tenant) => tenant::run(tenant, &deployment(stack).await?, output).await,
        Command::Execution(execution) => execution::run(execution, &deployment(stack).await?, output).await,
        Command::Event(event) => event::run(event, stack, output).await,
        Command::Queue(queue) => queue::run(queue, &deployment(stack).await?, output).await,
        Command::Sweep => sweep::run(&deployment(stack).await?, output).await,
        Command::Completions { shell } => completions::run(shell),
        Command::Demo(_) | Command::Local(_) => Ok(()),
    }
}

/// The deployment that the environment points at.
async fn deployment(stack: &str) -> Result<Deployment> {
    Deployment::new(&config(None).await, stack)
}
