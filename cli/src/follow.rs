//! Following a tenant until it is settled, and saying meanwhile what happens:
//! its status, the states of its execution, the phases and the log of its
//! build.

mod build;
mod execution;
mod progress;

pub(crate) use build::{build_log, build_of, builds_of, whole_log};
pub(crate) use progress::Progress;

use crate::clients::Deployment;
use crate::error::{CliError, Result};
use crate::output::Mark;
use crate::source::record;
use build::BuildWatch;
use execution::ExecutionWatch;
use std::time::{Duration, Instant};
use tenantry_events::ids::{EventId, TenantId};
use tenantry_operations::record::Record;
use tenantry_registry::audit::{AuditEntry, Verdict};
use tenantry_registry::tenant::{OpenOperation, Tenant};

/// Between two looks: short at first, so that a quick operation is seen in
/// full, longer for one that takes its time.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(3);

/// What is waited for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Goal {
    /// The tenant that is to settle.
    pub(crate) tenant: TenantId,
    /// The request that must have been decided on before that.
    pub(crate) event: Option<EventId>,
    /// How long to wait at the most.
    pub(crate) limit: Duration,
}

impl Goal {
    /// There is no such tenant.
    pub(crate) fn nobody(&self) -> CliError {
        CliError::NotFound(format!("there is no tenant {}", self.tenant))
    }
}

/// The pauses between looks, and when there have been enough.
#[derive(Debug)]
pub(crate) struct Patience {
    goal: Goal,
    begun: Instant,
    pause: Duration,
}

impl Patience {
    pub(crate) fn new(goal: &Goal) -> Self {
        Self { goal: *goal, begun: Instant::now(), pause: FIRST_PAUSE }
    }

    /// Waits for a while.
    ///
    /// # Errors
    ///
    /// [`CliError::TimedOut`], with the event that was not decided on, if one was
    /// `awaited` still.
    pub(crate) async fn wait(&mut self, awaited: Option<EventId>) -> Result {
        let Goal { tenant, limit, .. } = self.goal;
        if self.begun.elapsed() > limit {
            let seconds = limit.as_secs();
            return Err(CliError::TimedOut(match awaited {
                Some(event) => format!(
                    "the control plane has not handled event {event} within {seconds} s; check its dead-letter messages (tenantry queue list)"
                ),
                None => format!("tenant {tenant} is not settled after {seconds} s; the operation continues"),
            }));
        }
        tokio::time::sleep(self.pause).await;
        self.pause = self.pause.mul_f64(1.1).min(LONGEST_PAUSE);
        Ok(())
    }
}

/// Waits until the tenant needs nothing more by itself: it is what it should
/// be, or its operation failed.
pub(crate) async fn until_settled(
    deployment: &Deployment,
    goal: &Goal,
    progress: &Progress<'_>,
) -> Result<Record> {
    let mut patience = Patience::new(goal);
    let mut awaited = goal.event;
    let mut view = View::default();
    loop {
        if let Some(event) = awaited
            && decided(deployment.registry.history(goal.tenant).await?.audit, event, progress)?
        {
            awaited = None;
        }
        if let Some(tenant) = deployment.registry.tenant(goal.tenant).await? {
            let record = record(deployment, &tenant).await?;
            view.show(deployment, &tenant, &record, progress).await?;
            view.show_position(&record, progress);
            if record.is_settled() && awaited.is_none() {
                return Ok(record);
            }
        } else if awaited.is_none() {
            return Err(goal.nobody());
        }
        patience.wait(awaited).await?;
    }
}

/// Whether the request was decided on; an error if it was refused.
pub(crate) fn decided(
    audit: impl IntoIterator<Item = AuditEntry>,
    event: EventId,
    progress: &Progress<'_>,
) -> Result<bool> {
    let Some(entry) = audit.into_iter().find(|entry| entry.origin.event_id == event) else {
        return Ok(false);
    };
    match entry.verdict {
        Verdict::Accepted => progress.say(Mark::Good, &entry.reason),
        Verdict::Duplicate | Verdict::Stale => {
            progress.say(Mark::Note, &format!("{}: {}", entry.verdict, entry.reason));
        }
        Verdict::Refused => {
            let code = entry.code.map_or_else(String::new, |code| format!(" ({code})"));
            return Err(CliError::OperationFailed(format!("refused{code}: {}", entry.reason)));
        }
    }
    Ok(true)
}

/// An error if the tenant settled badly.
pub(crate) fn verdict(tenant: &Record) -> Result {
    let Record { tenant_name, status, failure, .. } = tenant;
    match failure {
        None => Ok(()),
        Some(failure) => Err(CliError::OperationFailed(format!(
            "{tenant_name} is {status}: {} failed ({}): {}",
            failure.step, failure.code, failure.reason
        ))),
    }
}

/// What was said so far.
#[derive(Debug, Default)]
struct View {
    status: Option<String>,
    position: Option<u64>,
    operation: Option<OpenOperation>,
    execution: Option<ExecutionWatch>,
    build: Option<BuildWatch>,
}

impl View {
    async fn show(
        &mut self,
        deployment: &Deployment,
        tenant: &Tenant,
        record: &Record,
        progress: &Progress<'_>,
    ) -> Result {
        // What the last operation still has to tell comes before the status that it led to.
        if self.operation.is_some() && tenant.operation != self.operation {
            self.look(deployment, tenant.tenant_id, progress).await?;
            *self = Self { status: self.status.take(), ..Self::default() };
        }
        let status = tenant.status.to_string();
        if self.status.as_ref() != Some(&status) {
            progress.say(mark(record), &status);
            self.status = Some(status);
        }
        if let Some(open) = &tenant.operation {
            if self.operation.is_none() {
                self.operation = Some(open.clone());
                self.execution = open.execution_arn.as_deref().map(ExecutionWatch::new);
            }
            self.look(deployment, tenant.tenant_id, progress).await?;
        }
        Ok(())
    }

    fn show_position(&mut self, record: &Record, progress: &Progress<'_>) {
        let position = record.queue_position();
        // The first begins in a moment: that is no news.
        if let Some(position) = position.filter(|new| *new > 1 && self.position != Some(*new)) {
            progress.say(Mark::Step, &format!("waiting for capacity: queue position {position}"));
        }
        self.position = position;
    }

    async fn look(&mut self, deployment: &Deployment, tenant: TenantId, progress: &Progress<'_>) -> Result {
        let (Some(open), Some(execution)) = (&self.operation, &mut self.execution) else { return Ok(()) };
        // What the build has to tell comes before the state that it led to.
        if let Some(build) = &mut self.build {
            build.look(deployment, progress).await?;
        }
        if let Some(news) = execution.look(deployment, progress).await? {
            let job = news.job.filter(|job| self.build.as_ref().is_none_or(|build| !build.is_for(job)));
            if let Some(job) = job {
                self.build = Some(BuildWatch::new(tenant, open.id, job));
            }
        }
        if let Some(build) = &mut self.build {
            build.look(deployment, progress).await?;
        }
        Ok(())
    }
}

/// How a tenant's status looks: it goes on, ended badly, or is well.
pub(crate) fn mark(tenant: &Record) -> Mark {
    match (tenant.is_settled(), tenant.status.is_failed()) {
        (false, _) => Mark::Step,
        (true, true) => Mark::Bad,
        (true, false) => Mark::Good,
    }
}
