//! Room for operations: how many are under way, counted in the transactions
//! that begin and end them, and who waits for a place.

use super::apply::Lost;
use super::items::{self, text};
use super::pages::Pages;
use super::{PageToken, Registry, StoreError};
use crate::lifecycle::{Capacity, Change, Room};
use crate::tenant::Tenant;
use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::{AttributeValue, Select, TransactWriteItem, Update};
use serde::Deserialize;
use tenantry_events::ids::TenantId;
use tenantry_events::text::TierName;

/// Who waits, as the index has it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Waits {
    /// The tenant.
    pub tenant_id: TenantId,
    /// Its tier, which may be full.
    pub tier: TierName,
}

/// Which of those that wait.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Queue {
    /// Those whose operations count against the limits.
    Limited,
    /// Those that wait for nothing but their beginning.
    Unlimited,
}

impl Queue {
    const fn partition(self) -> &'static str {
        match self {
            Self::Limited => items::WAITING,
            Self::Unlimited => items::UNLIMITED,
        }
    }
}

/// One page of those that wait.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// Who waits, in the order of arrival.
    pub tenants: Vec<Waits>,
    /// Where the next page begins; `None` on the last one.
    pub next: Option<PageToken>,
}

impl Registry {
    /// How many operations are under way: of all tenants, or of a tier's.
    ///
    /// # Errors
    ///
    /// As [`Registry::tenant`].
    pub async fn operations_under_way(&self, tier: Option<&TierName>) -> Result<u32, StoreError> {
        #[derive(Deserialize)]
        struct Count {
            open: u32,
        }
        let item = self.item(items::capacity_key(tier)).await?;
        Ok(item.map(items::read::<Count>).transpose()?.map_or(0, |count| count.open))
    }

    /// Those that wait for their turn, in the order of arrival; at most `limit`.
    /// A tenant shows here a moment after its wish was accepted: the index is
    /// eventually consistent.
    ///
    /// # Errors
    ///
    /// [`StoreError::PageToken`] when `after` is not of this query; others when
    /// the table does not answer.
    pub async fn waiting(
        &self,
        queue: Queue,
        limit: i32,
        after: Option<&PageToken>,
    ) -> Result<Waiting, StoreError> {
        const QUERY: &str = "by-waiting";
        let names = ["tenantId", "record", "waiting", "waitingSince"];
        let start =
            after.map(|token| token.start_key(QUERY, &names, ("waiting", queue.partition()))).transpose()?;
        let answer = self.waiting_query(queue).limit(limit).set_exclusive_start_key(start).send().await?;
        let next = answer.last_evaluated_key.as_ref().and_then(|key| PageToken::new(QUERY, key));
        let tenants =
            answer.items.unwrap_or_default().into_iter().map(items::read).collect::<Result<_, _>>()?;
        Ok(Waiting { tenants, next })
    }

    /// The place of `tenant` among those that wait, from 1; `None` if it does
    /// not wait.
    ///
    /// # Errors
    ///
    /// As [`Registry::tenant`].
    pub async fn place_in_line(&self, tenant: &Tenant) -> Result<Option<u64>, StoreError> {
        let waits = tenant.operation.is_none() && tenant.plan.takes_capacity();
        let Some(due) = tenant.due.filter(|_| waits) else { return Ok(None) };
        let mine = items::place(due.since, tenant.tenant_id);
        let (mut before, mut start, mut pages) = (0, None, Pages::default());
        loop {
            let query =
                self.waiting_query(Queue::Limited).select(Select::Count).set_exclusive_start_key(start);
            let query = query.key_condition_expression("waiting = :waiting AND waitingSince < :mine");
            let answer = query.expression_attribute_values(":mine", text(&mine)).send().await?;
            before += u64::try_from(answer.count).unwrap_or_default();
            start = pages.next(answer.last_evaluated_key)?;
            if start.is_none() {
                return Ok(Some(before + 1));
            }
        }
    }

    fn waiting_query(
        &self,
        queue: Queue,
    ) -> aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder {
        self.client
            .query()
            .table_name(&self.table)
            .index_name("by-waiting")
            .key_condition_expression("waiting = :waiting")
            .expression_attribute_values(":waiting", text(queue.partition()))
    }

    /// What a change does to the counts, the deployment's and the tier's, each with
    /// what it means if its condition does not hold.
    pub(super) fn capacity_writes(
        &self,
        change: &Change,
    ) -> Result<Vec<(Option<Lost>, TransactWriteItem)>, BuildError> {
        let tier = &change.tenant.tier;
        match change.capacity {
            Capacity::Keep => Ok(Vec::new()),
            Capacity::Take(Room { all, tier: of_tier }) => Ok(vec![
                (Some(Lost::Full), self.take_room(None, all)?),
                (Some(Lost::TierFull), self.take_room(Some(tier), of_tier)?),
            ]),
            Capacity::Release => Ok(vec![(None, self.give_room(None)?), (None, self.give_room(Some(tier))?)]),
        }
    }

    fn take_room(&self, tier: Option<&TierName>, room: Option<u32>) -> Result<TransactWriteItem, BuildError> {
        let number = |number: u32| AttributeValue::N(number.to_string());
        let mut update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(items::capacity_key(tier)))
            .update_expression("SET #open = if_not_exists(#open, :none) + :one")
            .expression_attribute_names("#open", "open")
            .expression_attribute_values(":none", number(0))
            .expression_attribute_values(":one", number(1));
        if let Some(room) = room {
            update = update
                .condition_expression("attribute_not_exists(#open) OR #open < :room")
                .expression_attribute_values(":room", number(room));
        }
        Ok(TransactWriteItem::builder().update(update.build()?).build())
    }

    fn give_room(&self, tier: Option<&TierName>) -> Result<TransactWriteItem, BuildError> {
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(items::capacity_key(tier)))
            .update_expression("SET #open = #open - :one")
            .expression_attribute_names("#open", "open")
            .expression_attribute_values(":one", AttributeValue::N("1".to_owned()));
        Ok(TransactWriteItem::builder().update(update.build()?).build())
    }
}
