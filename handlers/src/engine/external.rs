//! The engine `external`: an application plane that is none of ours. It is asked
//! by an event, which the publisher sends as part of the operation's beginning,
//! and answers by one, which `application-events` takes in. Nothing of it can be
//! looked at or stopped.

use super::{Answer, Beginning, Engine, EngineError, Look, Started, Stopped, failed, outcome_of};
use tenantry_events::failure::FailureCode;
use tenantry_events::ids::OperationId;
use tenantry_registry::lifecycle::{Outcome, served};
use tenantry_registry::tenant::{EndedOperation, OpenOperation, OperationKind, Tenant, Wish};

/// An external application plane.
#[derive(Clone, Copy, Debug)]
pub struct External {
    /// Whether it has a bus of its own. Otherwise it listens on the tenant bus,
    /// where it has seen the publisher's own request: only what it cannot have acted
    /// on is published for it.
    pub own_bus: bool,
}

impl External {
    /// What is written of the operation when it begins.
    ///
    /// # Errors
    ///
    /// [`EngineError::NoMachine`] when the plan has no such operation.
    pub fn beginning(
        &self,
        tenant: &Tenant,
        id: OperationId,
        kind: OperationKind,
    ) -> Result<Beginning, EngineError> {
        if !tenant.plan.supports(kind) {
            return Err(EngineError::NoMachine { kind, plan: tenant.plan });
        }
        let hand_over = self.own_bus || !may_act(tenant, id, kind);
        Ok(Beginning { execution_arn: None, hand_over })
    }
}

impl Engine for External {
    fn start<'a>(&'a self, _: &'a Tenant, _: &'a OpenOperation) -> Answer<'a, Started> {
        Box::pin(async { Ok(Started::Before) })
    }

    fn stop<'a>(&'a self, _: &'a Tenant, _: &'a OpenOperation) -> Answer<'a, Stopped> {
        Box::pin(async { Ok(Stopped { untouched: false }) })
    }

    fn look<'a>(&'a self, _: &'a Tenant, _: &'a OpenOperation) -> Answer<'a, Look> {
        Box::pin(async { Ok(Look::Runs) })
    }

    fn give_up<'a>(&'a self, tenant: &'a Tenant, open: &'a OpenOperation) -> Answer<'a, Outcome> {
        const SILENT: &str = "the external application plane had not answered by the operation's \
             deadline; a retry asks it again";
        Box::pin(async {
            Ok(outcome_of(open, failed(tenant.plan, open, FailureCode::DeadlineExceeded, SILENT)))
        })
    }

    fn clear<'a>(&'a self, _: &'a EndedOperation) -> Answer<'a, ()> {
        Box::pin(async { Ok(()) })
    }
}

/// Whether a plane on the tenant bus can act on the request as its publisher sent
/// it: the first attempt of what had to wait for nothing. It knows no retries, and
/// what it did, or could not do, while something else ran may be lost.
fn may_act(tenant: &Tenant, id: OperationId, kind: OperationKind) -> bool {
    let retried = tenant.heard.of(Wish::Retry) == Some(served(tenant, kind));
    // Nothing has happened to the tenant since it was asked for.
    let at_once = tenant.due.is_some_and(|due| due.since >= tenant.updated_at);
    id.attempt == 1 && !retried && at_once
}
