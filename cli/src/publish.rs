//! Publishing an event, checked first, as its receiver will check it.

use crate::clients::Deployment;
use crate::error::{CliError, Result, aws};
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use chrono::Utc;
use serde_json::Value;
use tenantry_events::catalogue::kind;
use tenantry_events::delivery::{Delivery, Entry, EntryResult};
use tenantry_events::ids::{CorrelationId, EventId};
use tenantry_events::metadata::Metadata;
use tenantry_events::name::EventName;

/// Checks the event and sends it; EventBridge's id of it.
pub(crate) async fn publish(
    deployment: &Deployment,
    name: EventName,
    event_id: EventId,
    source: Option<&str>,
    detail: &Value,
) -> Result<String> {
    let text = serde_json::to_vec(detail)?;
    kind(name)
        .validate(source, &text, &deployment.sources)
        .map_err(|violation| CliError::Invalid(format!("{name}: {violation}")))?;
    let mut entry = Entry::new(name, event_id, detail, &deployment.sources)
        .map_err(|error| CliError::Invalid(error.to_string()))?;
    if let Some(source) = source {
        source.clone_into(&mut entry.source);
    }
    send(deployment, entry).await
}

async fn send(deployment: &Deployment, entry: Entry) -> Result<String> {
    let mut delivery = Delivery::new(vec![entry]);
    let mut sent = String::new();
    while let Some(batch) = delivery.next_batch() {
        let entries = batch.iter().map(|entry| {
            PutEventsRequestEntry::builder()
                .event_bus_name(&deployment.bus)
                .source(&entry.source)
                .detail_type(&entry.detail_type)
                .detail(&entry.detail)
                .build()
        });
        let call = deployment.events.put_events().set_entries(Some(entries.collect()));
        let answer = call.send().await.map_err(aws("the bus rejected the event"))?;
        let results = answer.entries().iter().map(|entry| match entry.event_id() {
            Some(id) => EntryResult::Delivered(id.to_owned()),
            None => EntryResult::Refused {
                code: entry.error_code().unwrap_or_default().to_owned(),
                message: entry.error_message().unwrap_or_default().to_owned(),
            },
        });
        let results: Vec<_> = results.collect();
        if let Some(EntryResult::Delivered(id)) = results.first() {
            sent.clone_from(id);
        }
        delivery.absorb(&results);
        tokio::time::sleep(delivery.delay(0.5)).await;
    }
    delivery.finish().map_err(|undelivered| CliError::Failed(undelivered.to_string()))?;
    Ok(sent)
}

/// What a request that the command makes says about itself.
pub(crate) fn metadata(event_id: EventId) -> Metadata {
    Metadata {
        event_id,
        schema_version: 1,
        occurred_at: Utc::now(),
        correlation_id: CorrelationId::from(event_id),
        causation_id: None,
        producer: concat!("tenantry-cli/", env!("CARGO_PKG_VERSION")).to_owned(),
        tenant_version: None,
    }
}
