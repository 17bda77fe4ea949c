//! `tenantry tenant watch`: live, in a terminal and without one.

use serde_json::json;
use tenantry_events::name::EventName;
use tenantry_tests::cloud::{Screen, cloud, request, start, until};

/// A tenant whose stack cannot be deployed: its root cause is on the first
/// screen, one key retries it, and the same screen shows it become active.
#[test]
fn a_stuck_tenant_is_seen_with_its_cause_and_repaired_with_one_key() {
    let cloud = cloud();
    let detail = request("Watched");
    let id = detail["tenantId"].as_str().expect("an id");
    let table = cloud.table_of(id);
    let create = ["dynamodb", "create-table", "--table-name", &table, "--billing-mode", "PAY_PER_REQUEST"];
    let keys = ["--key-schema", "AttributeName=id,KeyType=HASH"];
    let attributes = ["--attribute-definitions", "AttributeName=id,AttributeType=S"];
    cloud.aws(&[&create[..], &keys, &attributes].concat()).exits(0);
    cloud.put(&[(EventName::OnboardingRequest, &detail)]);
    let _ = cloud.settles(id, "ProvisionFailed");

    let mut command = cloud.command();
    command.args(["tenant", "watch", id]);
    let mut screen = Screen::start(&command);
    // The keys are the last line: a terminal may be looked at while it is drawn.
    let whole = |text: &str| text.contains("✗ deploy: ProductsTable") && text.contains("q quit");
    let first = screen.until("the failure", whole);
    let about = first.lines().skip_while(|line| !line.starts_with("── Watched"));
    let about: Vec<_> = about.filter(|line| !line.trim().is_empty()).collect();
    insta::with_settings!({ filters => FILTERS.to_vec() }, {
        insta::assert_snapshot!("stuck", about.join("\n"));
    });

    cloud.aws(&["dynamodb", "delete-table", "--table-name", &table]).exits(0);
    screen.press("r");
    let _ = screen.until("the request", |text| text.contains("retry of Watched requested"));
    let _ = screen.until("the new attempt", |text| text.contains("✓ Deploy ─▶ ✓ Record"));
    let _ = screen.until("the tenant to be active", |text| text.contains(&format!("{id} · Active")));
    screen.press("q");
    assert_eq!(screen.exit_code(), Some(0), "{}", screen.text());
    let asked = cloud.history(id, "tenantry_retryRequest");
    assert_eq!(asked[0]["why"], "from tenantry tenant watch", "{asked:?}");
    cloud.offboard(id);
}

/// What differs from run to run.
const FILTERS: [(&str, &str); 7] = [
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "<id>"),
    (r"\d\d:\d\d:\d\d", "<time>"),
    (r"\d+(\.\d)?s\b", "<span>"),
    (r"─+\n", "─\n"),
    (r"(?m)[^\S\n]+$", ""),
    (r"\bt-[0-9a-f]{8}-<id>", "<prefix>-<id>"),
    (r"<id>-[^ ]*", "<id>-<name>"),
];

/// Without a terminal, each tenant is a line; as JSON, an object.
#[test]
fn without_a_terminal_it_prints_lines() {
    let cloud = cloud();
    let detail = cloud.guest("Lined");
    let id = detail["tenantId"].as_str().expect("an id");
    for (format, expected) in [("table", "Lined  Provisioning".to_owned()), ("json", json!(id).to_string())] {
        let running = start(cloud.command().args(["tenant", "watch", id, "--output", format]));
        let line = until("the tenant's line", || {
            running.stdout().lines().find(|line| line.contains(&expected)).map(str::to_owned)
        });
        assert!(line.contains(id), "{line}");
        running.interrupt();
        let _ = running.end().exits(130);
    }
}
