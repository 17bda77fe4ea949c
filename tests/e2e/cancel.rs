//! Offboarding while provisioning is under way.

use serde_json::{Value, json};
use tenantry_events::name::EventName;
use tenantry_tests::cloud::{Cloud, cloud, request, start, until};

/// It stops the execution and its build; the deprovisioning waits out what
/// CloudFormation is still at, and nothing is left. What a foreign application
/// plane says of the stopped job after that changes nothing.
#[test]
fn offboarding_stops_a_provisioning_and_takes_everything_down() {
    let cloud = cloud();
    let detail = request("Changed Their Mind");
    let id = detail["tenantId"].as_str().expect("an id");
    // CloudFormation at work on this stack: a build waits for it, as long as
    // the test likes.
    let stack = format!("tenantry-tenant-{id}");
    busy_stack(&cloud, &stack);
    cloud.put(&[(EventName::OnboardingRequest, &detail)]);
    until("the tenant", || cloud.show(id));
    let mut watch = start(cloud.command().args(["execution", "watch", id]));
    let build = watch.says("build tenantry-provision-silo:");
    watch.says("the stack is CREATE_IN_PROGRESS");

    cloud.offboard(id);
    watch.says("execution stopped");
    watch.says("build tenantry-deprovision-silo:");
    watch.says("the stack is CREATE_IN_PROGRESS");
    assert_eq!(cloud.executions(id), ["deprovision-silo 2-1 RUNNING", "provision-silo 1-1 ABORTED"],);
    let build = build.split(' ').next_back().expect("a build's id");
    assert_eq!(cloud.build(build)["buildStatus"], "STOPPED");
    assert_eq!(cloud.stack(id).expect("still there")["StackStatus"], "CREATE_IN_PROGRESS");
    free(&cloud, &stack);

    watch.end().exits(0);
    let shown = cloud.settles(id, "Deprovisioned");
    assert_eq!(cloud.stack(id), None);
    let states: Vec<&Value> = (0..2).map(|at| &shown["operations"][at]["state"]).collect();
    assert_eq!(states, ["cancelled", "succeeded"]);
    assert_eq!(shown["tenant"].get("failure"), None);

    let late = json!({
        "tenantRegistrationId": detail["tenantRegistrationId"],
        "jobOutput": {
            "tenantData": { "tenantId": id, "tenantStatus": "Complete" },
            "tenantRegistrationData": { "registrationStatus": "created" },
        },
    });
    cloud.put(&[(EventName::ProvisionSuccess, &late)]);
    let lines = until("the late outcome in the history", || {
        let lines = cloud.history(id, "provisionSuccess");
        (!lines.is_empty()).then_some(lines)
    });
    assert_eq!((lines.len(), &lines[0]["verdict"]), (1, &json!("stale")), "{lines:#?}");
    assert_eq!(cloud.show(id).expect("a tombstone")["tenant"], shown["tenant"]);
    assert_eq!(
        cloud.told(EventName::OffboardingSuccess, id),
        [
            "deprovisionSuccess",
            "offboardingSuccess",
            "onboardingFailure",
            "provisionFailure",
            "tenantry_tenantStatusChanged Deprovisioned",
            "tenantry_tenantStatusChanged Deprovisioning",
            "tenantry_tenantStatusChanged ProvisionFailed",
            "tenantry_tenantStatusChanged Provisioning",
        ]
    );
    assert_eq!(cloud.hears(EventName::OnboardingFailure, id)["detail"]["failure"]["code"], "Cancelled");
}

/// A stack whose creation takes until it is signalled.
pub(crate) fn busy_stack(cloud: &Cloud, name: &str) {
    let hold = json!({
        "Resources": {
            "Hold": {
                "Type": "AWS::CloudFormation::WaitCondition",
                "CreationPolicy": { "ResourceSignal": { "Timeout": "PT10M" } },
            },
        },
    });
    let body = hold.to_string();
    let create = ["cloudformation", "create-stack", "--stack-name", name, "--template-body", &body];
    cloud.aws(&create).exits(0);
}

/// Lets the creation of a busy stack end.
pub(crate) fn free(cloud: &Cloud, name: &str) {
    let signal = ["cloudformation", "signal-resource", "--stack-name", name, "--logical-resource-id"];
    cloud.aws(&[&signal[..], &["Hold", "--unique-id", "1", "--status", "SUCCESS"]].concat()).exits(0);
}
