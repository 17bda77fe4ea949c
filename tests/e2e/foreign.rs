//! A foreign application plane, as under SBT: it hears what is asked on the
//! bus and answers there, with SBT's own events.

use serde_json::{Value, json};
use tenantry_events::name::EventName;
use tenantry_tests::cloud::cloud;

/// What SBT's jobs answer makes a tenant, and takes it down again. Tenantry
/// tells what became of the request, and leaves the job's outcome to who did it.
#[test]
fn a_foreign_application_plane_provisions_and_deprovisions() {
    let cloud = cloud();
    let detail = cloud.guest("Foreign");
    let id = detail["tenantId"].as_str().expect("an id");
    cloud.put(&[(
        EventName::ProvisionSuccess,
        &done(&detail, "created", json!({ "url": "https://x", "n": 1 })),
    )]);
    let shown = cloud.settles(id, "Active");
    assert_eq!(shown["tenant"]["outputs"]["url"], "https://x");
    let told = cloud.hears(EventName::OnboardingSuccess, id);
    assert_eq!(told["detail"]["jobOutput"]["tenantData"]["url"], "https://x");
    // Nobody hears of a job of ours, and none ran.
    assert_eq!(cloud.executions(id), Vec::<String>::new());

    cloud.offboard(id);
    cloud.hears(EventName::OffboardingRequest, id);
    tenantry_tests::cloud::until("the deprovisioning", || {
        (cloud.show(id)?["tenant"]["status"] == "Deprovisioning").then_some(())
    });
    cloud.put(&[(EventName::DeprovisionSuccess, &done(&detail, "deleted", json!({})))]);
    let _ = cloud.settles(id, "Deprovisioned");
    assert_eq!(
        cloud.told(EventName::OffboardingSuccess, id),
        [
            "offboardingSuccess",
            "onboardingSuccess",
            "tenantry_tenantStatusChanged Active",
            "tenantry_tenantStatusChanged Deprovisioned",
            "tenantry_tenantStatusChanged Deprovisioning",
            "tenantry_tenantStatusChanged Provisioning",
        ]
    );
}

/// SBT's failure has one text; it is the reason that the tenant and
/// onboardingFailure have.
#[test]
fn a_foreign_failure_is_the_tenants() {
    let cloud = cloud();
    let detail = cloud.guest("Foreign Failure");
    let id = detail["tenantId"].as_str().expect("an id");
    let failed = json!({
        "tenantRegistrationId": detail["tenantRegistrationId"],
        "jobOutput": { "tenantStatus": "Failed to provision tenant." },
    });
    cloud.put(&[(EventName::ProvisionFailure, &failed)]);
    let shown = cloud.settles(id, "ProvisionFailed");
    let failure = &shown["tenant"]["failure"];
    assert_eq!(failure["code"], "ApplicationPlaneFailed");
    assert_eq!(failure["reason"], "Failed to provision tenant.");
    assert_eq!(&cloud.hears(EventName::OnboardingFailure, id)["detail"]["failure"], failure);
}

/// What SBT's jobs send when they are done.
pub(crate) fn done(request: &Value, registration: &str, data: Value) -> Value {
    let mut data = data;
    data["tenantId"] = request["tenantId"].clone();
    data["tenantStatus"] = json!("Complete");
    json!({
        "tenantRegistrationId": request["tenantRegistrationId"],
        "jobOutput": {
            "tenantData": data,
            "tenantRegistrationData": { "registrationStatus": registration },
        },
    })
}
