//! Claims: one live tenant per name, one tenant ever per registration id.

use super::apply::Lost;
use super::items::{self, Item, text};
use super::{Registry, StoreError};
use crate::lifecycle::{Change, Claims};
use crate::tenant::Tenant;
use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem};
use tenantry_events::ids::TenantId;
use tenantry_events::text::TenantName;

/// Free, or already this tenant's.
const MINE: &str = "attribute_not_exists(tenantId) OR #owner = :me";

impl Registry {
    /// The tenant that the registration id belongs to; `None` if the registry
    /// has never seen it.
    ///
    /// # Errors
    ///
    /// As [`Registry::tenant`].
    pub async fn tenant_of_registration(&self, registration: &str) -> Result<Option<TenantId>, StoreError> {
        self.owner(items::registration_claim_key(registration)).await
    }

    /// The live tenant that has the name, or one that differs from it in
    /// nothing but case, width or white space; `None` if the name is free.
    ///
    /// # Errors
    ///
    /// As [`Registry::tenant`].
    pub async fn tenant_of_name(&self, name: &TenantName) -> Result<Option<TenantId>, StoreError> {
        self.owner(items::name_claim_key(name)).await
    }

    /// The live tenant that has the name; `None` if the name is free. Two reads
    /// either way: where nobody has the name, the second is of a place that never
    /// holds anything, so that who measures learns no more than who reads.
    ///
    /// # Errors
    ///
    /// As [`Registry::tenant`].
    pub async fn tenant_named(&self, name: &TenantName) -> Result<Option<Tenant>, StoreError> {
        let owner = self.tenant_of_name(name).await?;
        let place = owner.map_or_else(|| items::vacant_key(name), items::tenant_key);
        self.item(place).await?.map(items::read).transpose()
    }

    async fn owner(&self, claim: Item) -> Result<Option<TenantId>, StoreError> {
        #[derive(serde::Deserialize)]
        struct Claim {
            owner: TenantId,
        }
        let item = self.item(claim).await?;
        Ok(item.map(items::read::<Claim>).transpose()?.map(|claim| claim.owner))
    }

    /// The writes that a change makes to the tenant's claims, each with what it
    /// means if its condition does not hold.
    pub(super) fn claim_writes(
        &self,
        change: &Change,
    ) -> Result<Vec<(Option<Lost>, TransactWriteItem)>, BuildError> {
        let tenant = &change.tenant;
        let name = items::name_claim_key(&tenant.tenant_name);
        match change.claims {
            Claims::Keep => Ok(Vec::new()),
            Claims::Take => {
                let registration = items::registration_claim_key(tenant.tenant_registration_id.as_str());
                Ok(vec![
                    (Some(Lost::Name), self.take(name, tenant.tenant_id)?),
                    (Some(Lost::Registration), self.take(registration, tenant.tenant_id)?),
                ])
            }
            Claims::ReleaseName => {
                let delete = Delete::builder()
                    .table_name(&self.table)
                    .set_key(Some(name))
                    .condition_expression(MINE)
                    .expression_attribute_names("#owner", "owner")
                    .expression_attribute_values(":me", text(tenant.tenant_id.to_string()))
                    .build()?;
                Ok(vec![(None, TransactWriteItem::builder().delete(delete).build())])
            }
        }
    }

    fn take(&self, mut claim: Item, owner: TenantId) -> Result<TransactWriteItem, BuildError> {
        claim.insert("owner".to_owned(), text(owner.to_string()));
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(claim))
            .condition_expression(MINE)
            .expression_attribute_names("#owner", "owner")
            .expression_attribute_values(":me", text(owner.to_string()))
            .build()?;
        Ok(TransactWriteItem::builder().put(put).build())
    }
}
