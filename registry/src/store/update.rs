//! Writes that set what this release knows and leave the rest of an item as it is.

use super::items::{self, Item};
use super::{Registry, StoreError};
use crate::tenant::Operation;
use aws_sdk_dynamodb::types::{AttributeValue, Update};
use std::collections::{BTreeMap, HashMap};
use tenantry_events::ids::TenantId;

/// An update that sets attributes and takes others out.
#[derive(Clone, Debug)]
pub(super) struct Setting {
    /// The update expression.
    pub(super) expression: String,
    /// The names that it uses.
    pub(super) names: HashMap<String, String>,
    /// The values that it uses.
    pub(super) values: HashMap<String, AttributeValue>,
}

/// What makes `item` of whatever is there: its attributes are set, except its key's,
/// and those of `optional` that it does not have are taken out.
pub(super) fn setting(item: Item, optional: &[&str]) -> Setting {
    let fields: BTreeMap<String, AttributeValue> =
        item.into_iter().filter(|(name, _)| !matches!(name.as_str(), "tenantId" | "record")).collect();
    let absent: Vec<&str> = optional.iter().copied().filter(|name| !fields.contains_key(*name)).collect();
    let (mut names, mut values, mut sets, mut removes) =
        (HashMap::new(), HashMap::new(), Vec::new(), Vec::new());
    for (place, (name, value)) in fields.into_iter().enumerate() {
        sets.push(format!("#s{place} = :s{place}"));
        names.insert(format!("#s{place}"), name);
        values.insert(format!(":s{place}"), value);
    }
    for (place, name) in absent.into_iter().enumerate() {
        removes.push(format!("#r{place}"));
        names.insert(format!("#r{place}"), name.to_owned());
    }
    let mut expression = format!("SET {}", sets.join(", "));
    if !removes.is_empty() {
        expression = format!("{expression} REMOVE {}", removes.join(", "));
    }
    Setting { expression, names, values }
}

impl Registry {
    /// The write of an operation, which begins or ends: what it has from another
    /// release stays.
    pub(super) fn operation_update(
        &self,
        tenant: TenantId,
        operation: &Operation,
    ) -> Result<Update, StoreError> {
        let item = items::operation_item(tenant, operation)?;
        let key = ["tenantId", "record"].map(|name| Some((name.to_owned(), item.get(name)?.clone())));
        // Of an operation, nothing is taken out: it only comes to more.
        let Setting { expression, names, values } = setting(item, &[]);
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(key.into_iter().flatten().collect()))
            .update_expression(expression)
            .set_expression_attribute_names(Some(names))
            .set_expression_attribute_values(Some(values));
        update.build().map_err(|error| StoreError::Rejected(error.to_string()))
    }
}
