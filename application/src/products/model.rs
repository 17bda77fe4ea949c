//! What a product is.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What a client says of a product.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProductData {
    /// 1 to 200 characters, none of them a control character, not only blanks.
    pub name: String,
    /// The stock keeping unit: 1 to 64 of `A-Z a-z 0-9 . _ -`.
    pub sku: String,
    /// The price in hundredths of the tenant's currency, at most 1,000,000,000.
    pub price_cents: u64,
}

/// A product.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Product {
    /// Made by the service; a time-ordered UUID (version 7), so that lists are
    /// in order of creation.
    pub product_id: Uuid,
    /// What the client said.
    #[serde(flatten)]
    pub data: ProductData,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
    /// 1 at first, one more with each change; also the `ETag`.
    pub version: u64,
}
