//! The requests of SBT's own command line client (`scripts/sbt-aws.sh`), as HTTP:
//! the same paths, headers and bodies, and answers of the shape that it reads.

use serde_json::{Value, json};
use tenantry_tests::cloud::{Ask, cloud, until};

/// create-tenant-registration, get-…, get-all-…, get-tenant, get-all-tenants,
/// delete-… and the same for users.
#[test]
fn sbts_client_finds_what_it_expects() {
    let cloud = cloud();
    let api = cloud.api();
    let ask = |method: &str, path: &str| {
        Ask::new(method, path).by(api.token("admin")).header("content-type", "application/json")
    };
    let body = json!({
        "tenantData": {
            "tenantName": "tenant4711",
            "email": "ops+tenant4711@sbt.example",
            // SBT has no list of tiers; here it is one of the deployment's.
            "tier": cloud.guest_tier(),
            "prices": [
                { "id": "price_123456789Example", "metricName": "productsSold" },
                { "id": "price_123456789AnotherExample", "metricName": "plusProductsSold" },
            ],
        },
        "tenantRegistrationData": { "registrationStatus": "In progress" },
    });
    let mut create = Ask::new("POST", "/tenant-registrations").by(api.token("admin"));
    create.body = Some(body.to_string());
    let created = api.send_patiently(&create).expect(202).json();
    let registration = created["data"]["tenantRegistrationId"].as_str().expect("an id").to_owned();
    let id = created["data"]["tenantId"].as_str().expect("an id").to_owned();
    assert_eq!(created["data"]["message"], "Tenant registration initiated");

    let get = |path: String| api.send_patiently(&ask("GET", &path));
    let absent = api.send_patiently(&ask("DELETE", "/tenant-registrations/4f1c")).expect(404).json();
    assert_eq!(absent["message"], "Tenant registration not found for id 4f1c");
    let found = until("the registration", || {
        let answer = get(format!("/tenant-registrations/{registration}"));
        (answer.status == 200).then(|| answer.json())
    });
    let data = &found["data"];
    assert_eq!((&data["tenantId"], &data["sbtaws_active"]), (&json!(id), &json!(true)));
    assert_eq!(data["registrationStatus"], "In progress");
    let tenant = get(format!("/tenants/{id}")).expect(200).json();
    assert_eq!(tenant["data"]["tenantName"], "tenant4711");
    assert_eq!(tenant["data"]["tenantRegistrationId"], json!(registration));
    assert_eq!(tenant["data"]["prices"][1]["metricName"], "plusProductsSold");

    // It always sends next_token, empty at first, and goes on until there is none.
    for path in ["/tenants", "/tenant-registrations"] {
        let (mut token, mut all) = (String::new(), Vec::new());
        loop {
            let page = get(format!("{path}?limit=1&next_token={token}")).expect(200).json();
            all.extend(page["data"].as_array().expect("a list").clone());
            match page.get("next_token").and_then(Value::as_str) {
                Some(next) => next.clone_into(&mut token),
                None => break,
            }
        }
        let mine = all.iter().find(|item| item["tenantId"] == json!(id)).expect("the tenant is listed");
        assert_eq!(mine["tenantRegistrationId"], json!(registration), "{path}");
        assert_eq!(mine["email"], "ops+tenant4711@sbt.example", "{path}");
        assert_eq!(mine["sbtaws_active"], true, "{path}");
    }

    let key = json!({ "registrationStatus": "Done" });
    let change = json!({ "tenantRegistrationData": key, "tenantData": key });
    let updated =
        api.send_patiently(&ask("PATCH", &format!("/tenant-registrations/{registration}")).with(&change));
    let updated = updated.expect(202).json();
    assert_eq!(updated["data"]["tenantRegistration"]["registrationStatus"], "Done");
    assert_eq!(updated["data"]["tenant"]["registrationStatus"], "Done");
    assert_eq!(updated["data"]["tenantRegistration"]["tenantRegistrationId"], json!(registration));
    assert_eq!(updated["data"]["tenant"]["tenantId"], json!(id));
    until("the registration to be changed", || {
        let found = get(format!("/tenant-registrations/{registration}")).expect(200).json();
        (found["data"]["registrationStatus"] == "Done").then_some(())
    });

    let deleted = api.send_patiently(&ask("DELETE", &format!("/tenant-registrations/{registration}")));
    assert_eq!(deleted.expect(202).json()["data"]["message"], "Tenant registration deletion initiated");
    until("the registration to be inactive", || {
        let found = get(format!("/tenant-registrations/{registration}")).expect(200).json();
        (found["data"]["sbtaws_active"] == false).then_some(())
    });
}

/// create-user, get-user, get-all-users, update-user, delete-user.
#[test]
fn sbts_client_manages_users() {
    let cloud = cloud();
    let api = cloud.api();
    let ask = |method: &str, path: &str| Ask::new(method, path).by(api.token("admin"));
    let body = json!({ "userName": "user815", "email": "ops+user815@sbt.example", "userRole": "basicUser" });
    let created = api.send_patiently(&ask("POST", "/users").with(&body)).expect(201);
    assert_eq!(created.json()["data"]["userName"], "user815");
    let again = api.send_patiently(&ask("POST", "/users").with(&body)).expect(409);
    assert_eq!(again.json()["code"], "UserExists");
    let user = api.send_patiently(&ask("GET", "/users/user815")).expect(200).json();
    assert_eq!(user["data"]["email"], "ops+user815@sbt.example");
    assert_eq!((&user["data"]["userRole"], &user["data"]["group"]), (&json!("basicUser"), &json!("viewers")));
    let (mut token, mut names) = (String::new(), Vec::new());
    loop {
        let page =
            api.send_patiently(&ask("GET", &format!("/users?limit=2&next_token={token}"))).expect(200).json();
        names.extend(page["data"].as_array().expect("a list").iter().map(|user| user["userName"].clone()));
        match page.get("next_token").and_then(Value::as_str) {
            Some(next) => next.clone_into(&mut token),
            None => break,
        }
    }
    assert!(names.contains(&json!("user815")), "{names:?}");
    let change = json!({ "userRole": "advancedUser", "email": "newemail@sbt.example" });
    let _ = api.send_patiently(&ask("PUT", "/users/user815").with(&change)).expect(200);
    let user = api.send_patiently(&ask("GET", "/users/user815")).expect(200).json();
    assert_eq!(user["data"]["userRole"], "advancedUser");
    assert_eq!(user["data"]["email"], "newemail@sbt.example");
    let change = json!({ "userRole": "operators", "email": "ops+other@sbt.example" });
    let _ = api.send_patiently(&ask("PUT", "/users/user815").with(&change)).expect(200);
    let user = api.send_patiently(&ask("GET", "/users/user815")).expect(200).json();
    assert_eq!(user["data"]["userRole"], "operators");
    assert_eq!(user["data"]["email"], "ops+other@sbt.example");
    for (verb, enabled) in [("disable", false), ("enable", true)] {
        let _ = api.send_patiently(&ask("POST", &format!("/users/user815/{verb}"))).expect(200);
        let user = api.send_patiently(&ask("GET", "/users/user815")).expect(200).json();
        assert_eq!(user["data"]["enabled"], enabled);
    }
    let own = api.send_patiently(&ask("DELETE", "/users/admin")).expect(409);
    assert_eq!(own.json()["code"], "OwnUser");
    let _ = api.send_patiently(&ask("DELETE", "/users/user815")).expect(200);
    let _ = api.send_patiently(&ask("GET", "/users/user815")).expect(404);
}
