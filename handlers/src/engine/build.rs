//! The engine `build`: a state machine that runs a CodeBuild build.

mod executions;
mod jobs;
mod payload;
pub mod report;

pub use executions::{Arns, Machines, key};
pub use jobs::{Builds, Job, Trace};
pub use payload::{CleanUp, Payload};

use super::ending::{Ending, done, with_job};
use super::{Answer, Engine, EngineError, Look, Started, Stopped, failed, outcome_of};
use lambda_runtime::tracing;
use tenantry_events::failure::FailureCode;
use tenantry_registry::lifecycle::Outcome;
use tenantry_registry::tenant::{EndedOperation, OpenOperation, OperationKind, OperationState, Tenant};

/// Step Functions and CodeBuild.
#[derive(Clone, Debug)]
pub struct Build {
    /// The machines, and their executions.
    pub machines: Machines,
    /// What the executions have started.
    pub builds: Builds,
}

impl Builds {
    /// How the operation ends whose execution has ended like this.
    ///
    /// # Errors
    ///
    /// [`EngineError`] when Step Functions or CodeBuild does not answer.
    pub async fn ended(
        &self,
        tenant: &Tenant,
        open: &OpenOperation,
        ending: &Ending<'_>,
    ) -> Result<Outcome, EngineError> {
        let trace = match &open.execution_arn {
            Some(arn) => self.trace(arn).await?,
            None => Trace::default(),
        };
        Ok(ending.outcome(tenant, open, &trace))
    }
}

impl Build {
    async fn trace(&self, open: &OpenOperation) -> Result<Trace, EngineError> {
        match &open.execution_arn {
            Some(arn) => self.builds.trace(arn).await,
            None => Ok(Trace::default()),
        }
    }

    /// What the history of the operation's execution says. None of its builds runs
    /// any more: what follows must not meet one at the tenant's stack.
    async fn quiet_trace(&self, open: &OpenOperation) -> Result<Trace, EngineError> {
        let trace = self.trace(open).await?;
        self.builds.stop(&trace.jobs).await?;
        Ok(trace)
    }
}

impl Engine for Build {
    fn start<'a>(&'a self, tenant: &'a Tenant, open: &'a OpenOperation) -> Answer<'a, Started> {
        Box::pin(async move {
            match self.machines.start(tenant, open).await {
                Ok(true) => Ok(Started::Now),
                Ok(false) => Ok(Started::Before),
                Err(EngineError::Impossible(reason)) => Ok(Started::Never(reason)),
                Err(error) => Err(error),
            }
        })
    }

    fn stop<'a>(&'a self, tenant: &'a Tenant, open: &'a OpenOperation) -> Answer<'a, Stopped> {
        Box::pin(async move {
            let Some(arn) = &open.execution_arn else { return Ok(Stopped { untouched: false }) };
            if !self.machines.stop(arn).await? {
                self.machines.forestall(tenant, open, arn).await?;
            }
            tracing::info!(tenant = %tenant.tenant_id, operation = %open.id, "execution stopped");
            let untouched = open.kind == OperationKind::Provision && self.builds.trace(arn).await?.untouched;
            Ok(Stopped { untouched })
        })
    }

    fn look<'a>(&'a self, tenant: &'a Tenant, open: &'a OpenOperation) -> Answer<'a, Look> {
        Box::pin(async move {
            let Some(arn) = &open.execution_arn else { return Ok(Look::Runs) };
            let Some(seen) = self.machines.look(arn).await? else { return Ok(Look::Unknown) };
            if seen.runs() {
                return Ok(Look::Runs);
            }
            let ending =
                Ending { status: &seen.status, error: seen.error.as_deref(), cause: seen.cause.as_deref() };
            let trace = self.quiet_trace(open).await?;
            Ok(Look::Ended(Box::new(ending.outcome(tenant, open, &trace))))
        })
    }

    fn give_up<'a>(&'a self, tenant: &'a Tenant, open: &'a OpenOperation) -> Answer<'a, Outcome> {
        Box::pin(async move {
            let runs = match &open.execution_arn {
                Some(arn) => self.machines.stop(arn).await?,
                None => false,
            };
            let reason = match runs {
                true => "the operation was not over by its deadline, and was stopped",
                false => "the operation's execution could not be started by its deadline",
            };
            let trace = self.quiet_trace(open).await?;
            let failure = failed(tenant.plan, open, FailureCode::DeadlineExceeded, reason);
            let given_up = || with_job(outcome_of(open, failure), &trace);
            Ok(done(tenant, open, &trace).unwrap_or_else(given_up))
        })
    }

    fn clear<'a>(&'a self, ended: &'a EndedOperation) -> Answer<'a, ()> {
        Box::pin(async move {
            let ended_badly = matches!(ended.state, OperationState::Failed | OperationState::Cancelled);
            let Some(arn) = ended.execution_arn.as_ref().filter(|_| ended_badly) else { return Ok(()) };
            self.builds.stop(&self.builds.trace(arn).await?.jobs).await
        })
    }
}
