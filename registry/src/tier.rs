//! Tiers: what a customer bought, and so which plan its tenants have.

use crate::plan::Plan;
use serde::{Deserialize, Serialize};
use tenantry_events::text::TierName;

/// A tier as the registry has it: the item `tier#<name>` / `TIER`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tier {
    /// Its name.
    pub name: TierName,
    /// How its tenants get their resources.
    pub plan: Plan,
    /// How many operations on its tenants may be under way at once; absent
    /// where only the deployment's own cap counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_operations: Option<u32>,
}
