//! How records become items of the table, and items records again.

use super::StoreError;
use crate::audit::AuditEntry;
use crate::lifecycle::{Step, next_step};
use crate::notices::Notice;
use crate::plan::Plan;
use crate::tenant::{DesiredState, Operation, Status, Tenant, Unknown};
use crate::tier::Tier;
use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use tenantry_events::ids::{OperationId, TenantId, timestamp};
use tenantry_events::text::{Email, RegistrationId, TenantName, TierName, name_key, shorten};

/// An item as the SDK has it.
pub type Item = HashMap<String, AttributeValue>;

/// The partition of all live tenants in the index `by-name`. One partition
/// takes 1,000 writes a second, which is hundreds of operations a second: far
/// beyond what CodeBuild runs (60 builds at once in a usual account).
pub(super) const LIVE: &str = "TENANT";
/// The partition of all open operations in the index `by-deadline`.
pub(super) const OPEN: &str = "OPEN";
/// The partition of all tenants that wait for their turn in `by-waiting`.
pub(super) const WAITING: &str = "WAITING";
/// The partition in `by-waiting` of those that wait for no capacity.
pub(super) const UNLIMITED: &str = "UNLIMITED";
/// The partition of all history lines in `by-unpublished` whose events are not
/// known to be on the bus.
pub(super) const UNPUBLISHED: &str = "UNPUBLISHED";
pub(super) const TENANT: &str = "TENANT";
pub(super) const CLAIM: &str = "CLAIM";
pub(super) const OPERATION: &str = "OPERATION#";
pub(super) const AUDIT: &str = "AUDIT#";
pub(super) const TOLD: &str = "TOLD#";
pub(super) const REFUSAL: &str = "REFUSAL#";
/// The partition of all tiers in the index `by-name`.
pub(super) const TIERS: &str = "TIER";
/// When an item may be forgotten, in seconds since 1970: the table's time to live.
pub(super) const EXPIRES: &str = "expiresAt";
/// The attribute of a history line that holds its unpublished events.
pub(super) const OUTBOX: &str = "outbox";

/// What a tenant's item has beyond its record: it follows from the record with every
/// write, and is gone when it no longer does.
const DERIVED: [&str; 9] = [
    "attention",
    "deadline",
    "listing",
    "nameKey",
    "openOperation",
    "record",
    "tierKey",
    "waiting",
    "waitingSince",
];

/// What a list shows of a tenant: what the indexes carry.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TenantSummary {
    /// Its identity.
    pub tenant_id: TenantId,
    /// Its registration; absent in an index that was made by an earlier release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant_registration_id: Option<RegistrationId>,
    /// Its name.
    pub tenant_name: TenantName,
    /// Its administrator's address. Never logged.
    pub email: Email,
    /// Its tier.
    pub tier: TierName,
    /// How it gets its resources.
    pub plan: Plan,
    /// Where it is in its life.
    pub status: Status,
    /// What it should be.
    pub desired: DesiredState,
    /// What its jobs gave for the registration.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub registration: BTreeMap<String, String>,
    /// The release that is deployed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<String>,
    /// Why it needs a person, in a few words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attention: Option<String>,
    /// When it was accepted.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// Its record's version.
    pub version: u64,
}

pub(super) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

/// A moment, in seconds since 1970.
pub(super) fn number(seconds: i64) -> AttributeValue {
    AttributeValue::N(seconds.to_string())
}

pub(super) fn key(partition: impl Into<String>, record: impl Into<String>) -> Item {
    HashMap::from([("tenantId".to_owned(), text(partition)), ("record".to_owned(), text(record))])
}

pub(super) fn tenant_key(id: TenantId) -> Item {
    key(id.to_string(), TENANT)
}

pub(super) fn tier_key(name: &TierName) -> Item {
    key(format!("tier#{}", name.key()), "TIER")
}

pub(super) fn name_claim_key(name: &TenantName) -> Item {
    key(format!("name#{}", name.key()), CLAIM)
}

/// Beside the claim on a name, where nothing is ever written: tenants are under
/// their ids, which are UUIDs.
pub(super) fn vacant_key(name: &TenantName) -> Item {
    key(format!("name#{}", name.key()), TENANT)
}

pub(super) fn registration_claim_key(registration: &str) -> Item {
    key(format!("registration#{registration}"), CLAIM)
}

/// What was answered under an idempotency key, which may be any text.
pub(super) fn idempotency_key(text: &str) -> Item {
    key(format!("idempotency#{text}"), "IDEMPOTENCY")
}

/// What only one may do at a time.
pub(super) fn lease_key(name: &str) -> Item {
    key(format!("lease#{name}"), "LEASE")
}

/// The partition of what the API has refused about a tenant: one of its own, as
/// who writes it may write nothing of the tenant.
pub(super) fn refusals(tenant: TenantId) -> String {
    format!("refusals#{tenant}")
}

/// A line of a tenant's history that says what the API has refused.
pub(super) fn refusal_item(entry: &AuditEntry, expires: DateTime<Utc>) -> Result<Item, StoreError> {
    let mut item: Item = serde_dynamo::to_item(entry)?;
    item.insert(EXPIRES.to_owned(), AttributeValue::N(expires.timestamp().to_string()));
    item.extend(key(refusals(entry.tenant_id), format!("{REFUSAL}{}", entry.origin.event_id)));
    Ok(item)
}

/// The line in an item of [`refusal_item`], whose key is not the tenant's own.
pub(super) fn read_refusal(mut item: Item, tenant: TenantId) -> Result<AuditEntry, StoreError> {
    item.insert("tenantId".to_owned(), text(tenant.to_string()));
    read(item)
}

/// The item that counts the operations under way, of all tenants or of a tier's.
pub(super) fn capacity_key(tier: Option<&TierName>) -> Item {
    let partition =
        tier.map_or_else(|| "capacity#all".to_owned(), |tier| format!("capacity#tier#{}", tier.key()));
    key(partition, "CAPACITY")
}

/// A tenant's place among those that wait: by arrival.
pub(super) fn place(since: DateTime<Utc>, tenant: TenantId) -> String {
    format!("{}#{tenant}", timestamp(since))
}

/// Sorts an operation after all earlier ones of its tenant.
fn operation_record(id: OperationId) -> String {
    format!("{OPERATION}{:06}#{:06}", id.generation, id.attempt)
}

/// A tenant as its item, with what the indexes find it by, and with what another
/// release wrote there.
///
/// # Errors
///
/// [`StoreError::Item`] when it cannot be written as one.
pub fn tenant_item(tenant: &Tenant) -> Result<Item, StoreError> {
    let mut item: Item = serde_dynamo::to_item(tenant)?;
    item.extend(tenant_key(tenant.tenant_id));
    item.insert("nameKey".to_owned(), text(format!("{}#{}", tenant.tenant_name.key(), tenant.tenant_id)));
    item.insert("tierKey".to_owned(), text(tenant.tier.key()));
    if tenant.status != Status::Deprovisioned {
        item.insert("listing".to_owned(), text(LIVE));
    }
    if let Some(open) = &tenant.operation {
        item.insert("openOperation".to_owned(), text(OPEN));
        item.insert("deadline".to_owned(), text(timestamp(open.deadline)));
    }
    if let (Step::Begin { .. }, Some(due)) = (next_step(tenant), tenant.due) {
        let queue = if tenant.plan.takes_capacity() { WAITING } else { UNLIMITED };
        item.insert("waiting".to_owned(), text(queue));
        item.insert("waitingSince".to_owned(), text(place(due.since, tenant.tenant_id)));
    }
    let failed = tenant.failure.as_ref().filter(|_| tenant.status.is_failed());
    let failed = failed.map(|failure| shorten(&format!("{}: {}", failure.code, failure.reason), 160));
    let attention = tenant.waits_for_capacity().map(|due| due.to_string()).or(failed);
    if let Some(attention) = attention {
        item.insert("attention".to_owned(), text(attention));
    }
    tenant.unknown.keep(&mut item);
    Ok(item)
}

pub(super) fn operation_item(tenant: TenantId, operation: &Operation) -> Result<Item, StoreError> {
    let mut item: Item = serde_dynamo::to_item(operation)?;
    item.extend(key(tenant.to_string(), operation_record(operation.id)));
    Ok(item)
}

/// The key of a history line: to the nanosecond, and the verdict too, since an
/// event may come several times within a millisecond, and no line must replace
/// another.
pub(super) fn audit_key(entry: &AuditEntry) -> Item {
    let at = entry.at.to_rfc3339_opts(SecondsFormat::Nanos, true);
    let record = format!("{AUDIT}{at}#{}#{}", entry.origin.event_id, entry.verdict);
    key(entry.tenant_id.to_string(), record)
}

/// The item that says that a request's refusal was told.
pub(super) fn told_key(entry: &AuditEntry) -> Item {
    key(entry.tenant_id.to_string(), format!("{TOLD}{}", entry.origin.event_id))
}

/// A history line, with the events that it gives rise to until they are
/// published.
pub(super) fn audit_item(entry: &AuditEntry, notices: &[Notice]) -> Result<Item, StoreError> {
    let mut item: Item = serde_dynamo::to_item(entry)?;
    if !notices.is_empty() {
        item.insert(OUTBOX.to_owned(), serde_dynamo::to_attribute_value(notices)?);
        item.insert("unpublished".to_owned(), text(UNPUBLISHED));
        item.insert("unpublishedSince".to_owned(), text(timestamp(entry.at)));
    }
    item.extend(audit_key(entry));
    Ok(item)
}

pub(super) fn tier_item(tier: &Tier) -> Result<Item, StoreError> {
    let mut item: Item = serde_dynamo::to_item(tier)?;
    item.extend(tier_key(&tier.name));
    item.insert("listing".to_owned(), text(TIERS));
    item.insert("nameKey".to_owned(), text(tier.name.key()));
    Ok(item)
}

/// The beginning of `nameKey` of every tenant whose name begins with `prefix`.
/// One that is longer than any name is cut to what a condition on a key takes.
pub(super) fn name_prefix(prefix: &str) -> String {
    let key = name_key(prefix);
    key[..key.floor_char_boundary(TenantName::KEY_MAX + 1)].to_owned()
}

/// A tenant's id, of an item that an index gave.
pub(super) fn read_id(item: Item) -> Result<TenantId, StoreError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Key {
        tenant_id: TenantId,
    }
    Ok(read::<Key>(item)?.tenant_id)
}

pub(super) fn read<'a, T: Deserialize<'a>>(item: Item) -> Result<T, StoreError> {
    Ok(serde_dynamo::from_item(item)?)
}

/// A tenant from its item, with what this release does not know of it.
pub(super) fn read_tenant(mut item: Item) -> Result<Tenant, StoreError> {
    let mut tenant: Tenant = read(item.clone())?;
    item.retain(|name, _| !DERIVED.contains(&name.as_str()));
    tenant.unknown = Unknown::of(item, tenant_item(&tenant)?);
    Ok(tenant)
}

/// A tenant from an item in the JSON form that change streams carry
/// (`{"tenantId": {"S": "…"}, …}`), as [`serde_dynamo::Item`].
///
/// # Errors
///
/// [`StoreError::Item`] when this release cannot read it.
pub fn tenant_from_image(image: serde_dynamo::Item) -> Result<Tenant, StoreError> {
    read_tenant(image.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The namespace of an item's partition: what precedes its first `#`; a
    /// tenant's own has none.
    fn namespace(item: &Item) -> String {
        let partition = item.get("tenantId").and_then(|value| value.as_s().ok()).cloned().unwrap_or_default();
        partition.split_once('#').map_or_else(String::new, |(namespace, _)| namespace.to_owned())
    }

    fn is<T: std::str::FromStr>(text: &str) -> Option<T> {
        text.parse().ok()
    }

    proptest! {
        /// Whatever a publisher or a client calls something, its keys are in the
        /// namespace of its kind, and so never one of another kind or of ours.
        #[test]
        fn no_value_of_a_user_reaches_another_kind_of_key(
            text in prop_oneof![
                "\\PC{1,100}",
                "(tier|name|registration|idempotency|refusals|capacity|lease|TENANT|CLAIM|OPERATION|AUDIT|TOLD|TIER|OPEN|WAITING)#?[a-z0-9#:._-]{0,40}",
                "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}",
            ],
            other in "\\PC{1,100}",
        ) {
            if let Some(name) = is::<TenantName>(&text) {
                prop_assert_eq!(namespace(&name_claim_key(&name)), "name");
                // Beside the claim, and never it.
                prop_assert_eq!(namespace(&vacant_key(&name)), "name");
                prop_assert_ne!(name_claim_key(&name), vacant_key(&name));
                if let Some(second) = is::<TenantName>(&other) {
                    prop_assert_eq!(
                        name_claim_key(&name) == name_claim_key(&second),
                        name.key() == second.key()
                    );
                }
            }
            prop_assert_eq!(namespace(&registration_claim_key(&text)), "registration");
            prop_assert_eq!(namespace(&idempotency_key(&text)), "idempotency");
            prop_assert_eq!(namespace(&lease_key(&text)), "lease");
            if let Some(tier) = is::<TierName>(&text) {
                prop_assert_eq!(namespace(&tier_key(&tier)), "tier");
                prop_assert_eq!(namespace(&capacity_key(Some(&tier))), "capacity");
                prop_assert_ne!(capacity_key(Some(&tier)), capacity_key(None));
            }
            if let Some(id) = is::<TenantId>(&text) {
                prop_assert_eq!(namespace(&tenant_key(id)), "");
                prop_assert!(refusals(id).starts_with("refusals#"));
            }
            // An id of a tenant is the only thing that may have no prefix.
            prop_assert!(is::<TenantId>(&text).is_none() || is::<TenantId>(&text).is_some_and(|id| !id.to_string().contains('#')));
        }
    }
}
