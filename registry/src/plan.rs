//! Plans: how the tenants of a tier get their resources, and which operations
//! that allows. A tier names a plan, and a tenant keeps the one that it was
//! accepted with.
//!
//! The lifecycle and the notices ask the plan; nothing else in this crate knows
//! which engines there are.

use crate::tenant::OperationKind as Kind;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Whether a tenant has resources of its own.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Isolation {
    /// A stack of its own.
    Silo,
    /// A place in shared resources.
    Pool,
}

/// What carries a plan's operations out.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Engine {
    /// A state machine that runs a CodeBuild build.
    Build,
    /// An external application plane, which is asked by an event and answers by
    /// one, as under SBT.
    External,
}

/// How a tenant gets its resources: an engine, an isolation, and the kinds of
/// operation that these support.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Plan {
    /// Tenantry deploys a stack of the tenant's own.
    Silo,
    /// An external application plane makes resources of the tenant's own.
    ExternalSilo,
    /// An external application plane gives the tenant a place in shared
    /// resources.
    ExternalPool,
}

impl Plan {
    /// Every plan.
    pub const ALL: [Self; 3] = [Self::Silo, Self::ExternalSilo, Self::ExternalPool];

    /// The plan as templates, the registry and the API write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Silo => "silo",
            Self::ExternalSilo => "external-silo",
            Self::ExternalPool => "external-pool",
        }
    }

    /// What carries its operations out.
    #[must_use]
    pub const fn engine(self) -> Engine {
        match self {
            Self::Silo => Engine::Build,
            Self::ExternalSilo | Self::ExternalPool => Engine::External,
        }
    }

    /// Whether its tenants have resources of their own.
    #[must_use]
    pub const fn isolation(self) -> Isolation {
        match self {
            Self::Silo | Self::ExternalSilo => Isolation::Silo,
            Self::ExternalPool => Isolation::Pool,
        }
    }

    /// Whether it has operations of this kind.
    #[must_use]
    pub const fn supports(self, kind: Kind) -> bool {
        match (self.engine(), kind) {
            // What an external plane half made, and its users, are its own.
            (Engine::External, Kind::CleanUp | Kind::Update) => false,
            (Engine::External, Kind::Provision | Kind::Suspend | Kind::Resume | Kind::Deprovision)
            | (
                Engine::Build,
                Kind::Provision
                | Kind::CleanUp
                | Kind::Update
                | Kind::Suspend
                | Kind::Resume
                | Kind::Deprovision,
            ) => true,
        }
    }

    /// Whether its operations count against the limits on operations under way:
    /// what an external plane needs is not Tenantry's.
    #[must_use]
    pub const fn takes_capacity(self) -> bool {
        match self.engine() {
            Engine::Build => true,
            Engine::External => false,
        }
    }

    /// Whether a tenant that never had an operation has nothing anywhere. An
    /// external plane may listen to requests itself, and act before its turn.
    #[must_use]
    pub const fn acts_in_turn(self) -> bool {
        match self.engine() {
            Engine::Build => true,
            Engine::External => false,
        }
    }

    /// Whether an outcome names no operation, and is of whichever runs: SBT's
    /// outcomes do.
    #[must_use]
    pub const fn answers_by_event(self) -> bool {
        match self.engine() {
            Engine::Build => false,
            Engine::External => true,
        }
    }

    /// Whether Tenantry creates the tenant's administrator and publishes what
    /// became of each job; an external plane does so itself.
    #[must_use]
    pub const fn is_ours(self) -> bool {
        match self.engine() {
            Engine::Build => true,
            Engine::External => false,
        }
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A text that is no plan.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{0}` is not a plan; there are silo, external-silo and external-pool")]
pub struct UnknownPlan(String);

impl FromStr for Plan {
    type Err = UnknownPlan;

    fn from_str(text: &str) -> Result<Self, UnknownPlan> {
        let same = |plan: &&Self| plan.as_str() == text;
        Self::ALL.iter().find(same).copied().ok_or_else(|| UnknownPlan(text.chars().take(40).collect()))
    }
}

impl fmt::Display for Isolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Silo => "silo",
            Self::Pool => "pool",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The registry's form, the text and the list are one.
    #[test]
    fn every_plan_has_one_name() {
        for plan in Plan::ALL {
            assert_eq!(serde_json::to_value(plan).unwrap(), plan.as_str());
            assert_eq!(plan.as_str().parse(), Ok(plan));
            assert!(UnknownPlan(String::new()).to_string().contains(plan.as_str()));
        }
    }
}
