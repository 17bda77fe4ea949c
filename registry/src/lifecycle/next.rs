//! What a tenant needs next, if it is not what it should be.

use crate::tenant::{DesiredState, OpenOperation, OperationKind, Status, Tenant};
use tenantry_events::ids::OperationId;

/// The one thing that brings a tenant closer to what it should be.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Step {
    /// Begin an operation, as soon as there is room for it.
    Begin {
        /// The id that it will have.
        id: OperationId,
        /// What it does.
        kind: OperationKind,
    },
    /// See to it that the open operation's execution was started.
    Run(OpenOperation),
    /// Stop the open operation: nobody wants it any more.
    Stop(OpenOperation),
    /// Nothing: it is what it should be, or waits for a person.
    Rest,
}

/// What `tenant` needs next.
#[must_use]
pub fn next_step(tenant: &Tenant) -> Step {
    if let Some(open) = &tenant.operation {
        return if is_wanted(tenant, open) { Step::Run(open.clone()) } else { Step::Stop(open.clone()) };
    }
    // An operation that had its try and failed waits for a person: repeating a
    // failing build by itself would only cost money.
    let Some(due) = tenant.due else { return Step::Rest };
    let kind = match (tenant.desired, tenant.status) {
        (_, Status::Deprovisioned) => return Step::Rest,
        (DesiredState::Deprovisioned, _) => OperationKind::Deprovision,
        _ if due.clean_up => OperationKind::CleanUp,
        (_, Status::Pending | Status::ProvisionFailed) => OperationKind::Provision,
        (_, Status::Active | Status::Suspended | Status::UpdateFailed) => match change(tenant) {
            Some(kind) => kind,
            None => return Step::Rest,
        },
        // The statuses of an open operation, and of one that takes things down.
        (
            DesiredState::Active | DesiredState::Suspended,
            Status::Provisioning | Status::Updating | Status::Deprovisioning | Status::DeprovisionFailed,
        ) => return Step::Rest,
    };
    Step::Begin { id: OperationId { generation: tenant.generation, attempt: tenant.attempt + 1 }, kind }
}

/// What makes of a provisioned tenant what it should be. Whether it is open comes
/// first: that is urgent, an update is not.
fn change(tenant: &Tenant) -> Option<OperationKind> {
    let toggle = match tenant.desired {
        DesiredState::Suspended => OperationKind::Suspend,
        DesiredState::Active | DesiredState::Deprovisioned => OperationKind::Resume,
    };
    if tenant.deployed.state != Some(tenant.desired) {
        return Some(toggle);
    }
    if !tenant.is_up_to_date() {
        return Some(OperationKind::Update);
    }
    // After a failed update it is made sure of what it is.
    (tenant.status == Status::UpdateFailed).then_some(toggle)
}

/// Whether the open operation still serves a wish. What takes resources down
/// always does: there is no way back from half of it.
fn is_wanted(tenant: &Tenant, open: &OpenOperation) -> bool {
    !open.kind.is_cancellable()
        || (open.cancelled_by.is_none() && tenant.desired != DesiredState::Deprovisioned)
}
