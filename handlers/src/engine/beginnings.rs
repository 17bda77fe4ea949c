//! Beginnings: what is written of an operation when it begins. No engine is called
//! for it, so whoever takes a request in can let its operation begin.

use super::build::Arns;
use super::{EngineError, External};
use chrono::{DateTime, TimeDelta, Utc};
use tenantry_events::ids::OperationId;
use tenantry_registry::lifecycle::{Begin, Room};
use tenantry_registry::plan::Engine;
use tenantry_registry::tenant::{OperationKind, Tenant};
use tenantry_registry::tier::Tier;

/// How long an operation may take, its waiting and its retries included; the
/// state machines' own time limits are shorter.
const DEADLINE: TimeDelta = TimeDelta::hours(3);

/// How operations begin in a deployment.
#[derive(Clone, Debug)]
pub struct Beginnings {
    /// The state machines of the engine `build`.
    pub machines: Arns,
    /// The engine `external`.
    pub external: External,
    /// How many operations may be under way at once; `None` is no limit.
    pub max_operations: Option<u32>,
}

/// What an engine says of an operation that begins.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Beginning {
    /// The execution that will carry it out, where the engine has executions.
    pub execution_arn: Option<String>,
    /// Whether the request is published for an external application plane.
    pub hand_over: bool,
}

impl Beginnings {
    /// What is written when the operation begins: the registry says where it runs
    /// before it does. `tier` is the tenant's, `None` if the registry has it no more.
    ///
    /// # Errors
    ///
    /// [`EngineError`] when the tenant's engine has no such operation for its plan.
    pub fn begin(
        &self,
        tenant: &Tenant,
        (id, kind): (OperationId, OperationKind),
        tier: Option<&Tier>,
        now: DateTime<Utc>,
    ) -> Result<Begin, EngineError> {
        let Beginning { execution_arn, hand_over } = match tenant.plan.engine() {
            Engine::Build => self.machines.beginning(tenant, id, kind)?,
            Engine::External => self.external.beginning(tenant, id, kind)?,
        };
        let room = Room { all: self.max_operations, tier: tier.and_then(|tier| tier.max_operations) };
        Ok(Begin { id, kind, execution_arn, hand_over, deadline: now + DEADLINE, room })
    }
}
