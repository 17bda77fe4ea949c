//! What comes more than once, and what asks for what is taken.

use serde_json::{Value, json};
use tenantry_events::name::EventName;
use tenantry_tests::cloud::{Cloud, cloud, request, until};
use uuid::Uuid;

/// The same event five times, all at once: one tenant, one execution, one
/// stack, and four lines in its history that say "duplicate".
#[test]
fn the_same_event_five_times_is_one_tenant() {
    let cloud = cloud();
    let mut detail = request("Five Times");
    let id = detail["tenantId"].as_str().expect("an id").to_owned();
    let event_id = Uuid::new_v4();
    detail["metadata"] = json!({
        "eventId": event_id,
        "schemaVersion": 1,
        "occurredAt": "2026-01-02T12:00:00Z",
        "correlationId": event_id,
        "producer": "tests",
    });
    cloud.put(&[(EventName::OnboardingRequest, &detail); 5]);
    let _ = cloud.settles(&id, "Active");
    let lines = until("five lines of history", || {
        let lines = cloud.history(&id, "onboardingRequest");
        (lines.len() >= 5).then_some(lines)
    });
    let of = |verdict: &str| lines.iter().filter(|line| line["verdict"] == verdict).count();
    assert_eq!((lines.len(), of("accepted"), of("duplicate")), (5, 1, 4), "{lines:#?}");
    assert!(lines.iter().all(|line| line["eventId"] == json!(event_id)), "{lines:#?}");
    assert_eq!(cloud.executions(&id), ["provision-silo 1-1 SUCCEEDED"]);
    assert_eq!(stacks(&cloud, &id), 1);
    let told = cloud.told(EventName::OnboardingSuccess, &id);
    assert_eq!(told.iter().filter(|name| name.as_str() == "onboardingSuccess").count(), 1, "{told:?}");
}

/// Two tenants of the same name (in another case and with other spaces) at
/// once: one gets it, the other is refused and told why. Once the first is gone,
/// the name is free.
#[test]
fn a_name_belongs_to_one_live_tenant() {
    let cloud = cloud();
    let (mine, yours) = (request("Same Name Ltd"), request("SAME  name LTD"));
    cloud.put(&[(EventName::OnboardingRequest, &mine), (EventName::OnboardingRequest, &yours)]);
    let id = |detail: &Value| detail["tenantId"].as_str().expect("an id").to_owned();
    let refused = |detail: &Value| cloud.verdicts(&id(detail), "onboardingRequest") == ["refused"];
    let (winner, loser) = until("one of the two to be refused", || match (refused(&mine), refused(&yours)) {
        (true, false) => Some((&yours, &mine)),
        (false, true) => Some((&mine, &yours)),
        (true, true) => panic!("both are refused"),
        (false, false) => None,
    });
    let _ = cloud.settles(&id(winner), "Active");
    assert_eq!(cloud.executions(&id(winner)), ["provision-silo 1-1 SUCCEEDED"]);
    cloud.assert_nothing_of(&id(loser));
    let told = cloud.hears(EventName::OnboardingFailure, &id(loser));
    let line = &cloud.history(&id(loser), "onboardingRequest")[0];
    assert_eq!(told["detail"]["failure"]["code"], "NameTaken");
    assert_eq!(line["code"], "NameTaken");
    assert_eq!(told["detail"]["failure"]["reason"], line["reason"]);
    assert_eq!(told["detail"]["tenantRegistrationId"], loser["tenantRegistrationId"]);
    assert_eq!(cloud.told(EventName::OnboardingFailure, &id(loser)), ["onboardingFailure"]);

    cloud.offboard(&id(winner));
    let _ = cloud.settles(&id(winner), "Deprovisioned");
    let _ = cloud.guest("Same Name Ltd");
}

/// How many stacks there are whose name has `id` in it.
fn stacks(cloud: &Cloud, id: &str) -> usize {
    let all = cloud.aws(&["cloudformation", "list-stacks"]).exits(0).json();
    let all = all["StackSummaries"].as_array().expect("a list").clone();
    all.iter().filter(|stack| stack["StackName"].as_str().is_some_and(|name| name.contains(id))).count()
}
