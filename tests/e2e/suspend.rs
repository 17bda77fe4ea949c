//! Suspension and resumption, asked for by command and by event.

use crate::asked::assert_asked;
use serde_json::{Value, json};
use tenantry_events::name::EventName;
use tenantry_tests::cloud::{cloud, request, until};

/// A suspended tenant's API answers 403 with a body that says so, and its data
/// is there again when it is resumed; each may be asked for by command and by a
/// plain event, as often as one likes, and the history says who and why.
#[test]
fn a_suspended_tenant_is_closed_and_keeps_its_data() {
    let cloud = cloud();
    let detail = request("Paying Late");
    let id = detail["tenantId"].as_str().expect("an id");
    cloud.put(&[(EventName::OnboardingRequest, &detail)]);
    let shown = cloud.settles(id, "Active");
    let api = cloud.sign_in(&shown["tenant"]);
    let (status, body) = api.create("Kept");
    assert_eq!(status, 201, "{body}");

    let ask = |what: &str, why: &str| {
        let ask = ["tenant", what, id, "--reason", why, "--by", "ops@saas.example", "--wait"];
        cloud.tenantry(&ask).exits(0)
    };
    ask("suspend", "invoice overdue");
    let _ = cloud.settles(id, "Suspended");
    let (status, body) = api.products().expect_err("it is closed");
    let said = "this tenant is suspended; its data is kept, and its provider can resume it";
    assert_eq!((status, &body["status"], &body["detail"]), (403, &json!(403), &json!(said)), "{body}");
    // Again, by command and by event: nothing more happens.
    let again = ask("suspend", "invoice overdue");
    assert!(again.stderr.contains("duplicate: the tenant is to be suspended already"), "{}", again.stderr);
    let by_event = |why: &str| {
        json!({
            "tenantRegistrationId": detail["tenantRegistrationId"],
            "reason": why,
            "requestedBy": "billing@saas.example",
        })
    };
    cloud.put(&[(EventName::DeactivateRequest, &by_event("invoice overdue"))]);
    let three = |request: &str, count: usize| {
        until(&format!("{count} lines about {request}"), || {
            let verdicts = cloud.verdicts(id, request);
            (verdicts.len() >= count).then_some(verdicts)
        })
    };
    assert_eq!(three("deactivateRequest", 3), ["accepted", "duplicate", "duplicate"]);
    assert_eq!(api.products().expect_err("it is closed still").0, 403);

    cloud.put(&[(EventName::ActivateRequest, &by_event("paid"))]);
    let _ = cloud.settles(id, "Active");
    assert_eq!(api.products(), Ok(vec!["Kept".to_owned()]));
    ask("resume", "paid, says the customer");
    assert_eq!(three("activateRequest", 2), ["accepted", "duplicate"]);
    cloud.put(&[(EventName::DeactivateRequest, &by_event("fraud"))]);
    let _ = cloud.settles(id, "Suspended");
    ask("resume", "a mistake");
    assert_eq!(api.products(), Ok(vec!["Kept".to_owned()]));

    let updates: Vec<String> = (2..=5).map(|n| format!("suspend-silo {n}-1 SUCCEEDED")).collect();
    let expected = [&["provision-silo 1-1 SUCCEEDED".to_owned()][..], &updates].concat();
    assert_eq!(cloud.executions(id), expected);
    assert_asked(&cloud, id, "deactivateRequest", 0, "ops@saas.example", "invoice overdue");
    assert_asked(&cloud, id, "deactivateRequest", 3, "billing@saas.example", "fraud");
    assert_asked(&cloud, id, "activateRequest", 0, "billing@saas.example", "paid");
    assert_asked(&cloud, id, "activateRequest", 2, "ops@saas.example", "a mistake");
    let resumed = |event: &&Value| event["detail-type"] == EventName::ActivateSuccess.detail_type();
    until("both resumptions on the bus", || {
        (cloud.heard(id).iter().filter(resumed).count() == 2).then_some(())
    });
    let told = cloud.told(EventName::ActivateSuccess, id);
    let count = |name: &str| told.iter().filter(|told| told.as_str() == name).count();
    assert_eq!((count("deactivateSuccess"), count("activateSuccess")), (2, 2), "{told:?}");
}

/// What is not provisioned cannot be suspended: refused, with the reason on the
/// terminal, in the history and on the bus.
#[test]
fn what_could_not_be_provisioned_cannot_be_suspended() {
    let cloud = cloud();
    let detail = cloud.guest("Never Was");
    let id = detail["tenantId"].as_str().expect("an id");
    let failed = json!({
        "tenantRegistrationId": detail["tenantRegistrationId"],
        "jobOutput": { "tenantStatus": "Failed to provision tenant." },
    });
    cloud.put(&[(EventName::ProvisionFailure, &failed)]);
    let before: Value = cloud.settles(id, "ProvisionFailed");
    let refused = cloud.tenantry(&["tenant", "suspend", id, "--wait"]).exits(4);
    let said = "refused (NotProvisioned): the tenant could not be provisioned; retry or offboard it";
    assert!(refused.stderr.contains(said), "{}", refused.stderr);
    let failure = &cloud.hears(EventName::DeactivateFailure, id)["detail"]["failure"];
    assert_eq!((&failure["code"], &failure["step"]), (&json!("NotProvisioned"), &json!("admission")));
    assert_eq!(cloud.show(id), Some(before));
}
