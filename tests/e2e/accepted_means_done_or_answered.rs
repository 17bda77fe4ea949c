//! What was accepted is done, on the whole of the local cloud.

use serde_json::{Value, json};
use tenantry_events::name::EventName;
use tenantry_tests::cloud::{cloud, request};

/// A changed address reaches the tenant's user pool: the administrator with the
/// new one is invited, the one before is gone, and the bus hears of all three.
#[test]
fn a_changed_address_reaches_the_tenants_users() {
    let cloud = cloud();
    let detail = request("New Owner");
    let id = detail["tenantId"].as_str().expect("an id");
    cloud.put(&[(EventName::OnboardingRequest, &detail)]);
    let before = cloud.settles(id, "Active")["tenant"].clone();
    let pool = before["outputs"]["userPoolId"].as_str().expect("a pool").to_owned();
    let users = || {
        let listed = cloud.aws(&["cognito-idp", "list-users", "--user-pool-id", &pool]).exits(0).json();
        let user = |user: &Value| {
            let attributes = user["Attributes"].as_array().expect("attributes").iter();
            let email = attributes.clone().find(|one| one["Name"] == "email").expect("an address");
            (user["Username"].clone(), email["Value"].clone())
        };
        listed["Users"].as_array().expect("users").iter().map(user).collect::<Vec<_>>()
    };
    let first = before["outputs"]["administrator"].clone();
    assert_eq!(users(), [(first.clone(), detail["email"].clone())]);

    let change = json!({ "tenantId": id, "email": "owner@new.example", "reason": "the company was sold" });
    cloud.put(&[(EventName::ChangeRequest, &change)]);
    let _ = cloud.hears(EventName::UpdateSuccess, id);
    let after = cloud.settles(id, "Active")["tenant"].clone();
    let second = after["outputs"]["administrator"].clone();
    assert_ne!(first, second);
    assert_eq!(users(), [(second.clone(), json!("owner@new.example"))]);
    assert_eq!(after["outputs"]["apiUrl"], before["outputs"]["apiUrl"]);
    assert_eq!(cloud.executions(id), ["provision-silo 1-1 SUCCEEDED", "update-silo 1-2 SUCCEEDED"]);
    let came = cloud.heard(id).into_iter().filter(|event| {
        event["detail-type"] == EventName::TenantUserCreated.detail_type()
            && event["detail"]["userName"] == second
    });
    let went = cloud.heard(id).into_iter().filter(|event| {
        event["detail-type"] == EventName::TenantUserDeleted.detail_type()
            && event["detail"]["userName"] == first
    });
    assert_eq!((came.count(), went.count()), (1, 1));
    // A second event of the same content deploys nothing.
    cloud.put(&[(EventName::ChangeRequest, &change)]);
    assert_eq!(cloud.executions(id).len(), 2);
}
