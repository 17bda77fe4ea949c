//! The command line.

mod people;
mod tenant;

pub(crate) use people::{Group, Login, User};
pub(crate) use tenant::{Ask, List, Offboard, Onboard, Retry, Tenant, Wait, Watch};

use crate::api::UNNAMED;
use crate::error::EXIT_CODES;
use crate::output::Format;
use clap::{Args as ClapArgs, Parser, Subcommand};
use std::path::PathBuf;

/// Onboard and offboard tenants, watch what becomes of it, and run the whole
/// control plane on a laptop.
///
/// Talks to AWS with the SDK's standard environment and profiles. For the local
/// cloud: eval "$(tenantry local env)". With --api, to the control plane's API
/// instead, for who has signed in: no AWS credentials are needed.
#[derive(Debug, Parser)]
#[command(name = "tenantry", version, after_help = EXIT_CODES, propagate_version = true)]
pub(crate) struct Args {
    /// How data is written
    #[arg(long, global = true, value_enum, default_value_t)]
    pub(crate) output: Format,
    /// The control plane's stack, from whose name those of its resources follow (at most 39 characters)
    #[arg(long, global = true, env = "TENANTRY_STACK", default_value = "tenantry")]
    pub(crate) stack: String,
    /// Go through the API; without a URL, through the one of TENANTRY_API_URL or of the sign-in
    #[arg(long, global = true, env = "TENANTRY_API", value_name = "URL", num_args = 0..=1, require_equals = true, default_missing_value = UNNAMED)]
    pub(crate) api: Option<String>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show the main job, end to end, on a local cloud of its own
    #[command(after_help = "Example:\n  tenantry demo --keep")]
    Demo(Demo),
    /// Run the control plane on this machine
    #[command(subcommand)]
    Local(Local),
    /// Build and package the functions
    Package,
    /// Deploy the control plane to AWS, or to wherever the environment points
    #[command(
        after_help = "Examples:\n  tenantry deploy --bucket my-artefacts\n  tenantry deploy --bucket my-artefacts --parameter LogRetentionDays=90"
    )]
    Deploy(Deploy),
    /// Onboard, offboard and look at tenants
    #[command(subcommand)]
    Tenant(Tenant),
    /// Look at executions of the state machines
    #[command(subcommand)]
    Execution(Execution),
    /// Publish, follow, check and replay events
    #[command(subcommand)]
    Event(Event),
    /// List, show and redrive dead-letter messages
    #[command(subcommand)]
    Queue(Queue),
    /// Look now after what a lost event left behind, as the schedule does
    Sweep,
    /// Sign in at the API, with a password; only the tokens are kept
    #[command(
        after_help = "Examples:\n  tenantry login                  # the API of the stack that AWS credentials lead to\n  tenantry login --api=https://a1b2c3.execute-api.eu-west-1.amazonaws.com --client-id 4d5e6f --user ada\n  tenantry login --user ada --password-stdin < password"
    )]
    Login(Login),
    /// Sign out: the tokens are worth nothing any more, and forgotten
    Logout,
    /// Look after the control plane's own users, through the API
    #[command(subcommand)]
    User(User),
    /// Print a completion script for a shell
    #[command(
        after_help = "Example:\n  tenantry completions bash > ~/.local/share/bash-completion/completions/tenantry"
    )]
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
}

#[derive(Clone, Copy, Debug, ClapArgs)]
pub(crate) struct Demo {
    /// Leave the local cloud running
    #[arg(long)]
    pub(crate) keep: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Local {
    /// Start the local cloud and deploy the control plane into it
    #[command(
        after_help = "Examples:\n  tenantry local up               # until Ctrl-C\n  tenantry local up --detach && eval \"$(tenantry local env)\""
    )]
    Up(Up),
    /// Stop the local cloud and everything that it started
    Down(Home),
    /// Say whether the local cloud runs, and where
    Status(Home),
    /// Print the variables by which any AWS tool reaches the local cloud
    #[command(after_help = "Example:\n  eval \"$(tenantry local env)\" && aws events list-event-buses")]
    Env(Home),
    /// Make the virtual environment, without starting anything
    Prepare,
}

#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct Home {
    /// The local cloud's folder [default: .tenantry/local of the clone, or of the one where it was started last]
    #[arg(long, env = "TENANTRY_HOME")]
    pub(crate) home: Option<PathBuf>,
}

#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct Up {
    #[command(flatten)]
    pub(crate) home: Home,
    /// Return when it is ready, and leave it running
    #[arg(long)]
    pub(crate) detach: bool,
    /// The port on 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 4566)]
    pub(crate) port: u16,
    /// Start the cloud empty: do not deploy the control plane
    #[arg(long, conflicts_with = "parameters")]
    pub(crate) no_deploy: bool,
    /// A parameter of infra/control-plane.yaml, as NAME=VALUE
    #[arg(long = "parameter", value_name = "NAME=VALUE")]
    pub(crate) parameters: Vec<String>,
}

#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct Deploy {
    /// The bucket for packaged functions and templates; made if it is not there
    #[arg(long)]
    pub(crate) bucket: String,
    /// A parameter of infra/control-plane.yaml, as NAME=VALUE
    #[arg(long = "parameter", value_name = "NAME=VALUE")]
    pub(crate) parameters: Vec<String>,
    /// Deploy what was packaged before, without building
    #[arg(long)]
    pub(crate) no_package: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Queue {
    /// List dead-letter messages, oldest first
    List {
        /// List at most this many messages
        #[arg(long, default_value_t = 100)]
        limit: usize,
    },
    /// Show a dead-letter message with its event
    Show {
        /// The message's id, or the first characters of it
        id: String,
    },
    /// Redrive dead-letter messages; safe to repeat at any time
    #[command(after_help = "Examples:\n  tenantry queue redrive 1f0e2d3c\n  tenantry queue redrive --all")]
    Redrive {
        /// The messages' ids, or the first characters of them
        #[arg(required_unless_present = "all")]
        ids: Vec<String>,
        /// Redrive all messages
        #[arg(long, conflicts_with = "ids")]
        all: bool,
    },
}

#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct Replay {
    /// Events since then, RFC 3339
    #[arg(long, value_name = "TIME")]
    pub(crate) from: chrono::DateTime<chrono::Utc>,
    /// Events until then, RFC 3339 [default: now]
    #[arg(long, value_name = "TIME")]
    pub(crate) to: Option<chrono::DateTime<chrono::Utc>>,
    /// Only this tenant's events
    #[arg(long, value_name = "ID")]
    pub(crate) tenant: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Execution {
    /// List executions, newest first
    List {
        /// Only those in this status: running, succeeded, failed, timed_out, aborted
        #[arg(long)]
        status: Option<String>,
        /// How many of each state machine at the most
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(i32).range(1..=1000))]
        limit: i32,
    },
    /// Show an execution: its states with their times, and why it failed
    Show {
        /// The execution's ARN or name, or a tenant's id for its latest
        execution: String,
    },
    /// Print what the builds of an execution's operation wrote
    #[command(
        after_help = "Examples:\n  tenantry execution logs 0b6ad4c4-6f0c-4c1d-8a35-0d1f6c0f3a11\n  tenantry execution logs 0b6ad4c4-6f0c-4c1d-8a35-0d1f6c0f3a11-1-1 --tail 20"
    )]
    Logs {
        /// The execution's ARN or name, or a tenant's id for its latest
        execution: String,
        /// Only the last lines of each log, so many
        #[arg(long, value_name = "LINES")]
        tail: Option<usize>,
    },
    /// Follow a tenant's operation until it ends
    Watch {
        /// The tenant's id
        tenant: String,
        /// How long to wait, in seconds
        #[arg(long, default_value_t = 3600)]
        timeout: u64,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Event {
    /// Check an event and send it to the tenant bus
    #[command(after_help = "Example:\n  tenantry event publish onboardingRequest request.json")]
    Publish(EventFile),
    /// Print events as they come over the bus, until Ctrl-C
    Tail {
        /// Only this event
        #[arg(long)]
        name: Option<String>,
        /// Stop after so many events
        #[arg(long)]
        count: Option<usize>,
    },
    /// Deliver archived requests again; what is done already is left alone
    #[command(
        after_help = "Example:\n  tenantry event replay --from 2026-11-25T08:00:00Z --to 2026-11-25T09:00:00Z"
    )]
    Replay(Replay),
    /// Say what is wrong with an event, without sending it
    #[command(
        after_help = "Examples:\n  tenantry event validate onboardingRequest request.json\n  tenantry event validate onboardingRequest request.json --online"
    )]
    Validate {
        #[command(flatten)]
        file: EventFile,
        /// Also ask the deployment what only it knows: whether it has the tier
        #[arg(long)]
        online: bool,
    },
    /// List all events, or show one with its example and schema
    Catalog {
        /// The event
        name: Option<String>,
        /// Print the event's JSON Schema
        #[arg(long, requires = "name")]
        schema: bool,
        /// Print an example of the event's detail
        #[arg(long, requires = "name", conflicts_with = "schema")]
        example: bool,
    },
}

#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct EventFile {
    /// The event's name or detail type
    pub(crate) name: String,
    /// A file with its detail; - reads standard input
    pub(crate) file: PathBuf,
    /// The source to send it under [default: the event's own]
    #[arg(long)]
    pub(crate) source: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }
}
