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

/// Manage tenants, follow what happens to them, and run the control plane on a
/// laptop.
///
/// By default the command calls AWS, with the SDK's standard credentials, region
/// and profile. To use the local cloud: eval "$(tenantry local env)". With --api
/// it calls the control plane's API, which needs a sign-in (tenantry login) and no
/// AWS credentials.
#[derive(Debug, Parser)]
#[command(name = "tenantry", version, after_help = EXIT_CODES, propagate_version = true)]
pub(crate) struct Args {
    /// The output format
    #[arg(long, global = true, value_enum, default_value_t, help_heading = "Global options")]
    pub(crate) output: Format,
    /// The name of the control plane's stack, at most 39 characters
    #[arg(
        long,
        global = true,
        env = "TENANTRY_STACK",
        default_value = "tenantry",
        help_heading = "Global options"
    )]
    pub(crate) stack: String,
    /// Call the control plane's API instead of AWS; without a URL, the one in TENANTRY_API_URL or of the last sign-in
    #[arg(long, global = true, help_heading = "Global options", env = "TENANTRY_API", value_name = "URL", num_args = 0..=1, require_equals = true, default_missing_value = UNNAMED)]
    pub(crate) api: Option<String>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Onboard, use and offboard two tenants on a local cloud of its own
    #[command(after_help = "Example:\n  tenantry demo --keep")]
    Demo(Demo),
    /// Run the control plane on this machine
    #[command(subcommand)]
    Local(Local),
    /// Build and package the Lambda functions
    Package,
    /// Deploy the control plane to AWS
    #[command(
        after_help = "Examples:\n  tenantry deploy --bucket my-artefacts\n  tenantry deploy --bucket my-artefacts --parameter LogRetentionDays=90"
    )]
    Deploy(Deploy),
    /// Onboard, change, offboard and inspect tenants
    #[command(subcommand)]
    Tenant(Tenant),
    /// List, show and follow state machine executions
    #[command(subcommand)]
    Execution(Execution),
    /// Publish, follow, validate and replay events
    #[command(subcommand)]
    Event(Event),
    /// List, show and redrive dead-letter messages
    #[command(subcommand)]
    Queue(Queue),
    /// Run the sweeper now to repair missed work
    Sweep,
    /// Sign in to the control plane's API; tokens are stored, the password is not
    #[command(
        after_help = "Examples:\n  tenantry login                  # with AWS credentials: finds the API in the stack's outputs\n  tenantry login --api=https://a1b2c3.execute-api.eu-west-1.amazonaws.com --client-id 4d5e6f --user ada\n  tenantry login --user ada --password-stdin < password"
    )]
    Login(Login),
    /// Sign out: revoke and delete the stored tokens
    Logout,
    /// Manage the control plane's users, through its API
    #[command(subcommand)]
    User(User),
    /// Print a shell completion script
    #[command(
        after_help = "Example:\n  tenantry completions bash > ~/.local/share/bash-completion/completions/tenantry"
    )]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

#[derive(Clone, Copy, Debug, ClapArgs)]
pub(crate) struct Demo {
    /// Keep the local cloud running afterwards
    #[arg(long)]
    pub(crate) keep: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Local {
    /// Start the local cloud and deploy the control plane to it
    #[command(
        after_help = "Examples:\n  tenantry local up               # until Ctrl-C\n  tenantry local up --detach && eval \"$(tenantry local env)\""
    )]
    Up(Up),
    /// Stop the local cloud and everything it started
    Down(Home),
    /// Show whether the local cloud is running, and its address
    Status(Home),
    /// Print the variables by which any AWS tool reaches the local cloud
    #[command(after_help = "Example:\n  eval \"$(tenantry local env)\" && aws events list-event-buses")]
    Env(Home),
    /// Install the local cloud's Python packages without starting it
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
    /// Return when it is ready, and keep it running in the background
    #[arg(long)]
    pub(crate) detach: bool,
    /// The port on 127.0.0.1; 0 picks a free one
    #[arg(long, default_value_t = 4566)]
    pub(crate) port: u16,
    /// Start the local cloud without the control plane
    #[arg(long, conflicts_with = "parameters")]
    pub(crate) no_deploy: bool,
    /// A parameter of infra/control-plane.yaml, as NAME=VALUE
    #[arg(long = "parameter", value_name = "NAME=VALUE")]
    pub(crate) parameters: Vec<String>,
}

#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct Deploy {
    /// The S3 bucket for packaged functions and templates; created if missing
    #[arg(long)]
    pub(crate) bucket: String,
    /// A parameter of infra/control-plane.yaml, as NAME=VALUE
    #[arg(long = "parameter", value_name = "NAME=VALUE")]
    pub(crate) parameters: Vec<String>,
    /// The template of the tiers; infra/tiers.yaml of the clone if not given
    #[arg(long, value_name = "FILE")]
    pub(crate) tiers: Option<PathBuf>,
    /// Deploy the functions packaged last, without building
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
    /// Delete dead-letter messages for good
    #[command(
        after_help = "Example:\n  tenantry queue discard 1f0e2d3c --reason \"a test that nobody needs\""
    )]
    Discard {
        /// The messages' ids, or the first characters of them
        #[arg(required = true)]
        ids: Vec<String>,
        /// Why, for the audit and the tenant's history
        #[arg(long)]
        reason: String,
    },
}

#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct Replay {
    /// Replay events from this time on (RFC 3339)
    #[arg(long, value_name = "TIME")]
    pub(crate) from: chrono::DateTime<chrono::Utc>,
    /// Replay events up to this time (RFC 3339) [default: now]
    #[arg(long, value_name = "TIME")]
    pub(crate) to: Option<chrono::DateTime<chrono::Utc>>,
    /// Replay only this tenant's events
    #[arg(long, value_name = "ID")]
    pub(crate) tenant: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Execution {
    /// List executions, newest first
    List {
        /// Only executions with this status: running, succeeded, failed, timed_out or aborted
        #[arg(long)]
        status: Option<String>,
        /// List at most this many executions of each state machine
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(i32).range(1..=1000))]
        limit: i32,
    },
    /// Show an execution: its states, their times, and why it failed
    Show {
        /// The execution's ARN or name, or a tenant's id for its latest execution
        execution: String,
    },
    /// Print what the builds of an execution's operation wrote
    #[command(
        after_help = "Examples:\n  tenantry execution logs 0b6ad4c4-6f0c-4c1d-8a35-0d1f6c0f3a11\n  tenantry execution logs 0b6ad4c4-6f0c-4c1d-8a35-0d1f6c0f3a11-1-1 --tail 20"
    )]
    Logs {
        /// The execution's ARN or name, or a tenant's id for its latest execution
        execution: String,
        /// Print only this many lines from the end of each log
        #[arg(long, value_name = "LINES")]
        tail: Option<usize>,
    },
    /// Follow a tenant's operation until it ends
    Watch {
        /// The tenant's id
        tenant: String,
        /// Give up after this many seconds
        #[arg(long, default_value_t = 3600)]
        timeout: u64,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Event {
    /// Validate an event and send it to the tenant bus
    #[command(after_help = "Example:\n  tenantry event publish onboardingRequest request.json")]
    Publish(EventFile),
    /// Print events on the tenant bus as they arrive, until Ctrl-C
    Tail {
        /// Print only events with this name
        #[arg(long)]
        name: Option<String>,
        /// Stop after this many events
        #[arg(long)]
        count: Option<usize>,
    },
    /// Replay archived requests; what is already done stays as it is
    #[command(
        after_help = "Example:\n  tenantry event replay --from 2026-11-25T08:00:00Z --to 2026-11-25T09:00:00Z"
    )]
    Replay(Replay),
    /// Validate an event without sending it
    #[command(
        after_help = "Examples:\n  tenantry event validate onboardingRequest request.json\n  tenantry event validate onboardingRequest request.json --online"
    )]
    Validate {
        #[command(flatten)]
        file: EventFile,
        /// Also check against the deployment that the tier exists
        #[arg(long)]
        online: bool,
    },
    /// List all events, or show one with its example
    Catalog {
        /// The event's name or detail type
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
    /// The file with the event's detail; - reads standard input
    pub(crate) file: PathBuf,
    /// The event's source [default: the source that the contract gives it]
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
