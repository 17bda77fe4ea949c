//! Lists of tenants, page by page.

use serde_json::Value;
use tenantry_tests::cloud::{Cloud, cloud};

/// Pages by name, each found with the token of the one before, in the order of
/// names, none twice, none left out; a token that was tampered with is refused.
#[test]
fn tenants_are_listed_page_by_page() {
    let cloud = cloud();
    let _ = cloud.guests(&["Paged 5", "Paged 1", "Paged 3", "Paged 2", "Paged 4"]);
    for filter in [&[][..], &["--tier", cloud.guest_tier()], &["--status", "Provisioning"]] {
        let list = [&["--prefix", "paged", "--limit", "2"], filter].concat();
        let mut pages = Vec::new();
        let mut next = None;
        loop {
            let page = page(&cloud, &list, next.as_deref());
            let found = page["tenants"].as_array().expect("tenants").iter();
            pages.push(found.map(|tenant| tenant["tenantName"].clone()).collect::<Vec<_>>());
            next = page["next"].as_str().map(str::to_owned);
            if next.is_none() {
                break;
            }
        }
        let whole = vec![vec!["Paged 1", "Paged 2"], vec!["Paged 3", "Paged 4"], vec!["Paged 5"]];
        assert_eq!(pages, whole, "{filter:?}");
    }

    let first = cloud.tenantry(&["tenant", "list", "--prefix", "paged", "--limit", "2"]).exits(0);
    let lines: Vec<&str> = first.stdout.lines().collect();
    assert!(lines[0].starts_with("NAME     TENANT") && lines[1].starts_with("Paged 1  "), "{}", first.stdout);
    let token = first.stderr.split("--next ").nth(1).expect("how to go on").trim();
    cloud.tenantry(&["tenant", "list", "--prefix", "paged", "--next", token]).exits(0);
    cloud.tenantry(&["tenant", "list", "--prefix", "paged", "--next", &token[1..]]).exits(6);
    // A token is of one list.
    cloud.tenantry(&["tenant", "list", "--prefix", "page", "--next", token]).exits(6);
}

fn page(cloud: &Cloud, list: &[&str], next: Option<&str>) -> Value {
    let next = next.map(|token| vec!["--next", token]).unwrap_or_default();
    cloud.json(&[&["tenant", "list"], list, &next[..]].concat())
}
