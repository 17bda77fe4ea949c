//! `publisher`: tells the bus what changed in the registry.
//!
//! What is told was written with the change, ids included: a line that is
//! delivered again gives the same events with the same ids. Once they are on the
//! bus, the line says so; what a lost record leaves unsaid, the sweeper finds.

use crate::shared::fault::Fault;
use crate::shared::stream::{Failures, RegistryChange, change, partition};
use aws_lambda_events::dynamodb::Event;
use aws_lambda_events::streams::DynamoDbEventResponse;
use chrono::{DateTime, Utc};
use lambda_runtime::tracing;
use tenantry_events::delivery::EntryError;
use tenantry_events::sources::Sources;
use tenantry_operations::bus::{Bus, BusError};
use tenantry_registry::notices::Destination;
use tenantry_registry::store::{Registry, StoreError, Unpublished};

/// What the function needs.
#[derive(Clone, Debug)]
pub struct Deps {
    /// Where the events are until they are published.
    pub registry: Registry,
    /// Where they go.
    pub bus: Bus,
    /// Where those for the external application plane go, if it has a bus of its
    /// own.
    pub application_plane: Option<Bus>,
    /// Which source each carries.
    pub sources: Sources,
}

/// Why a change could not be told.
#[derive(Debug, thiserror::Error)]
pub enum PublisherError {
    /// The record is not readable, or the registry does not answer.
    #[error(transparent)]
    Registry(#[from] StoreError),
    /// An event is too large to be sent.
    #[error(transparent)]
    Entry(#[from] EntryError),
    /// The bus did not take the events.
    #[error(transparent)]
    Bus(#[from] BusError),
}

impl Fault for PublisherError {
    fn name(&self) -> &'static str {
        match self {
            Self::Registry(error) => error.name(),
            Self::Entry(_) => "EventTooLarge",
            Self::Bus(_) => "BusUnavailable",
        }
    }

    fn is_retryable(&self) -> bool {
        match self {
            Self::Registry(error) => error.is_retryable(),
            Self::Entry(_) => false,
            Self::Bus(_) => true,
        }
    }
}

/// Takes a batch of the change stream; what could not be told is reported and
/// comes again.
///
/// # Errors
///
/// None of its own: failures are per record.
pub async fn handle(
    deps: &Deps,
    event: Event,
    _now: DateTime<Utc>,
) -> Result<DynamoDbEventResponse, PublisherError> {
    let mut failures = Failures::default();
    for record in event.records {
        let (partition, sequence) = (partition(&record), record.change.sequence_number.clone());
        if failures.holds_up(&record) {
            failures.add(partition, sequence);
            continue;
        }
        let done = match change(record) {
            Ok(RegistryChange::Told(line)) => publish(deps, *line).await,
            Ok(_) => Ok(()),
            Err(error) => Err(error.into()),
        };
        if let Err(error) = done {
            tracing::error!(tenant = partition, error = error.name(), "not published: {error}");
            failures.add(partition, sequence);
        }
    }
    Ok(failures.response())
}

/// Sends the events of one line of a tenant's history, and notes it there.
///
/// # Errors
///
/// [`PublisherError`]; sending them again sends the same events.
pub async fn publish(deps: &Deps, line: Unpublished) -> Result<(), PublisherError> {
    if line.outbox.is_empty() {
        return Ok(());
    }
    let (plane, everybody): (Vec<_>, Vec<_>) =
        line.outbox.into_iter().partition(|notice| notice.to == Destination::ApplicationPlane);
    let plane_bus = deps.application_plane.as_ref().unwrap_or(&deps.bus);
    for (bus, notices) in [(plane_bus, plane), (&deps.bus, everybody)] {
        let entries = notices.into_iter().map(|notice| notice.entry(&deps.sources));
        let entries = entries.collect::<Result<Vec<_>, _>>()?;
        for entry in &entries {
            tracing::info!(tenant = line.tenant_id, detailType = entry.detail_type, event = %entry.event_id, "publishing");
        }
        bus.send(entries).await?;
    }
    Ok(deps.registry.published(&line.tenant_id, &line.record).await?)
}
