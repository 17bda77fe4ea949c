//! An operator, or a publisher, stops a provisioning.

use crate::asked::assert_asked;
use crate::cancel::busy_stack;
use serde_json::{Value, json};
use tenantry_events::name::EventName;
use tenantry_tests::cloud::{Cloud, cloud, request, run, start, until};

/// By command: the operation that the person sees is stopped.
#[test]
fn a_command_stops_a_provisioning() {
    let cloud = cloud();
    stops_a_provisioning(&cloud, "Wrong Tier", |id, _| {
        let cancel = ["tenant", "cancel", id, "--reason", "the wrong tier", "--by", "ops@saas.example"];
        cloud.tenantry(&cancel).exits(0);
    });
}

/// By a plain event that names the registration and the operation.
#[test]
fn an_event_stops_a_provisioning() {
    let cloud = cloud();
    stops_a_provisioning(&cloud, "Wrong Tier Too", |_, detail| {
        let cancel = json!({
            "tenantRegistrationId": detail["tenantRegistrationId"],
            "operationId": "1-1",
            "reason": "the wrong tier",
            "requestedBy": "ops@saas.example",
        });
        cloud.put(&[(EventName::CancelRequest, &cancel)]);
    });
}

/// The execution and its build are stopped; a clean-up waits out what
/// CloudFormation is still at, which the failure says until it is done; it
/// cannot itself be cancelled. In the end nothing is left, and everybody is
/// told.
fn stops_a_provisioning(cloud: &Cloud, name: &str, cancel: impl Fn(&str, &Value)) {
    let detail = request(name);
    let id = detail["tenantId"].as_str().expect("an id");
    let stack = format!("tenantry-tenant-{id}");
    busy_stack(cloud, &stack);
    cloud.put(&[(EventName::OnboardingRequest, &detail)]);
    until("the tenant", || cloud.show(id));
    let mut watch = start(cloud.command().args(["execution", "watch", id]));
    let build = watch.says("build tenantry-provision-silo:");
    watch.says("the stack is CREATE_IN_PROGRESS");

    cancel(id, &detail);
    watch.says("execution stopped");
    watch.says("build tenantry-deprovision-silo:");
    assert_eq!(cloud.executions(id), ["deprovision-silo 1-2 RUNNING", "provision-silo 1-1 ABORTED"]);
    let build = build.split(' ').next_back().expect("a build's id");
    assert_eq!(cloud.build(build)["buildStatus"], "STOPPED");
    let shown = cloud.show(id).expect("the tenant");
    let failure = &shown["tenant"]["failure"];
    assert_eq!(
        (&shown["tenant"]["status"], &failure["code"]),
        (&json!("ProvisionFailed"), &json!("Cancelled"))
    );
    assert_eq!(failure["leftBehind"], "the tenant's stack may be half made; what follows takes it down");
    let refused = run(cloud.command().args(["tenant", "cancel", id, "--wait"])).exits(4);
    let said = "refused (NotCancellable): a clean-up goes on to its end";
    assert!(refused.stderr.contains(said), "{}", refused.stderr);
    let told = &cloud.hears(EventName::RequestRefused, id)["detail"];
    assert_eq!(
        (&told["request"], &told["failure"]["code"]),
        (&json!("tenantry_cancelRequest"), &json!("NotCancellable"))
    );
    let signal = ["cloudformation", "signal-resource", "--stack-name", &stack, "--logical-resource-id"];
    cloud.aws(&[&signal[..], &["Hold", "--unique-id", "1", "--status", "SUCCESS"]].concat()).exits(0);

    // The clean-up does what it is for; the tenant is failed all the same.
    watch.end().exits(4);
    let shown = cloud.settles(id, "ProvisionFailed");
    let failure = &shown["tenant"]["failure"];
    assert_eq!((&failure["code"], failure.get("leftBehind")), (&json!("Cancelled"), None));
    assert_eq!(failure["reason"], "a person cancelled the operation");
    assert_eq!(cloud.stack(id), None);
    let states: Vec<&Value> = (0..2).map(|at| &shown["operations"][at]["state"]).collect();
    assert_eq!(states, ["cancelled", "succeeded"]);
    assert_asked(cloud, id, "tenantry_cancelRequest", 0, "ops@saas.example", "the wrong tier");
    assert_eq!(cloud.hears(EventName::OnboardingFailure, id)["detail"]["failure"]["code"], "Cancelled");
    assert_eq!(
        cloud.told(EventName::OnboardingFailure, id),
        [
            "onboardingFailure",
            "provisionFailure",
            "tenantry_requestRefused",
            "tenantry_tenantStatusChanged ProvisionFailed",
            "tenantry_tenantStatusChanged Provisioning",
        ]
    );
    let late = cloud.tenantry(&["tenant", "cancel", id, "--wait"]).exits(4);
    let said = "refused (NothingToCancel): nothing is under way or waits: the tenant is ProvisionFailed";
    assert!(late.stderr.contains(said), "{}", late.stderr);
}
