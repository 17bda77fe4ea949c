//! The registry's DynamoDB table: conditional writes, versions, claims, and
//! lists that cost what they return.

mod apply;
mod capacity;
mod claims;
mod error;
mod history;
mod idempotency;
mod items;
mod lease;
mod list;
mod pages;
mod sweep;
mod token;
mod update;

pub use apply::{Applied, Asked};
pub use capacity::{Queue, Waiting, Waits};
pub use error::StoreError;
pub use history::{Activity, History, REFUSALS_KEPT};
pub use idempotency::{Kept, REMEMBERED};
pub use items::{Item, TenantSummary, tenant_from_image, tenant_item};
pub use lease::LEASE;
pub use list::{Filter, ListQuery, Page};
pub use sweep::{Unpublished, unpublished_from_image};
pub use token::PageToken;

use crate::tenant::Tenant;
use crate::tier::Tier;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use std::collections::HashMap;
use tenantry_events::ids::TenantId;
use tenantry_events::text::TierName;
use update::{Setting, setting};

/// The registry, on one table.
#[derive(Clone, Debug)]
pub struct Registry {
    client: Client,
    table: String,
}

impl Registry {
    /// The registry on `table`.
    #[must_use]
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self { client, table: table.into() }
    }

    /// The tenant as it is now (a consistent read); `None` if there is none.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when DynamoDB does not answer, or the item is not one
    /// that this release can read.
    pub async fn tenant(&self, id: TenantId) -> Result<Option<Tenant>, StoreError> {
        self.item(items::tenant_key(id)).await?.map(items::read_tenant).transpose()
    }

    /// The tier of that name; `None` if the registry has none.
    ///
    /// # Errors
    ///
    /// As [`Registry::tenant`].
    pub async fn tier(&self, name: &TierName) -> Result<Option<Tier>, StoreError> {
        self.item(items::tier_key(name)).await?.map(items::read).transpose()
    }

    /// Writes a tier, new or changed, and leaves what another release has written
    /// there. Tenants keep the plan that they were accepted with.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when DynamoDB does not answer.
    pub async fn put_tier(&self, tier: &Tier) -> Result<(), StoreError> {
        let Setting { expression, names, values } = setting(items::tier_item(tier)?, &["maxOperations"]);
        let update = self.client.update_item().table_name(&self.table);
        let update = update.set_key(Some(items::tier_key(&tier.name))).update_expression(expression);
        let update = update.set_expression_attribute_names(Some(names));
        update.set_expression_attribute_values(Some(values)).send().await?;
        Ok(())
    }

    /// Takes a tier out: no more tenants are accepted for it.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when DynamoDB does not answer.
    pub async fn remove_tier(&self, name: &TierName) -> Result<(), StoreError> {
        let key = Some(items::tier_key(name));
        self.client.delete_item().table_name(&self.table).set_key(key).send().await?;
        Ok(())
    }

    async fn item(
        &self,
        key: HashMap<String, AttributeValue>,
    ) -> Result<Option<HashMap<String, AttributeValue>>, StoreError> {
        let get = self.client.get_item().table_name(&self.table).set_key(Some(key)).consistent_read(true);
        Ok(get.send().await?.item)
    }
}
