//! The common table of verdicts at the real command, and on the real bus of the
//! local cloud.

use serde_json::Value;
use std::collections::BTreeMap;
use tenantry_events::name::EventName;
use tenantry_events::sources::Sources;
use tenantry_tests::cloud::{cloud, run_with, tenantry, until};
use tenantry_tests::verdicts::{Row, of_problem, table};
use uuid::Uuid;

/// The table's first run: what `tenantry event validate` says of each, and what
/// it exits with.
#[test]
fn the_command_gives_the_tables_verdicts() {
    let rows = table();
    for row in &rows {
        let event = row.event();
        let detail = row.detail("command", &Uuid::nil().to_string());
        let validate = ["event", "validate", event.as_str(), "-", "--output", "json"];
        let ran = run_with(tenantry().args(validate), &detail);
        let said: Value =
            serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}: {}", row.name, ran.stderr));
        let refused = said["valid"] == false;
        assert_eq!(ran.code, Some(if refused { 6 } else { 0 }), "{}", row.name);
        row.holds("the command", refused.then(|| of_problem(&said)));
    }
}

/// The table's run on the bus: published with the AWS CLI, taken in by the
/// deployed functions; the refusals are in the tenants' histories and in the
/// dead-letter queue, everything else is not. Nothing is built for any of it.
#[test]
fn the_bus_gives_the_tables_verdicts() {
    let cloud = cloud();
    let guest = cloud.guest("Verdicts");
    let tenant = guest["tenantId"].as_str().expect("an id");
    let rows: Vec<Row> =
        table().into_iter().filter(|row| !row.raw && row.event() != EventName::OffboardingRequest).collect();
    let sources = Sources::default();
    let run = Uuid::new_v4().to_string();
    let mut sent: Vec<(String, &Row)> = Vec::new();
    for chunk in rows.chunks(10) {
        let entry = |row: &Row| cloud.entry(sources.of(row.event()), row.event(), &row.detail(&run, tenant));
        let answer = cloud.put_entries(&chunk.iter().map(entry).collect::<Vec<_>>());
        assert_eq!(answer["FailedEntryCount"], 0, "{answer}");
        let ids = answer["Entries"].as_array().expect("entries").iter();
        sent.extend(ids.map(|entry| entry["EventId"].as_str().expect("an id").to_owned()).zip(chunk));
    }
    for (id, row) in &sent {
        let refusal = until(&format!("what became of `{}` ({id})", row.name), || {
            if row.verdict == "accepted" {
                return Some(None);
            }
            let letter = cloud.dead_letters(id).pop().map(|letter| {
                (letter.attribute("ERROR_CODE").to_owned(), letter.attribute("ERROR_MESSAGE").to_owned())
            });
            letter.or_else(|| lines(&cloud.json(&["tenant", "history", tenant])).remove(id)).map(Some)
        });
        let field = refusal.as_ref().and_then(|(_, reason)| reason.split('`').nth(1));
        row.holds("the bus", refusal.as_ref().map(|(code, _)| (code.as_str(), field)));
    }
    // All refusals are in: what was to be accepted is among none of them.
    let history = lines(&cloud.json(&["tenant", "history", tenant]));
    for (id, row) in sent.iter().filter(|(_, row)| row.verdict == "accepted") {
        let code = cloud.dead_letters(id).pop().map(|letter| letter.attribute("ERROR_CODE").to_owned());
        let code = code.or_else(|| history.get(id).map(|(code, _)| code.clone()));
        let contract = [
            "InvalidField",
            "MissingField",
            "DuplicateField",
            "OwnedField",
            "TooDeep",
            "NotAnObject",
            "NotJson",
        ];
        assert!(!code.as_deref().is_some_and(|code| contract.contains(&code)), "{}: {code:?}", row.name);
    }
    assert!(sent.len() >= 300, "only {} rows went over the bus", sent.len());
}

/// The refused lines of a history, by their events.
fn lines(history: &Value) -> BTreeMap<String, (String, String)> {
    let text = |line: &Value, name: &str| line[name].as_str().unwrap_or_default().to_owned();
    let all = history["audit"].as_array().or_else(|| history.as_array()).cloned().unwrap_or_default();
    all.iter()
        .filter(|line| line["verdict"] == "refused")
        .map(|line| (text(line, "eventId"), (text(line, "code"), text(line, "reason"))))
        .collect()
}
