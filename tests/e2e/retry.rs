//! What failed is tried again.

use crate::asked::assert_asked;
use crate::failure::create_table;
use serde_json::{Value, json};
use tenantry_events::name::EventName;
use tenantry_tests::cloud::{Cloud, cloud, request, until};

/// Two tenants whose stacks failed; once the cause is gone, one is retried by
/// command and one by a plain event that names the registration. Both become
/// active in their second attempts, under the same operation's number.
#[test]
fn what_failed_is_tried_again() {
    let cloud = cloud();
    let (one, other) = (request("Second Try"), request("Second Chance"));
    let id = |detail: &Value| detail["tenantId"].as_str().expect("an id").to_owned();
    let table = |detail: &Value| cloud.table_of(&id(detail));
    for detail in [&one, &other] {
        create_table(&cloud, &table(detail));
    }
    cloud.put(&[(EventName::OnboardingRequest, &one), (EventName::OnboardingRequest, &other)]);
    for detail in [&one, &other] {
        let _ = cloud.settles(&id(detail), "ProvisionFailed");
        cloud.aws(&["dynamodb", "delete-table", "--table-name", &table(detail)]).exits(0);
    }

    let by_event = json!({
        "tenantRegistrationId": other["tenantRegistrationId"],
        "reason": "the table is gone",
        "requestedBy": "back office",
    });
    cloud.put(&[(EventName::RetryRequest, &by_event)]);
    let id_of_one = id(&one);
    let retry = ["tenant", "retry", &id_of_one, "--reason", "table removed", "--by", "ops@saas.example"];
    let waited = cloud.tenantry(&[&retry[..], &["--wait"]].concat()).exits(0);
    assert!(waited.stderr.contains("retry accepted: attempt 2 follows"), "{}", waited.stderr);
    for (detail, by, why) in
        [(&one, "ops@saas.example", "table removed"), (&other, "back office", "the table is gone")]
    {
        let id = id(detail);
        becomes_active(&cloud, &id);
        assert_eq!(cloud.executions(&id), ["provision-silo 1-1 FAILED", "provision-silo 1-2 SUCCEEDED"]);
        assert_eq!(cloud.stack(&id).expect("its stack")["StackStatus"], "CREATE_COMPLETE");
        assert_asked(&cloud, &id, "tenantry_retryRequest", 0, by, why);
        let told = cloud.told(EventName::OnboardingSuccess, &id);
        let count = |name: &str| told.iter().filter(|told| told.as_str() == name).count();
        assert_eq!((count("onboardingFailure"), count("onboardingSuccess")), (1, 1), "{told:?}");
    }

    // Nothing is failed any more: refused, on the terminal and on the bus.
    let before = cloud.show(&id_of_one);
    let refused = cloud.tenantry(&[&retry[..], &["--wait"]].concat()).exits(4);
    let said = "refused (NothingToRetry): nothing failed: the tenant is Active";
    assert!(refused.stderr.contains(said), "{}", refused.stderr);
    let told = &cloud.hears(EventName::RequestRefused, &id_of_one)["detail"];
    assert_eq!(
        (&told["request"], &told["failure"]["code"]),
        (&json!("tenantry_retryRequest"), &json!("NothingToRetry"))
    );
    assert_eq!(cloud.show(&id_of_one), before);
}

/// It was `ProvisionFailed` until a moment ago.
fn becomes_active(cloud: &Cloud, id: &str) {
    let shown = until("the retried tenant to be Active", || {
        cloud.show(id).filter(|shown| shown["tenant"]["status"] == "Active")
    });
    let states: Vec<&Value> = (0..2).map(|at| &shown["operations"][at]["state"]).collect();
    assert_eq!(states, ["failed", "succeeded"]);
    assert_eq!(shown["tenant"].get("failure"), None);
}
