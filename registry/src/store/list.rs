//! Lists of tenants: queries on sparse indexes, so that a page costs the same
//! at a hundred tenants and at a hundred thousand.

use super::items::{self, Item, TenantSummary, text};
use super::pages::Pages;
use super::{PageToken, Registry, StoreError};
use crate::tenant::Status;
use crate::tier::Tier;
use aws_sdk_dynamodb::types::ReturnConsumedCapacity;
use tenantry_events::text::TierName;

/// Which tenants; always in the order of their names.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Filter {
    /// Every live tenant: all but the tombstones.
    Live,
    /// Those in one status; the only list that shows tombstones.
    Status(Status),
    /// Those of one tier, in whatever case.
    Tier(TierName),
    /// Those on one release.
    Release(String),
}

/// A list, one page of it.
#[derive(Clone, Debug)]
pub struct ListQuery {
    /// Which tenants.
    pub filter: Filter,
    /// Only names that begin so; case and width do not matter.
    pub name_prefix: Option<String>,
    /// How many at the most; 1 to 100.
    pub limit: u32,
    /// Where the page before ended.
    pub after: Option<PageToken>,
}

/// One page of a list.
#[derive(Clone, Debug)]
pub struct Page {
    /// The tenants.
    pub tenants: Vec<TenantSummary>,
    /// Where the next page begins; `None` on the last one.
    pub next: Option<PageToken>,
    /// What the page cost, in DynamoDB read capacity units.
    pub read_units: f64,
}

/// The most tenants that a page holds.
pub(crate) const PAGE_MAX: u32 = 100;

impl Filter {
    /// The index, its partition attribute, and the partition.
    fn index(&self) -> (&'static str, &'static str, String) {
        match self {
            Self::Live => ("by-name", "listing", items::LIVE.to_owned()),
            Self::Status(status) => ("by-status", "status", status.to_string()),
            Self::Tier(tier) => ("by-tier", "tierKey", tier.key()),
            Self::Release(release) => ("by-release", "release", release.clone()),
        }
    }
}

impl Registry {
    /// One page of tenants.
    ///
    /// # Errors
    ///
    /// [`StoreError::PageToken`] when `after` is not of this query; others when
    /// the table does not answer.
    pub async fn list(&self, query: &ListQuery) -> Result<Page, StoreError> {
        let (index, attribute, partition) = query.filter.index();
        let prefix = query.name_prefix.as_deref().map(items::name_prefix).filter(|p| !p.is_empty());
        let identity = format!("{index}/{partition}/{}", prefix.as_deref().unwrap_or_default());
        let start: Option<Item> = match &query.after {
            None => None,
            Some(token) => {
                let names = ["tenantId", "record", attribute, "nameKey"];
                Some(token.start_key(&identity, &names, (attribute, &partition))?)
            }
        };
        let mut call = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(index)
            .expression_attribute_names("#partition", attribute)
            .expression_attribute_values(":partition", text(partition))
            .limit(i32::try_from(query.limit.clamp(1, PAGE_MAX)).unwrap_or(1))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .set_exclusive_start_key(start);
        call = match prefix {
            None => call.key_condition_expression("#partition = :partition"),
            Some(prefix) => call
                .key_condition_expression("#partition = :partition AND begins_with(nameKey, :prefix)")
                .expression_attribute_values(":prefix", text(prefix)),
        };
        let answer = call.send().await?;
        let next = answer.last_evaluated_key.as_ref().and_then(|key| PageToken::new(&identity, key));
        let read_units = answer.consumed_capacity.and_then(|c| c.capacity_units).unwrap_or_default();
        let tenants =
            answer.items.unwrap_or_default().into_iter().map(items::read).collect::<Result<_, _>>()?;
        Ok(Page { tenants, next, read_units })
    }

    /// Every tier, in the order of their names. There are few: they are declared
    /// in the template, one by one.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the table does not answer.
    pub async fn tiers(&self) -> Result<Vec<Tier>, StoreError> {
        let (mut tiers, mut start, mut pages) = (Vec::new(), None, Pages::default());
        loop {
            let query = self
                .client
                .query()
                .table_name(&self.table)
                .index_name("by-name")
                .key_condition_expression("listing = :tiers")
                .expression_attribute_values(":tiers", text(items::TIERS))
                .set_exclusive_start_key(start);
            let answer = query.send().await?;
            for item in answer.items.unwrap_or_default() {
                let name = item.get("nameKey").and_then(|name| name.as_s().ok()?.parse().ok());
                if let Some(name) = name {
                    // The index has not all of a tier.
                    tiers.extend(self.tier(&name).await?);
                }
            }
            start = pages.next(answer.last_evaluated_key)?;
            if start.is_none() {
                return Ok(tiers);
            }
        }
    }
}
