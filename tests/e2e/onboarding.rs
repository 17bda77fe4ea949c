//! A tenant's life, from one event to its stack and back.

use serde_json::{Value, json};
use tenantry_events::name::EventName;
use tenantry_tests::cloud::{cloud, request};
use tenantry_tests::examples;

/// A plain `aws events put-events` of what SBT sends (no metadata) makes a
/// tenant with a stack of its own; another one takes all of it down again. The
/// bus tells of both, everything once.
#[test]
fn one_event_makes_a_tenant_and_another_takes_it_down() {
    let cloud = cloud();
    let detail = request("Onboarding & Sons");
    assert!(detail.get("metadata").is_none(), "SBT sends none");
    let (id, registration) = (text(&detail["tenantId"]), text(&detail["tenantRegistrationId"]));
    cloud.put_by_aws_cli(EventName::OnboardingRequest, &detail);

    let shown = cloud.settles(id, "Active");
    let tenant = &shown["tenant"];
    assert_eq!(tenant["tenantName"], detail["tenantName"]);
    let beyond = json!({ "prices": detail["prices"], "registrationStatus": detail["registrationStatus"] });
    assert_eq!(tenant["attributes"], beyond);
    let stack = cloud.stack(id).expect("the tenant's stack");
    assert_eq!((&stack["StackName"], &stack["StackStatus"]), (&shown["stack"], &json!("CREATE_COMPLETE")));
    assert_eq!(
        outputs(&stack, &tenant["outputs"]["administrator"]),
        *tenant["outputs"].as_object().expect("outputs")
    );
    assert_eq!(operation(&shown["operations"][0]), ("provision".to_owned(), "succeeded".to_owned()));
    let build = cloud.build(text(&shown["operations"][0]["buildId"]));
    assert_eq!(build["buildStatus"], "SUCCEEDED");
    assert_eq!(cloud.verdicts(id, "onboardingRequest"), ["accepted"]);
    assert_eq!(cloud.verdicts(id, "recordOutcome"), ["accepted"]);

    for name in [EventName::ProvisionSuccess, EventName::OnboardingSuccess] {
        let event = cloud.hears(name, id);
        assert_eq!(event["source"], "sbt.application.plane");
        assert_eq!(event["detail"]["tenantRegistrationId"], registration);
        as_sbt_has_it(&event["detail"]["jobOutput"], tenant);
    }

    let mut offboarding = examples::of(EventName::OffboardingRequest, "sbt").detail();
    offboarding["tenantId"] = json!(id);
    offboarding["tenantRegistrationId"] = json!(registration);
    let created = cloud.hears(EventName::TenantUserCreated, id);
    assert_eq!(created["source"], "sbt.control.plane");
    assert_eq!(
        (&created["detail"]["email"], &created["detail"]["userName"]),
        (&detail["email"], &tenant["outputs"]["administrator"])
    );
    let pool = text(&tenant["outputs"]["userPoolId"]);
    let user = ["cognito-idp", "admin-get-user", "--user-pool-id", pool, "--username"];
    let user = cloud.aws(&[&user[..], &[text(&tenant["outputs"]["administrator"])]].concat()).exits(0).json();
    assert_eq!(user["UserStatus"], "FORCE_CHANGE_PASSWORD", "invited, and not yet there");
    let own = json!({ "Name": "custom:tenantId", "Value": id });
    assert!(user["UserAttributes"].as_array().expect("attributes").contains(&own), "{user}");

    cloud.put_by_aws_cli(EventName::OffboardingRequest, &offboarding);
    let shown = cloud.settles(id, "Deprovisioned");
    assert_eq!(cloud.stack(id), None);
    assert_eq!(shown["tenant"]["outputs"], json!({}));
    assert_eq!(operation(&shown["operations"][1]), ("deprovision".to_owned(), "succeeded".to_owned()));
    assert_eq!(
        cloud.told(EventName::OffboardingSuccess, id),
        [
            "deprovisionSuccess",
            "offboardingSuccess",
            "onboardingSuccess",
            "provisionSuccess",
            "tenantUserCreated",
            "tenantUserDeleted",
            "tenantry_tenantStatusChanged Active",
            "tenantry_tenantStatusChanged Deprovisioned",
            "tenantry_tenantStatusChanged Deprovisioning",
            "tenantry_tenantStatusChanged Provisioning",
        ]
    );
    assert_eq!(cloud.dead_letters(id).len(), 0);
}

/// The stack's outputs under the names that the tenant has them by.
fn outputs(stack: &Value, administrator: &Value) -> serde_json::Map<String, Value> {
    let find = |key: &str| {
        let found = stack["Outputs"].as_array().expect("outputs").iter().find(|o| o["OutputKey"] == key);
        found.expect(key)["OutputValue"].clone()
    };
    let fields = json!({
        "apiUrl": find("ApiUrl"),
        "userPoolId": find("UserPoolId"),
        "userPoolClientId": find("UserPoolClientId"),
        "stackId": stack["StackId"],
        "administrator": administrator,
    });
    fields.as_object().expect("an object").clone()
}

/// Kind and state of an operation, which has everything that an operator asks
/// for: execution, build, log, times.
fn operation(operation: &Value) -> (String, String) {
    assert!(text(&operation["executionArn"]).starts_with("arn:aws:states:"), "{operation:#}");
    assert!(text(&operation["buildId"]).contains("-silo:"), "{operation:#}");
    assert!(text(&operation["logsUrl"]).starts_with("https://"), "{operation:#}");
    let time = |name: &str| text(&operation[name]).parse::<chrono::DateTime<chrono::Utc>>().expect(name);
    assert!(time("startedAt") < time("endedAt"), "{operation:#}");
    (text(&operation["kind"]).to_owned(), text(&operation["state"]).to_owned())
}

/// SBT's own jobs export a configuration as JSON text, a status, and what goes
/// into the registration.
fn as_sbt_has_it(output: &Value, tenant: &Value) {
    let data = &output["tenantData"];
    let config: Value = serde_json::from_str(text(&data["tenantConfig"])).expect("JSON");
    assert_eq!(config["userPoolId"], tenant["outputs"]["userPoolId"]);
    assert_eq!(config["appClientId"], tenant["outputs"]["userPoolClientId"]);
    assert_eq!(config["apiGatewayUrl"], tenant["outputs"]["apiUrl"]);
    assert_eq!(data["tenantId"], tenant["tenantId"]);
    assert!(data["tenantStatus"].is_string(), "{output:#}");
    assert_eq!(output["tenantRegistrationData"], json!({ "registrationStatus": "created" }));
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("a text, not {value}"))
}
