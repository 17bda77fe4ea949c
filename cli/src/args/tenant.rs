//! `tenantry tenant`.

use clap::{Args as ClapArgs, Subcommand};

/// How long to wait.
#[derive(Clone, Copy, Debug, ClapArgs)]
pub(crate) struct Wait {
    /// Wait until the operation ends, showing its progress
    #[arg(long)]
    pub(crate) wait: bool,
    /// With --wait, give up after this many seconds
    #[arg(long, default_value_t = 3600, requires = "wait")]
    pub(crate) timeout: u64,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Tenant {
    /// Onboard a tenant
    #[command(
        after_help = "Examples:\n  tenantry tenant onboard --name Acme --email admin@acme.example --tier platinum --wait\n  tenantry tenant onboard --name Acme --email admin@acme.example --tier platinum --idempotency-key order-4711"
    )]
    Onboard(Onboard),
    /// Offboard a tenant and delete its resources
    #[command(
        after_help = "Example:\n  tenantry tenant offboard 0b6ad4c4-6f0c-4c1d-8a35-0d1f6c0f3a11 --wait"
    )]
    Offboard(Offboard),
    /// Retry the operation that failed
    #[command(
        after_help = "Examples:\n  tenantry tenant retry 0b6ad4c4-6f0c-4c1d-8a35-0d1f6c0f3a11 --reason \"quota raised\" --wait\n  tenantry tenant retry 0b6ad4c4-6f0c-4c1d-8a35-0d1f6c0f3a11 --reprovision --reason \"stack deleted by mistake\" --wait"
    )]
    Retry(Retry),
    /// Cancel a running or waiting operation and clean up
    #[command(
        after_help = "Example:\n  tenantry tenant cancel 0b6ad4c4-6f0c-4c1d-8a35-0d1f6c0f3a11 --reason \"wrong tier\" --wait"
    )]
    Cancel(Ask),
    /// Suspend a tenant: close its API to users, keep its data
    #[command(
        after_help = "Example:\n  tenantry tenant suspend 0b6ad4c4-6f0c-4c1d-8a35-0d1f6c0f3a11 --reason \"invoice overdue\" --wait"
    )]
    Suspend(Ask),
    /// Resume a suspended tenant
    #[command(after_help = "Example:\n  tenantry tenant resume 0b6ad4c4-6f0c-4c1d-8a35-0d1f6c0f3a11 --wait")]
    Resume(Ask),
    /// List tenants by name
    #[command(
        after_help = "Examples:\n  tenantry tenant list --status ProvisionFailed\n  tenantry tenant list --prefix ac --limit 10"
    )]
    List(List),
    /// Watch all tenants live, the most urgent first
    #[command(
        after_help = "Keys: arrows select, r retry, c cancel, s suspend, a resume, ? help, q quit.\nWithout a terminal, each change is printed as a line; with --output json, as an object.\n\nExamples:\n  tenantry tenant watch\n  tenantry tenant watch 0b6ad4c4-6f0c-4c1d-8a35-0d1f6c0f3a11"
    )]
    Watch(Watch),
    /// Show a tenant's status, outputs, latest operation and failure
    Show {
        /// The tenant's id
        id: String,
    },
    /// Show a tenant's requests and operations, with their outcomes
    History {
        /// The tenant's id
        id: String,
    },
}

#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct Onboard {
    /// The tenant's name
    #[arg(long)]
    pub(crate) name: String,
    /// The e-mail address of the tenant's administrator
    #[arg(long)]
    pub(crate) email: String,
    /// The tenant's tier
    #[arg(long)]
    pub(crate) tier: String,
    /// The tenant's id, a UUID; not with --api [default: generated, or derived from the idempotency key]
    #[arg(long)]
    pub(crate) id: Option<String>,
    /// Your own id for the registration
    #[arg(long)]
    pub(crate) registration_id: Option<String>,
    /// Makes the request safe to repeat: the same key is the same request
    #[arg(long)]
    pub(crate) idempotency_key: Option<String>,
    #[command(flatten)]
    pub(crate) wait: Wait,
}

#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct Offboard {
    /// The tenant's id
    pub(crate) id: String,
    /// Makes the request safe to repeat: the same key is the same request
    #[arg(long)]
    pub(crate) idempotency_key: Option<String>,
    #[command(flatten)]
    pub(crate) wait: Wait,
}

#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct Ask {
    /// The tenant's id
    pub(crate) id: String,
    /// The reason, for the tenant's history
    #[arg(long)]
    pub(crate) reason: Option<String>,
    /// Who requests it, for the tenant's history; with --api, taken from the token
    #[arg(long, env = "USER")]
    pub(crate) by: Option<String>,
    /// Makes the request safe to repeat: the same key is the same request
    #[arg(long)]
    pub(crate) idempotency_key: Option<String>,
    #[command(flatten)]
    pub(crate) wait: Wait,
}

#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct Retry {
    /// Create a new, empty stack if the tenant's own is gone (failure StackGone)
    #[arg(long)]
    pub(crate) reprovision: bool,
    #[command(flatten)]
    pub(crate) ask: Ask,
}

#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct Watch {
    /// The tenant to select first [default: the most urgent one]
    pub(crate) id: Option<String>,
    /// Seconds between refreshes
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=60))]
    pub(crate) interval: u64,
}

#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct List {
    /// Only tenants with this status; required to list deprovisioned tenants
    #[arg(long, conflicts_with_all = ["tier", "release"])]
    pub(crate) status: Option<String>,
    /// Only tenants of this tier
    #[arg(long, conflicts_with = "release")]
    pub(crate) tier: Option<String>,
    /// Only tenants on this release
    #[arg(long)]
    pub(crate) release: Option<String>,
    /// Only tenants whose name starts with this
    #[arg(long)]
    pub(crate) prefix: Option<String>,
    /// List at most this many tenants, 1 to 100
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) limit: u32,
    /// Continue after the previous page
    #[arg(long, value_name = "TOKEN")]
    pub(crate) next: Option<String>,
}
