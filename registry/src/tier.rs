//! Tiers: what a customer bought, and so where its resources live and who
//! provisions them.

use serde::{Deserialize, Serialize};
use std::fmt;
use tenantry_events::text::TierName;

/// Whether a tenant has resources of its own.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Isolation {
    /// A stack of its own.
    Silo,
    /// A place in shared resources.
    Pool,
}

/// Who provisions the tenants of a tier.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Provisioner {
    /// Tenantry itself: a state machine and a CodeBuild build.
    Codebuild,
    /// A foreign application plane, which answers with provisionSuccess and
    /// its siblings, as under SBT.
    External,
}

/// A tier as the registry has it: the item `tier#<name>` / `TIER`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tier {
    /// Its name.
    pub name: TierName,
    /// Whether its tenants have resources of their own.
    pub isolation: Isolation,
    /// Who provisions them.
    pub provisioner: Provisioner,
    /// How many operations on its tenants may be under way at once; absent
    /// where only the deployment's own cap counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_operations: Option<u32>,
}

impl fmt::Display for Isolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Silo => "silo",
            Self::Pool => "pool",
        })
    }
}
