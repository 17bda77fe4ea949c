//! Ids that must be one tenant's, and a registration that reads like ours.

use serde_json::json;
use tenantry_events::name::EventName;
use tenantry_tests::cloud::{Ask, cloud, until};

/// An offboardingRequest with one tenant's id and another's registration offboards
/// neither, and stands as refused in the history of both.
#[test]
fn an_offboarding_of_two_tenants_offboards_neither() {
    let cloud = cloud();
    let both = cloud.guests(&["Contradictory One", "Contradictory Two"]);
    let ids = json!({
        "tenantId": both[0]["tenantId"],
        "tenantRegistrationId": both[1]["tenantRegistrationId"],
    });
    cloud.put(&[(EventName::OffboardingRequest, &ids)]);
    for tenant in &both {
        let id = tenant["tenantId"].as_str().expect("an id");
        let lines = until("the refusal", || {
            let lines = cloud.history(id, EventName::OffboardingRequest.as_str());
            (!lines.is_empty()).then_some(lines)
        });
        assert_eq!(
            (&lines[0]["verdict"], &lines[0]["code"]),
            (&json!("refused"), &json!("ContradictoryIds"))
        );
        assert_eq!(cloud.show(id).expect("the tenant")["tenant"]["desired"], "active");
    }
}

/// A tenant whose registration is called `nobody` is shown to nobody who asks for
/// another name.
#[test]
fn the_registration_nobody_is_nobody_elses() {
    let cloud = cloud();
    let request = json!({
        "tenantName": "Sentinel", "email": "a@sentinel.example", "tier": cloud.guest_tier(),
        "tenantRegistrationId": "nobody",
    });
    cloud.put(&[(EventName::OnboardingRequest, &request)]);
    let done = json!({
        "tenantRegistrationId": "nobody",
        "jobOutput": {
            "tenantData": { "userPoolClientId": "mine", "apiUrl": "https://mine" },
            "tenantRegistrationData": {},
        },
    });
    let id = tenantry_events::ids::TenantId::derive("nobody").to_string();
    until("the provisioning", || (cloud.show(&id)?["tenant"]["status"] == "Provisioning").then_some(()));
    cloud.put(&[(EventName::ProvisionSuccess, &done)]);
    let _ = cloud.settles(&id, "Active");
    let api = cloud.api();
    let mine = api.send_patiently(&Ask::new("GET", "/tenant-config/sentinel")).expect(200);
    assert!(mine.body.contains("https://mine"), "{}", mine.body);
    let other = api.send_patiently(&Ask::new("GET", "/tenant-config/no%20such%20name")).expect(404);
    assert!(!other.body.contains("mine"), "{}", other.body);
}
