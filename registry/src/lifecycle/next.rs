//! What a tenant needs next, if it is not what it should be.

use crate::tenant::{DesiredState, OpenOperation, OperationKind, Status, Tenant};
use tenantry_events::ids::OperationId;

/// The one thing that brings a tenant closer to what it should be.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Step {
    /// Begin an operation.
    Begin {
        /// The id that it will have.
        id: OperationId,
        /// What it does.
        kind: OperationKind,
    },
    /// See to it that the open operation's execution was started.
    Run(OpenOperation),
    /// Stop the open operation: the wish that it served is no longer held.
    Stop(OpenOperation),
    /// Nothing: it is what it should be, or waits for a person.
    Rest,
}

/// What `tenant` needs next.
#[must_use]
pub fn next_step(tenant: &Tenant) -> Step {
    if let Some(open) = &tenant.operation {
        let serves = match open.kind {
            OperationKind::Provision => tenant.desired == DesiredState::Active,
            OperationKind::Deprovision => true,
        };
        return if serves { Step::Run(open.clone()) } else { Step::Stop(open.clone()) };
    }
    // A wish that has had its try and failed waits for a person: repeating a
    // failing build by itself would only cost money.
    if tenant.attempt > 0 {
        return Step::Rest;
    }
    let kind = match (tenant.desired, tenant.status) {
        (DesiredState::Active, Status::Pending) => OperationKind::Provision,
        (DesiredState::Active, _) | (DesiredState::Deprovisioned, Status::Deprovisioned) => {
            return Step::Rest;
        }
        (DesiredState::Deprovisioned, _) => OperationKind::Deprovision,
    };
    Step::Begin { id: OperationId { generation: tenant.generation, attempt: tenant.attempt + 1 }, kind }
}
