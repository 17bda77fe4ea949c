//! One file a command.

mod completions;
mod deploy;
mod event;
mod execution;
mod local;
mod login;
mod package;
mod queue;
mod sweep;
mod tenant;
mod user;

use crate::api::{self, Api, Store};
use crate::args::{Args, Command, Event, Execution};
use crate::clients::{Deployment, config};
use crate::demo;
use crate::error::{CliError, Result};
use crate::output::Output;
use crate::source::Source;
use crate::until_interrupted;

/// Does what was asked for.
///
/// Commands that have something to clean up after Ctrl-C see to it themselves.
pub(crate) async fn run(args: Args, output: &Output) -> Result {
    let api = args.api.filter(|api| api::is_wanted(Some(api)));
    if let (Some(_), Some(name)) = (&api, needs_aws(&args.command)) {
        return Err(CliError::Usage(format!(
            "`tenantry {name}` needs AWS credentials and does not work with --api: leave out --api, and unset TENANTRY_API"
        )));
    }
    match args.command {
        Command::Demo(demo) => demo::run(demo, output).await,
        Command::Local(local) => local::run(local, &args.stack, output).await,
        // Both have a rule and a queue of their own to remove.
        Command::Event(event @ (Event::Tail { .. } | Event::Replay(_))) => {
            event::run(event, &args.stack, output).await
        }
        command => until_interrupted(plain(command, api.as_deref(), &args.stack, output)).await,
    }
}

/// The command's name, if it is of no use without AWS, or this machine.
fn needs_aws(command: &Command) -> Option<&'static str> {
    match command {
        Command::Demo(_) => Some("demo"),
        Command::Local(_) => Some("local"),
        Command::Package => Some("package"),
        Command::Deploy(_) => Some("deploy"),
        Command::Event(_) => Some("event"),
        Command::Sweep => Some("sweep"),
        Command::Execution(Execution::Logs { .. }) => Some("execution logs"),
        Command::Tenant(_)
        | Command::Execution(_)
        | Command::Queue(_)
        | Command::Login(_)
        | Command::Logout
        | Command::User(_)
        | Command::Completions { .. } => None,
    }
}

async fn plain(command: Command, api: Option<&str>, stack: &str, output: &Output) -> Result {
    match command {
        Command::Package => package::run(output).await,
        Command::Deploy(deploy) => deploy::run(deploy, stack, output).await,
        Command::Tenant(tenant) => tenant::run(tenant, &source(api, stack).await?, output).await,
        Command::Execution(execution) => execution::run(execution, &source(api, stack).await?, output).await,
        Command::Event(event) => event::run(event, stack, output).await,
        Command::Queue(queue) => queue::run(queue, &source(api, stack).await?, output).await,
        Command::Sweep => sweep::run(&deployment(stack).await?, output).await,
        Command::Login(args) => login::login(args, api, stack, output).await,
        Command::Logout => login::logout(api, output).await,
        Command::User(user) => user::run(user, &open(api)?, output).await,
        Command::Completions { shell } => completions::run(shell),
        Command::Demo(_) | Command::Local(_) => Ok(()),
    }
}

/// Where to look: the API if it was asked for, or the deployment.
async fn source(api: Option<&str>, stack: &str) -> Result<Source> {
    match api {
        Some(_) => Ok(Source::Api(open(api)?)),
        None => Ok(Source::from(&deployment(stack).await?)),
    }
}

/// The API, for who is signed in.
fn open(api: Option<&str>) -> Result<Api> {
    let store = Store::of_user()?;
    Api::open(api::url(api, &store)?, store)
}

/// The deployment that the environment points at.
async fn deployment(stack: &str) -> Result<Deployment> {
    Deployment::new(&config(None).await, stack)
}
