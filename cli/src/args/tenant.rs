//! `tenantry tenant`.

use clap::{Args as ClapArgs, Subcommand};

/// How long to wait.
#[derive(Clone, Copy, Debug, ClapArgs)]
pub(crate) struct Wait {
    /// Wait until it is done, showing what happens
    #[arg(long)]
    pub(crate) wait: bool,
    /// How long to wait, in seconds
    #[arg(long, default_value_t = 3600, requires = "wait")]
    pub(crate) timeout: u64,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Tenant {
    /// Ask for a tenant to be onboarded
    #[command(
        after_help = "Examples:\n  tenantry tenant onboard --name Acme --email admin@acme.example --tier platinum --wait\n  tenantry tenant onboard --name Acme --email admin@acme.example --tier platinum --idempotency-key order-4711"
    )]
    Onboard(Onboard),
    /// Ask for a tenant to be offboarded
    #[command(
        after_help = "Example:\n  tenantry tenant offboard 0b6ad4c4-6f0c-4c1d-8a35-0d1f6c0f3a11 --wait"
    )]
    Offboard(Offboard),
    /// Try again what failed
    #[command(
        after_help = "Examples:\n  tenantry tenant retry 0b6ad4c4-6f0c-4c1d-8a35-0d1f6c0f3a11 --reason \"quota raised\" --wait\n  tenantry tenant retry 0b6ad4c4-6f0c-4c1d-8a35-0d1f6c0f3a11 --reprovision --reason \"stack deleted by mistake\" --wait"
    )]
    Retry(Retry),
    /// Stop what is under way for a tenant, or waits, and clean up
    #[command(
        after_help = "Example:\n  tenantry tenant cancel 0b6ad4c4-6f0c-4c1d-8a35-0d1f6c0f3a11 --reason \"wrong tier\" --wait"
    )]
    Cancel(Ask),
    /// Close a tenant's API to its users, and keep its data
    #[command(
        after_help = "Example:\n  tenantry tenant suspend 0b6ad4c4-6f0c-4c1d-8a35-0d1f6c0f3a11 --reason \"invoice overdue\" --wait"
    )]
    Suspend(Ask),
    /// Open a suspended tenant's API again
    #[command(after_help = "Example:\n  tenantry tenant resume 0b6ad4c4-6f0c-4c1d-8a35-0d1f6c0f3a11 --wait")]
    Resume(Ask),
    /// List tenants, by name
    #[command(
        after_help = "Examples:\n  tenantry tenant list --status ProvisionFailed\n  tenantry tenant list --prefix ac --limit 10"
    )]
    List(List),
    /// Watch all tenants, the most urgent first, and one of them closely
    #[command(
        after_help = "Keys: arrows choose, r retries, c cancels, s suspends, a resumes, ? explains, q ends.\nWithout a terminal, each change is a line; with --output json, an object.\n\nExamples:\n  tenantry tenant watch\n  tenantry tenant watch 0b6ad4c4-6f0c-4c1d-8a35-0d1f6c0f3a11"
    )]
    Watch(Watch),
    /// Show a tenant: its status, outputs, operation, failure
    Show {
        /// The tenant's id
        id: String,
    },
    /// Show everything that was asked of a tenant and what became of it
    History {
        /// The tenant's id
        id: String,
    },
}

#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct Onboard {
    /// What people call the tenant
    #[arg(long)]
    pub(crate) name: String,
    /// The address of its administrator
    #[arg(long)]
    pub(crate) email: String,
    /// What it bought
    #[arg(long)]
    pub(crate) tier: String,
    /// The tenant's id, a UUID; not with --api [default: a new one, or one derived from the key]
    #[arg(long)]
    pub(crate) id: Option<String>,
    /// Your own id of the registration
    #[arg(long)]
    pub(crate) registration_id: Option<String>,
    /// The same key is the same request, however often it is made
    #[arg(long)]
    pub(crate) idempotency_key: Option<String>,
    #[command(flatten)]
    pub(crate) wait: Wait,
}

#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct Offboard {
    /// The tenant's id
    pub(crate) id: String,
    /// The same key is the same request, however often it is made
    #[arg(long)]
    pub(crate) idempotency_key: Option<String>,
    #[command(flatten)]
    pub(crate) wait: Wait,
}

#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct Ask {
    /// The tenant's id
    pub(crate) id: String,
    /// Why, for the tenant's history
    #[arg(long)]
    pub(crate) reason: Option<String>,
    /// Who asks, for the tenant's history; with --api, the token says it
    #[arg(long, env = "USER")]
    pub(crate) by: Option<String>,
    /// The same key is the same request, however often it is made
    #[arg(long)]
    pub(crate) idempotency_key: Option<String>,
    #[command(flatten)]
    pub(crate) wait: Wait,
}

#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct Retry {
    /// Make a new, empty stack where the tenant's own is gone (its failure is StackGone)
    #[arg(long)]
    pub(crate) reprovision: bool,
    #[command(flatten)]
    pub(crate) ask: Ask,
}

#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct Watch {
    /// The tenant to begin with [default: the most urgent one]
    pub(crate) id: Option<String>,
    /// Seconds between two looks
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=60))]
    pub(crate) interval: u64,
}

#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct List {
    /// Only those in this status; the only list with deprovisioned tenants
    #[arg(long, conflicts_with_all = ["tier", "release"])]
    pub(crate) status: Option<String>,
    /// Only those of this tier
    #[arg(long, conflicts_with = "release")]
    pub(crate) tier: Option<String>,
    /// Only those on this release
    #[arg(long)]
    pub(crate) release: Option<String>,
    /// Only those whose name begins so
    #[arg(long)]
    pub(crate) prefix: Option<String>,
    /// How many at the most, 1 to 100
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) limit: u32,
    /// Go on where the page before ended
    #[arg(long, value_name = "TOKEN")]
    pub(crate) next: Option<String>,
}
