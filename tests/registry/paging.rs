//! Lists: right, complete, and as cheap at ten thousand tenants as at a hundred.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use std::collections::HashMap;
use tenantry_events::ids::TenantId;
use tenantry_registry::store::{Filter, ListQuery, Page, PageToken, Registry, StoreError};
use tenantry_registry::tenant::{Status, Tenant};
use tenantry_tests::builders::{changed, onboarding};
use tenantry_tests::{emulator, table};

const PAGE: u32 = 50;

/// A page of fifty costs the same number of read units among a hundred tenants
/// as among ten thousand, in every list.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_costs_the_same_at_any_size() {
    let few = seeded(100).await;
    let many = seeded(10_000).await;
    for filter in [Filter::Live, Filter::Status(Status::Pending), Filter::Tier("platinum".parse().unwrap())] {
        let (cheap, dear) = (page(&few, filter.clone(), None).await, page(&many, filter.clone(), None).await);
        assert_eq!((cheap.tenants.len(), dear.tenants.len()), (50, 50));
        assert!(cheap.read_units > 0.0);
        assert_eq!(cheap.read_units, dear.read_units, "{filter:?}");
        println!(
            "{filter:?}: {} read units per page of {PAGE}, at 100 and at 10,000 tenants",
            cheap.read_units
        );
    }
}

/// Page by page, every tenant is seen once, in the order of names.
#[tokio::test]
async fn pages_hold_every_tenant_once_and_in_order() {
    let registry = seeded(130).await;
    let mut names = Vec::new();
    let mut after = None;
    loop {
        let page = page(&registry, Filter::Live, after).await;
        names.extend(page.tenants.iter().map(|tenant| tenant.tenant_name.to_string()));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let expected: Vec<_> = (0..130).map(name).collect();
    assert_eq!(names, expected);
}

/// A prefix finds names in any case, and only those.
#[tokio::test]
async fn a_prefix_finds_names_in_any_case() {
    let registry = seeded(130).await;
    let query = ListQuery {
        filter: Filter::Live,
        name_prefix: Some("TENANT 0000".to_owned()),
        limit: PAGE,
        after: None,
    };
    let found = registry.list(&query).await.unwrap();
    assert_eq!(found.tenants.len(), 10);
    assert!(found.next.is_none());
}

/// A token of one list, or one that was tampered with, opens no other list.
#[tokio::test]
async fn a_token_is_good_for_its_own_query_only() {
    let registry = seeded(130).await;
    let token = page(&registry, Filter::Live, None).await.next.unwrap();
    let other = ListQuery {
        filter: Filter::Status(Status::Pending),
        name_prefix: None,
        limit: PAGE,
        after: Some(token.clone()),
    };
    assert!(matches!(registry.list(&other).await, Err(StoreError::PageToken)));
    let forged: PageToken = format!("{token}AA").parse().unwrap();
    let query = ListQuery { filter: Filter::Live, name_prefix: None, limit: PAGE, after: Some(forged) };
    assert!(matches!(registry.list(&query).await, Err(StoreError::PageToken)));
    assert!("".parse::<PageToken>().is_err());
    assert!("../etc".parse::<PageToken>().is_err());
}

async fn page(registry: &Registry, filter: Filter, after: Option<PageToken>) -> Page {
    registry.list(&ListQuery { filter, name_prefix: None, limit: PAGE, after }).await.unwrap()
}

fn name(n: usize) -> String {
    format!("Tenant {n:05}")
}

/// A registry with `count` tenants, written in batches.
async fn seeded(count: usize) -> Registry {
    let client = Client::new(&emulator::config());
    let table = table::create(&client).await;
    let template = item(&client, &table).await;
    for start in (0..count).step_by(25) {
        let puts = (start..count.min(start + 25)).map(|n| {
            let mut item = template.clone();
            let id = TenantId::derive(&name(n)).to_string();
            let set = [
                ("tenantId", id.clone()),
                ("tenantName", name(n)),
                ("nameKey", format!("{}#{id}", name(n).to_lowercase())),
            ];
            for (field, value) in set {
                item.insert(field.to_owned(), AttributeValue::S(value));
            }
            let put = PutRequest::builder().set_item(Some(item)).build().unwrap();
            WriteRequest::builder().put_request(put).build()
        });
        let written = client.batch_write_item().request_items(&table, puts.collect()).send().await.unwrap();
        assert!(written.unprocessed_items.unwrap_or_default().is_empty());
    }
    Registry::new(client, table)
}

/// A tenant's item as the registry itself writes it; the item is removed again.
async fn item(client: &Client, table: &str) -> HashMap<String, AttributeValue> {
    let registry = Registry::new(client.clone(), table);
    let tenant: Tenant = changed(None, &onboarding("tenant 00000"));
    let id = tenant.tenant_id;
    let origin = tenantry_tests::builders::origin("seed");
    registry.apply(id, &onboarding("tenant 00000"), &origin, tenantry_tests::builders::noon()).await.unwrap();
    let key = HashMap::from([
        ("tenantId".to_owned(), AttributeValue::S(id.to_string())),
        ("record".to_owned(), AttributeValue::S("TENANT".to_owned())),
    ]);
    let found = client.get_item().table_name(table).set_key(Some(key.clone())).send().await.unwrap();
    client.delete_item().table_name(table).set_key(Some(key)).send().await.unwrap();
    found.item.unwrap()
}
