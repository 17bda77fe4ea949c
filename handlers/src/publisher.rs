//! `publisher`: tells the bus what changed in the registry.
//!
//! What is told follows from the change alone, ids included: a record that is
//! delivered again gives the same events with the same ids.

pub mod notices;

use crate::shared::bus::{Bus, BusError};
use crate::shared::fault::Fault;
use crate::shared::stream::{Failures, change, partition};
use aws_lambda_events::dynamodb::{Event, EventRecord};
use aws_lambda_events::streams::DynamoDbEventResponse;
use chrono::{DateTime, Utc};
use lambda_runtime::tracing;
use tenantry_events::delivery::EntryError;
use tenantry_events::sources::Sources;
use tenantry_registry::store::StoreError;

/// What the function needs.
#[derive(Clone, Debug)]
pub struct Deps {
    /// Where the events go.
    pub bus: Bus,
    /// Which source each carries.
    pub sources: Sources,
}

/// Why a change could not be told.
#[derive(Debug, thiserror::Error)]
pub enum PublisherError {
    /// The record is not readable.
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
        if let Err(error) = publish(deps, record).await {
            tracing::error!(tenant = partition, error = error.name(), "not published: {error}");
            failures.add(partition, sequence);
        }
    }
    Ok(failures.response())
}

async fn publish(deps: &Deps, record: EventRecord) -> Result<(), PublisherError> {
    let notices = notices::of(&change(record)?, &deps.sources)?;
    for notice in &notices {
        tracing::info!(detailType = notice.detail_type, event = %notice.event_id, "publishing");
    }
    Ok(deps.bus.send(notices).await?)
}
