//! Leases: what only one may do at a time, across all invocations of a function.

use super::items::{self, number};
use super::{Registry, StoreError};
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use chrono::{DateTime, TimeDelta, Utc};

/// How long a lease lasts that is not given back: longer than any function runs
/// that takes one (the API's time limit is 25 seconds), so that its holder is
/// done, or dead, when somebody else gets it.
pub const LEASE: TimeDelta = TimeDelta::seconds(60);

impl Registry {
    /// Takes the lease `name` for `owner`, who may have it already; `false` if
    /// somebody else has it.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the table does not answer; then `owner` may have it.
    pub async fn lease(&self, name: &str, owner: &str, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let mut item = items::lease_key(name);
        item.insert("owner".to_owned(), items::text(owner));
        item.insert(items::EXPIRES.to_owned(), number((now + LEASE).timestamp()));
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(tenantId) OR #expires < :now OR #owner = :owner")
            .expression_attribute_names("#expires", items::EXPIRES)
            .expression_attribute_names("#owner", "owner")
            .expression_attribute_values(":now", number(now.timestamp()))
            .expression_attribute_values(":owner", items::text(owner));
        let Err(error) = put.send().await else { return Ok(true) };
        match error.as_service_error() {
            Some(PutItemError::ConditionalCheckFailedException(_)) => Ok(false),
            _ => Err(error.into()),
        }
    }

    /// Gives the lease `name` back, if `owner` still has it.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the table does not answer; then the lease lasts until
    /// it ends by itself.
    pub async fn give_back(&self, name: &str, owner: &str) -> Result<(), StoreError> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(items::lease_key(name)))
            .update_expression("SET #expires = :over")
            .condition_expression("#owner = :owner")
            .expression_attribute_names("#expires", items::EXPIRES)
            .expression_attribute_names("#owner", "owner")
            .expression_attribute_values(":over", number(0))
            .expression_attribute_values(":owner", items::text(owner));
        let Err(error) = update.send().await else { return Ok(()) };
        match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(()),
            _ => Err(error.into()),
        }
    }
}
