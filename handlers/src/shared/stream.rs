//! The registry's change stream: which tenant changed, from what to what.

use aws_lambda_events::dynamodb::EventRecord;
use aws_lambda_events::streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse};
use serde::Deserialize;
use std::collections::HashSet;
use tenantry_registry::store::{StoreError, Unpublished, tenant_from_image, unpublished_from_image};
use tenantry_registry::tenant::Tenant;

/// One change of the registry that somebody may care about.
#[derive(Clone, Debug, PartialEq)]
pub enum RegistryChange {
    /// A tenant came into being or changed.
    Tenant {
        /// What it was; `None` if it is new.
        before: Option<Box<Tenant>>,
        /// What it is.
        after: Box<Tenant>,
    },
    /// A line was added to a tenant's history, with events to publish.
    Told(Box<Unpublished>),
    /// Something else: an operation, a claim, a tier, a removal.
    Other,
}

/// What a record of the stream says.
///
/// # Errors
///
/// [`StoreError::Item`] when it is a tenant or a history line that this release
/// cannot read.
pub fn change(record: EventRecord) -> Result<RegistryChange, StoreError> {
    #[derive(Deserialize)]
    struct Keys {
        record: String,
    }
    let images = record.change;
    if images.new_image.inner().is_empty() {
        return Ok(RegistryChange::Other);
    }
    let keys: Keys = serde_dynamo::from_item(images.keys)?;
    if keys.record == "TENANT" {
        let before = match images.old_image.inner().is_empty() {
            true => None,
            false => Some(Box::new(tenant_from_image(images.old_image)?)),
        };
        return Ok(RegistryChange::Tenant { before, after: Box::new(tenant_from_image(images.new_image)?) });
    }
    if keys.record.starts_with("AUDIT#") {
        return Ok(RegistryChange::Told(Box::new(unpublished_from_image(images.new_image)?)));
    }
    Ok(RegistryChange::Other)
}

/// The records of a batch that failed. A tenant's later records wait for its
/// failed one; other tenants' go on.
///
/// Source: "Partial batch responses", AWS Lambda Developer Guide: Lambda
/// retries from the lowest sequence number that is reported.
#[derive(Debug, Default)]
pub struct Failures {
    sequence_numbers: Vec<String>,
    partitions: HashSet<String>,
}

impl Failures {
    /// Whether an earlier record of the same partition failed.
    #[must_use]
    pub fn holds_up(&self, record: &EventRecord) -> bool {
        self.partitions.contains(&partition(record))
    }

    /// Notes that `record` failed, or waits for one that did.
    pub fn add(&mut self, partition: String, sequence_number: Option<String>) {
        self.partitions.insert(partition);
        self.sequence_numbers.extend(sequence_number);
    }

    /// The answer for Lambda.
    #[must_use]
    pub fn response(self) -> DynamoDbEventResponse {
        let mut response = DynamoDbEventResponse::default();
        for sequence_number in self.sequence_numbers {
            let mut failure = DynamoDbBatchItemFailure::default();
            failure.item_identifier = Some(sequence_number);
            response.batch_item_failures.push(failure);
        }
        response
    }
}

/// The partition that a record is of: the tenant's id, for a tenant's records.
#[must_use]
pub fn partition(record: &EventRecord) -> String {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Keys {
        tenant_id: String,
    }
    serde_dynamo::from_item(record.change.keys.clone()).map(|keys: Keys| keys.tenant_id).unwrap_or_default()
}
