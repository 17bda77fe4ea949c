//! `tenantry tenant watch`: all tenants by urgency, and all about the chosen
//! one, live. A full screen where there is a terminal, lines where there is
//! none.

mod details;
mod graph;
mod keys;
mod lines;
mod overview;
mod screen;
mod terminal;

use super::tenant_id;
use crate::args;
use crate::clients::Deployment;
use crate::error::Result;
use crate::output::{Output, is_interactive};
use crate::source::Source;
use details::Details;
use keys::Asking;
use overview::Overview;
use std::time::Duration;
use tenantry_events::ids::TenantId;

pub(super) async fn run(args: args::Watch, source: &Source, output: &Output) -> Result {
    let chosen = args.id.as_deref().map(tenant_id).transpose()?;
    let pause = Duration::from_secs(args.interval);
    let is_dumb = std::env::var("TERM").is_ok_and(|term| term == "dumb");
    if output.is_json() || is_dumb || !is_interactive() {
        return lines::run(chosen, pause, source, output).await;
    }
    match source {
        Source::Deployment(deployment) => terminal::run(chosen, pause, deployment).await,
        // The screen is made of what only the machines and the logs know.
        Source::Api(_) => lines::run(chosen, pause, source, output).await,
    }
}

/// What is known of the deployment at one moment.
#[derive(Clone, Debug, Default)]
struct Snapshot {
    overview: Overview,
    details: Option<Details>,
}

impl Snapshot {
    /// Looks at everything, and more closely at the chosen tenant, or at the
    /// most urgent one.
    async fn take(deployment: &Deployment, chosen: Option<TenantId>) -> Result<Self> {
        let overview = Overview::take(&Source::from(deployment)).await?;
        let id = chosen.or_else(|| overview.tenants.first().map(|tenant| tenant.tenant_id));
        let details = match id {
            Some(id) => Details::take(deployment, id).await?,
            None => None,
        };
        Ok(Self { overview, details })
    }
}

/// What the screen shows.
#[derive(Clone, Debug, Default)]
struct View {
    snapshot: Snapshot,
    /// The tenant that was chosen; without one, the most urgent.
    chosen: Option<TenantId>,
    /// What must be said yes to first.
    asking: Option<Asking>,
    /// What was done last, or why it was not.
    said: Option<String>,
    /// Why the picture is old.
    trouble: Option<String>,
    /// Whether the keys are explained.
    has_help: bool,
}

impl View {
    /// The tenant that keys are about.
    fn current(&self) -> Option<TenantId> {
        self.chosen.or_else(|| self.snapshot.overview.tenants.first().map(|tenant| tenant.tenant_id))
    }

    /// Its place in the list.
    fn place(&self) -> Option<usize> {
        let current = self.current()?;
        self.snapshot.overview.tenants.iter().position(|tenant| tenant.tenant_id == current)
    }

    /// Chooses the tenant `by` places further down.
    fn step(&mut self, by: isize) {
        let tenants = &self.snapshot.overview.tenants;
        let Some(last) = tenants.len().checked_sub(1) else { return };
        let place = self.place().unwrap_or_default().saturating_add_signed(by).min(last);
        self.chosen = tenants.get(place).map(|tenant| tenant.tenant_id);
    }

    /// Takes a new picture in.
    fn take(&mut self, news: Result<Snapshot>) {
        match news {
            Ok(snapshot) => {
                self.snapshot = snapshot;
                self.trouble = None;
            }
            Err(error) => self.trouble = Some(error.to_string()),
        }
    }
}
