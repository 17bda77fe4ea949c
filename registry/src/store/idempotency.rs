//! What the API has answered to a request with an idempotency key: kept before
//! the request's event is sent, or the request carried out, so that a repetition gets the same answer, and
//! finishes what a crash between the two has left undone.

use super::items::{self, Item, number};
use super::{Registry, StoreError};
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// How long a key is remembered.
pub const REMEMBERED: TimeDelta = TimeDelta::hours(24);

/// A request that was accepted under an idempotency key.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Kept {
    /// What tells the request from another one under the same key.
    pub fingerprint: String,
    /// The event that it becomes, as text; of a request that becomes none, what
    /// tells the try that keeps it from others.
    pub event: String,
    /// The answer, as text.
    pub answer: String,
    /// Whether it is known to be done: the event is on the bus, or what becomes
    /// none is carried out.
    pub sent: bool,
}

impl Registry {
    /// What was accepted under `key` (a consistent read); `None` if nothing was,
    /// or it is too long ago.
    ///
    /// # Errors
    ///
    /// As [`Registry::tenant`].
    pub async fn remembered(&self, key: &str, now: DateTime<Utc>) -> Result<Option<Kept>, StoreError> {
        let Some(item) = self.item(items::idempotency_key(key)).await? else { return Ok(None) };
        if is_expired(&item, now) { Ok(None) } else { items::read(item).map(Some) }
    }

    /// Keeps what is accepted under `key`, unless something is already; gives
    /// what is kept now.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the table does not answer.
    pub async fn remember(&self, key: &str, kept: Kept, now: DateTime<Utc>) -> Result<Kept, StoreError> {
        let mut item: Item = serde_dynamo::to_item(&kept)?;
        item.extend(items::idempotency_key(key));
        item.insert(items::EXPIRES.to_owned(), number((now + REMEMBERED).timestamp()));
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(tenantId) OR #expires < :now")
            .expression_attribute_names("#expires", items::EXPIRES)
            .expression_attribute_values(":now", number(now.timestamp()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let Err(error) = put.send().await else { return Ok(kept) };
        match error.as_service_error() {
            Some(PutItemError::ConditionalCheckFailedException(failed)) => match failed.item() {
                Some(before) => items::read(before.clone()),
                None => self.remembered(key, now).await?.ok_or(StoreError::Contended(1)),
            },
            _ => Err(error.into()),
        }
    }

    /// Notes that what is kept under `key` is done: its event is on the bus, or
    /// it was carried out.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the table does not answer; then a repetition does it
    /// again, which changes nothing.
    pub async fn sent(&self, key: &str) -> Result<(), StoreError> {
        self.set_kept(key, "sent", AttributeValue::Bool(true)).await
    }

    /// Forgets what is kept under `key`: it was refused after all.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the table does not answer.
    pub async fn forget(&self, key: &str) -> Result<(), StoreError> {
        self.set_kept(key, items::EXPIRES, number(0)).await
    }

    async fn set_kept(&self, key: &str, name: &str, value: AttributeValue) -> Result<(), StoreError> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(items::idempotency_key(key)))
            .update_expression("SET #name = :value")
            .condition_expression("attribute_exists(tenantId)")
            .expression_attribute_names("#name", name)
            .expression_attribute_values(":value", value);
        update.send().await?;
        Ok(())
    }
}

/// DynamoDB deletes an expired item within days, not at once.
fn is_expired(item: &Item, now: DateTime<Utc>) -> bool {
    let expires = item.get(items::EXPIRES).and_then(|value| value.as_n().ok());
    expires.and_then(|text| text.parse().ok()).is_some_and(|expires: i64| expires < now.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_ago_is_forgotten_also_while_it_is_there() {
        let now = DateTime::UNIX_EPOCH + REMEMBERED;
        let item = |expires: i64| Item::from([(items::EXPIRES.to_owned(), number(expires))]);
        assert!(is_expired(&item(now.timestamp() - 1), now));
        assert!(!is_expired(&item(now.timestamp()), now));
        assert!(!is_expired(&Item::from([("record".to_owned(), AttributeValue::S("x".to_owned()))]), now));
    }
}
