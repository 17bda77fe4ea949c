//! A tenant's history: its operations and what was asked of it.

use super::items::{self, Item, text};
use super::pages::Pages;
use super::{Registry, StoreError};
use crate::audit::AuditEntry;
use crate::tenant::Operation;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use tenantry_events::ids::{EventId, TenantId};

/// How long it is remembered what the API refused: anybody who may ask can add
/// to it.
pub const REFUSALS_KEPT: TimeDelta = TimeDelta::days(90);

/// One entry of a tenant's history.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", tag = "type")]
pub enum Activity {
    /// Something was asked, or ended.
    Audit(AuditEntry),
    /// An operation ran.
    Operation(Operation),
}

impl Activity {
    /// When it happened: for an operation, when it began.
    #[must_use]
    pub fn at(&self) -> DateTime<Utc> {
        match self {
            Self::Audit(entry) => entry.at,
            Self::Operation(operation) => operation.started_at,
        }
    }
}

/// Everything that happened to a tenant, oldest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// Its operations, oldest first.
    pub operations: Vec<Operation>,
    /// What was asked and what became of it, oldest first.
    pub audit: Vec<AuditEntry>,
}

impl History {
    /// Both in one sequence, oldest first.
    #[must_use]
    pub fn timeline(self) -> Vec<Activity> {
        let audit = self.audit.into_iter().map(Activity::Audit);
        let mut all: Vec<Activity> =
            audit.chain(self.operations.into_iter().map(Activity::Operation)).collect();
        all.sort_by_key(Activity::at);
        all
    }
}

impl Registry {
    /// What was decided of an event before: its lines in the tenant's history.
    ///
    /// # Errors
    ///
    /// As [`Registry::tenant`].
    pub async fn decisions(&self, id: TenantId, event: EventId) -> Result<Vec<AuditEntry>, StoreError> {
        let lines = self.records(id.to_string(), items::AUDIT).await?;
        let is_it = |item: &Item| {
            let found = item.get("eventId").and_then(|value| value.as_s().ok());
            found.is_some_and(|found| *found == event.to_string())
        };
        lines.into_iter().filter(is_it).map(items::read).collect()
    }

    /// Everything that happened to the tenant, with what the API refused of it
    /// in the last [`REFUSALS_KEPT`].
    ///
    /// # Errors
    ///
    /// As [`Registry::tenant`].
    pub async fn history(&self, id: TenantId) -> Result<History, StoreError> {
        let operations = self.operations(id).await?;
        let lines = self.records(id.to_string(), items::AUDIT).await?;
        let mut audit = lines.into_iter().map(items::read).collect::<Result<Vec<AuditEntry>, _>>()?;
        for item in self.records(items::refusals(id), items::REFUSAL).await? {
            audit.push(items::read_refusal(item, id)?);
        }
        audit.sort_by_key(|line| line.at);
        Ok(History { operations, audit })
    }

    /// Writes down what was refused before it became an event, or was done about
    /// the tenant without one; once for its event id, however often.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the table does not answer.
    pub async fn refused(&self, entry: &AuditEntry) -> Result<(), StoreError> {
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(items::refusal_item(entry, entry.at + REFUSALS_KEPT)?))
            .condition_expression("attribute_not_exists(tenantId)");
        match put.send().await {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(_)) => Ok(()),
                _ => Err(error.into()),
            },
        }
    }

    /// The tenant's operations, oldest first.
    ///
    /// # Errors
    ///
    /// As [`Registry::tenant`].
    pub async fn operations(&self, id: TenantId) -> Result<Vec<Operation>, StoreError> {
        let operations = self.records(id.to_string(), items::OPERATION).await?;
        operations.into_iter().map(items::read).collect()
    }

    async fn records(&self, partition: String, prefix: &str) -> Result<Vec<Item>, StoreError> {
        let (mut found, mut start, mut pages) = (Vec::new(), None, Pages::default());
        loop {
            let answer = self
                .client
                .query()
                .table_name(&self.table)
                .key_condition_expression("tenantId = :tenant AND begins_with(#record, :prefix)")
                .expression_attribute_names("#record", "record")
                .expression_attribute_values(":tenant", text(&partition))
                .expression_attribute_values(":prefix", text(prefix))
                .consistent_read(true)
                .set_exclusive_start_key(start)
                .send()
                .await?;
            found.extend(answer.items.unwrap_or_default());
            start = pages.next(answer.last_evaluated_key)?;
            if start.is_none() {
                return Ok(found);
            }
        }
    }
}
