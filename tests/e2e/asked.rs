//! Who asked for what, and why, as an operator reads it.

use serde_json::json;
use tenantry_tests::cloud::Cloud;

/// Panics unless the `n`-th line about `action` in the tenant's history was
/// accepted and says by whom it was asked and why; also to people.
pub(crate) fn assert_asked(cloud: &Cloud, id: &str, action: &str, n: usize, by: &str, why: &str) {
    let lines = cloud.history(id, action);
    let line = lines.get(n).unwrap_or_else(|| panic!("{n} of {action}: {lines:#?}"));
    assert_eq!((&line["verdict"], &line["why"]), (&json!("accepted"), &json!(why)), "{line:#}");
    let actor = line["actor"].as_str().expect("an actor");
    assert!(actor.contains("sbt.control.plane") && actor.contains(by), "{actor}");
    let table = cloud.tenantry(&["tenant", "history", id]).exits(0).stdout;
    let event = line["eventId"].as_str().expect("an event");
    let row = table.lines().find(|row| row.contains(event)).expect("its row");
    assert!(row.contains(by) && row.contains(&format!("requested because: {why}")), "{row}");
}
