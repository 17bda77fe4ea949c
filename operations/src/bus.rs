//! The tenant bus, for sending: the one place that speaks to EventBridge, so
//! that a move to another bus is a move of this file.

use crate::call::{CallError, failed};
use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::config::AsyncSleep;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use std::time::Duration;
use tenantry_events::delivery::{Delivery, Entry, EntryResult, Undelivered};

/// The bus of a deployment.
#[derive(Clone, Debug)]
pub struct Bus {
    client: Client,
    name: String,
}

/// Events that the bus did not take, after all repetitions.
#[derive(Debug, thiserror::Error)]
pub enum BusError {
    /// It took the call but not all of its entries.
    #[error(transparent)]
    Refused(#[from] Undelivered),
    /// It did not take the call.
    #[error("{}", .0.outline())]
    Call(CallError),
}

impl Bus {
    /// The bus called `name`.
    #[must_use]
    pub fn new(client: Client, name: impl Into<String>) -> Self {
        Self { client, name: name.into() }
    }

    /// Sends `entries`; those that the bus refuses are sent again, alone. Gives
    /// EventBridge's ids of them, in the order in which the bus took them.
    ///
    /// # Errors
    ///
    /// [`BusError`] names what the bus did not take; the rest was delivered.
    pub async fn send(&self, entries: Vec<Entry>) -> Result<Vec<String>, BusError> {
        let (mut delivery, mut ids) = (Delivery::new(entries), Vec::new());
        while let Some(batch) = delivery.next_batch() {
            let entries = batch.iter().map(|entry| {
                PutEventsRequestEntry::builder()
                    .event_bus_name(&self.name)
                    .source(&entry.source)
                    .detail_type(&entry.detail_type)
                    .detail(&entry.detail)
                    .build()
            });
            let answer = self.client.put_events().set_entries(Some(entries.collect())).send().await;
            let answer =
                answer.map_err(|error| BusError::Call(failed("the bus rejected the event")(error)))?;
            ids.extend(answer.entries().iter().filter_map(|entry| entry.event_id()).map(str::to_owned));
            let results = answer.entries().iter().map(|entry| match entry.event_id() {
                Some(id) => EntryResult::Delivered(id.to_owned()),
                None => EntryResult::Refused {
                    code: entry.error_code().unwrap_or_default().to_owned(),
                    message: entry.error_message().unwrap_or_default().to_owned(),
                },
            });
            delivery.absorb(&results.collect::<Vec<_>>());
            let wait = delivery.delay(random());
            // As the SDK waits between its own attempts.
            if let Some(sleep) = self.client.config().sleep_impl().filter(|_| !wait.is_zero()) {
                sleep.sleep(wait).await;
            }
        }
        delivery.finish()?;
        Ok(ids)
    }
}

/// A number in [0, 1) that differs from process to process and call to call.
fn random() -> f64 {
    let bits = uuid::Uuid::new_v4().as_u128() >> 75;
    #[allow(clippy::cast_precision_loss)]
    let random = bits as f64 / (1_u64 << 53) as f64;
    random
}

/// The longest that all repetitions of one delivery wait, for choosing a
/// function's time limit.
pub const LONGEST_WAIT: Duration = Duration::from_secs(20);
