//! The tenant's table of products.
//!
//! Partition key `kind` (always `product`), sort key `productId`: a list is a
//! query in order of creation, never a scan.

use super::input::PageRequest;
use super::model::{Product, ProductData};
use super::page::Cursor;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use chrono::{DateTime, SecondsFormat, Utc};
use std::collections::HashMap;
use uuid::Uuid;

const KIND: &str = "product";
const EXISTS: &str = "attribute_exists(productId)";
const EXISTS_AT_VERSION: &str = "attribute_exists(productId) AND version = :expected";

type Item = HashMap<String, AttributeValue>;

/// The table.
#[derive(Clone, Debug)]
pub struct Store {
    client: Client,
    table: String,
}

/// Why the table was not read or written.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum StoreError {
    /// There is no such product.
    #[error("there is no such product")]
    NotFound,
    /// It has another version than expected.
    #[error("the product is at version {current}")]
    VersionMismatch {
        /// The version that it has.
        current: u64,
    },
    /// The table does not answer, or refuses.
    #[error("the table does not answer ({0})")]
    Unavailable(String),
    /// An item is not a product.
    #[error("an item of the table is not a product ({0})")]
    Corrupt(String),
}

/// A page of products.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Page {
    /// The products, in order of creation.
    pub products: Vec<Product>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<Cursor>,
}

impl Store {
    /// The products in `table`.
    #[must_use]
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// Adds a product.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] and [`StoreError::Corrupt`].
    pub async fn create(&self, product: &Product) -> Result<(), StoreError> {
        let mut item: Item = serde_dynamo::to_item(product).map_err(corrupt)?;
        item.extend([("kind".to_owned(), AttributeValue::S(KIND.to_owned()))]);
        // No condition: a retry of the SDK must be able to write the same product again.
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        put.send().await.map(|_| ()).map_err(unavailable)
    }

    /// Reads a product as it is now.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn read(&self, id: Uuid) -> Result<Product, StoreError> {
        let get = self.client.get_item().table_name(&self.table).set_key(Some(key(id))).consistent_read(true);
        let found = get.send().await.map_err(unavailable)?.item;
        found.map_or(Err(StoreError::NotFound), product)
    }

    /// Reads a page of products.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] and [`StoreError::Corrupt`].
    pub async fn list(&self, page: PageRequest) -> Result<Page, StoreError> {
        let found = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("kind = :kind")
            .expression_attribute_values(":kind", AttributeValue::S(KIND.to_owned()))
            .set_exclusive_start_key(page.after.map(|cursor| key(cursor.product())))
            .consistent_read(true)
            .limit(page.limit)
            .send()
            .await
            .map_err(unavailable)?;
        let more = found.last_evaluated_key.is_some();
        let products: Vec<_> =
            found.items.unwrap_or_default().into_iter().map(product).collect::<Result<_, _>>()?;
        let next = products.last().filter(|_| more).map(|last| Cursor::after(last.product_id));
        Ok(Page { products, next })
    }

    /// Changes a product, if it is at the expected version.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn update(
        &self,
        id: Uuid,
        data: &ProductData,
        expected: Option<u64>,
        now: DateTime<Utc>,
    ) -> Result<Product, StoreError> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(id)))
            .update_expression(
                "SET #name = :name, sku = :sku, priceCents = :price, updatedAt = :now, version = version + :one",
            )
            .expression_attribute_names("#name", "name")
            .expression_attribute_values(":name", AttributeValue::S(data.name.clone()))
            .expression_attribute_values(":sku", AttributeValue::S(data.sku.clone()))
            .expression_attribute_values(":price", AttributeValue::N(data.price_cents.to_string()))
            .expression_attribute_values(":now", AttributeValue::S(timestamp(now)))
            .expression_attribute_values(":one", AttributeValue::N("1".to_owned()))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let sent = match expected {
            None => update.condition_expression(EXISTS),
            Some(version) => update
                .condition_expression(EXISTS_AT_VERSION)
                .expression_attribute_values(":expected", AttributeValue::N(version.to_string())),
        };
        match sent.send().await {
            Ok(updated) => product(updated.attributes.unwrap_or_default()),
            Err(error) => Err(match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(failed)) => lost(failed.item()),
                _ => unavailable(error),
            }),
        }
    }

    /// Removes a product, if it is at the expected version.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn delete(&self, id: Uuid, expected: Option<u64>) -> Result<(), StoreError> {
        let delete = self
            .client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(key(id)))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let sent = match expected {
            None => delete.condition_expression(EXISTS),
            Some(version) => delete
                .condition_expression(EXISTS_AT_VERSION)
                .expression_attribute_values(":expected", AttributeValue::N(version.to_string())),
        };
        match sent.send().await {
            Ok(_) => Ok(()),
            Err(error) => Err(match error.as_service_error() {
                Some(DeleteItemError::ConditionalCheckFailedException(failed)) => lost(failed.item()),
                _ => unavailable(error),
            }),
        }
    }
}

fn key(id: Uuid) -> Item {
    let text = |value: String| AttributeValue::S(value);
    HashMap::from([
        ("kind".to_owned(), text(KIND.to_owned())),
        ("productId".to_owned(), text(id.to_string())),
    ])
}

fn product(item: Item) -> Result<Product, StoreError> {
    serde_dynamo::from_item(item).map_err(corrupt)
}

/// Times as chrono's serde writes them at creation, so that an item is of one form.
fn timestamp(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// Why a condition failed, from the item that was there.
fn lost(item: Option<&Item>) -> StoreError {
    let version = item.and_then(|item| item.get("version")).and_then(|version| version.as_n().ok());
    match version.and_then(|version| version.parse().ok()) {
        Some(current) => StoreError::VersionMismatch { current },
        None => StoreError::NotFound,
    }
}

fn corrupt(error: serde_dynamo::Error) -> StoreError {
    StoreError::Corrupt(error.to_string())
}

fn unavailable<E, R>(error: SdkError<E, R>) -> StoreError
where
    E: ProvideErrorMetadata,
{
    let code = error.as_service_error().and_then(ProvideErrorMetadata::code);
    StoreError::Unavailable(code.unwrap_or("no answer").to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_write_tells_missing_from_changed() {
        let item = Item::from([("version".to_owned(), AttributeValue::N("4".to_owned()))]);
        assert_eq!(lost(Some(&item)), StoreError::VersionMismatch { current: 4 });
        assert_eq!(lost(Some(&Item::new())), StoreError::NotFound);
        assert_eq!(lost(None), StoreError::NotFound);
    }

    #[test]
    fn an_item_reads_back_as_the_product() {
        let now = DateTime::from_timestamp(1_700_000_000, 123_000_000).unwrap();
        let data = ProductData { name: "Tea".into(), sku: "T-1".into(), price_cents: 450 };
        let written =
            Product { product_id: Uuid::now_v7(), data, created_at: now, updated_at: now, version: 1 };
        let item: Item = serde_dynamo::to_item(&written).unwrap();
        assert_eq!(item["updatedAt"], AttributeValue::S(timestamp(now)));
        assert_eq!(item["priceCents"], AttributeValue::N("450".to_owned()));
        assert_eq!(product(item).unwrap(), written);
    }
}
