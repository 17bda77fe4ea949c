//! What somebody did to a tenant's stack by hand is named as that, and put right
//! by request.

use serde_json::{Value, json};
use tenantry_events::name::EventName;
use tenantry_tests::cloud::{cloud, request, until};

/// A stack that was deleted by hand: a suspension finds it gone and says so, a
/// plain retry finds the same, and a retry that asks for it makes a new one; then
/// the tenant is suspended after all.
#[test]
fn a_stack_that_is_gone_is_made_again_when_asked_for() {
    let cloud = cloud();
    let detail = request("Gone by Hand");
    let id = detail["tenantId"].as_str().expect("an id");
    cloud.put(&[(EventName::OnboardingRequest, &detail)]);
    let before = cloud.settles(id, "Active");
    // Nobody gets a new stack whose own is there.
    let reprovision = ["tenant", "retry", id, "--reprovision", "--reason", "deleted by mistake", "--wait"];
    let refused = cloud.tenantry(&reprovision).exits(4);
    assert!(refused.stderr.contains("StackNotGone"), "{}", refused.stderr);

    let name = format!("tenantry-tenant-{id}");
    cloud.aws(&["cloudformation", "delete-stack", "--stack-name", &name]).exits(0);
    until("the stack to be gone", || cloud.stack(id).is_none().then_some(()));
    cloud.tenantry(&["tenant", "suspend", id, "--wait"]).exits(4);
    let failed = |attempt: u64| {
        let shown = cloud.settles(id, "UpdateFailed");
        let failure = &shown["tenant"]["failure"];
        assert_eq!((&failure["code"], &failure["attempt"]), (&json!("StackGone"), &json!(attempt)));
        let reason = failure["reason"].as_str().expect("a reason");
        assert!(
            reason.contains(&format!("the tenant's stack {name} is gone: somebody deleted it")),
            "{reason}"
        );
    };
    failed(1);
    cloud.tenantry(&["tenant", "retry", id, "--wait"]).exits(4);
    failed(2);
    assert_eq!(cloud.stack(id), None, "nothing makes a stack by itself");

    cloud.tenantry(&reprovision).exits(0);
    let shown = cloud.settles(id, "Suspended");
    assert_eq!(cloud.stack(id).expect("a new stack")["StackStatus"], "UPDATE_COMPLETE");
    assert_ne!(shown["tenant"]["outputs"]["userPoolId"], before["tenant"]["outputs"]["userPoolId"]);
    assert_eq!(shown["tenant"].get("failure"), None);
}

/// A stack that somebody protects from being deleted: the offboarding fails with
/// the protection's name and what lifts it, and a retry succeeds once it is lifted.
#[test]
fn a_stack_that_is_protected_by_hand_says_so() {
    let cloud = cloud();
    let detail = request("Protected by Hand");
    let id = detail["tenantId"].as_str().expect("an id");
    cloud.put(&[(EventName::OnboardingRequest, &detail)]);
    let _ = cloud.settles(id, "Active");
    let name = format!("tenantry-tenant-{id}");
    let protection = |switch: &str| {
        let call = ["cloudformation", "update-termination-protection", switch, "--stack-name", &name];
        cloud.aws(&call).exits(0);
    };
    protection("--enable-termination-protection");
    cloud.tenantry(&["tenant", "offboard", id, "--wait"]).exits(4);
    let shown = cloud.show(id).expect("the tenant");
    assert_eq!(shown["tenant"]["status"], "DeprovisionFailed");
    let failure: &Value = &shown["tenant"]["failure"];
    assert_eq!(failure["code"], "StackProtected");
    let reason = failure["reason"].as_str().expect("a reason");
    assert!(reason.contains("termination protection") && reason.contains("retry"), "{reason}");

    protection("--no-enable-termination-protection");
    cloud.tenantry(&["tenant", "retry", id, "--wait"]).exits(0);
    let _ = cloud.settles(id, "Deprovisioned");
}
