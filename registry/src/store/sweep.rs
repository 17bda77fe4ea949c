//! What the sweeper looks for: the open, and the unpublished. Both are sparse
//! indexes, so that looking costs what is found.

use super::items::{self, text};
use super::pages::Pages;
use super::{Registry, StoreError};
use crate::notices::Notice;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use tenantry_events::ids::{TenantId, timestamp};

/// A history line whose events are not known to be on the bus.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Unpublished {
    /// The tenant that it is about.
    pub tenant_id: String,
    /// Which line of its history.
    pub record: String,
    /// Its events, in the order in which they are sent.
    #[serde(default)]
    pub outbox: Vec<Notice>,
}

impl Registry {
    /// The tenants with an open operation, those with the nearest deadline
    /// first; at most `limit`.
    ///
    /// # Errors
    ///
    /// As [`Registry::tenant`].
    pub async fn open_operations(&self, limit: usize) -> Result<Vec<TenantId>, StoreError> {
        let query = self.client.query().table_name(&self.table).index_name("by-deadline");
        let query = query.key_condition_expression("openOperation = :open");
        let query = query.expression_attribute_values(":open", text(items::OPEN));
        let (mut found, mut start, mut pages) = (Vec::new(), None, Pages::default());
        loop {
            let answer = query.clone().set_exclusive_start_key(start).send().await?;
            for item in answer.items.unwrap_or_default() {
                found.push(items::read_id(item)?);
            }
            start = pages.next(answer.last_evaluated_key)?;
            if start.is_none() || found.len() >= limit {
                break;
            }
        }
        found.truncate(limit);
        Ok(found)
    }

    /// History lines from before `before` whose events are not known to be on
    /// the bus, oldest first; at most `limit`.
    ///
    /// # Errors
    ///
    /// As [`Registry::tenant`].
    pub async fn unpublished(
        &self,
        before: DateTime<Utc>,
        limit: i32,
    ) -> Result<Vec<Unpublished>, StoreError> {
        let query = self.client.query().table_name(&self.table).index_name("by-unpublished");
        let query =
            query.key_condition_expression("unpublished = :unpublished AND unpublishedSince < :before");
        let query = query.expression_attribute_values(":unpublished", text(items::UNPUBLISHED));
        let answer =
            query.expression_attribute_values(":before", text(timestamp(before))).limit(limit).send().await?;
        let mut found = Vec::new();
        for item in answer.items.unwrap_or_default() {
            let name =
                |name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned().unwrap_or_default();
            let line = self.item(items::key(name("tenantId"), name("record"))).await?;
            // What was published since, is no longer in the line.
            found.extend(
                line.map(items::read::<Unpublished>).transpose()?.filter(|line| !line.outbox.is_empty()),
            );
        }
        Ok(found)
    }

    /// Notes that a history line's events are on the bus. Doing it again is
    /// success.
    ///
    /// # Errors
    ///
    /// As [`Registry::tenant`].
    pub async fn published(&self, tenant: &str, record: &str) -> Result<(), StoreError> {
        let call = self.client.update_item().table_name(&self.table);
        let call = call.set_key(Some(items::key(tenant, record)));
        let call = call.update_expression("REMOVE #outbox, unpublished, unpublishedSince");
        // A line that is gone must not come back as an empty one.
        let call = call.condition_expression("attribute_exists(tenantId)");
        let sent = call.expression_attribute_names("#outbox", items::OUTBOX).send().await;
        match sent {
            Ok(_) => Ok(()),
            Err(error)
                if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) =>
            {
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// A history line with its events, from an item in the form that change
/// streams carry.
///
/// # Errors
///
/// [`StoreError::Item`] when this release cannot read it.
pub fn unpublished_from_image(image: serde_dynamo::Item) -> Result<Unpublished, StoreError> {
    Ok(serde_dynamo::from_item(image)?)
}
