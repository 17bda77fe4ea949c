//! Waiting until a tenant is settled. On the deployment itself every state and
//! every line of a build is told; through the API, the tenant's own changes.

use super::Source;
use crate::error::Result;
use crate::follow::{self, Goal, Patience, Progress};
use tenantry_operations::record::Record;
use tenantry_registry::store::Activity;

impl Source {
    /// Waits until the tenant needs nothing more by itself: it is what it should
    /// be, or its operation failed.
    pub(crate) async fn settle(&self, goal: &Goal, progress: &Progress<'_>) -> Result<Record> {
        match self {
            Self::Deployment(deployment) => follow::until_settled(deployment, goal, progress).await,
            Self::Api(_) => self.poll(goal, progress).await,
        }
    }

    async fn poll(&self, goal: &Goal, progress: &Progress<'_>) -> Result<Record> {
        let mut patience = Patience::new(goal);
        let (mut awaited, mut said) = (goal.event, String::new());
        loop {
            if let Some(event) = awaited {
                let lines = self.timeline(goal.tenant).await?.into_iter();
                let audit = lines.filter_map(|line| match line {
                    Activity::Audit(entry) => Some(entry),
                    Activity::Operation(_) => None,
                });
                if follow::decided(audit, event, progress)? {
                    awaited = None;
                }
            }
            if let Some(tenant) = self.tenant(goal.tenant).await? {
                let status = line(&tenant);
                if said != status {
                    progress.say(follow::mark(&tenant), &status);
                    said = status;
                }
                if tenant.is_settled() && awaited.is_none() {
                    return Ok(tenant);
                }
            } else if awaited.is_none() {
                return Err(goal.nobody());
            }
            patience.wait(awaited).await?;
        }
    }
}

fn line(tenant: &Record) -> String {
    let why = tenant.capacity.as_ref().map_or_else(String::new, |capacity| format!(", {}", capacity.reason));
    match (&tenant.operation, tenant.queue_position()) {
        (Some(operation), _) => format!("{} (operation {}){why}", tenant.status, operation.id),
        // The first begins in a moment: that is no news.
        (None, Some(place)) if place > 1 => {
            format!("{}, waiting for capacity: queue position {place}{why}", tenant.status)
        }
        (None, _) => format!("{}{why}", tenant.status),
    }
}
